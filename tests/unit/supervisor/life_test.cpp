#include "firmware/supervisor/life.hpp"

#include <catch2/catch_test_macros.hpp>

#include "hal/fake/fake_machine.hpp"

using namespace sluice::supervisor;
using namespace std::chrono_literals;
using kind = action::kind;

namespace {

// The machine, a fake watchdog fed as the loop feeds it, and a clock that the test moves.
struct bench {
  explicit bench(bool dog_there = true, life_limits l = {}) : machine(l, dog_there) {
    if (dog_there) dog.open(30);
    take(machine.begin(now, false));
  }
  life machine;
  sluice::hal::fake_watchdog dog;
  milliseconds now{1'000'000};
  std::vector<action> done;
  bool reset = false;

  void take(const life::actions& a) { done.insert(done.end(), a.begin(), a.end()); }
  void say(const char* text) { take(machine.heard(now, read_notice(text))); }
  void crash(const char* how = "signal 11") { take(machine.exited(now, how)); }
  // Time passes in the loop's turns; with `votes` the service votes every five seconds.
  void pass(milliseconds t, bool votes = false) {
    for (milliseconds passed{0}; passed < t && !reset; passed += 250ms) {
      now += 250ms;
      if (votes && now.count() % 5000 == 0) say("WATCHDOG=1");
      take(machine.tick(now));
      if (machine.may_feed()) dog.feed();
      reset = dog.advance(250ms);
    }
  }
  std::size_t count(kind k) const {
    std::size_t n = 0;
    for (const action& a : done) n += a.what == k;
    return n;
  }
  std::string words(kind k) const {
    for (const action& a : done)
      if (a.what == k) return a.words;
    return "(never)";
  }
};

}  // namespace

TEST_CASE("a service that votes is left alone, and the watchdog is fed") {
  bench b;
  b.say("READY=1\nSTATUS=serving");
  b.pass(600s, true);
  CHECK(b.machine.now() == phase::running);
  CHECK_FALSE(b.reset);
  CHECK(b.count(kind::start) == 1);
  CHECK(b.count(kind::hangs) == 0);
}

TEST_CASE("a part that stands still is named, the feeding ends, and the machine is reset within the watchdog's time") {
  bench b;
  b.say("READY=1");
  b.pass(20s, true);
  b.say("X_SLUICE_STUCK=loop-1");
  CHECK(b.words(kind::hangs) == "loop-1");
  const auto then = b.now;
  b.pass(60s);
  CHECK(b.reset);
  CHECK(b.now - then <= 30s);
  CHECK(b.count(kind::abort) == 0);  // the machine goes down, not the process
}

TEST_CASE("a process that says nothing at all is a hang of the process") {
  bench b;
  b.say("READY=1");
  b.pass(9s);
  CHECK(b.machine.may_feed());
  b.pass(2s);
  CHECK_FALSE(b.machine.may_feed());
  CHECK(b.words(kind::hangs) == "process");
  b.pass(60s);
  CHECK(b.reset);
}

TEST_CASE("a start that never becomes ready is a hang of the start") {
  bench b;
  b.pass(179s);
  CHECK_FALSE(b.reset);
  b.say("WATCHDOG=1");  // votes before it is ready do not prolong the start
  b.pass(40s);
  CHECK(b.words(kind::hangs) == "start");
  CHECK(b.reset);
}

TEST_CASE("a part that comes back before the reset is fed for again") {
  bench b;
  b.say("READY=1");
  b.say("X_SLUICE_STUCK=storage");
  b.pass(15s);
  b.say("WATCHDOG=1");
  CHECK(b.words(kind::recovered) == "storage");
  b.pass(120s, true);
  CHECK_FALSE(b.reset);
  CHECK(b.machine.now() == phase::running);
}

TEST_CASE("without a watchdog a hang ends in an abort, a kill and a new start") {
  bench b(false);
  b.say("READY=1");
  b.say("X_SLUICE_STUCK=dns");
  CHECK(b.count(kind::abort) == 1);
  b.pass(4s);
  CHECK(b.count(kind::kill) == 1);
  b.crash("signal 9");
  CHECK(b.words(kind::failed) == "stuck:dns");
  b.pass(2s);
  CHECK(b.count(kind::start) == 2);
}

TEST_CASE("a watchdog that does not bite is not waited for for ever") {
  bench b;
  b.dog.disarm();
  b.say("READY=1");
  b.say("X_SLUICE_STUCK=loop-0");
  b.pass(119s);
  CHECK(b.count(kind::reboot) == 0);
  b.pass(3s);
  CHECK(b.count(kind::reboot) == 1);
}

