#include "firmware/gateway/write_watch.hpp"

#include <catch2/catch_test_macros.hpp>

using sluice::gateway::write_watch;

TEST_CASE("a day that writes more than the limit is told once, the next day again") {
  write_watch w;
  constexpr std::int64_t noon = 20'000 * 86'400 + 43'200;
  CHECK_FALSE(w.passes(noon, 100, 100));
  CHECK(w.passes(noon + 5, 101, 100));
  CHECK_FALSE(w.passes(noon + 10, 500, 100));
  CHECK_FALSE(w.passes(noon + 86'400, 600, 100));
  CHECK(w.today() == 100);
  CHECK(w.passes(noon + 86'405, 601, 100));
}

TEST_CASE("without a limit nothing is told") {
  write_watch w;
  CHECK_FALSE(w.passes(0, 1'000'000, 0));
}
