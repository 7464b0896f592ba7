#include "tls/handshake_turns.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "fixture.hpp"
#include "flaky_layer.hpp"
#include "tls/stream.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> tuple{};

// A handshake step of some number, as stream_op asks for its turn.
void step_when_due(asio::io_context& loop, tls::handshake_turns& turns, std::vector<int>& done, int number) {
  if (turns.take(loop.get_executor()))
    done.push_back(number);
  else
    asio::post(loop, [&loop, &turns, &done, number] { step_when_due(loop, turns, done, number); });
}

struct crowd {
  asio::io_context context{1};
  std::atomic<std::uint32_t> steps{1};
  stats counters;
  tls::loop_scratch scratch;
  std::vector<std::unique_ptr<tcp_socket>> sockets;
  std::vector<std::unique_ptr<tls::stream<tcp_socket&>>> streams;
  int well = 0, failed = 0;

  explicit crowd(std::uint32_t bound) : steps(bound) { scratch.turns.bind(steps, counters); }
  tcp_socket& socket() { return *sockets.emplace_back(std::make_unique<tcp_socket>(context)); }

  void add_pair() {
    asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor(context, {asio::ip::address_v4::loopback(), 0});
    tcp_socket &client = socket(), &server = socket();
    client.connect(acceptor.local_endpoint());
    acceptor.accept(server);
    streams.push_back(std::make_unique<tls::stream<tcp_socket&>>(server, scratch, tls::engine(usual_server(tls::version::tls13))));
    streams.push_back(std::make_unique<tls::stream<tcp_socket&>>(client, scratch, tls::engine(usual_client(), "mx.example.org")));
  }
  static asio::awaitable<void, executor> shake(crowd& c, tls::stream<tcp_socket&>& s) {
    auto [ec] = co_await s.async_handshake(tuple);
    ++(ec ? c.failed : c.well);
  }
  void begin() {
    for (const auto& s : streams) asio::co_spawn(context, shake(*this, *s), asio::detached);
  }
  std::uint64_t waits() const { return counters.get(counter::tls_handshake_waits); }
};

}  // namespace

TEST_CASE("of many handshakes that are ready only so many are computed before everything else has its turn, in order") {
  for (std::uint32_t bound : {1U, 2U, 7U}) {
    asio::io_context loop{1};
    std::atomic<std::uint32_t> steps{bound};
    stats counters;
    tls::handshake_turns turns;
    turns.bind(steps, counters);
    std::vector<int> done;
    for (int i = 0; i < 40; ++i) asio::post(loop, [&, i] { step_when_due(loop, turns, done, i); });
    // Somebody else on the loop: at each of its turns it sees no more than `bound` new steps.
    std::size_t seen = 0, most = 0, beats = 0;
    std::function<void()> beat = [&] {
      most = std::max(most, done.size() - seen);
      seen = done.size();
      ++beats;
      if (seen < 40) asio::post(loop, beat);
    };
    asio::post(loop, beat);
    loop.run_for(std::chrono::seconds(30));
    REQUIRE(done.size() == 40);
    CHECK(std::ranges::is_sorted(done));
    CHECK(most == bound);
    CHECK(beats >= 40 / bound);
  }
}

TEST_CASE("a bound that is raised is in force at once") {
  asio::io_context loop{1};
  std::atomic<std::uint32_t> steps{1};
  stats counters;
  tls::handshake_turns turns;
  turns.bind(steps, counters);
  CHECK(turns.take(loop.get_executor()));
  CHECK_FALSE(turns.take(loop.get_executor()));
  steps = 3;
  CHECK(turns.take(loop.get_executor()));
  CHECK(turns.take(loop.get_executor()));
  CHECK_FALSE(turns.take(loop.get_executor()));
  loop.run();
  CHECK(turns.take(loop.get_executor()));
}

TEST_CASE("a crowd of handshakes waits for turns and ends well; under the bound nobody waits") {
  for (std::uint32_t bound : {1U, 1000U}) {
    crowd c(bound);
    for (int i = 0; i < 12; ++i) c.add_pair();
    c.begin();
    c.context.run_for(std::chrono::seconds(60));
    CHECK(c.context.stopped());
    CHECK(c.well == 24);
    CHECK(c.failed == 0);
    CHECK((c.waits() > 0) == (bound == 1));
  }
}

TEST_CASE("a handshake that waits for its turn can be closed, or go away with its loop") {
  {
    crowd c(1);
    for (int i = 0; i < 6; ++i) c.add_pair();
    c.begin();
    asio::post(c.context, [&c] {
      for (const auto& s : c.sockets) s->close();
    });
    c.context.run_for(std::chrono::seconds(30));
    CHECK(c.context.stopped());
    CHECK(c.failed == 12);
  }
  crowd left(1);
  for (int i = 0; i < 6; ++i) left.add_pair();
  left.begin();
  left.context.poll_one();
  left.context.poll_one();  // destroyed with operations in its queue: AddressSanitizer watches
  CHECK(left.well == 0);
}
