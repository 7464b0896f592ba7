// smtp-commands: single command lines and what a parser must make of them.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "smtp/xtext.hpp"
#include "suite.hpp"
#include "support/smtp_dialogue.hpp"

using namespace sluice;
using namespace sluice::smtp;

namespace {

// "key: 123" or "key: ... "text"" within the suite's notation of the expected value; empty when the key is not there.
std::string expected_number(const std::string& notation, const std::string& key) {
  const std::size_t at = notation.find(key + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + key.size() + 2;
  return notation.substr(begin, notation.find_first_not_of("0123456789", begin) - begin);
}
std::string expected_text(const std::string& notation, const std::string& key) {
  const std::size_t at = notation.find(key + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = notation.find('"', at) + 1;
  return notation.substr(begin, notation.find("\".into()", begin) - begin);
}

std::string decoded(byte_view xtext) {
  std::string copy(xtext);
  const byte_span d = decode_xtext_in_place(copy);
  return {d.data(), d.size()};
}

// The suite gives addresses without quotes and backslashes.
std::string unquoted(const mailbox& m) {
  std::string local(m.local);
  if (m.quoted) local = local.substr(1, local.size() - 2);
  return m.domain.empty() ? local : local + "@" + std::string(m.domain);
}

bool has(const std::string& notation, const char* word) { return notation.find(word) != std::string::npos; }

std::string check_mail(const mail_command& m, const std::string& want) {
  for (const char* key : {"from", "address"})
    if (has(want, (std::string(key) + ": \"").c_str()) && expected_text(want, key) != unquoted(m.from.address))
      return "address " + unquoted(m.from.address);
  if (has(want, "size: ") && expected_number(want, "size") != std::to_string(m.size)) return "size";
  if (has(want, "env_id: ") && expected_text(want, "env_id") != decoded(m.envid)) return "envid";
  if (has(want, "MAIL_RET_FULL") != (m.ret == return_type::full)) return "RET";
  if (has(want, "MAIL_SMTPUTF8") != m.smtputf8) return "SMTPUTF8";
  return "";
}

std::string check_rcpt(const rcpt_command& r, const std::string& want) {
  if (has(want, "to: \"") && expected_text(want, "to") != unquoted(r.to.address))
    return "address " + unquoted(r.to.address);
  if (has(want, "RCPT_NOTIFY_NEVER") != ((r.notify & notify_never) != 0)) return "NEVER";
  if (has(want, "RCPT_NOTIFY_SUCCESS") != ((r.notify & notify_success) != 0)) return "SUCCESS";
  if (has(want, "RCPT_NOTIFY_FAILURE") != ((r.notify & notify_failure) != 0)) return "FAILURE";
  if (has(want, "RCPT_NOTIFY_DELAY") != ((r.notify & notify_delay) != 0)) return "DELAY";
  if (has(want, "orcpt: ") && "rfc822;" + expected_text(want, "orcpt") != decoded(r.orcpt))
    return "ORCPT " + decoded(r.orcpt);
  return "";
}

}  // namespace

TEST_CASE("command lines of the smtp-commands suite are accepted or refused as it says") {
  test::suite suite("smtp-commands", 103);
  const boost::json::value file = suite.json("smtp-proto.json");
  for (const auto& row : file.at("cases").as_array()) {
    const std::string original(row.at("line").as_string()), want(row.at("expect_text").as_string());
    std::string line = original;
    // The suite writes parameters of RCPT behind "<>", which is no forward-path (RFC 5321 4.1.2): test the parameters.
    if (line.starts_with("RCPT TO:<> ")) line.replace(8, 2, "<a@b.example>");
    test::dialogue d(test::full_options());
    test::greeted(d);
    std::string wrong;
    d.decide = [&](test::dialogue& self, const step& s) {
      if (s.what == event::mail && line.starts_with("MAIL")) wrong = check_mail(self.session.mail(), want);
      if (s.what == event::rcpt && line.starts_with("RCPT")) wrong = check_rcpt(self.session.rcpt(), want);
      return false;
    };
    const bool in_transaction = line.starts_with("RCPT") || line.starts_with("DATA") || line.starts_with("BDAT");
    if (in_transaction) d.ask("MAIL FROM:<> SMTPUTF8");
    if (line == "DATA" || line.starts_with("BDAT")) d.ask("RCPT TO:<c@d.example>");
    const std::string reply = d.ask(line);
    const bool chunk = d.events.ends_with("bdat ");  // its reply comes behind its content
    // Extensions that are not offered may be answered so (PROVENANCE.md): 502 for commands, 555 for parameters.
    const bool unsupported = reply.starts_with("502 ") || reply.starts_with("555 ");
    const bool good = row.at("ok").as_bool()
                          ? (chunk || unsupported || reply[0] == '2' || reply[0] == '3') && wrong.empty()
                          : reply.starts_with("5") && !d.closed;
    suite.result(original, good, reply + wrong);
    if (!chunk && reply[0] != '3') CHECK(d.ask("NOOP").starts_with("250 "));  // the session stays usable
  }
}
