#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "inspect/lexicon.hpp"
#include "inspect/message_inspector.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

const own_names ours{"mx.example.org", "mx.example.org"};

// Inspectors are large for a test's stack and need a charset pool beside them.
struct bench {
  mime::charset_pool pool;
  message_inspector inspector{real_rules(), ours, pool};

  const findings& run(std::string_view mail, std::size_t step = 0, const envelope_facts& envelope = {}) {
    inspector.begin(envelope);
    if (step == 0) {
      inspector.feed(mail);
    } else {
      for (std::size_t i = 0; i < mail.size(); i += step) inspector.feed(mail.substr(i, step));
    }
    inspector.finish();
    return inspector.found();
  }
};

bool has(const findings& f, std::string_view rule, std::string_view slot = {}) {
  for (const finding& one : f.list) {
    if (one.rule == rule && view(one.slot) == slot) return true;
  }
  return false;
}

std::string summary(const message_inspector& i) {
  std::string out;
  for (const finding& f : i.found().list) {
    out += std::string(f.rule) + "/" + std::string(view(f.slot)) + "=" + std::to_string(f.weight) + ":" + std::string(view(f.words)) + "@" + std::to_string(f.part) + ";";
  }
  out += "score " + std::to_string(i.found().score) + " from " + std::string(view(i.facts().from)) + " subject " + std::string(view(i.facts().subject));
  for (const header_range& r : i.removed_ranges()) out += " cut " + std::to_string(r.offset) + "+" + std::to_string(r.length);
  return out;
}

std::string entra(std::string_view tenant) {
  return "From: Microsoft on behalf of " + std::string(tenant) + " <msonlineservicesteam@microsoftonline.com>\r\nTo: a@example.org\r\nSubject: " + std::string(tenant) +
         " account email verification code\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nVerify your email address\r\nUse this code: 482913\r\nMicrosoft Corporation\r\n";
}

std::string paypal(std::string_view note) {
  return "From: \"service@paypal.com\" <service@paypal.com>\r\nTo: a@example.org\r\nSubject: Invoice from Blue Shop\r\nContent-Type: text/html; charset=utf-8\r\n"
         "Content-Transfer-Encoding: 8bit\r\n\r\n<html><body><p>Here's your invoice</p><p>Blue Shop sent you an invoice for $499.99 USD</p><p>Note from seller:</p><p>" +
         std::string(note) + "</p><a href=\"https://www.paypal.com/invoice/p/1\">View and Pay Invoice</a></body></html>\r\n";
}

}  // namespace

TEST_CASE("padding around a lure does not hide it from its slot") {
  auto b = std::make_unique<bench>();
  const std::string lure = "Your Bitcoin purchase of USD 498.95 completed. Call 802 538 3069 to cancel";
  std::string words;
  while (words.size() < 800) words += "Contoso international accounting ";
  for (const std::string& tenant : {words + lure, lure + " " + words, words.substr(0, 480) + lure + words.substr(0, 200)}) {
    const findings& f = b->run(entra(tenant));
    INFO(summary(b->inspector));
    CHECK(has(f, "slot-phone", "tenant"));
    CHECK(b->inspector.facts().subject.size() <= limits::subject_bytes);
  }
  // The same in the display name alone, and in the second of two subjects.
  const std::string rest = "To: a@example.org\r\nSubject: Invoice\r\n";
  CHECK(has(b->run("From: " + words + lure + " <service@paypal.com>\r\n" + rest + "\r\ntext\r\n"), "slot-phone", "name"));
  CHECK(has(b->run("From: x <service@paypal.com>\r\nSubject: " + words + words + "\r\nSubject: " + lure + "\r\n\r\ntext\r\n"), "slot-phone"));
  CHECK(has(b->run("From: x <service@paypal.com>\r\nSubject: " + words.substr(0, 520) + lure + "\r\nSubject: x\r\n\r\ntext\r\n"), "slot-phone"));
  // What is left out has no part in the text that follows.
  CHECK_FALSE(has(b->run("From: x <service@paypal.com>\r\nSubject: Invoice\r\n\r\ntext\r\n"), "slot-phone"));
}

