// address-isemail: which mailboxes may stand in MAIL and RCPT.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "smtp/address.hpp"
#include "suite.hpp"

using namespace sluice;
using namespace sluice::smtp;

namespace {

std::string element(const std::string& test, const std::string& name) {
  const std::size_t begin = test.find("<" + name + ">");
  if (begin == std::string::npos) return "";
  const std::size_t text = begin + name.size() + 2;
  return test.substr(text, test.find("</" + name + ">", text) - text);
}

// XML entities; U+2400 + n stands for control character n.
std::string unescaped(const std::string& in) {
  std::string out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::size_t end = in.find(';', i);
    if (in[i] != '&' || end == std::string::npos) {
      out += in[i];
      continue;
    }
    const std::string name = in.substr(i + 1, end - i - 1);
    if (name.starts_with("#x")) {
      const unsigned long code = std::stoul(name.substr(2), nullptr, 16);
      out += static_cast<char>(code >= 0x2400 && code < 0x2500 ? code - 0x2400 : code);
    } else {
      out += name == "lt" ? '<' : name == "gt" ? '>' : name == "quot" ? '"' : name == "apos" ? '\'' : '&';
    }
    i = end;
  }
  return out;
}

}  // namespace

TEST_CASE("addresses of the address-isemail suite are accepted exactly when RFC 5321 has them") {
  test::suite suite("address-isemail", 164);
  const std::string xml = suite.text("tests.xml");
  std::size_t count = 0;
  for (std::size_t at = xml.find("<test id="); at != std::string::npos; at = xml.find("<test id=", at + 1)) {
    const std::string test = xml.substr(at, xml.find("</test>", at) - at);
    const std::string address = unescaped(element(test, "address")), category = element(test, "category");
    const bool want =
        category == "ISEMAIL_VALID_CATEGORY" || category == "ISEMAIL_RFC5321" || category == "ISEMAIL_DNSWARN";
    mailbox m;
    const bool got = parse_mailbox(address, m) == path_error::none;
    const std::size_t quote = test.find('"') + 1;
    suite.result(test.substr(quote, test.find('"', quote) - quote), got == want,
                 test::printable(address) + " " + category);
    ++count;
  }
  CHECK(count == 164);
}
