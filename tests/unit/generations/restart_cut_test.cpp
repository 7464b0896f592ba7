// Generations for the next start, against the power switch: pushed, begun by a start, confirmed or come back; cut after every
// operation on the disk. A generation is tried by one start at most, by the next one after it was recorded, and whatever becomes
// of that start, the confirmed one rules after it. Then the same with each one of a start's operations failing.
#include <catch2/catch_test_macros.hpp>

#include "config/generations/machine.hpp"
#include "config/generations/store.hpp"
#include "hal/fake/watched_files.hpp"
#include "hal/linux/files.hpp"
#include "support/power_cut.hpp"

using namespace sluice;
using namespace sluice::config::generations;
using kind = action::kind;

namespace {

std::string content_of(std::uint64_t i) { return "# generation " + std::to_string(i) + "\n" + std::string(500, 'x'); }

struct box {
  hal::linux_files real;
  hal::fake::watched_files fs;
  store disk;
  machine m;
  std::uint64_t tried = 0;  // by this start; 0: the confirmed one

  box(const std::string& directory, hal::fake::disk_watcher& watcher) : fs(real, watcher), disk(fs, directory) {}

  // As generation_keeper::open_record does.
  found start() {
    record r;
    found what{};
    tried = 0;
    if (disk.open(r, what) != 0) return found::damaged;
    m = machine(std::move(r));
    m.runs(m.known().confirmed);
    if (!carry_out(m.boot({1, 1}), {}) && m.at() == state::applying) m.abandon("it could not be recorded", {1, 1});
    if (m.at() == state::applying) tried = m.known().candidate;
    return what;
  }
  bool carry_out(const actions& all, const std::string& text) {
    for (const action& a : all) {
      if (a.what == kind::keep && disk.keep(a.number, text) != 0) return false;
      if (a.what == kind::save && disk.save(m.known()) != 0) return false;
      if (a.what == kind::drop) disk.drop(a.number);
    }
    return true;
  }
  bool take(std::uint64_t i, bool at_start) {
    offer o;
    o.hash = std::to_string(i);
    o.from = at_start ? way::api : way::file;
    o.needs_confirm = o.at_start = at_start;
    return m.objection(o) == refusal::none && carry_out(m.take(o, {10, 10}), content_of(i));
  }
};

struct moment_of_life {
  std::size_t operations = 0;
  std::uint64_t confirmed = 0, for_next_start = 0, begun = 0;
};

void prepare(const std::string& directory) {
  hal::fake::fault_point none(0, hal::fake::fault_point::mode::none);
  box b(directory, none);
  REQUIRE(b.start() == found::nothing);
  REQUIRE(b.take(1, false));
  REQUIRE(b.carry_out(b.m.applied(true, {}, {11, 11}), {}));
  REQUIRE(b.take(2, true));
}

}  // namespace

TEST_CASE("after a power cut at any operation a generation for the next start is tried once at most", "[crash]") {
  test::scratch_folder dir;
  hal::fake::disk_trace trace(dir / "config");
  box b(dir / "config", trace);
  REQUIRE(b.start() == found::nothing);
  test::milestones<moment_of_life> sure;
  std::uint64_t begun = 0;
  const auto reached = [&] { sure.reached(trace, {trace.size(), b.m.known().confirmed, b.m.at() == state::restarting ? b.m.known().candidate : 0, begun}); };
  REQUIRE(b.take(1, false));
  REQUIRE(b.carry_out(b.m.applied(true, {}, {11, 11}), {}));
  reached();
  for (std::uint64_t i = 2; i <= 14; ++i) {
    REQUIRE(b.take(i, true));
    reached();
    REQUIRE(b.start() == found::record);
    REQUIRE(b.tried == i);
    begun = i;
    reached();
    b.m.applied(true, {}, {11, 11});
    if (i % 4 == 0) {  // the box ends before anybody confirms
      REQUIRE(b.start() == found::record);
    } else if (i % 4 == 1) {
      REQUIRE(b.carry_out(b.m.proven(false, "a test mail failed", {12, 12}), {}));
      REQUIRE(b.start() == found::record);
    } else {
      b.m.proven(true, {}, {12, 12});
      REQUIRE(b.carry_out(i % 4 == 2 ? b.m.confirm("anna", {13, 13}) : b.m.tick({9'999, 9'999}), {}));
      REQUIRE(b.start() == found::record);
    }
    CHECK(b.tried == 0);
    reached();
  }
  REQUIRE(b.m.known().confirmed == 14);
  std::size_t tried = 0, given_up = 0;
  test::for_each_cut(trace, {.seed = 20261129, .below = "config", .folders = {"config"}}, [&](const test::cut_disk& disk) {
    hal::fake::fault_point none(0, hal::fake::fault_point::mode::none);
    box again(disk.path + "/config", none);
    CHECK(again.start() != found::damaged);
    const moment_of_life before = sure.before(disk.cut) ? *sure.before(disk.cut) : moment_of_life{};
    const moment_of_life next = sure.next(disk.cut) ? *sure.next(disk.cut) : before;
    const std::uint64_t confirmed = again.m.known().confirmed;
    CHECK((confirmed == before.confirmed || confirmed == next.confirmed));
    CHECK((again.tried == 0 || again.tried == before.for_next_start || again.tried == next.for_next_start));
    CHECK((again.tried == 0 || again.tried > before.begun));
    if (before.operations == disk.cut) CHECK(again.tried == before.for_next_start);
    for (const entry& e : again.m.known().entries) {
      std::string text;
      CHECK(again.disk.read(e.number, text) == 0);
      CHECK(text == content_of(std::stoull(e.hash)));
    }
    const std::uint64_t first = again.tried;
    tried += first != 0;
    given_up += before.for_next_start != 0 && first == 0;
    again.start();  // and the power went again, while it was tried
    CHECK(again.tried == 0);
    CHECK(again.m.known().candidate == 0);
    CHECK(again.m.known().confirmed == confirmed);
    if (first != 0) CHECK(again.m.known().find(first)->what == result::interrupted);
  });
  CHECK(tried > 20);
  CHECK(given_up > 20);
}

TEST_CASE("a start that cannot record that it tries a generation does not try it") {
  using mode = hal::fake::fault_point::mode;
  std::size_t tried = 0, not_tried = 0;
  for (std::uint64_t n = 0; n < 20; ++n) {
    test::scratch_folder dir;
    prepare(dir / "config");
    hal::fake::fault_point faults(n, mode::fail_once, 28);  // ENOSPC
    box b(dir / "config", faults);
    b.start();
    if (!faults.fired()) break;
    const std::uint64_t first = b.tried;
    if (first == 0 && b.m.known().confirmed == 1) CHECK(b.m.at() == state::idle);
    first != 0 ? ++tried : ++not_tried;
    hal::fake::fault_point none(0, mode::none);
    box again(dir / "config", none);
    INFO("operation " << n << " failed");
    if (b.m.known().confirmed == 0) continue;  // what was there could not be read: start() said so
    CHECK(again.start() == found::record);
    CHECK(again.m.known().confirmed == 1);
    CHECK((first == 0 || again.tried == 0));
  }
  CHECK(not_tried > 3);
  CHECK(tried > 0);
}
