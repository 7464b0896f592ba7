#include "net/storage_thread.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch_test_macros.hpp>
#include <future>

using namespace sluice::net;
using namespace std::chrono_literals;

namespace {

awaitable<void> run_one(storage_thread& storage, asio::io_context& loop, std::vector<int>& order, int n, bool& ran) {
  auto work = [&order, n] { order.push_back(n); };
  const job_ref job(work);
  ran = co_await storage.run(loop, job);
}

awaitable<void> run_blocked(storage_thread& storage, asio::io_context& loop, std::promise<void>& begun,
                            std::shared_future<void> gate, bool& ran) {
  auto work = [&] {
    begun.set_value();
    gate.wait();
  };
  const job_ref job(work);
  ran = co_await storage.run(loop, job);
}

}  // namespace

TEST_CASE("jobs run one after the other, in the order they came, and resume their loop") {
  storage_thread storage(64);
  asio::io_context loop(1);
  std::vector<int> order;
  std::array<bool, 32> ran{};
  for (int i = 0; i < 32; ++i)
    asio::co_spawn(loop, run_one(storage, loop, order, i, ran[static_cast<std::size_t>(i)]), asio::detached);
  loop.run();
  REQUIRE(order.size() == 32);
  for (int i = 0; i < 32; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
  for (const bool r : ran) CHECK(r);
  CHECK(storage.ring().used() == 0);
}

TEST_CASE("a full ring answers false at once, and the job does not run") {
  storage_thread storage(2);
  asio::io_context loop(1);
  std::promise<void> begun, gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::vector<int> order;
  bool first = false, second = false, third = true;
  asio::co_spawn(loop, run_blocked(storage, loop, begun, open, first), asio::detached);
  loop.poll();
  begun.get_future().wait();
  CHECK(storage.busy_for() >= 0ms);
  asio::co_spawn(loop, run_one(storage, loop, order, 2, second), asio::detached);
  asio::co_spawn(loop, run_one(storage, loop, order, 3, third), asio::detached);
  loop.poll();
  CHECK_FALSE(third);
  CHECK(storage.ring().refused() == 1);
  gate.set_value();
  loop.restart();
  loop.run();
  CHECK(first);
  CHECK(second);
  CHECK(order == std::vector<int>{2});
}

TEST_CASE("the thread finishes the jobs that it accepted before it ends") {
  asio::io_context loop(1);
  std::promise<void> begun, gate;
  bool ran = false;
  {
    storage_thread storage(4);
    asio::co_spawn(loop, run_blocked(storage, loop, begun, gate.get_future().share(), ran), asio::detached);
    loop.poll();
    begun.get_future().wait();
    gate.set_value();
  }
  loop.restart();
  loop.run();
  CHECK(ran);
}
