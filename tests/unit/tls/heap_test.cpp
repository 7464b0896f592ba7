#include "tls/heap.hpp"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <thread>

#include "core/scratch_arena.hpp"
#include "fixture.hpp"

using namespace sluice;

namespace {

// Sets the limit to what is in use plus `room`, and back.
class tight {
 public:
  explicit tight(std::uint64_t room) : was_(tls::heap::usage().limit()) {
    tls::heap::install(tests::heap_in_use() + room);
  }
  ~tight() { tls::heap::install(was_); }
  tight(const tight&) = delete;
  tight& operator=(const tight&) = delete;

 private:
  std::uint64_t was_;
};

// What one side's calls take from the heap.
struct tls_measure {
  std::int64_t now = 0, peak = 0;
  template <class Work>
  void take(Work&& work) {
    const std::int64_t before = tls::heap::use_here().now;
    tls::heap::mark_here();
    work();
    peak = std::max(peak, now + tls::heap::use_here().high - before);
    now += tls::heap::use_here().now - before;
  }
};

}  // namespace

TEST_CASE("blocks are zeroed, counted as malloc rounds them, and given back") {
  const std::uint64_t before = tests::heap_in_use();
  void* p = tls::heap::allocate(1000);
  REQUIRE(p != nullptr);
  const char zeros[1000] = {};
  CHECK(std::memcmp(p, zeros, sizeof zeros) == 0);
  CHECK(tests::heap_in_use() == before + malloc_usable_size(p) + sizeof(void*));
  tls::heap::release(p);
  CHECK(tests::heap_in_use() == before);
}

TEST_CASE("what passes the limit is refused and counted, what fits is not") {
  const tight limit(10000);
  const std::uint64_t refused = tls::heap::usage().refused();
  CHECK(tls::heap::allocate(20000) == nullptr);
  CHECK(tls::heap::usage().refused() == refused + 1);
  void* p = tls::heap::allocate(9000);
  CHECK(p != nullptr);
  CHECK(tls::heap::allocate(2000) == nullptr);
  tls::heap::release(p);
  CHECK(tls::heap::usage().used() <= tls::heap::usage().limit());
}

TEST_CASE("blocks may be freed by another thread, and threads leave nothing behind") {
  const std::uint64_t before = tests::heap_in_use();
  void* blocks[64];
  std::thread([&] {
    for (void*& b : blocks) b = tls::heap::allocate(3000);
  }).join();
  CHECK(tests::heap_in_use() > before + 64U * 3000U);
  std::thread([&] {
    for (void* b : blocks) tls::heap::release(b);
  }).join();
  CHECK(tests::heap_in_use() == before);
}

TEST_CASE("four threads in handshakes keep the books") {
  const std::uint64_t before = tests::heap_in_use();
  const auto server = tests::usual_server();
  const auto client = tests::usual_client();
  const std::uint64_t shared = tests::heap_in_use() - before;
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        tests::tls_pair pair;
        tests::connect(pair, server, client);
        done += pair.handshake();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(done == 20);
  CHECK(tests::heap_in_use() == before + shared);
}

TEST_CASE("a handshake that runs out of memory fails with that cause, at every point where it can") {
  for (tls::version v : {tls::version::tls12, tls::version::tls13}) {
    const auto server = tests::usual_server(v);
    const auto client = tests::usual_client();
    {
      tests::tls_pair warm;  // what is kept per key and per process
      tests::connect(warm, server, client);
      REQUIRE(warm.handshake());
    }
    const std::uint64_t before = tests::heap_in_use();
    int failures = 0;
    bool worked = false;
    for (std::uint64_t room = 0; room < 100000 && !worked; room += 509) {
      const tight limit(room);
      tests::tls_pair pair;
      tests::connect(pair, server, client);
      worked = pair.handshake();
      if (worked) break;
      ++failures;
      const tls::step& ours = pair.server_step;
      const tls::step& theirs = pair.client_step;
      const bool told = tls::is_out_of_memory(ours.ec) || tls::is_out_of_memory(theirs.ec);
      INFO("room " << room << ": server " << ours.ec.message() << ", client " << theirs.ec.message());
      CHECK(told);
    }
    CHECK(worked);
    CHECK(failures > 50);
    CHECK(tests::heap_in_use() == before);
  }
}

TEST_CASE("the heap is as full after a thousand sessions as before") {
  const auto server = tests::usual_server(tls::version::tls12);
  tls::client_options o;
  o.reuse_sessions = true;  // TLS 1.2 resumption: a thousand handshakes in no time
  tls::server_options so;
  so.pairs = {tests::tls_certificates::pair("mx-ec")};
  so.max_version = tls::version::tls12;
  so.tickets = *tls::make_ticket_keys();
  const auto resuming = tests::make_server(so);
  const auto client = tests::make_client(o);
  std::uint64_t after_first = 0;
  for (int i = 0; i < 1000; ++i) {
    tests::tls_pair pair;
    const bool full = i % 20 == 0;
    tests::connect(pair, full ? server : resuming, full ? tests::usual_client() : client);
    REQUIRE(pair.handshake());
    std::string got;
    tests::write_all(pair.client, pair.server, "EHLO x\r\n");
    tests::read_all(pair.server, pair.client, got);
    REQUIRE(got == "EHLO x\r\n");
    pair = {};
    if (i == 40) after_first = tests::heap_in_use();
  }
  // What stays (the client's ticket) may lie in a block of another size each time.
  CHECK(tests::heap_in_use() <= after_first + 256);
}

