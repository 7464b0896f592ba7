#include "config/diff.hpp"

#include <catch2/catch_test_macros.hpp>

#include "config/derive.hpp"
#include "tests/unit/config/support.hpp"

using namespace sluice::config;
using namespace sluice::config::test;

namespace {

model base() {
  model m = read_toml(minimal).value;
  fill_derived(m, {"mx.example.org", 2});
  return m;
}

std::string only(const model& before, const model& now) {
  const auto changes = diff(before, now);
  REQUIRE(changes.size() == 1);
  const change& c = changes[0];
  return c.key + ": " + c.before + " -> " + c.now + " (" + std::string(name_of(c.when)) + ")";
}

}  // namespace

TEST_CASE("equal configurations do not differ") {
  CHECK(diff(base(), base()).empty());
  CHECK(strongest({}) == reload::session);
}

TEST_CASE("a changed key is named with both values and with what it takes") {
  model now = base();
  now.deadline.command = std::chrono::minutes(2);
  CHECK(only(base(), now) == "deadline.command: \"5m\" -> \"2m\" (reload)");
  now = base();
  now.memory.sessions = 100;
  CHECK(only(base(), now) == "memory.sessions: 256 -> 100 (reload)");
  now = base();
  now.memory.loops = 1;
  CHECK(only(base(), now) == "memory.loops: 2 -> 1 (restart)");
  now = base();
  now.status.listen = {};
  CHECK(only(base(), now) == "status.listen: \"127.0.0.1:8443\" -> \"off\" (reload, opened anew)");
  now = base();
  now.domains.push_back("example.net");
  CHECK(only(base(), now) == "domains: [\"example.org\"] -> [\"example.org\", \"example.net\"] (reload)");
  now = base();
  now.quarantine.retention.minimum = milliseconds(0);
  CHECK(only(base(), now) == "quarantine.retention.minimum: \"7d\" -> \"0s\" (reload)");
}

TEST_CASE("tables of a list are matched by what they are, not by their order") {
  model before = base();
  before.listeners.push_back(make_listener({"::", 25}));
  model now = before;
  std::swap(now.listeners[0], now.listeners[1]);
  CHECK(diff(before, now).empty());
  now.listeners[0].require_tls = true;
  CHECK(only(before, now) == "listener[[::]:25].require_tls: false -> true (reload)");
}

TEST_CASE("a table that comes or goes is one change; a moved listener is a new one") {
  model now = base();
  now.listeners.push_back(make_listener({"::", 25}));
  CHECK(only(base(), now) == "listener[[::]:25]:  -> present (reload, opened anew)");
  CHECK(only(now, base()) == "listener[[::]:25]: present ->  (reload, opened anew)");
  now = base();
  now.listeners[0].address.port = 26;
  CHECK(diff(base(), now).size() == 2);
}

TEST_CASE("two routes to one host are told apart") {
  model before = base();
  before.routes.push_back(before.routes[0]);
  before.routes[1].domains = {"example.org"};
  CHECK(diff(before, before).empty());
  model now = before;
  now.routes[1].send_xclient = false;
  CHECK(only(before, now) == "route[10.0.0.5:25#2].send_xclient: true -> false (reload)");
}

TEST_CASE("the strongest class covers all changes") {
  model now = base();
  now.deadline.command = std::chrono::minutes(2);
  CHECK(strongest(diff(base(), now)) == reload::session);
  now.log.format = log_format::json;
  CHECK(strongest(diff(base(), now)) == reload::reopen);
  now.data_directory = "/data";
  CHECK(strongest(diff(base(), now)) == reload::restart);
}

TEST_CASE("what a file leaves out is filled from the machine and from other keys") {
  model m =
      read_toml(std::string(minimal) + "[[quarantine.recipient_domain]]\ndomain = \"a.org\"\nmessages = 5\n").value;
  fill_derived(m, {"mx.example.org", 16});
  CHECK(m.hostname == "mx.example.org");
  CHECK(m.policy.authserv_id == "mx.example.org");
  CHECK(m.memory.loops == 4);
  CHECK(m.listeners[0].max_message_size_bytes == m.limit.message_size_bytes);
  CHECK(m.routes[0].tls_name == "10.0.0.5");
  CHECK(m.routes[0].connections == m.memory.sessions);
  CHECK(m.quarantine.recipient_domains[0].size_bytes == m.quarantine.size_bytes);
  CHECK(m.quarantine.recipient_domains[0].messages == 5);
  CHECK(m.quarantine.recipient_domains[0].maximum_age == m.quarantine.retention.maximum);

  model set = base();
  set.hostname = "a.example.org";
  set.memory.loops = 2;
  const model before = set;
  fill_derived(set, {"other", 8});
  CHECK(set.hostname == "a.example.org");
  CHECK(set == before);  // nothing that is set is touched
}
