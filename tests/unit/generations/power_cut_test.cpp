// P7 against the power switch: a life of pushes is written down operation by operation and cut after every one, in each of
// the ways a disk may keep or lose what was not synced. Started again, a confirmed generation rules, its text is whole,
// and it is the one that was confirmed last, or the one whose confirm was under way. Then the same with writes that fail.
#include <catch2/catch_test_macros.hpp>
#include <algorithm>
#include <filesystem>
#include <map>

#include "config/generations/machine.hpp"
#include "config/generations/store.hpp"
#include "hal/fake/watched_files.hpp"
#include "hal/linux/files.hpp"
#include "support/power_cut.hpp"

using namespace sluice;
using namespace sluice::config::generations;
using kind = action::kind;

namespace {

std::string content_of(std::uint64_t i) { return "# generation text " + std::to_string(i) + "\n" + std::string(700 + i * 37, 'x'); }

// What the driver does, without a program behind it: every save and keep goes to the disk, and a failed one undoes the event.
struct box {
  hal::linux_files real;
  hal::fake::watched_files fs;
  store disk;
  machine m;
  std::map<std::string, std::string> contents;  // by hash: the hash is the content's number here

  box(const std::string& directory, hal::fake::disk_watcher& watcher) : fs(real, watcher), disk(fs, directory) {}

  bool start(found& what) {
    record r;
    if (disk.open(r, what) != 0) return false;
    m = machine(std::move(r));
    if (!carry_out(m.boot({1, 1}), {})) return false;
    m.runs(m.known().confirmed);
    return true;
  }
  bool carry_out(const actions& all, const std::string& text) {
    for (const action& a : all) {
      if (a.what == kind::keep && disk.keep(a.number, text) != 0) return false;
      if (a.what == kind::save && disk.save(m.known()) != 0) return false;
      if (a.what == kind::drop) disk.drop(a.number);
    }
    return true;
  }
  // True when the disk took it; otherwise the machine is as before.
  template <class Event>
  bool event(Event e, const std::string& text = {}) {
    const machine before = m;
    if (carry_out(e(), text)) return true;
    m = before;
    return false;
  }
  bool push(std::uint64_t i, bool by_file, bool keep) {
    offer o;
    o.hash = std::to_string(i);
    o.from = by_file ? way::file : way::api;
    o.needs_confirm = !by_file;
    if (m.objection(o) != refusal::none) return false;
    if (!event([&] { return m.take(o, {10, 10}); }, content_of(i))) return false;
    if (m.known().confirmed == 0) return event([&] { return m.applied(true, {}, {11, 11}); });
    m.applied(true, {}, {11, 11});
    if (by_file) return event([&] { return m.proven(true, {}, {12, 12}); });
    m.proven(true, {}, {12, 12});
    if (keep) return event([&] { return m.confirm("anna", {13, 13}); });
    const actions back = m.take_back("anna", {13, 13});
    const bool saved = carry_out(back, {});
    m.returned(true);
    return saved;
  }
};

constexpr int pushes = 26;  // more than are kept

}  // namespace

