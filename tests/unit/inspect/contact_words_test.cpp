// Whom a number belongs to and what is dialled behind it, secrets that are asked for, addresses under endings of any name.
#include "inspect/contact_words.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "core/concat.hpp"
#include "inspect/message_inspector.hpp"
#include "policy/decide.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

bool conference(std::string_view text) {
  const text_signals s = scanned(text);
  REQUIRE(s.phones.size() >= 1);
  return s.phones[0].conference;
}

const findings& judged(std::string_view header, std::string_view body) {
  static const own_names nobody{};
  static mime::charset_pool pool;
  static message_inspector one(real_rules(), nobody, pool);
  one.begin({});
  one.feed(concat(header, "To: <reader@example.net>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", body));
  one.finish();
  return one.found();
}

bool has(const findings& found, byte_view rule) {
  return std::any_of(found.list.begin(), found.list.end(), [rule](const finding& f) { return f.rule == rule; });
}

}  // namespace

TEST_CASE("a number with a PIN behind it is dialled by machines", "[inspect][contact]") {
  CHECK(conference("Join by phone (US) +1 808-555-0155 PIN: 331 224 119#"));
  CHECK(conference("Join by phone (US) +1 808-555-0155\r\nPIN: 331 224 119#"));
  CHECK(conference("+1 323-555-0166,,123456789# United States"));
  CHECK(conference("Einwahl +49 30 23125 120, Zugangscode 4411"));
  CHECK_FALSE(conference("call +1 808-555-0155 to cancel"));
  CHECK_FALSE(conference("Topic: order, call +1 808-555-0155\r\nMeeting ID: 876 5432 1098\r\nPasscode: 4411"));
}

TEST_CASE("a PIN is no excuse where a purchase is denied", "[inspect][contact]") {
  constexpr std::string_view calendar = "From: \"Desk\" <desk@example.org>\r\nSender: Google Calendar <calendar-notification@google.com>\r\nSubject: Invitation: Review\r\n";
  const findings& lure = judged(calendar, "Your account was charged $489.00 for Norton. If you did not make this order call +1 808-555-0155 PIN: 4411#\r\n");
  CHECK(has(lure, "callback"));
  CHECK_FALSE(has(judged(calendar, "Agenda: refunds over $500, Norton bundle: cancel or keep?\r\nJoin by phone\r\n(US) +1 808-555-0155\r\nPIN: 441 902 771#\r\n"), "callback"));
}

TEST_CASE("a colleague passes on whom to call", "[inspect][contact]") {
  CHECK(scanned("can you call her back? 503 555 0182").calls_other);
  CHECK(scanned("please call them at 503 555 0182").calls_other);
  CHECK(scanned("just call or text me at 503 555 0182").calls_other);
  CHECK_FALSE(scanned("call or text us at 503 555 0182").calls_other);
  CHECK_FALSE(scanned("call or let them know at 503 555 0182").calls_other);
  CHECK_FALSE(scanned("call or").calls_other);
  CHECK_FALSE(scanned("call us at 503 555 0182").calls_other);
  CHECK_FALSE(scanned("call hermes at 503 555 0182").calls_other);
}

TEST_CASE("an agency writes in its own name when its initials say so", "[inspect][contact]") {
  constexpr std::string_view text = "If you changed your direct deposit in the last days and it was not you, call us immediately at 1-800-555-0170.\r\n"
                                    "Pay with a gift card? We never ask for that.\r\n";
  const auto score = [&](std::string_view from) {
    return judged(concat("From: ", from, "\r\nSubject: You have a new message\r\nAuto-Submitted: auto-generated\r\n"), text).score;
  };
  const int stranger = score("\"Social Security Administration\" <no-reply@mail.example.net>");
  CHECK(score("\"Social Security Administration\" <no-reply@ssa.gov>") < stranger);
  CHECK(score("\"Northern Water Company\" <desk@nwc.gov>") < score("\"Northern Water Company\" <desk@nwc.example>"));
  CHECK(score("\"PayPal Payment Safety\" <desk@pps.gov>") == score("\"PayPal Payment Safety\" <desk@xyz.gov>"));
}

TEST_CASE("another sentence is no part of a number", "[inspect][contact]") {
  const text_signals s = scanned("llámame al 600 555 014. Un saludo, Nuria");
  REQUIRE(s.phones.size() == 1);
  CHECK(s.phones[0].count == 9);
  CHECK_FALSE(s.phones[0].disguised);
}

