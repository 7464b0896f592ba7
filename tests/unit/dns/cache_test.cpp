// The answer cache: what it remembers, for how long, and that its memory is all it ever uses.
#include "dns/cache.hpp"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <string>

using namespace sluice;
using namespace sluice::dns;

namespace {

answer with(byte_view packed, std::uint32_t ttl = 300) { return {status::ok, ttl, packed}; }

}  // namespace

TEST_CASE("an answer is found again under its name in any case, and only for its type") {
  cache c;
  c.put({"Example.COM", record_type::txt}, with("data"), 1000);
  answer got;
  REQUIRE(c.find({"example.com", record_type::txt}, 1001, got));
  CHECK(got.packed == "data");
  CHECK(got.ttl == 299);
  CHECK_FALSE(c.find({"example.com", record_type::a}, 1001, got));
  CHECK_FALSE(c.find({"example.org", record_type::txt}, 1001, got));
  CHECK(c.hits() == 1);
  CHECK(c.misses() == 2);
}

TEST_CASE("times to live are kept within their limits") {
  const struct {
    status state;
    std::uint32_t ttl, lives;
  } rows[] = {
      {status::ok, 300, 300},
      {status::ok, 0, limits::ttl_min},
      {status::ok, 86400, limits::ttl_max},
      {status::nxdomain, 86400, limits::negative_ttl_max},
      {status::no_data, 30, 30},
      {status::servfail, 300, limits::failure_ttl},
      {status::timeout, 300, limits::failure_ttl},
      {status::malformed, 300, limits::failure_ttl},
  };
  for (const auto& row : rows) {
    cache c;
    c.put({"a.example", record_type::a}, {row.state, row.ttl, {}}, 0);
    answer got;
    INFO(name_of(row.state) << ' ' << row.ttl);
    REQUIRE(c.find({"a.example", record_type::a}, row.lives - 1, got));
    CHECK(got.status == row.state);
    CHECK_FALSE(c.find({"a.example", record_type::a}, row.lives, got));
  }
}

TEST_CASE("what says nothing about the name is not remembered") {
  cache c;
  c.put({"a.example", record_type::a}, {status::budget, 300, {}}, 0);
  c.put({"b.example", record_type::a}, {status::cancelled, 300, {}}, 0);
  CHECK(c.entries() == 0);
}

TEST_CASE("a newer answer replaces the older one") {
  cache c;
  c.put({"a.example", record_type::a}, with("old"), 0);
  c.put({"a.example", record_type::a}, with("newer"), 1);
  answer got;
  REQUIRE(c.find({"a.example", record_type::a}, 2, got));
  CHECK(got.packed == "newer");
  CHECK(c.entries() == 1);
}

TEST_CASE("an answer too large for the cache is passed over") {
  cache c({.bytes = 4096});
  c.put({"a.example", record_type::txt}, with(std::string(600, 'x')), 0);
  CHECK(c.entries() == 0);
}

TEST_CASE("whatever is put in, the cache gives back what was put in last or nothing, inside its memory") {
  cache c({.bytes = 16384});
  std::map<std::string, std::string> truth;
  std::mt19937 random(7);
  for (int i = 0; i < 200000; ++i) {
    const std::string name = "n" + std::to_string(random() % 400) + ".example";
    if (random() % 3 == 0) {
      const std::string value(random() % 300, static_cast<char>('a' + random() % 26));
      c.put({name, record_type::txt}, with(value), 10);
      truth[name] = value;
    } else if (answer got; c.find({name, record_type::txt}, 11, got)) {
      REQUIRE(got.packed == truth[name]);
    }
    REQUIRE(c.bytes_used() <= 16384);
  }
  CHECK(c.hits() > 1000);
  CHECK(c.evictions() > 1000);
  c.clear();
  answer got;
  CHECK_FALSE(c.find({"n1.example", record_type::txt}, 11, got));
}
