#include <catch2/catch_test_macros.hpp>
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
