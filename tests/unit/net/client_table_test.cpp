#include "net/client_table.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace sluice::net;
using namespace std::chrono_literals;
using admission = client_table::admission;

namespace {

client_table::key key_of(const char* text) { return client_table::key_of(asio::ip::make_address(text)); }

const clock::time_point start = clock::time_point{} + 24h;

}  // namespace

TEST_CASE("a client is an IPv4 address, mapped or not, or an IPv6 /64") {
  CHECK(key_of("192.0.2.1") == key_of("::ffff:192.0.2.1"));
  CHECK(key_of("192.0.2.1") != key_of("192.0.2.2"));
  CHECK(key_of("2001:db8:1:2::1") == key_of("2001:db8:1:2:ffff::9"));
  CHECK(key_of("2001:db8:1:2::1") != key_of("2001:db8:1:3::1"));
  CHECK(key_of("0.0.0.1") != key_of("::1"));
}

TEST_CASE("connections at a time are limited per client, and a place that is given back can be taken again") {
  client_table t(64, {.connections = 2, .connections_per_minute = 100, .invalid_recipients_per_minute = 10});
  const auto a = key_of("192.0.2.1"), b = key_of("192.0.2.2");
  CHECK(t.enter(a, start) == admission::granted);
  CHECK(t.enter(a, start) == admission::granted);
  CHECK(t.enter(a, start) == admission::too_many_connections);
  CHECK(t.enter(b, start) == admission::granted);
  t.leave(a);
  CHECK(t.enter(a, start) == admission::granted);
  t.leave(key_of("192.0.2.99"));  // never came: nothing to give back
}

TEST_CASE("new connections per minute are limited, and the next minute is a new one") {
  client_table t(64, {.connections = 10, .connections_per_minute = 3, .invalid_recipients_per_minute = 10});
  const auto a = key_of("2001:db8::1");
  for (int i = 0; i < 3; ++i) {
    CHECK(t.enter(a, start + i * 1s) == admission::granted);
    t.leave(a);
  }
  CHECK(t.enter(a, start + 59s) == admission::too_fast);
  CHECK(t.enter(a, start + 60s) == admission::granted);
}

TEST_CASE("too many invalid recipients keep a client out for the rest of the minute") {
  client_table t(64, {.connections = 10, .connections_per_minute = 100, .invalid_recipients_per_minute = 2});
  const auto a = key_of("192.0.2.1");
  CHECK(t.enter(a, start) == admission::granted);
  CHECK_FALSE(t.blocked(a, start));
  t.invalid_recipient(a, start + 1s);
  t.invalid_recipient(a, start + 2s);
  CHECK(t.blocked(a, start + 3s));
  CHECK(t.enter(a, start + 4s) == admission::too_many_invalid);
  CHECK_FALSE(t.blocked(a, start + 61s));
  CHECK(t.enter(a, start + 61s) == admission::granted);
}

TEST_CASE("a table full of connected clients refuses newcomers; those that left make room") {
  client_table t(8, {});
  std::vector<client_table::key> in;
  admission last = admission::granted;
  for (int i = 0; i < 1000 && last == admission::granted; ++i) {
    in.push_back(key_of(("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1)).c_str()));
    last = t.enter(in.back(), start);
  }
  REQUIRE(last == admission::table_full);
  CHECK(in.size() <= 9);
  const auto refused = in.back();
  in.pop_back();
  for (const auto& k : in) t.leave(k);
  CHECK(t.enter(refused, start + 1s) == admission::granted);
}

TEST_CASE("limits change while clients are connected") {
  client_table t(64, {.connections = 1, .connections_per_minute = 100, .invalid_recipients_per_minute = 10});
  const auto a = key_of("192.0.2.1");
  CHECK(t.enter(a, start) == admission::granted);
  CHECK(t.enter(a, start) == admission::too_many_connections);
  t.set_limits({.connections = 2, .connections_per_minute = 100, .invalid_recipients_per_minute = 10});
  CHECK(t.enter(a, start) == admission::granted);
}
