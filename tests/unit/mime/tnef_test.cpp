// winmail.dat: its texts and files, for all cuts; what is broken in it ends quietly.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "mime/tnef_reader.hpp"
#include "support/mime_recorder.hpp"

using namespace sluice;
using namespace sluice::test;
using mime::anomaly;
using mime::text_kind;

namespace {

std::string number(std::uint32_t n, int octets = 4) {
  std::string out;
  for (int i = 0; i < octets; ++i) out += static_cast<char>(n >> (8 * i));
  return out;
}

std::string attribute(char level, std::uint32_t id, const std::string& data) {
  return level + number(id) + number(static_cast<std::uint32_t>(data.size())) + data + std::string(2, '\0');
}

using namespace std::string_literals;

std::string wide(std::string_view ascii) {
  std::string out;
  for (char c : ascii) out += c, out += '\0';
  return out;
}

std::string value(std::string data) {
  std::string out = number(1) + number(static_cast<std::uint32_t>(data.size())) + data;
  while (data.size() % 4 != 0) data += '\0', out += '\0';
  return out;
}

std::string winmail() {
  const std::string properties = number(5) + number(0x00170003) + number(1) +                                    // importance
                                 number(0x8001001E) + std::string(16, 'g') + number(0) + number(7) + value("named") +  // a named property
                                 number(0x0037001F) + value(wide("Pay now")) +                                   // subject
                                 number(0x10130102) + value("<a href=\"https://pay.example.net/x\">here</a>") +  // HTML body
                                 number(0x1035001E) + value("id@example.org");                                   // message id
  return "\x78\x9f\x3e\x22\x01\x00"s + attribute(1, 0x00089006, number(0x10000)) + attribute(1, 0x0002800C, "Call 802 555 0142\r\ncaf\xe9\0"s) +
         attribute(1, 0x00069003, properties) + attribute(2, 0x00069002, std::string(14, '\0')) + attribute(2, 0x00018010, "INVOICE.HTM\0"s) +
         attribute(2, 0x0006800F, "<html>payload</html>");
}

std::string base64(const std::string& in) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < in.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (i + k < in.size() ? static_cast<unsigned char>(in[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > in.size() ? '=' : digits[three >> (18 - 6 * k) & 63];
    if (out.size() % 78 == 76) out += "\r\n";
  }
  return out + "\r\n";
}

std::string mail(const std::string& octets) {
  return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\n" + base64(octets) + "--b--\r\n";
}

}  // namespace

TEST_CASE("texts and files of winmail.dat are read, however it is cut", "[mime][tnef]") {
  const std::string whole = mail(winmail());
  const mime_recorder r = walk(whole);
  REQUIRE(r.parts.size() == 4);
  const auto text = r.parts[2].text.find(text_kind::plain);
  REQUIRE(text != r.parts[2].text.end());
  CHECK(text->second == "Call 802 555 0142\ncaf\u00E9\nPay now\n<a href=\"https://pay.example.net/x\">here</a>\n");
  CHECK(std::string(view(r.parts[3].info.file_name)) == "INVOICE.HTM");
  CHECK(r.parts[3].info.parent == 2);
  CHECK(r.parts[3].bytes == "<html>payload</html>");
  CHECK(r.parts[2].anomalies.front() == anomaly::tnef);
  CHECK_FALSE(r.ambiguous());  // plenty of honest mail has one
  for (const std::size_t step : std::initializer_list<std::size_t>{1, 2, 3, 7, 100}) CHECK(walk(whole, step).dump() == r.dump());
}

TEST_CASE("a broken winmail.dat ends quietly", "[mime][tnef]") {
  const std::string good = winmail();
  for (std::size_t end = 0; end < good.size(); ++end) {
    const std::string message = mail(good.substr(0, end));
    CHECK(walk(message, 1).dump() == walk(message).dump());
  }
  CHECK(walk(mail("no such file")).parts.size() == 3);
  // Lengths and counts beyond the end.
  CHECK(walk(mail("\x78\x9f\x3e\x22\x01\x00"s + attribute(1, 0x00069003, number(0xFFFFFFFF) + number(0x1000001E) + number(0xFFFFFFFF) + number(0xFFFFFFFF) + "text"))).ended);
}

TEST_CASE("a compressed RTF body is read, and said when it cannot be", "[mime][tnef]") {
  const std::string rtf = "{\\rtf1 Call 802 555 0142\\par{\\v unseen}}";
  std::string packed = "\0\0\0\0\0\0\0\0LZFu\0\0\0\0"s;
  for (std::size_t i = 0; i < rtf.size(); i += 8) packed += '\0' + rtf.substr(i, 8);
  const std::string file = "\x78\x9f\x3e\x22\x01\x00"s + attribute(1, 0x00069003, number(2) + number(0x10090102) + value(packed) + number(0x0037001F) + value(wide("Pay now")));
  const std::string whole = mail(file);
  const mime_recorder r = walk(whole);
  REQUIRE(r.parts.size() == 3);
  CHECK(r.parts[2].text.at(text_kind::plain) == "Call 802 555 0142\n\nPay now\n");
  CHECK(r.parts[2].text.at(text_kind::hidden) == "unseen");
  for (const std::size_t step : std::initializer_list<std::size_t>{1, 2, 3, 7, 100}) CHECK(walk(whole, step).dump() == r.dump());
  for (std::size_t end = 0; end < file.size(); ++end) CHECK(walk(mail(file.substr(0, end)), 1).dump() == walk(mail(file.substr(0, end))).dump());

  mime::charset_pool pool;
  for (std::size_t i = 0; i < mime::limits::rtf_dictionaries; ++i) REQUIRE(pool.borrow_dictionary() != nullptr);
  mime_recorder starved;
  mime::walker walker(starved, {}, pool);
  walker.feed(whole);
  walker.finish();
  CHECK(starved.parts[2].text.at(text_kind::plain) == "Pay now\n");
  const auto& said = starved.parts[2].anomalies;
  CHECK(std::find(said.begin(), said.end(), anomaly::converter_exhausted) != said.end());
}