TEST_CASE("after a power cut at any operation the last confirmed generation rules, and its text is whole", "[crash]") {
  test::scratch_folder dir;
  hal::fake::disk_trace trace(dir / "config");
  box b(dir / "config", trace);
  found what{};
  REQUIRE(b.start(what));
  REQUIRE(what == found::nothing);
  test::milestones<std::uint64_t> confirmed;
  for (int i = 1; i <= pushes; ++i) {
    REQUIRE(b.push(static_cast<std::uint64_t>(i), i == 1 || i % 7 == 0, i % 3 != 0));
    confirmed.reached(trace, b.m.known().confirmed);
  }
  REQUIRE(trace.size() > 250);
  std::size_t old_ones = 0, new_ones = 0;
  test::for_each_cut(trace, {.seed = 20261128, .below = "config", .folders = {"config"}}, [&](const test::cut_disk& disk) {
    hal::fake::fault_point none(0, hal::fake::fault_point::mode::none);
    box again(disk.path + "/config", none);
    REQUIRE(again.start(what));
    CHECK(what != found::damaged);
    const std::uint64_t* const before = confirmed.before(disk.cut);
    const std::uint64_t* const next = confirmed.next(disk.cut);
    const std::uint64_t now = again.m.known().confirmed;
    const bool is_old = now == (before ? *before : 0);
    CHECK((is_old || (next && now == *next)));
    old_ones += is_old;
    new_ones += !is_old;
    CHECK(again.m.known().candidate == 0);
    for (const entry& e : again.m.known().entries) {
      std::string text;
      CHECK(again.disk.read(e.number, text) == 0);
      CHECK(text == content_of(std::stoull(e.hash)));
    }
    if (disk.cut % 8 != 0) return;
    REQUIRE(again.push(1000, false, true));  // and it goes on working
    CHECK(again.m.known().find(again.m.known().confirmed)->hash == "1000");
  });
  CHECK(old_ones > new_ones);
  CHECK(new_ones > 10);
}

TEST_CASE("a medium that refuses any one write leaves a good generation, in the program and on disk") {
  using mode = hal::fake::fault_point::mode;
  std::uint64_t fired = 0;
  for (std::uint64_t n = 0; n < 400; ++n) {
    test::scratch_folder dir;
    hal::fake::fault_point faults(n, mode::fail_once, 28);  // ENOSPC
    box b(dir / "config", faults);
    found what{};
    if (!b.start(what)) {
      CHECK(faults.fired());
      REQUIRE(b.start(what));
    }
    std::uint64_t confirmed = 0;
    for (int i = 1; i <= 12; ++i) {
      const bool done = b.push(static_cast<std::uint64_t>(i), i == 1, i % 3 != 0);
      if (done && i % 3 != 0) confirmed = b.m.known().confirmed;
      if (b.m.at() == state::waiting) {  // its confirm could not be written: nobody was told that it is confirmed
        CHECK(b.m.known().confirmed == confirmed);
        b.carry_out(b.m.take_back("anna", {20, 20}), {});
        b.m.returned(true);
      } else if (b.m.at() == state::applying) {
        b.event([&] { return b.m.applied(true, {}, {21, 21}); });
        confirmed = b.m.known().confirmed;
      } else if (b.m.at() == state::proving) {
        b.event([&] { return b.m.proven(true, {}, {21, 21}); });
        confirmed = b.m.known().confirmed;
      }
    }
    hal::fake::fault_point none(0, mode::none);
    box again(dir / "config", none);
    REQUIRE(again.start(what));
    INFO("operation " << n << " failed");
    CHECK(what == found::record);
    CHECK(again.m.known().confirmed == confirmed);
    std::string text;
    CHECK(again.disk.read(confirmed, text) == 0);
    fired += faults.fired();
  }
  CHECK(fired > 80);
}

TEST_CASE("a damaged record starts anew without giving a number twice, and leftovers go") {
  test::scratch_folder dir;
  hal::fake::fault_point none(0, hal::fake::fault_point::mode::none);
  box b(dir / "config", none);
  found what{};
  REQUIRE(b.start(what));
  REQUIRE(b.push(1, true, true));
  REQUIRE(b.push(2, false, true));
  const std::string state = dir / "config/state";
  std::filesystem::resize_file(state, std::filesystem::file_size(state) - 3);
  box again(dir / "config", none);
  REQUIRE(again.start(what));
  CHECK(what == found::damaged);
  CHECK(again.m.known().confirmed == 0);
  CHECK(again.m.known().next == 3);
  CHECK(std::filesystem::exists(dir / "config/state.damaged"));
  CHECK_FALSE(std::filesystem::exists(dir / "config/2.toml"));
  REQUIRE(again.push(3, true, true));
  CHECK(again.m.known().confirmed == 3);
}
