// The resolver against a server that answers well, badly, or not at all. Times are short here; nothing waits on a clock
// for longer than the tries need.
#include "dns/ares_resolver.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <vector>

#include "unit/dns/scripted_server.hpp"

using namespace sluice;
using namespace sluice::dns;
using namespace sluice::dns::test;
using namespace std::chrono_literals;

namespace {

// c-ares takes its memory from here; it must know before the first resolver of the process.
gauge ares_heap(8u << 20);
const bool heap_is_counted = count_ares_heap(ares_heap);

// Asks for a list of names; a name that answers "text of ..." may lead to one more.
struct asker : lookup_client {
  explicit asker(std::vector<std::string> what) : names(std::move(what)) {}
  bool next_lookup(lookup& out) override {
    if (next == names.size()) return false;
    out = {static_cast<std::uint32_t>(next), {names[next], record_type::txt}};
    ++next;
    return true;
  }
  void on_answer(std::uint32_t id, const answer& got) override {
    most_heap = std::max(most_heap, ares_heap.used());
    byte_view rest = got.packed, text;
    answer::next(rest, text);
    results[names[id]] = {got.status, std::string(text)};
    if (names[id] == "chain.example" && names.size() < 20) names.push_back("second.example");
  }
  std::vector<std::string> names;
  std::size_t next = 0;
  std::uint64_t most_heap = 0;  // of c-ares, while its answers come
  std::map<std::string, std::pair<status, std::string>> results;
};

struct bench {
  explicit bench(resolver_options o = {}) : server(io) {
    o.servers = {server.address()};
    o.try_timeout = 100ms;
    o.tries = 2;
    resolver = std::make_unique<ares_resolver>(io.get_executor(), o);
    std::string error;
    REQUIRE(resolver->open(error));
  }

  // True when everything was answered in time.
  bool run(asker& a, std::chrono::milliseconds limit = 5s) {
    ares_resolver::task t(io.get_executor());
    resolver->start(t, a);
    bool in_time = false, done = false;
    auto waiting = [](ares_resolver& r, ares_resolver::task& what, std::chrono::milliseconds for_ms, bool& good,
                      bool& ended) -> ares_resolver::awaitable<void> {
      good = co_await r.wait(what, ares_resolver::clock::now() + for_ms);
      ended = true;
    };
    asio::co_spawn(io, waiting(*resolver, t, limit, in_time, done), asio::detached);
    while (!done) io.run_one();
    return in_time;
  }

  // Until nothing is under way; newer releases of c-ares wait longer than they are told.
  void settle() {
    for (int i = 0; i < 100 && resolver->count().in_flight != 0; ++i) io.run_for(50ms);
  }

  asio::io_context io{1};
  scripted_server server;
  std::unique_ptr<ares_resolver> resolver;
};

}  // namespace

TEST_CASE("each way a lookup can end has its status") {
  bench b;
  asker a({"plain.example", "missing.example", "empty.example", "servfail.example", "refused.example", "broken.example",
           "truncated.example", "huge.example", "forged.example"});
  REQUIRE(b.run(a));
  CHECK(a.results["plain.example"] == std::pair{status::ok, std::string("text of plain.example")});
  CHECK(a.results["missing.example"].first == status::nxdomain);
  CHECK(a.results["empty.example"].first == status::no_data);
  CHECK(a.results["servfail.example"].first == status::servfail);
  CHECK(a.results["refused.example"].first == status::servfail);
  CHECK(a.results["broken.example"].first == status::malformed);
  CHECK(a.results["truncated.example"] == std::pair{status::ok, std::string(3000, 'x')});
  CHECK(a.results["huge.example"].first == status::too_large);
  CHECK(a.results["forged.example"] == std::pair{status::ok, std::string("true")});
  CHECK(b.server.tcp_questions == 2);
  CHECK(b.resolver->count().in_flight == 0);
}

TEST_CASE("a server that never answers, or only with a forged id, is a timeout after the tries") {
  bench b;
  asker a({"silent.example", "onlyforged.example"});
  REQUIRE(b.run(a));
  CHECK(a.results["silent.example"].first == status::timeout);
  CHECK(a.results["onlyforged.example"].first == status::timeout);
  CHECK(b.resolver->count().timeouts == 2);
}

