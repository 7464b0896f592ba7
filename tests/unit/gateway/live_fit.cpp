#include "firmware/gateway/generations/live_fit.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "config/derive.hpp"
#include "firmware/gateway/budget.hpp"

using namespace sluice;
using namespace sluice::gateway;
using Catch::Matchers::ContainsSubstring;

namespace {

config::model defaults() {
  config::model m;
  config::fill_derived(m, {"mx.example.org", 2});
  return m;
}

}  // namespace

TEST_CASE("what the schema calls reload changes live, fixed mappings do not, and the key is named") {
  const config::model running = defaults();
  config::model next = running;
  next.dns.tries = 5;
  next.auth.enabled = false;
  next.spool.size_bytes /= 2;
  next.memory.sessions = 100;
  next.memory.window_max_bytes = 32 * config::kib;
  next.baseline.save_interval *= 2;
  CHECK(restart_problems(running, next, running.memory.sessions).empty());
  next.memory.loops = 3;
  next.memory.window_pool_bytes += config::mib;
  next.baseline.domains = 5;
  const auto problems = restart_problems(running, next, running.memory.sessions);
  REQUIRE(problems.size() == 3);
  CHECK(problems[0].key == "memory.loops");
  CHECK(problems[1].key == "memory.window_pool");
  CHECK(problems[2].key == "baseline.domains");
  for (const auto& p : problems) CHECK_THAT(p.remedy, ContainsSubstring("?restart=true") && ContainsSubstring("restart with this configuration"));
}

TEST_CASE("sessions may come back to what was reserved at the start, not above it") {
  config::model fewer = defaults(), more = defaults();
  fewer.memory.sessions = 64;
  CHECK(restart_problems(fewer, defaults(), 256).empty());
  more.memory.sessions = 257;
  const auto problems = restart_problems(fewer, more, 256);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].key == "memory.sessions");
  CHECK_THAT(problems[0].what, ContainsSubstring("256"));
}

TEST_CASE("both generations must fit at once, row by row the larger of both") {
  config::model before = defaults(), after = defaults();
  CHECK(memory_problems(before, after).empty());
  const std::uint64_t spare = before.memory.total_bytes - compute_budget(before).process_bytes();
  // Each fits alone: one has its memory in the index, the other in DNS answers.
  before.memory.sqlite_heap_bytes += spare / 8 * 7;
  after.dns.cache_bytes += spare / 8 * 6;
  REQUIRE(compute_budget(before).fits());
  REQUIRE(compute_budget(after).fits());
  const auto problems = memory_problems(before, after);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].key == "memory.total");
  CHECK_THAT(problems[0].what, ContainsSubstring("quarantine index (SQLite)") && ContainsSubstring("more than the 32.00MiB allowed"));
  CHECK_THAT(problems[0].remedy, ContainsSubstring("?restart=true"));
  after.memory.total_bytes += 4 * config::mib;
  CHECK(memory_problems(before, after).empty());
}