TEST_CASE("a lure in the tenant name of an Entra mail is found in its slot") {
  auto b = std::make_unique<bench>();
  const findings& f = b->run(entra("Your Bitcoin Purchase of USD 498.95 Completed. Reach Support Desk at 802 538 3069 to CanceI"));
  CHECK(has(f, "slot-phone", "tenant"));
  CHECK(f.score >= 100);
  CHECK(f.notification_class);
  CHECK(view(f.profile) == "entra");
}

TEST_CASE("a genuine Entra mail has no findings") {
  auto b = std::make_unique<bench>();
  CHECK(b->run(entra("Contoso Ltd")).score == 0);
  CHECK(b->run(entra("7-Eleven")).score == 0);
}

TEST_CASE("a PayPal invoice is judged by its note") {
  auto b = std::make_unique<bench>();
  CHECK(b->run(paypal("Thank you for your order")).score < 50);
  CHECK(b->run(paypal("For questions call us at 508-628-1888")).score < 100);
  CHECK(b->run(paypal("Your Bitcoin purchase is complete. If you did not authorize this call +1 (802) 538-3069 to cancel and get a refund")).score >= 100);
}

TEST_CASE("an inspector keeps nothing of the message before") {
  auto b = std::make_unique<bench>();
  b->run(entra("Contoso"));
  const std::string clean = summary(b->inspector);
  b->run(paypal("call 802 538 3069 now, unauthorized charge"));
  b->run(entra("Contoso"));
  CHECK(summary(b->inspector) == clean);
}

TEST_CASE("results that claim to be ours and our own fields are marked for removal") {
  auto b = std::make_unique<bench>();
  const std::string mail =
      "Authentication-Results: mx.example.org; spf=pass\r\n"
      "Authentication-Results: (c)\r\n MX.Example.ORG 1; dkim=pass\r\n"
      "Authentication-Results: other.example; dkim=pass\r\n"
      "X-Sluice-Verdict: forward\r\nx-sluice-any: thing\r\nX-Sluices: kept\r\n"
      "Received: from a by mx.example.org with ESMTP; now\r\nReceived: from b by other.example; now\r\n"
      "From: a@example.com\r\nSubject: s\r\n\r\nbody\r\n";
  b->run(mail);
  const auto ranges = b->inspector.removed_ranges();
  REQUIRE(ranges.size() == 4);
  CHECK(mail.substr(ranges[0].offset, ranges[0].length) == "Authentication-Results: mx.example.org; spf=pass\r\n");
  CHECK(mail.substr(ranges[1].offset, ranges[1].length) == "Authentication-Results: (c)\r\n MX.Example.ORG 1; dkim=pass\r\n");
  CHECK(mail.substr(ranges[2].offset, ranges[2].length) == "X-Sluice-Verdict: forward\r\n");
  CHECK(mail.substr(ranges[3].offset, ranges[3].length) == "x-sluice-any: thing\r\n");
  CHECK_FALSE(b->inspector.removed_overflow());
  CHECK(b->inspector.facts().received == 2);
  CHECK(b->inspector.facts().own_received == 1);
  CHECK(b->inspector.facts().header_bytes == mail.find("\r\n\r\n") + 4);
}

TEST_CASE("too many fields to remove is told") {
  auto b = std::make_unique<bench>();
  std::string mail;
  for (int i = 0; i < 65; ++i) mail += "X-Sluice-A: b\r\n";
  b->run(mail + "From: a@example.com\r\n\r\nbody\r\n");
  CHECK(b->inspector.removed_ranges().size() == limits::removed_ranges);
  CHECK(b->inspector.removed_overflow());
}

TEST_CASE("what log and quarantine show is decoded") {
  auto b = std::make_unique<bench>();
  b->run("From: =?utf-8?q?J=C3=B6rg?= <Joerg@Example.COM>\r\nTo: one@example.org, two@example.org\r\nSubject: =?utf-8?b?w7xiZXI=?=\r\n uns\r\n"
         "Message-ID: <1@x>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nx\r\n");
  const message_facts& f = b->inspector.facts();
  CHECK(view(f.from_name) == "J\u00F6rg");
  CHECK(view(f.from) == "Joerg@example.com");
  CHECK(view(f.to) == "one@example.org");
  CHECK(view(f.subject) == "\u00FCber uns");
  CHECK(view(f.message_id) == "<1@x>");
  CHECK(view(f.date) == "Mon, 23 Nov 2026 10:00:00 +0000");
}

