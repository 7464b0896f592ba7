#include <catch2/catch_test_macros.hpp>
#include <array>
#include <set>
#include <string>

#include "inspect/rules.hpp"
#include "policy/decide.hpp"

using namespace sluice;
using namespace sluice::policy;
using inspect::action;

namespace {

inspect::findings with_score(std::int32_t points) {
  inspect::findings f;
  if (points > 0) inspect::add_finding(f, inspect::rule::callback, points, {});
  return f;
}

}  // namespace

TEST_CASE("points become actions at the thresholds") {
  settings set;
  CHECK(decide(with_score(0), set).act == action::forward);
  CHECK(decide(with_score(49), set).act == action::forward);
  CHECK(decide(with_score(50), set).act == action::tag);
  CHECK(decide(with_score(99), set).act == action::tag);
  CHECK(decide(with_score(100), set).act == action::quarantine);
  set.limits.reject = 150;
  CHECK(decide(with_score(150), set).act == action::reject);
  set.limits = {0, 0, 0};
  CHECK(decide(with_score(1000), set).act == action::forward);
}

TEST_CASE("mail that could not be inspected gets the action of its cause unless it is worse already") {
  settings set;
  auto found = with_score(0);
  found.cause = inspect::unscanned::budget;
  CHECK(decide(found, set).act == action::defer);
  found = with_score(120);
  found.cause = inspect::unscanned::broken_mime;
  CHECK(decide(found, set).act == action::quarantine);
  found.cause = inspect::unscanned::none;
  found = with_score(10);
  found.cause = inspect::unscanned::encrypted;
  CHECK(decide(found, set).act == action::forward);
}

TEST_CASE("observe mode forwards and tells what it would have done") {
  settings set;
  set.observe = true;
  const decision made = decide(with_score(120), set);
  CHECK(made.act == action::forward);
  CHECK(made.would == action::quarantine);
}

TEST_CASE("a profile in observe mode forwards its own mail only") {
  settings set;
  auto found = with_score(120);
  found.observe = true;
  CHECK(decide(found, set).act == action::forward);
  CHECK(decide(found, set).would == action::quarantine);
}

TEST_CASE("an observed rule does not count, but is told") {
  settings set;
  set.observed_rules = {"callback"};
  const decision made = decide(with_score(120), set);
  CHECK(made.act == action::forward);
  CHECK(made.would == action::quarantine);
  CHECK(made.score == 0);
}

TEST_CASE("exceptions have other scores for some profiles and recipients; the first that fits counts") {
  settings set;
  set.exceptions = {{{"paypal"}, {"shop.example", "*.shop.example"}, {50, 200, 0}, false}, {{"paypal"}, {}, {50, 150, 0}, false}, {{}, {"trial.example"}, {50, 100, 0}, true}};
  auto found = with_score(120);
  using list = std::initializer_list<byte_view>;
  const auto act = [&](list domains) { return decide(found, set, dmarc_disposition::none, {domains.begin(), domains.size()}).act; };
  CHECK(act({"other.example"}) == action::quarantine);
  CHECK(act({"trial.example"}) == action::forward);
  CHECK(decide(found, set, dmarc_disposition::none, std::array<byte_view, 1>{"trial.example"}).would == action::quarantine);
  assign_cut(found.profile, "paypal");
  CHECK(act({"other.example"}) == action::tag);  // 150
  found.score = 160;
  CHECK(act({"other.example"}) == action::quarantine);
  CHECK(act({}) == action::quarantine);
  CHECK(act({"SHOP.example", "a.shop.example"}) == action::tag);  // 200
  CHECK(act({"shop.example", "other.example"}) == action::quarantine);
  CHECK(act({"workshop.example"}) == action::quarantine);
}

TEST_CASE("exceptions and weights may be for a class of abuse") {
  settings set;
  set.exceptions = {{{}, {}, {50, 100, 100}, false, {inspect::sender_abuse::takeover}}, {{}, {}, {50, 300, 0}, false, {inspect::sender_abuse::slot, inspect::sender_abuse::none}}};
  auto found = with_score(120);
  CHECK(inspect::abuse_of(found) == inspect::sender_abuse::none);  // nobody's name is abused
  CHECK(decide(found, set).act == action::tag);
  assign_cut(found.profile, "paypal");
  CHECK(inspect::abuse_of(found) == inspect::sender_abuse::takeover);
  CHECK(decide(found, set).act == action::reject);
  inspect::add_finding(found, inspect::rule::slot_phone, 100, {});
  CHECK(decide(found, set).act == action::reject);  // 120 of takeover, 100 of slots
  inspect::add_finding(found, inspect::rule::slot_words, 30, {});
  CHECK(inspect::abuse_of(found) == inspect::sender_abuse::slot);
  CHECK(decide(found, set).act == action::tag);  // 250 of 300
  set.weights = {{{}, 50, {inspect::sender_abuse::slot}}};
  weigh(found, set);
  CHECK(found.score == 185);
  CHECK(inspect::abuse_of(found) == inspect::sender_abuse::takeover);
}

TEST_CASE("weights change what findings of a rule count, and the score with them") {
  settings set;
  set.weights = {{{"callback", "relayed"}, 50}, {{"callback"}, 0}};
  auto found = with_score(120);
  inspect::add_finding(found, inspect::rule::wallet, 30, {});
  weigh(found, set);
  CHECK(found.score == 90);
  CHECK(found.list[0].weight == 60);
  CHECK(found.list[1].weight == 30);
  CHECK(decide(found, set).act == action::tag);
}

TEST_CASE("several findings of one cause do not add up") {
  inspect::findings found;
  for (int points : {40, 70, 50}) inspect::add_finding(found, inspect::rule::callback, points, {});
  CHECK(found.list.size() == 1);
  CHECK(found.score == 70);
}

TEST_CASE("DMARC asks only when policy lets it") {
  settings set;
  CHECK(decide(with_score(0), set, dmarc_disposition::reject).act == action::forward);
  set.on_dmarc_reject = action::reject;
  set.on_dmarc_quarantine = action::quarantine;
  CHECK(decide(with_score(0), set, dmarc_disposition::reject).act == action::reject);
  CHECK(decide(with_score(0), set, dmarc_disposition::quarantine).act == action::quarantine);
}

TEST_CASE("verdict ids are short, unique and start with v") {
  std::set<std::string> ids;
  for (std::uint64_t i = 0; i < 1000; ++i) ids.insert(std::string(view(make_verdict_id(1795555555, i))));
  ids.insert(std::string(view(make_verdict_id(1795555556, 0))));
  CHECK(ids.size() == 1001);
  for (const std::string& id : ids) {
    CHECK(id.size() == 16);
    CHECK(id[0] == 'v');
    CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos);
  }
}