TEST_CASE("crashes are restarted after 1, 2, 4, 8 seconds; the fifth within ten minutes is safe mode") {
  bench b;
  for (const milliseconds wait : {1s, 2s, 4s, 8s}) {
    b.say("READY=1");
    b.crash();
    CHECK(b.machine.now() == phase::waiting);
    b.pass(wait - 250ms);
    CHECK(b.machine.now() == phase::waiting);
    b.pass(250ms);
    CHECK(b.machine.now() == phase::starting);
  }
  CHECK(b.count(kind::safe_mode) == 0);
  b.crash("exit code 3, the configuration is wrong");
  CHECK(b.words(kind::safe_mode) == "exit code 3, the configuration is wrong");
  b.pass(16s);
  CHECK(b.count(kind::start_safe) == 1);
  CHECK(b.machine.is_safe());
  CHECK_FALSE(b.reset);
}

TEST_CASE("in safe mode failures go on being restarted, at most a minute apart") {
  bench b;
  for (int i = 0; i < 12; ++i) {
    b.crash();
    b.pass(60s);
    CHECK(b.machine.now() == phase::starting);
  }
  CHECK(b.count(kind::safe_mode) == 1);
}

TEST_CASE("failures that lie far apart do not add up") {
  bench b;
  for (int i = 0; i < 20; ++i) {
    b.say("READY=1");
    b.pass(200s, true);
    b.crash();
    b.pass(10s);
  }
  CHECK_FALSE(b.machine.is_safe());
}

TEST_CASE("a system on trial is given up instead of being kept in safe mode") {
  bench b;
  b.machine.set_on_trial(true);
  for (int i = 0; i < 5; ++i) {
    b.crash();
    b.pass(20s);
  }
  CHECK(b.count(kind::give_up) == 1);
}

TEST_CASE("safe mode is left on request: an orderly stop, then a normal start with a clean slate") {
  bench b;
  for (int i = 0; i < 5; ++i) {
    b.crash();
    b.pass(20s);
  }
  b.say("READY=1");
  b.take(b.machine.leave_safe_mode(b.now));
  CHECK(b.count(kind::ask_to_stop) == 1);
  b.crash("exit code 0");
  CHECK(b.done.back().what == kind::start);
  CHECK(b.count(kind::failed) == 5);
  b.crash();
  CHECK_FALSE(b.machine.is_safe());
}

TEST_CASE("a stop is asked for, then forced, and is fed for until it is complete") {
  bench b;
  b.say("READY=1");
  b.take(b.machine.stop(b.now));
  CHECK(b.count(kind::ask_to_stop) == 1);
  b.pass(59s);
  CHECK(b.count(kind::kill) == 0);
  b.pass(2s);
  CHECK(b.count(kind::kill) == 1);
  CHECK_FALSE(b.reset);
  b.crash("signal 9");
  CHECK(b.done.back().what == kind::ended);
  CHECK(b.count(kind::failed) == 0);
}

TEST_CASE("a service that ran and asks to be started again is, at once, as often as it asks, and that is no crash") {
  bench b;
  for (int i = 0; i < 20; ++i) {
    b.say("READY=1");
    b.pass(5s, true);
    b.take(b.machine.exited(b.now, "exit code 5", true));
    CHECK(b.machine.now() == phase::starting);
    CHECK(b.done.back().what == kind::start);
  }
  CHECK(b.count(kind::again) == 20);
  CHECK(b.count(kind::failed) == 0);
  CHECK(b.machine.restarts() == 0);
  CHECK_FALSE(b.machine.is_safe());
  b.pass(181s);  // and the start that follows is watched like any other
  CHECK(b.words(kind::hangs) == "start");
}

TEST_CASE("one that asks to be started again before it was ready, or while it hangs, has crashed") {
  bench b(false);
  b.take(b.machine.exited(b.now, "exit code 5", true));
  CHECK(b.words(kind::failed) == "exit code 5");
  CHECK(b.machine.now() == phase::waiting);
  b.pass(2s);
  b.say("READY=1");
  b.say("X_SLUICE_STUCK=loop-0");
  b.take(b.machine.exited(b.now, "exit code 5", true));
  CHECK(b.count(kind::failed) == 2);
  CHECK(b.machine.last_failure() == "stuck:loop-0");
  CHECK(b.count(kind::again) == 0);
}

TEST_CASE("one that asks to be started again while it is stopped stays away; in safe mode it stays in safe mode") {
  bench b;
  b.say("READY=1");
  b.take(b.machine.stop(b.now));
  b.take(b.machine.exited(b.now, "exit code 5", true));
  CHECK(b.done.back().what == kind::ended);
  bench safe;
  for (int i = 0; i < 5; ++i) safe.crash();
  safe.pass(20s);
  safe.say("READY=1");
  safe.take(safe.machine.exited(safe.now, "exit code 5", true));
  CHECK(safe.done.back().what == kind::start_safe);
}

TEST_CASE("a stop while it waits for the next start is complete at once") {
  bench b;
  b.crash();
  b.take(b.machine.stop(b.now));
  CHECK(b.done.back().what == kind::ended);
  b.pass(10s);
  CHECK(b.count(kind::start) == 1);
}
