// Who gave wrong passwords waits, and how long; and how often a set-up may be tried.
#include "status/access/lockout.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace sluice::status;

namespace {

constexpr std::int64_t now = 1'000'000;

void fail(lockout& l, unsigned times, std::string_view address, std::string_view user, std::int64_t at = now) {
  for (unsigned i = 0; i < times; ++i) l.failed(address, user, at);
}

}  // namespace

TEST_CASE("five wrong answers are free, the next one waits, and each one doubles it") {
  lockout l;
  fail(l, free_failures - 1, "192.0.2.7", "anna");
  CHECK(l.wait_of("192.0.2.7", "anna", now) == 0);
  for (const std::int64_t wait : {2, 3, 5, 9}) {
    fail(l, 1, "192.0.2.7", "anna");
    CHECK(l.wait_of("192.0.2.7", "anna", now) == wait);
    CHECK(l.wait_of("192.0.2.7", "anna", now + wait - 1) == 1);
    CHECK(l.wait_of("192.0.2.7", "anna", now + wait) == 0);
  }
}

TEST_CASE("the address waits whatever the name, the name wherever it is tried, and nobody else") {
  lockout l;
  fail(l, free_failures, "192.0.2.7", "anna");
  CHECK(l.wait_of("192.0.2.7", "bert", now) > 0);
  CHECK(l.wait_of("198.51.100.1", "anna", now) > 0);
  CHECK(l.wait_of("198.51.100.1", "bert", now) == 0);
}

TEST_CASE("nobody is locked out for good: a minute for a name, a quarter of an hour for an address") {
  lockout l;
  fail(l, 100, "192.0.2.7", "anna");
  CHECK(l.wait_of("198.51.100.1", "anna", now) == user_wait_s + 1);
  CHECK(l.wait_of("192.0.2.7", "", now) == address_wait_s + 1);
  CHECK(l.wait_of("192.0.2.7", "anna", now + forgiven_after_s) == 0);
  l.failed("192.0.2.7", "anna", now + forgiven_after_s);  // the first one again
  CHECK(l.wait_of("192.0.2.7", "anna", now + forgiven_after_s) == 0);
}

TEST_CASE("a right password, or one that was not looked at, leaves nothing") {
  lockout l;
  fail(l, free_failures, "192.0.2.7", "anna");
  l.not_looked_at("192.0.2.7", "anna");
  CHECK(l.wait_of("192.0.2.7", "anna", now) == 0);
  fail(l, 1, "192.0.2.7", "anna");
  CHECK(l.wait_of("192.0.2.7", "anna", now) > 0);
  l.succeeded("192.0.2.7", "anna");
  CHECK(l.wait_of("192.0.2.7", "anna", now) == 0);
  l.not_looked_at("192.0.2.7", "anna");  // of nobody
  fail(l, free_failures - 1, "192.0.2.7", "anna");
  CHECK(l.wait_of("192.0.2.7", "anna", now) == 0);
}

TEST_CASE("the table is bounded, and forgets who failed longest ago") {
  lockout l;
  fail(l, free_failures, "192.0.2.7", "", now - 10);
  fail(l, free_failures, "192.0.2.8", "", now);
  for (std::size_t i = 0; i < lockout_entries - 1; ++i) l.failed("198.51.100." + std::to_string(i), "", now);
  CHECK(l.wait_of("192.0.2.7", "", now - 10) == 0);
  CHECK(l.wait_of("192.0.2.8", "", now) > 0);
}

TEST_CASE("a set-up is tried five times a minute, whoever tries") {
  minute_limit m;
  for (unsigned i = 0; i < setup_tries_per_minute; ++i) CHECK(m.take(now + i));
  CHECK_FALSE(m.take(now + 6));
  CHECK_FALSE(m.take(now + 59));
  CHECK(m.take(now + 60));
  CHECK(m.take(now - 500));  // a clock that went back does not shut the door
}
