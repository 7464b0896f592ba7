#include "net/shared.hpp"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

#include "policy/decide.hpp"

using namespace sluice;

TEST_CASE("processes that start in the same second make different verdict ids") {
  std::set<std::string> ids;
  for (int start = 0; start < 20; ++start) {
    net::shared_options few;
    few.sessions = 1;
    few.window_pool_bytes = block_bytes;
    net::shared all(few, {});
    ids.insert(std::string(view(policy::make_verdict_id(1795555555, all.verdict_serial.fetch_add(1)))));
    ids.insert(std::string(view(policy::make_verdict_id(1795555555, all.verdict_serial.fetch_add(1)))));
  }
  CHECK(ids.size() == 40);
}
