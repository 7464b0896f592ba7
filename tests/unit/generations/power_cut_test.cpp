// P7 against the power switch: a life of pushes is written down operation by operation and cut after every one, in each of
// the ways a disk may keep or lose what was not synced. Started again, a confirmed generation rules, its text is whole,
// and it is the one that was confirmed last, or the one whose confirm was under way. Then the same with writes that fail.
#include <catch2/catch_test_macros.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <unistd.h>

#include "config/generations/machine.hpp"
#include "config/generations/store.hpp"
#include "hal/fake/disk_trace.hpp"
#include "hal/fake/watched_files.hpp"
#include "hal/linux/files.hpp"

using namespace sluice;
using namespace sluice::config::generations;
using survival = hal::fake::disk_trace::survival;
using kind = action::kind;

namespace {

struct scratch {
  // In memory where there is such a place: thousands of disks are made.
  std::string path = (std::filesystem::exists("/dev/shm") ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) / ("sluice-generations-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
  scratch() { std::filesystem::create_directories(path); }
  ~scratch() { std::filesystem::remove_all(path); }
  static inline int count = 0;
};

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

struct mark {
  std::size_t operations;
  std::uint64_t confirmed;
};

constexpr int pushes = 26;  // more than are kept

}  // namespace

TEST_CASE("after a power cut at any operation the last confirmed generation rules, and its text is whole", "[crash]") {
  scratch dir;
  hal::fake::disk_trace trace(dir.path + "/config");
  box b(dir.path + "/config", trace);
  found what{};
  REQUIRE(b.start(what));
  REQUIRE(what == found::nothing);
  std::vector<mark> marks{{0, 0}};
  for (int i = 1; i <= pushes; ++i) {
    REQUIRE(b.push(static_cast<std::uint64_t>(i), i == 1 || i % 7 == 0, i % 3 != 0));
    marks.push_back({trace.size(), b.m.known().confirmed});
  }
  REQUIRE(trace.size() > 250);
  std::mt19937 random(20261128);
  std::size_t old_ones = 0, new_ones = 0;
  for (std::size_t cut = 0; cut <= trace.size(); ++cut) {
    for (const survival mode : {survival::nothing, survival::everything, survival::some, survival::some}) {
      scratch after;
      std::filesystem::create_directories(after.path + "/config");
      trace.materialise(cut, mode, random, after.path + "/config");
      hal::fake::fault_point none(0, hal::fake::fault_point::mode::none);
      box again(after.path + "/config", none);
      INFO("cut after operation " << cut << " of " << trace.size() << ", survival " << static_cast<int>(mode));
      REQUIRE(again.start(what));
      CHECK(what != found::damaged);
      const auto next = std::find_if(marks.begin(), marks.end(), [&](const mark& m) { return m.operations > cut; });
      const std::uint64_t before = next == marks.begin() ? 0 : std::prev(next)->confirmed, now = again.m.known().confirmed;
      CHECK((now == before || (next != marks.end() && now == next->confirmed)));
      old_ones += now == before;
      new_ones += now != before;
      CHECK(again.m.known().candidate == 0);
      for (const entry& e : again.m.known().entries) {
        std::string text;
        CHECK(again.disk.read(e.number, text) == 0);
        CHECK(text == content_of(std::stoull(e.hash)));
      }
      if (cut % 8 != 0) continue;
      REQUIRE(again.push(1000, false, true));  // and it goes on working
      CHECK(again.m.known().find(again.m.known().confirmed)->hash == "1000");
    }
  }
  CHECK(old_ones > new_ones);
  CHECK(new_ones > 10);
}

TEST_CASE("a medium that refuses any one write leaves a good generation, in the program and on disk") {
  using mode = hal::fake::fault_point::mode;
  std::uint64_t fired = 0;
  for (std::uint64_t n = 0; n < 400; ++n) {
    scratch dir;
    hal::fake::fault_point faults(n, mode::fail_once, 28);  // ENOSPC
    box b(dir.path + "/config", faults);
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
    box again(dir.path + "/config", none);
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
  scratch dir;
  hal::fake::fault_point none(0, hal::fake::fault_point::mode::none);
  box b(dir.path + "/config", none);
  found what{};
  REQUIRE(b.start(what));
  REQUIRE(b.push(1, true, true));
  REQUIRE(b.push(2, false, true));
  const std::string state = dir.path + "/config/state";
  std::filesystem::resize_file(state, std::filesystem::file_size(state) - 3);
  box again(dir.path + "/config", none);
  REQUIRE(again.start(what));
  CHECK(what == found::damaged);
  CHECK(again.m.known().confirmed == 0);
  CHECK(again.m.known().next == 3);
  CHECK(std::filesystem::exists(dir.path + "/config/state.damaged"));
  CHECK_FALSE(std::filesystem::exists(dir.path + "/config/2.toml"));
  REQUIRE(again.push(3, true, true));
  CHECK(again.m.known().confirmed == 3);
}
