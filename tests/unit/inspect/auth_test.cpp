// P4: authentication selects and unmasks, it never lowers a score or an action. Proven over random messages, results,
// and settings; and what confirms or refutes a claimed profile, case by case.
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"
#include "policy/decide.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

struct bench {
  mime::charset_pool pool;
  message_inspector inspector{real_rules(), {"mx.example.org", "mx.example.org"}, pool};
  void run(std::string_view mail) {
    inspector.begin({});
    inspector.feed(mail);
    inspector.finish();
  }
};

bool has(const findings& f, std::string_view rule) {
  for (const finding& one : f.list)
    if (one.rule == rule) return true;
  return false;
}

std::string mail(const std::string& from, const std::string& more = "", const std::string& body = "Hello.") {
  return "From: " + from + "\r\nTo: a@example.org\r\nSubject: Invoice from Blue Shop\r\n" + more + "\r\n" + body + "\r\n";
}

auth_facts checked(auth_facts::result dmarc, std::span<const byte_view> passed = {}, std::span<const byte_view> unsettled = {}) {
  auth_facts f;
  f.checked = true;
  f.dmarc = dmarc;
  f.passed = passed;
  f.unsettled = unsettled;
  return f;
}

using result = auth_facts::result;

}  // namespace

TEST_CASE("no result of authentication lowers a score or an action") {
  auto b = std::make_unique<bench>();
  std::mt19937 random(4711);
  const auto any = [&](auto&& list) { return list[random() % std::size(list)]; };
  const std::string froms[] = {"service@paypal.com", "\"PayPal\" <x@evil.example>", "a@example.com, service@paypal.com",
                               "msonlineservicesteam@microsoftonline.com", "nobody"};
  const std::string bodies[] = {"Hello.", "Your account is suspended. Call 802 538 3069 at once.",
                                "You won $5000 in Bitcoin: 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
                                "See https://paypal.evil.example/login"};
  const byte_view domains[] = {"paypal.com", "mail.paypal.com", "evil.example", "microsoftonline.com", "com", ""};
  const byte_view ids[] = {"spoofed-profile", "unverified-profile", "slot-phone", "callback"};
  const rule said[] = {rule::from_ambiguous, rule::dmarc_fail, rule::dkim_many, rule::listed};  // by the checker itself
  for (int round = 0; round < 4000; ++round) {
    b->run(mail(any(froms), random() % 2 ? "Sender: calendar-notification@google.com\r\n" : "", any(bodies)));
    findings before = b->inspector.found();
    std::vector<byte_view> passed, unsettled;
    for (auto n = random() % 4; n > 0; --n) passed.push_back(any(domains));
    for (auto n = random() % 3; n > 0; --n) unsettled.push_back(any(domains));
    auth_facts facts = checked(static_cast<result>(random() % 4), passed, unsettled);
    facts.spf = static_cast<result>(random() % 4);
    facts.dkim = static_cast<result>(random() % 4);
    facts.checked = random() % 4 != 0;
    facts.trusted_arc = random() % 3 == 0;
    b->inspector.authentication(facts);
    findings after = b->inspector.found();
    for (auto n = random() % 4; n > 0; --n) add_finding(after, any(said), static_cast<int>(random() % 40), {});
    REQUIRE(after.score >= before.score);
    REQUIRE((before.observe || !after.observe));
    policy::settings set;
    set.limits = {static_cast<int>(random() % 120), static_cast<int>(random() % 200), static_cast<int>(random() % 300)};
    set.on_dmarc_reject = static_cast<action>(random() % 5);
    set.on_dmarc_quarantine = static_cast<action>(random() % 5);
    set.on_dns = static_cast<action>(random() % 5);
    if (random() % 2) set.observed_rules.emplace_back(any(ids));
    const policy::decision without = policy::decide(before, set);
    if (random() % 3 == 0) after.cause = unscanned::dns;
    const policy::decision with = policy::decide(after, set, static_cast<policy::dmarc_disposition>(random() % 3));
    REQUIRE(with.act >= without.act);
    REQUIRE(with.would >= without.would);
    REQUIRE(with.score >= without.score);
    for (const finding& f : after.list) REQUIRE(f.weight >= 0);
  }
}

TEST_CASE("a claimed profile is confirmed, refuted, or not known") {
  auto b = std::make_unique<bench>();
  const std::string genuine = mail("service@paypal.com");
  const byte_view own[] = {"mail.paypal.com"}, foreign[] = {"evil.example", "com"}, author[] = {"paypal.com"};
  struct row {
    const char* what;
    std::string content;
    auth_facts facts;
    const char* rule;
  };
  auth_facts arc = checked(result::fail);
  arc.trusted_arc = true;
  auth_facts recorded;
  recorded.dmarc = result::fail;
  const row rows[] = {
      {"DMARC passes", genuine, checked(result::pass), nullptr},
      {"a signing domain of the profile", genuine, checked(result::fail, own), nullptr},
      {"the author's domain, which publishes no policy", genuine, checked(result::none, author), nullptr},
      {"a trusted sealer's word", genuine, arc, nullptr},
      {"somebody else's signature", genuine, checked(result::fail, foreign), "spoofed-profile"},
      {"nothing at all", genuine, checked(result::none), "spoofed-profile"},
      {"only somebody else's DNS fails", genuine, checked(result::fail, {}, foreign), "spoofed-profile"},
      {"its own DNS fails", genuine, checked(result::none, {}, author), "unverified-profile"},
      {"its policy cannot be found", genuine, checked(result::error), "unverified-profile"},
      {"a second From above a genuine signature", "From: x@evil.example\r\n" + genuine, checked(result::error, own), nullptr},
      {"a second From below", mail("service@paypal.com", "From: x@evil.example\r\n"), checked(result::none, own), "spoofed-profile"},
      {"recorded elsewhere", genuine, recorded, "spoofed-profile"},
      {"nobody looked", genuine, {}, nullptr},
      {"no profile is claimed", mail("x@evil.example"), checked(result::fail), nullptr},
      {"Sender claims, the outsider's own DMARC passes",
       mail("x@evil.example", "Sender: calendar-notification@google.com\r\n"), checked(result::pass), "spoofed-profile"},
  };
  for (const row& r : rows) {
    INFO(r.what);
    b->run(r.content);
    b->inspector.authentication(r.facts);
    const findings& f = b->inspector.found();
    CHECK(has(f, "spoofed-profile") == (r.rule != nullptr && std::string_view(r.rule) == "spoofed-profile"));
    CHECK(has(f, "unverified-profile") == (r.rule != nullptr && std::string_view(r.rule) == "unverified-profile"));
  }
}

TEST_CASE("hosts of links are told while the message streams") {
  struct hosts : link_listener {
    std::vector<std::string> seen;
    void on_link_host(byte_view host) override { seen.emplace_back(host); }
  } told;
  auto b = std::make_unique<bench>();
  envelope_facts envelope;
  envelope.links = &told;
  b->inspector.begin(envelope);
  b->inspector.feed(mail("x@evil.example", "Content-Type: text/html\r\n", "<a href=\"https://a.example/x\">b</a> and http://shop-b.com/ too"));
  b->inspector.finish();
  CHECK(std::find(told.seen.begin(), told.seen.end(), "a.example") != told.seen.end());
  CHECK(std::find(told.seen.begin(), told.seen.end(), "shop-b.com") != told.seen.end());
}