TEST_CASE("answers that cannot be read end no other question, and need no more heap than the budget says") {
  const std::uint64_t before = ares_heap.used();
  bench b({.in_flight = 40});
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) {
    names.push_back("n" + std::to_string(i) + ".example");
    names.push_back("broken.b" + std::to_string(i) + ".example");
    names.push_back("servfail.s" + std::to_string(i) + ".example");
  }
  asker a(names);
  REQUIRE(b.run(a));
  for (int i = 0; i < 20; ++i) {
    CHECK(a.results["n" + std::to_string(i) + ".example"].first == status::ok);
    CHECK(a.results["broken.b" + std::to_string(i) + ".example"].first == status::malformed);
    CHECK(a.results["servfail.s" + std::to_string(i) + ".example"].first == status::servfail);
  }
  CHECK(b.resolver->count().in_flight == 0);
  CHECK(a.most_heap > before);
  CHECK(a.most_heap - before <= ares_heap_bytes(1, 40));
}

TEST_CASE("what is known is not asked again") {
  bench b;
  asker first({"plain.example", "missing.example"});
  REQUIRE(b.run(first));
  const std::size_t asked = b.server.udp_questions;
  asker second({"PLAIN.example", "missing.example"});
  REQUIRE(b.run(second));
  CHECK(b.server.udp_questions == asked);
  CHECK(second.results["PLAIN.example"].second == "text of plain.example");
}

TEST_CASE("an answer may lead to further questions") {
  bench b;
  asker a({"chain.example"});
  REQUIRE(b.run(a));
  CHECK(a.results.count("second.example") == 1);
}

TEST_CASE("more questions than places wait their turn") {
  bench b({.in_flight = 2});
  std::vector<std::string> names;
  for (int i = 0; i < 50; ++i) names.push_back("n" + std::to_string(i) + ".example");
  asker a(names);
  REQUIRE(b.run(a));
  CHECK(a.results.size() == 50);
  CHECK(b.resolver->count().in_flight_peak == 2);
}

TEST_CASE("at the deadline the client is detached and hears no more") {
  bench b;
  asker a({"silent.example", "plain.example"});
  CHECK_FALSE(b.run(a, 30ms));
  CHECK(a.results.count("silent.example") == 0);
  const auto heard = a.results.size();
  b.settle();
  CHECK(a.results.size() == heard);
  CHECK(b.resolver->count().in_flight == 0);
}

TEST_CASE("a client that goes away leaves nothing behind") {
  bench b;
  {
    asker a({"silent.example", "servfail.example"});
    ares_resolver::task t(b.io.get_executor());
    b.resolver->start(t, a);
    CHECK(t.open() == 2);
  }
  b.settle();
  CHECK(b.resolver->count().in_flight == 0);
  asker late({"silent2.example"});
  ares_resolver::task t(b.io.get_executor());
  b.resolver->start(t, late);
  b.resolver.reset();  // with a question under way
  CHECK(late.results.empty());
  CHECK(t.open() == 0);
}

TEST_CASE("a malformed server address is told") {
  asio::io_context io;
  ares_resolver r(io.get_executor(), {.servers = {"not an address"}});
  std::string error;
  CHECK_FALSE(r.open(error));
  CHECK_FALSE(error.empty());
}

TEST_CASE("the memory of c-ares is counted, comes back, and is a budget when it is used up") {
  REQUIRE(heap_is_counted);
  const std::uint64_t before = ares_heap.used();
  {
    bench b;
    CHECK(ares_heap.used() > before);
    asker a({"plain.example", "truncated.example"});
    REQUIRE(b.run(a));
    ares_heap.set_limit(ares_heap.used());
    asker starved({"plain2.example"});
    REQUIRE(b.run(starved));
    CHECK(starved.results["plain2.example"].first == status::budget);
    ares_heap.set_limit(8u << 20);
    asker again({"plain2.example"});
    REQUIRE(b.run(again));
    CHECK(again.results["plain2.example"].first == status::ok);
  }
  CHECK(ares_heap.used() == before);
  CHECK(ares_heap.peak() < (1u << 20));
}

TEST_CASE("a resolver and its open questions need no more of the heap than the budget says") {
  REQUIRE(heap_is_counted);
  const std::uint64_t before = ares_heap.used();
  bench b;
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("a-name-of-usual-length-" + std::to_string(i) + ".silent.example");
  asker a(names);
  ares_resolver::task t(b.io.get_executor());
  const std::uint64_t opened = ares_heap.used() - before;
  b.resolver->start(t, a);
  const std::uint64_t asking = ares_heap.used() - before;
  WARN("a resolver " << opened << " octets, with 100 open questions " << asking);
  CHECK(opened <= ares_heap_bytes(1, 0));
  CHECK(asking <= ares_heap_bytes(1, 100));
  b.resolver->cancel(t);
}

