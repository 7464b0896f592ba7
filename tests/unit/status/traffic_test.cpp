#include "status/traffic.hpp"

#include <catch2/catch_test_macros.hpp>

#include "status/profile_counts.hpp"

using namespace sluice::status;

TEST_CASE("mail is counted in the minute it came in, and leaves the picture after an hour") {
  traffic t;
  const std::int64_t now = 1'000'000 * 60;
  t.add(now - 59 * 60, fate::delivered, encryption::tls13, 10);
  t.add(now - 60, fate::held, encryption::tls12, 10);
  t.add(now, fate::turned_away, encryption::none, 10);
  t.add(now + 59, fate::delivered, encryption::tls13, 10);
  traffic_view v = t.look(now + 59);
  CHECK(v.hour == 4);
  CHECK(v.minutes[0].messages[0] == 1);
  CHECK(v.minutes[58].messages[1] == 1);
  CHECK(v.minutes[59].messages[0] == 1);
  CHECK(v.minutes[59].messages[2] == 1);
  v = t.look(now + 60);
  CHECK(v.hour == 3);
  CHECK(v.minutes[58].all() == 2);
  t.add(now + 60 * 60, fate::delivered, encryption::tls13, 10);  // takes the place of the minute an hour before
  v = t.look(now + 60 * 60);
  CHECK(v.hour == 1);
  CHECK(v.encryptions[static_cast<std::size_t>(encryption::tls13)] == 3);  // since the start
}

TEST_CASE("times are told as the end of their bucket, never too small") {
  for (const std::uint32_t ms : {0u, 1u, 2u, 3u, 5u, 100u, 1000u, 40'000u}) CHECK(bucket_end_ms(bucket_of(ms)) >= ms);
  CHECK(bucket_of(0xFFFFFFFF) == latency_buckets - 1);
  traffic t;
  for (int i = 0; i < 94; ++i) t.add(600, fate::delivered, encryption::none, 4);
  for (int i = 0; i < 6; ++i) t.add(600, fate::delivered, encryption::none, 1000);
  const traffic_view v = t.look(600);
  CHECK(v.p50_ms == 4);
  CHECK(v.p95_ms == 1024);
  CHECK(traffic().look(600).p95_ms == 0);
}

TEST_CASE("profiles beyond the table are counted together, and none is lost") {
  profile_counts c;
  c.add("entra", true, false);
  c.add("entra", false, true);
  CHECK(c.of("entra").seen == 2);
  CHECK(c.of("entra").held == 1);
  CHECK(c.of("entra").would_hold == 1);
  for (std::size_t i = 0; i < counted_profiles + 10; ++i) c.add("p" + std::to_string(i), false, false);
  CHECK(c.of("p0").seen == 1);
  CHECK(c.of("p" + std::to_string(counted_profiles + 5)).seen == 0);
}