TEST_CASE("header and first text are told when they have passed") {
  auto b = std::make_unique<bench>();
  b->inspector.begin({});
  b->inspector.feed("From: a@example.com\r\nSubject: s\r\n");
  CHECK_FALSE(b->inspector.header_seen());
  b->inspector.feed("\r\n");
  CHECK(b->inspector.header_seen());
  CHECK_FALSE(b->inspector.text_seen());
  b->inspector.feed("hello\r\n" + std::string(2000, 'x') + "\r\n");
  CHECK(b->inspector.text_seen());
  b->inspector.begin({});
  b->inspector.feed("From: a@example.com\r\n\r\n");
  b->inspector.finish();
  CHECK(b->inspector.text_seen());  // it has none
}

TEST_CASE("a known sender that fails DMARC is spoofed, one that passes gains nothing") {
  auto b = std::make_unique<bench>();
  b->run(paypal("hello"));
  const std::int32_t before = b->inspector.found().score;
  auth_facts facts;
  facts.dmarc = auth_facts::result::pass;
  b->inspector.authentication(facts);
  CHECK(b->inspector.found().score == before);
  facts.dmarc = auth_facts::result::fail;
  b->inspector.authentication(facts);
  CHECK(has(b->inspector.found(), "spoofed-profile"));
}

TEST_CASE("delivery to somebody else supports other findings and is none alone") {
  auto b = std::make_unique<bench>();
  const std::string_view me[] = {"victim@example.org"};
  envelope_facts envelope;
  envelope.mail_from = "bounces+SRS=abc=de@tenant.onmicrosoft.com";
  envelope.recipients = me;
  envelope.recipient_count = 1;
  CHECK_FALSE(has(b->run(entra("Contoso Ltd"), 0, envelope), "relayed"));
  CHECK(has(b->run(entra("Call 802 538 3069"), 0, envelope), "relayed"));
  const std::string_view reader[] = {"A@Example.org"};
  envelope.recipients = reader;
  CHECK_FALSE(has(b->run(entra("Call 802 538 3069"), 0, envelope), "relayed"));
}

TEST_CASE("weights are never negative") {
  auto b = std::make_unique<bench>();
  for (const std::string& mail : {entra("Call 802 538 3069"), paypal("x"), std::string("garbage\r\n\r\n"), std::string()}) {
    for (const finding& f : b->run(mail).list) CHECK(f.weight >= 0);
  }
}

namespace {

std::string platform(std::string_view name, std::string_view subject, std::string_view body, std::string_view type = "text/plain; charset=utf-8") {
  return "From: " + std::string(name) + " <no-reply@mail.platform.example.net>\r\nTo: a@example.org\r\nSubject: " + std::string(subject) +
         "\r\nList-Unsubscribe: <mailto:u@example.net>\r\nContent-Type: " + std::string(type) + "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + std::string(body) + "\r\n";
}

}  // namespace

TEST_CASE("an amount, an arrow and an address in one line are a filled-in name") {
  auto b = std::make_unique<bench>();
  CHECK(has(b->run(platform("Shop", "Welcome", "\xE2\x9C\x85 +$1,989 \xE2\x9E\xA1 https://forms.example.com/u/1 , thank you for registering")), "greeting"));
  CHECK_FALSE(has(b->run(platform("Shop", "Welcome", "It costs $1,989. See https://forms.example.com/u/1 for the terms")), "greeting"));
  CHECK_FALSE(has(b->run(platform("Shop", "Welcome", "Save $20\n\xE2\x9E\xA1 https://shop.example.com/")), "greeting"));
}

TEST_CASE("a greeting with hard evidence counts with all that stands in it") {
  auto b = std::make_unique<bench>();
  const findings& f = b->run(platform("Shop", "Account", "Dear 899 USD iPhone Purchase Via PayPal To Cancel 1 802 353 0761,\nyour account was changed."));
  REQUIRE(has(f, "greeting", "greeting"));
  CHECK(f.score >= 100);
  CHECK_FALSE(has(b->run(platform("Shop", "Account", "Dear Jane Doe,\nyour account was changed.")), "greeting", "greeting"));
}