TEST_CASE("when nobody answers any more questions end at once, until somebody does") {
  resolver_options o;
  o.outage_after = 200ms;
  bench b(o);
  asker first({"silent.example", "first.silent.example"});
  b.server.mute = true;
  CHECK(b.run(first));
  CHECK(first.results["silent.example"].first == status::timeout);
  CHECK(b.resolver->outage());
  CHECK(b.resolver->count().outages == 1);
  const auto began = ares_resolver::clock::now();
  asker second({"plain.example"});
  CHECK(b.run(second));
  CHECK(second.results["plain.example"].first == status::timeout);
  CHECK(ares_resolver::clock::now() - began < 50ms);
  b.server.mute = false;
  for (int i = 0; i < 100 && b.resolver->outage(); ++i) b.io.run_for(50ms);
  CHECK_FALSE(b.resolver->outage());
  asker third({"second.example"});
  CHECK(b.run(third));
  CHECK(third.results["second.example"].first == status::ok);
}

TEST_CASE("a slow zone is no outage as long as the servers answer something") {
  resolver_options o;
  o.outage_after = 100ms;
  bench b(o);
  asker a({"silent.example"});
  b.run(a);
  CHECK_FALSE(b.resolver->outage());
  CHECK(b.resolver->count().outages == 0);
  b.resolver->close();  // whatever is asked afterwards is a timeout
  asker late({"plain.example"});
  CHECK(b.run(late));
  CHECK(late.results["plain.example"].first == status::timeout);
}

TEST_CASE("other servers while questions are under way: they are asked anew, and nothing is lost") {
  bench b;
  scripted_server other(b.io);
  resolver_options next{.servers = {other.address()}, .try_timeout = 100ms, .tries = 2};
  asker a({"silent.example", "plain.example", "missing.example"});
  ares_resolver::task t(b.io.get_executor());
  b.resolver->start(t, a);
  std::string error;
  REQUIRE(b.resolver->change(next, error));
  while (t.open() != 0) b.io.run_one();
  CHECK(a.results["plain.example"].second == "text of plain.example");
  CHECK(a.results["missing.example"].first == status::nxdomain);
  CHECK(a.results["silent.example"].first == status::timeout);
  CHECK(other.udp_questions >= 3);
  CHECK(b.resolver->count().in_flight == 0);
}

TEST_CASE("a change of options keeps what is remembered, unless the cache gets another size") {
  bench b;
  asker first({"plain.example"});
  REQUIRE(b.run(first));
  resolver_options next{.servers = {b.server.address()}, .try_timeout = 100ms, .tries = 1, .in_flight = 4};
  std::string error;
  REQUIRE(b.resolver->change(next, error));
  const std::size_t asked = b.server.udp_questions;
  asker again({"plain.example"});
  REQUIRE(b.run(again));
  CHECK(b.server.udp_questions == asked);
  next.cache.bytes = 16 * 1024;
  REQUIRE(b.resolver->change(next, error));
  asker third({"plain.example"});
  REQUIRE(b.run(third));
  CHECK(b.server.udp_questions > asked);
}

TEST_CASE("servers that cannot be used change nothing") {
  bench b;
  resolver_options next{.servers = {"not an address"}};
  std::string error;
  CHECK_FALSE(b.resolver->change(next, error));
  CHECK_FALSE(error.empty());
  asker a({"plain.example"});
  REQUIRE(b.run(a));
  CHECK(a.results["plain.example"].second == "text of plain.example");
}

TEST_CASE("fewer places hold from the moment the questions beyond them end") {
  bench b({.in_flight = 50});
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("m" + std::to_string(i) + ".example");
  asker a(names);
  ares_resolver::task t(b.io.get_executor());
  b.resolver->start(t, a);
  resolver_options next{.servers = {b.server.address()}, .try_timeout = 100ms, .tries = 2, .in_flight = 3};
  std::string error;
  REQUIRE(b.resolver->change(next, error));
  while (t.open() != 0) b.io.run_one();
  CHECK(a.results.size() == 40);
  asker more({"x1.example", "x2.example", "x3.example", "x4.example", "x5.example"});
  REQUIRE(b.run(more));
  CHECK(more.results.size() == 5);
}
