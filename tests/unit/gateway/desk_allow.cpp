// Which exceptions "release and allow" makes, and which it refuses.
#include <catch2/catch_test_macros.hpp>

#include "firmware/gateway/manage/desk_allow.hpp"
#include "inspect/text_id.hpp"

using namespace sluice;
using namespace sluice::gateway;

namespace {

quarantine::message_detail held() {
  quarantine::message_detail m;
  m.summary.id = "v123";
  m.profile = "entra";
  quarantine::stored_finding f;
  f.rule = "slot-phone";
  f.words = "+1 888\n555 0142";
  f.weight = 100;
  f.text_id = std::string(view(inspect::text_of_id(inspect::text_id("Call +1 888 555 0142"))));
  m.findings.push_back(f);
  return m;
}

constexpr std::int64_t now = 1'795'000'000;

allow_plan plan(const quarantine::message_detail& m, std::vector<std::string> to = {"bob@example.net"}, std::int64_t days = 30) {
  return plan_allow(m, to, days, "session:ann", now);
}

}  // namespace

TEST_CASE("an exception names reader, rule, profile and the one text, and ends") {
  const allow_plan p = plan(held(), {"bob@example.net", "ann@example.net"});
  CHECK(p.refused.empty());
  REQUIRE(p.entries.size() == 2);
  policy::list_entry e = p.entries[0];
  CHECK(e.what == "bob@example.net");
  CHECK(e.rule == "slot-phone");
  CHECK(e.profile == "entra");
  CHECK(e.text_id == inspect::text_id("Call +1 888 555 0142"));
  CHECK(e.skeleton.empty());
  CHECK(e.expires == now + 30 * 86400);
  CHECK(policy::normalise(e));
  CHECK(policy::check(e, now) == policy::list_fault::none);
  CHECK(p.lines.size() == 1);
}

TEST_CASE("what only a blanket exception would let through is refused") {
  auto m = held();
  m.findings[0].text_id.clear();
  CHECK(plan(m).refused.find("blanket") != std::string::npos);
  m = held();
  m.findings[0].rule = "callback";  // of the template, which is not known
  CHECK(plan(m).refused.find("entra") != std::string::npos);
  CHECK(plan(m).entries.empty());
  m = held();
  m.findings_dropped = 1;
  CHECK_FALSE(plan(m).refused.empty());
}

TEST_CASE("readers and days are bounded") {
  for (const std::int64_t days : {0, 91}) CHECK_FALSE(plan(held(), {"bob@example.net"}, days).refused.empty());
  CHECK_FALSE(plan(held(), {}).refused.empty());
  CHECK_FALSE(plan(held(), std::vector<std::string>(allow_recipients_max + 1, "bob@example.net")).refused.empty());
  auto m = held();
  m.findings[0].weight = 0;
  CHECK_FALSE(plan(m).refused.empty());
}
