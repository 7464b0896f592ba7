#include "net/signature_memory.hpp"

#include <catch2/catch_test_macros.hpp>
#include <thread>
#include <vector>

using namespace sluice::net;

TEST_CASE("the memory of signatures is bounded, counts recipients and forgets") {
  signature_memory memory(4096, 0x1234);
  const auto one = [&](std::uint64_t key, std::uint32_t recipient, std::int64_t now) { return memory.remember({&key, 1}, {&recipient, 1}, now); };
  for (std::uint32_t i = 1; i <= 20; ++i) CHECK(one(7, i * 2654435761u, 100).messages == i);
  CHECK(one(7, 1 * 2654435761u, 101).recipients >= 15);
  CHECK(one(7, 1 * 2654435761u, 101).recipients <= 26);
  for (int again = 0; again < 50; ++again) one(9, 5, 100);
  CHECK(one(9, 5, 100).recipients == 1);  // a retry is not a second reader
  CHECK(one(9, 5, 100 + signature_memory::keep_seconds + 1).messages == 1);
  // 10^6 different ones take no more room; what is seen often enough stays.
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    one(1000 + i, static_cast<std::uint32_t>(i), 200 + static_cast<std::int64_t>(i / 1000));
    if (i % 100 == 0) one(11, 4, 200 + static_cast<std::int64_t>(i / 1000));
  }
  CHECK(memory.used() == memory.capacity());
  CHECK(memory.capacity() == 4096);
  CHECK(one(11, 4, 1200).messages > 100);
  signature_memory none(0, 1);
  const std::uint64_t key = 5;
  const std::uint32_t recipient = 1;
  CHECK(none.remember({&key, 1}, {&recipient, 1}, 1).messages == 0);
}

TEST_CASE("event loops share the memory of signatures") {
  signature_memory memory(64, 9);
  std::vector<std::thread> loops;
  for (std::uint32_t t = 0; t < 4; ++t) {
    loops.emplace_back([&memory, t] {
      const std::uint64_t key = 77;
      for (std::uint32_t i = 0; i < 1000; ++i) memory.remember({&key, 1}, {&t, 1}, 1);
    });
  }
  for (std::thread& loop : loops) loop.join();
  const std::uint64_t key = 77;
  const std::uint32_t recipient = 0;
  const auto seen = memory.remember({&key, 1}, {&recipient, 1}, 1);
  CHECK(seen.messages == 4001);
  CHECK(seen.recipients >= 3);
  CHECK(seen.recipients <= 5);
}
