// Sessions of people: how they end (idle, too old, by somebody, for want of room), and what opens them.
#include "status/access/sessions.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sodium.h>

using namespace sluice;
using namespace sluice::status;

namespace {

constexpr std::int64_t idle = 600, longest = 3'600;

session_table table() {
  REQUIRE(sodium_init() >= 0);
  return session_table(idle, longest);
}

}  // namespace

TEST_CASE("a session without requests ends after the idle time, to the second") {
  session_table t = table();
  const std::string id = t.open("anna", role::viewer, "192.0.2.7", 1'000);
  REQUIRE(t.find(id, 1'000 + idle - 1) != nullptr);  // a use: the time begins anew
  CHECK(t.find(id, 1'000 + 2 * idle - 2) != nullptr);
  const std::string other = t.open("anna", role::viewer, "192.0.2.7", 2'000);
  CHECK(t.find(other, 2'000 + idle) == nullptr);
  CHECK(t.list(2'000 + idle).size() == 1);  // the first one was used later
  CHECK(t.list(3'000 + idle).empty());
}

TEST_CASE("looking at a session by its key, as streams and lists do, keeps it from ending no longer") {
  session_table t = table();
  const std::string id = t.open("anna", role::viewer, "", 1'000);
  const std::string key(view(t.find(id, 1'000)->key));
  CHECK(t.with_key(key, 1'000 + idle - 1) != nullptr);
  CHECK(t.with_key(key, 1'000 + idle) == nullptr);
  CHECK(t.find(id, 1'000 + idle) == nullptr);
}

TEST_CASE("a session that is always used ends after the longest time") {
  session_table t = table();
  const std::string id = t.open("anna", role::viewer, "", 0);
  std::int64_t now = 0;
  while (now + idle / 2 < longest) REQUIRE(t.find(id, now += idle / 2) != nullptr);
  CHECK(t.find(id, longest - 1) != nullptr);
  CHECK(t.find(id, longest) == nullptr);
}

TEST_CASE("shorter times count for sessions that are open") {
  session_table t = table();
  const std::string id = t.open("anna", role::viewer, "", 1'000);
  t.set_times(60, longest);
  CHECK(t.find(id, 1'059) != nullptr);
  CHECK(t.find(id, 1'119) == nullptr);
}

TEST_CASE("only the whole id opens it, and the table holds no id") {
  session_table t = table();
  const std::string id = t.open("anna", role::admin, "", 0);
  CHECK(id.size() == 64);
  CHECK(t.find(id.substr(1), 0) == nullptr);
  CHECK(t.find(id + "0", 0) == nullptr);
  CHECK(t.find("", 0) == nullptr);
  CHECK(t.find(std::string(64, '0'), 0) == nullptr);
  const session* s = t.find(id, 0);
  REQUIRE(s != nullptr);
  CHECK(s->id == digest_of(id));
  CHECK(view(s->csrf) != view(s->key));
  CHECK(t.open("anna", role::admin, "", 0) != id);
}

TEST_CASE("a full table ends the idlest session, never more") {
  session_table t = table();
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < max_sessions; ++i) ids.push_back(t.open("u" + std::to_string(i), role::viewer, "", static_cast<std::int64_t>(i)));
  REQUIRE(t.find(ids[0], 100) != nullptr);  // now u1 is the idlest
  const std::string next = t.open("new", role::viewer, "", 101);
  CHECK(t.list(101).size() == max_sessions);
  CHECK(t.find(ids[1], 101) == nullptr);
  CHECK(t.find(ids[0], 101) != nullptr);
  CHECK(t.find(next, 101) != nullptr);
}

TEST_CASE("one is closed by its key, all of a user by the name") {
  session_table t = table();
  const std::string a = t.open("anna", role::viewer, "", 0), b = t.open("anna", role::viewer, "", 0), c = t.open("bert", role::viewer, "", 0);
  t.close(std::string(view(t.find(a, 0)->key)));
  CHECK(t.find(a, 0) == nullptr);
  CHECK(t.find(b, 0) != nullptr);
  t.close_of("anna");
  CHECK(t.find(b, 0) == nullptr);
  CHECK(t.find(c, 0) != nullptr);
}

TEST_CASE("the cookie is found among others") {
  CHECK(cookie_value("a=1; __Host-sluice=abc; b=2", session_cookie) == "abc");
  CHECK(cookie_value("__Host-sluice=first;__Host-sluice=second", session_cookie) == "first");
  CHECK(cookie_value("x__Host-sluice=abc", session_cookie).empty());
  CHECK(cookie_value(";;=;__Host-sluice", session_cookie).empty());
}
