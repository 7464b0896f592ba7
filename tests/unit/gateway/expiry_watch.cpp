#include "firmware/gateway/trust/expiry_watch.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace sluice;
using gateway::expiry;

namespace {
constexpr std::int64_t day = 86'400, now = 1'800'000'000;

tls::certificate_info ending(std::int64_t after, const char* digits) {
  tls::certificate_info c;
  c.names = {"mx.example.org"};
  c.not_before = now - 100 * day;
  c.not_after = now + after;
  c.sha256 = digits;
  return c;
}
}  // namespace

TEST_CASE("a certificate's end is told by how near it is") {
  const gateway::expiry_limits l;
  CHECK(expiry_of(ending(22 * day, "a"), now, l) == expiry::fine);
  CHECK(expiry_of(ending(21 * day, "a"), now, l) == expiry::notice);
  CHECK(expiry_of(ending(8 * day, "a"), now, l) == expiry::notice);
  CHECK(expiry_of(ending(7 * day, "a"), now, l) == expiry::alarm);
  CHECK(expiry_of(ending(0, "a"), now, l) == expiry::alarm);
  CHECK(expiry_of(ending(-1, "a"), now, l) == expiry::expired);
  CHECK(expiry_text(ending(22 * day, "a"), now, l).empty());
  CHECK(expiry_text(ending(6 * day, "a"), now, l) == "mx.example.org ends in 6 days");
  CHECK(expiry_text(ending(day, "a"), now, l) == "mx.example.org ends in 1 day");
  CHECK(expiry_text(ending(60, "a"), now, l) == "mx.example.org ends within a day");
  CHECK(expiry_text(ending(-1, "a"), now, l) == "mx.example.org has expired");
}

TEST_CASE("each certificate is told once a day, and again when it becomes urgent") {
  gateway::expiry_watch w;
  const gateway::expiry_limits l;
  const std::int64_t morning = now / day * day;
  std::vector<tls::certificate_info> all{ending(100 * day, "fine"), ending(10 * day, "soon"), ending(3 * day, "urgent")};
  auto due = w.look(all, morning, l);
  REQUIRE(due.size() == 2);
  CHECK(due[0].what == expiry::notice);
  CHECK(due[1].what == expiry::alarm);
  CHECK(w.look(all, morning + 3600, l).empty());
  all[1].not_after = morning + 7 * day;  // a limit that was changed, or a clock that came right
  due = w.look(all, morning + 7200, l);
  REQUIRE(due.size() == 1);
  CHECK(due[0].certificate->sha256 == "soon");
  CHECK(w.look(all, morning + day, l).size() == 2);
}