TEST_CASE("secrets that are asked for are seen, warnings are none", "[inspect][contact]") {
  for (std::string_view text : {"enter your mailbox password to open it", "please sign in with your office password", "geben Sie Ihr Kennwort ein", "saisissez votre mot de passe",
                                "ingrese su clave dinamica", "give the PIN of your online bank"}) {
    INFO(text);
    CHECK_FALSE(scanned(text).secret.empty());
  }
  for (std::string_view text : {"never enter your password there", "reset your password", "your password was changed", "do not give your PIN to anybody"}) {
    INFO(text);
    CHECK(scanned(text).secret.empty());
  }
  // Paying is no giving away, and a fee in between hides nothing.
  CHECK(scanned("you can pay by online banking").secret.empty());
  CHECK_FALSE(scanned("please enter (no fee) your mailbox password here").secret.empty());
}

TEST_CASE("a password for somebody else's page is a lure, on the sender's own page it is not", "[inspect][contact]") {
  constexpr std::string_view dropbox = "From: \"Dropbox\" <no-reply@dropbox.com>\r\nSubject: Sam Lee shared \"Scope.pdf\" with you\r\n";
  const findings& away = judged(dropbox, "The file opens in our portal; enter the mailbox password: https://bid-portal.example/larch\r\n");
  CHECK(has(away, "lure-secret"));
  CHECK(has(away, "link-foreign"));  // a scheme makes an address of a name under any ending
  CHECK_FALSE(has(judged(dropbox, "To open it, enter the password that Sam gave you: https://www.dropbox.com/scl/1\r\n"), "lure-secret"));
}

TEST_CASE("who asks for the mailbox at work in a shared document needs no link, its own service and warnings do not ask", "[inspect][contact]") {
  constexpr std::string_view dropbox = "From: \"Dropbox\" <no-reply@dropbox.com>\r\nSubject: Personnel shared \"Handbook.pdf\" with you\r\n";
  constexpr std::string_view zendesk = "From: \"Files Desk\" <support@fd.zendesk.com>\r\nSubject: Handbook.pdf\r\n";
  constexpr std::string_view asks = "To read it, sign in with your company account: https://www.dropbox.com/scl/1\r\n";
  CHECK(has(judged(dropbox, asks), "lure-secret"));
  CHECK(has(judged(zendesk, "Melden Sie sich mit Ihrem Firmenpostfach an.\r\n"), "lure-secret"));
  CHECK_FALSE(has(judged(dropbox, "Never sign in with your company account to read a file. https://www.dropbox.com/scl/1\r\n"), "lure-secret"));
  CHECK_FALSE(has(judged("From: \"Asha\" <asha@example.org>\r\nSubject: Handbook\r\n", asks), "lure-secret"));
  CHECK(scanned("your company account was changed").employer.empty());
}

TEST_CASE("a long bare host with a hyphen leads somewhere, a company's name does not", "[inspect][contact]") {
  constexpr std::string_view loom = "From: \"Loom\" <no-reply@loom.com>\r\nSubject: Ann shared a video with you\r\n";
  CHECK(has(judged(loom, "See the description: table.severance-files.net\r\n"), "link-foreign"));
  CHECK_FALSE(has(judged(loom, "Made with northwind-traders.com and contoso.com\r\n"), "link-foreign"));
}

TEST_CASE("a number in the lines of a postal address is a finding of the address", "[inspect][contact]") {
  constexpr std::string_view paypal = "From: \"service@paypal.com\" <service@paypal.com>\r\nSubject: You added a new address\r\n";
  const findings& abuse = judged(paypal,
                                 "Here's the address you added:\r\nMegan Stroud\r\n1187 Hill Ct - Order confirmed: tablet for $1,449.50. Not requested? Speak with us on 1-903-555-0177\r\nDayton, OH 45402\r\n"
                                 "\r\nIf you didn't make this change, let us know. https://www.paypal.com/selfhelp/home\r\n");
  CHECK(has(abuse, "slot-phone"));
  CHECK(abuse.score >= policy::thresholds{}.quarantine);
  CHECK(judged(paypal, "Here's the address you added:\r\nMegan Stroud\r\n1187 Hill Ct\r\nDayton, OH 45402\r\nUnited States\r\nIf you want to make this your Home address, log in to your PayPal account.\r\n").score <
        policy::thresholds{}.quarantine);
}
