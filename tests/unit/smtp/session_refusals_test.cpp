// What a session answers by itself is told to whoever keeps the trace.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "support/smtp_dialogue.hpp"

using namespace sluice;
using namespace sluice::smtp;
using test::dialogue;
using test::full_options;

namespace {
const std::string open_transaction = "MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\n";
}  // namespace

TEST_CASE("a MAIL or RCPT that is refused for its form or its place is told, when that was asked for") {
  const auto told_of = [](bool asked, bool tls, const std::string& lines) {
    server_options options = full_options();
    options.tell_refusals = asked;
    options.require_tls = tls;
    options.max_recipients = 1;
    std::string told;
    dialogue d(options);
    d.decide = [&told](dialogue&, const step& s) {
      if (s.what != event::mail_refused && s.what != event::rcpt_refused) return false;
      told += std::string(s.what == event::mail_refused ? "mail " : "rcpt ") + name_of(s.fault) + " " + std::string(s.text) + "\n";
      return true;
    };
    d.session.greet();
    d.send("EHLO a.example\r\n" + lines);
    return told;
  };
  CHECK(told_of(true, false, "MAIL FROM:<a b@example.net>\r\n").starts_with("mail "));
  CHECK(told_of(true, false, "MAIL FROM:<a b@example.net>\r\n").ends_with(" FROM:<a b@example.net>\n"));
  CHECK(told_of(true, true, "MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\n") ==
        "mail must_starttls FROM:<a@example.net>\nrcpt must_starttls TO:<b@example.org>\n");
  CHECK(told_of(true, false, "RCPT TO:<b@example.org>\r\n") == "rcpt need_mail TO:<b@example.org>\n");
  CHECK(told_of(true, false, open_transaction + "MAIL FROM:<c@example.net>\r\nRCPT TO:<d@example.org>\r\n") ==
        "mail nested_mail FROM:<c@example.net>\nrcpt too_many_recipients TO:<d@example.org>\n");
  CHECK(told_of(true, false, open_transaction) == "");
  CHECK(told_of(false, true, open_transaction) == "");
}
