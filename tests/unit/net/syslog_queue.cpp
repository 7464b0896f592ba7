#include "net/syslog_queue.hpp"

#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <random>

using sluice::net::syslog_queue;

TEST_CASE("messages come out in order, counted for a stream and one at a time for datagrams") {
  syslog_queue q;
  CHECK_FALSE(q.put("nobody listens"));
  CHECK(q.lost() == 0);  // there is no server that could miss it
  q.resize(100);
  CHECK(q.put("one"));
  CHECK(q.put("twelve chars"));
  std::string out;
  CHECK(q.peek(out, 1000, true) == 2);
  CHECK(out == "3 one12 twelve chars");
  out.clear();
  CHECK(q.peek(out, 1000, false) == 1);
  CHECK(out == "one");
  q.remove(1);
  out.clear();
  CHECK(q.peek(out, 1, true) == 1);  // one at least
  CHECK(out == "12 twelve chars");
  q.remove(5);
  CHECK(q.used() == 0);
}

TEST_CASE("a full queue loses the new message and counts it") {
  syslog_queue q;
  q.resize(20);
  CHECK(q.put(std::string(10, 'a')));
  CHECK_FALSE(q.put(std::string(7, 'b')));
  CHECK(q.put(std::string(6, 'c')));
  CHECK(q.used() == 20);
  CHECK(q.lost() == 1);
  q.resize(14);
  std::string out;
  CHECK(q.peek(out, 1000, true) == 1);
  CHECK(out == "10 aaaaaaaaaa");
  CHECK(q.lost() == 2);
}

TEST_CASE("whatever the order of events, nothing is torn, doubled or out of order") {
  std::mt19937 random(5424);
  syslog_queue q;
  q.resize(777);
  std::deque<std::string> model;
  std::uint64_t lost = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (random() % 3 != 0) {
      const std::string m = std::to_string(i) + std::string(random() % 120, static_cast<char>('a' + i % 26));
      if (q.put(m)) model.push_back(m);
      else ++lost;
    } else {
      std::string out, expected;
      const bool counted = random() % 2 != 0;
      const std::size_t n = q.peek(out, random() % 400, counted);
      REQUIRE(n == (model.empty() ? 0 : std::max<std::size_t>(n, 1)));
      for (std::size_t k = 0; k < n; ++k) expected += (counted ? std::to_string(model[k].size()) + " " : "") + model[k];
      REQUIRE(out == expected);
      q.remove(n);
      model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(n));
    }
  }
  CHECK(q.lost() == lost);
  CHECK(lost > 0);
}