TEST_CASE("a display name that is a brand counts unless it is the sender's own") {
  auto b = std::make_unique<bench>();
  CHECK(has(b->run(platform("Ledger", "News", "Hello")), "brand-in-name"));
  CHECK_FALSE(has(b->run(platform("General Ledger Weekly", "News", "Hello")), "brand-in-name"));
  CHECK(b->run(platform("MetaMask Support", "News", "Hello")).score >= 80);
  std::string own = platform("Wallet Weekly", "News", "Hello");
  own.replace(own.find("mail.platform.example.net"), 25, "walletweekly.com");
  CHECK(b->run(own).score < 50);
}

TEST_CASE("a display name that begins with somebody else's brand counts more under a platform's address") {
  auto b = std::make_unique<bench>();
  const auto points = [&b](std::string_view from) {
    const findings& f = b->run("From: " + std::string(from) + "\r\nSubject: News\r\n\r\nHello there\r\n");
    const auto found = std::find_if(f.list.begin(), f.list.end(), [](const finding& one) { return one.rule == "brand-in-name"; });
    return found == f.list.end() ? 0 : static_cast<int>(found->weight);
  };
  const int platform = points("OpenSea Drops <support@somebody.zendesk.com>");
  const int unknown = points("OpenSea Drops <noreply@somebody.example>");
  const int person = points("OpenSea Drops <ann@somebody.example>");
  CHECK(platform > unknown);
  CHECK(unknown > person);
  CHECK(person > 0);
  CHECK(points("Friends of OpenSea <support@somebody.zendesk.com>") == person);
}

TEST_CASE("a mail system that reports what it could not deliver is no impostor") {
  auto b = std::make_unique<bench>();
  const std::string rest = "\r\nSubject: Delivery failed: your message could not be delivered\r\nAuto-Submitted: auto-replied\r\n\r\nYour message could not be delivered.\r\n";
  const int daemon = b->run("From: Mail Delivery System <MAILER-DAEMON@mx.example.net>" + rest).score;
  const int anybody = b->run("From: Mail Delivery System <parcel@mx.example.net>" + rest).score;
  CHECK(daemon < anybody);
}

TEST_CASE("words of two scripts in automatic mail") {
  auto b = std::make_unique<bench>();
  const char* mixed = "Y\xD0\xBEur \xD0\xB0" "ccount d\xD0\xBE" "cument w\xD0\xB0s ch\xD0\xB0nged, r\xD0\xB5\xD0\xB0" "d it";
  CHECK(has(b->run(platform("Shop", "Note", mixed)), "text-disguised"));
  CHECK_FALSE(has(b->run(platform("Shop", "Note", "\xD0\x94\xD0\xBE\xD0\xB1\xD1\x80\xD1\x8B\xD0\xB9 \xD0\xB4\xD0\xB5\xD0\xBD\xD1\x8C, PDF v2 and text")), "text-disguised"));
}

TEST_CASE("title and place of a calendar entry are slots") {
  auto b = std::make_unique<bench>();
  const std::string lure = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:PayPal order USD 499.99 charged\\, call +1 802 538 3069 to cancel\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
  CHECK(has(b->run(platform("Ann", "Invitation", lure, "text/calendar; charset=utf-8")), "slot-phone", "summary"));
  const std::string plain = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Budget review\r\nLOCATION:Room 4\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
  CHECK(b->run(platform("Ann", "Invitation", plain, "text/calendar; charset=utf-8")).score == 0);
}

TEST_CASE("a host that borrows a brand's name") {
  const lexicon& words = real_rules().words();
  CHECK(words.borrowed_by("www.paypal-refund.com") != lexicon::no_brand);
  CHECK(words.borrowed_by("login.github-scanner.example.com") == lexicon::no_brand);  // the registrable part counts
  CHECK(words.borrowed_by("github-scanner.com") != lexicon::no_brand);
  CHECK(words.borrowed_by("dhl-usa.com") == lexicon::no_brand);
  CHECK(words.borrowed_by("paypal-communication.com") == lexicon::no_brand);
  CHECK(words.borrowed_by("www.paypal.com") == lexicon::no_brand);
  auto b = std::make_unique<bench>();
  CHECK(has(b->run(platform("Shop", "News", "See https://paypal-refund.com/x for more")), "link-lookalike"));
  CHECK_FALSE(has(b->run(platform("Shop", "News", "See https://www.paypal.com/x for more")), "link-lookalike"));
}