TEST_CASE("an established session stays within what the budget reserves for it") {
  for (tls::version v : {tls::version::tls12, tls::version::tls13}) {
    const auto server = tests::usual_server(v);
    const auto client = tests::usual_client();
    tls_measure used;
    tests::tls_pair pair;
    used.take([&] { pair.server.engine = tls::engine(server); });
    pair.client.engine = tls::engine(client, "mx.example.org");
    for (int round = 0; round < 3; ++round) {
      pair.client.handshake(pair.server);
      used.take([&] { pair.server.handshake(pair.client); });
    }
    REQUIRE(pair.server.engine.established());
    CHECK(used.now <= static_cast<std::int64_t>(tls::limits::session_established_bytes));
    CHECK(used.peak <= static_cast<std::int64_t>(tls::limits::session_handshake_bytes));
    CHECK(used.now >= 2000);  // the measure measures
    const std::int64_t between = used.now;

    // Half a record: its buffer and no more. With the other half all of it goes again.
    const std::string text(3000, 'x');
    pair.client.write(pair.server, text);
    const std::string half = pair.server.arriving.substr(pair.server.arriving.size() / 2);
    pair.server.arriving.resize(pair.server.arriving.size() - half.size());
    std::array<char, 4096> got{};
    tls::step s;
    used.take([&] { s = pair.server.read(pair.client, got); });
    CHECK(s.what == tls::status::want_input);
    CHECK(used.now >= between + 16384);
    CHECK(used.now <= static_cast<std::int64_t>(tls::limits::session_established_bytes + tls::limits::session_record_bytes));
    pair.server.arriving += half;
    used.take([&] { s = pair.server.read(pair.client, got); });
    REQUIRE(s.what == tls::status::done);
    CHECK(byte_view(got.data(), s.n) == text);
    CHECK(used.now == between);
    CHECK(used.peak <= static_cast<std::int64_t>(tls::limits::session_handshake_bytes));
  }
}

TEST_CASE("without room for a record buffer nothing is lost, and the same call goes on when there is room again") {
  for (tls::version v : {tls::version::tls12, tls::version::tls13}) {
    tests::tls_pair pair;
    tests::connect(pair, tests::usual_server(v), tests::usual_client());
    REQUIRE(pair.handshake());
    std::array<char, 64> got{};
    for (const byte_view text : {"first", "second"}) {
      pair.client.write(pair.server, text);
      {
        const tight limit(0);
        tls::heap::settle();
        for (int i = 0; i < 3; ++i) CHECK(tls::is_no_room_now(pair.server.read(pair.client, got).ec));
        CHECK(tls::is_no_room_now(pair.server.write(pair.client, "250 ok").ec));
      }
      const tls::step s = pair.server.read(pair.client, got);
      REQUIRE(s.what == tls::status::done);
      CHECK(byte_view(got.data(), s.n) == text);
      CHECK(pair.server.write(pair.client, "250 ok").n == 6);
      const tls::step back = pair.client.read(pair.server, got);
      CHECK(byte_view(got.data(), back.n) == "250 ok");
    }
  }
}

TEST_CASE("under a scratch arena the heap is not touched until the arena is full, whatever the budget says") {
  tls::heap::settle();
  const std::uint64_t before = tests::heap_in_use();
  {
    const tight limit(0);
    const scratch_arena near;
    std::array<void*, 24> blocks{};
    for (int round = 0; round < 100; ++round) {
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks[i] = tls::heap::allocate(i == 0 ? 0 : 37 * i);
        REQUIRE(blocks[i] != nullptr);
        std::memset(blocks[i], 0xff, i == 0 ? 0 : 37 * i);
      }
      for (std::size_t i = 0; i < blocks.size(); ++i) tls::heap::release(blocks[(i * 7) % blocks.size()]);
    }
    CHECK(tls::heap::allocate(scratch_arena::bytes + 1) == nullptr);
  }
  void* far = nullptr;
  {
    const scratch_arena near;
    void* whole = tls::heap::allocate(scratch_arena::bytes);
    far = tls::heap::allocate(1);  // of the heap, and it may stay
    CHECK(scratch_arena::give_back(far) == false);
    tls::heap::release(whole);
  }
  CHECK(tests::heap_in_use() > before);
  tls::heap::release(far);
  tls::heap::settle();
  CHECK(tests::heap_in_use() == before);
}
