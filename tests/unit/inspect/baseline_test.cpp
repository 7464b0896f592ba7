#include "inspect/baseline.hpp"

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "inspect/message_inspector.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

const std::vector<std::uint32_t> links{11, 12}, text{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

sender_traits usual(byte_view domain) { return {domain, links, text, 77}; }

void know(baseline_table& t, byte_view domain, std::uint32_t day = 100) {
  for (std::uint32_t i = 0; i < 12; ++i) t.learn(usual(domain), day + i / 4);
}

}  // namespace

TEST_CASE("nothing is new until a sender was here on three days") {
  baseline_table t(64, 1);
  for (int i = 0; i < 50; ++i) t.learn(usual("shop.example"), 100);
  CHECK_FALSE(t.compare({"shop.example", {}, {}, 99}).known);
  know(t, "shop.example", 101);
  const novelty n = t.compare({"shop.example", {}, {}, 99});
  CHECK(n.known);
  CHECK(n.name);
  CHECK_FALSE(n.link);
  CHECK_FALSE(n.text);
  CHECK_FALSE(t.compare({"other.example", {}, {}, 99}).known);
}

TEST_CASE("new links, names and texts are told apart, and what is learned is no longer new") {
  baseline_table t(64, 1);
  know(t, "shop.example");
  CHECK(t.compare(usual("shop.example")).count() == 0);
  const std::vector<std::uint32_t> other_links{11, 99}, other_text{21, 22, 23, 24, 25, 26, 27, 28};
  CHECK(t.compare({"shop.example", other_links, text, 77}).link);
  CHECK(t.compare({"shop.example", links, other_text, 77}).text);
  CHECK(t.compare({"shop.example", links, std::span(other_text).first(3), 77}).count() == 0);  // too short to say
  t.learn({"shop.example", other_links, other_text, 77}, 103);
  CHECK(t.compare({"shop.example", other_links, other_text, 77}).count() == 0);
}

TEST_CASE("a sender whose mail is always new is never called so") {
  baseline_table t(64, 1);
  for (std::uint32_t i = 0; i < 200; ++i) {
    const std::vector<std::uint32_t> one{1000 + i};
    t.learn({"news.example", one, {}, 5000 + i}, 100 + i);
  }
  const std::vector<std::uint32_t> one{99};
  CHECK_FALSE(t.compare({"news.example", one, {}, 1}).known);
}

TEST_CASE("a million hostile domains take no more room and push out nobody who is known") {
  baseline_table t(2048, 42);
  for (int i = 0; i < 200; ++i) know(t, "known" + std::to_string(i) + ".example");
  const std::size_t capacity = t.entries().size();
  for (int i = 0; i < 1'000'000; ++i) t.learn(usual("x" + std::to_string(i) + ".attacker.example"), 104);
  CHECK(t.entries().size() == capacity);
  CHECK(t.used() <= capacity);
  int kept = 0;
  for (int i = 0; i < 200; ++i) kept += t.find("known" + std::to_string(i) + ".example") != nullptr;
  CHECK(kept == 200);
  // A newcomer still gets a place, and a known sender that has long been silent may go.
  t.learn(usual("new.example"), 104);
  CHECK(t.find("new.example") != nullptr);
}

TEST_CASE("a bucket full of known senders takes nobody new until one has been silent for long") {
  baseline_table t(8, 42);
  for (int i = 0; i < 8; ++i) know(t, "known" + std::to_string(i) + ".example");
  t.learn(usual("late.example"), 110);
  CHECK(t.find("late.example") == nullptr);
  t.learn(usual("late.example"), 103 + baseline_table::forgotten_days + 1);
  CHECK(t.find("late.example") != nullptr);
}

TEST_CASE("no room and impossible names are no trouble") {
  baseline_table none(0, 1);
  know(none, "shop.example");
  CHECK(none.used() == 0);
  CHECK_FALSE(none.compare(usual("shop.example")).known);
  baseline_table t(8, 1);
  t.learn(usual(std::string(64, 'a')), 1);
  t.learn(usual(""), 1);
  CHECK(t.used() == 0);
}

TEST_CASE("new things strengthen findings, are none by themselves, and lower nothing") {
  mime::charset_pool pool;
  auto i = std::make_unique<message_inspector>(real_rules(), own_names{}, pool);
  const auto score = [&](std::string_view note, const novelty& what) {
    i->begin({});
    i->feed("From: service@paypal.com\r\nTo: a@example.org\r\nSubject: Invoice from Blue Shop\r\n\r\nNote from seller: " + std::string(note) + "\r\n");
    i->finish();
    i->compared(what);
    return i->found().score;
  };
  const std::string lure = "Call 1-888-555-0142 now to cancel your Bitcoin order of $499.99";
  const novelty unknown, nothing{true, false, false, false}, link{true, true, false, false}, all{true, true, true, true};
  const auto before = score(lure, unknown);
  REQUIRE(before >= 30);
  CHECK(score(lure, nothing) == before);
  CHECK(score(lure, link) > before);
  CHECK(score(lure, all) > score(lure, link));
  CHECK(score(lure, all) <= before + 40);
  CHECK(score("Thank you", all) == score("Thank you", unknown));
}

TEST_CASE("only an author that is vouched for has a baseline") {
  mime::charset_pool pool;
  auto i = std::make_unique<message_inspector>(real_rules(), own_names{}, pool);
  i->begin({});
  i->feed("From: Shop <a@mail.shop.example.com>\r\nSubject: x\r\n\r\nSee https://www.shop.net/a for what we have in the house today and tomorrow and on all other days of the week\r\n");
  i->finish();
  auth_facts facts;
  CHECK(i->traits(facts).domain.empty());
  facts.dmarc = auth_facts::result::pass;
  CHECK(i->traits(facts).domain.empty());  // recorded elsewhere, not verified here
  facts.checked = true;
  CHECK(i->traits(facts).domain == "example.com");
  CHECK(i->traits(facts).links.size() == 1);
  CHECK(i->traits(facts).text.size() >= 2);
  facts.dmarc = auth_facts::result::none;
  const byte_view passed[] = {"esp.example.net"}, aligned[] = {"news.example.com"};
  facts.passed = passed;
  CHECK(i->traits(facts).domain.empty());
  facts.passed = aligned;
  CHECK(i->traits(facts).domain == "example.com");
}
