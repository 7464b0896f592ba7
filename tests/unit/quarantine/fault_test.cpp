// Every single operation on the medium is made to fail, once or from then on: each call either worked or did nothing at
// all, says which, and a crash right after cannot change that.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "hal/fake/disk_trace.hpp"
#include "scenario.hpp"
#include "watched_vfs.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;
using hal::fake::disk_trace;
using hal::fake::fault_point;

namespace {

// What must be seen after a run. A medium that never works again leaves one thing open: the COMMIT whose sync failed
// may have reached it (nothing can be written any more to rule it out). Then that step as a whole may be seen, too: for
// a put it was answered with an error, so that the client still owns its copy.
struct outcome {
  bool opened = false;
  picture expected;
  std::optional<picture> in_doubt;
  bool upkeep_in_doubt = false;
  // The same right after the step that met the fault.
  std::size_t operations_then = 0;
  picture expected_then;

  bool allows(const picture& seen) const {
    return !opened || upkeep_in_doubt || seen == expected || (in_doubt && seen == *in_doubt);
  }
};

// After each step of a run without faults.
const std::vector<picture>& faultless() {
  static const std::vector<picture> pictures = [] {
    scratch_directory dir;
    bench b(dir / "q", scenario_limits());
    std::vector<picture> out;
    for (const step& s : scenario()) {
      (void)s.act(b);
      out.push_back(look_at(*b.store));
    }
    return out;
  }();
  return pictures;
}

outcome run_with(disk_trace& trace, const fault_point& fault, bool for_good, const std::string& directory) {
  hal::linux_files real;
  hal::fake::watched_files fs(real, trace);
  watched_vfs vfs(trace);
  auto v = volume::open(fs, {directory, 0, role::owner});
  if (!v) return {};
  open_report report;
  auto s = store::open(**v, scenario_limits(), start, &report);
  if (!s) return {};
  bench b(bench::closed, directory, scenario_limits());
  b.vol = std::move(*v);
  b.store = std::move(*s);
  outcome out;
  out.opened = true;
  const auto steps = scenario();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool healthy = !fault.fired();
    const auto r = steps[i].act(b);
    const picture seen = look_at(*b.store);
    INFO(steps[i].name << ": " << (r ? "worked" : b.vol->last_error()));
    if (!r && steps[i].is_one_transaction) CHECK(seen == out.expected);
    if (healthy && !r && fault.fired() && for_good) {
      out.in_doubt = faultless()[i];
      out.upkeep_in_doubt = !steps[i].is_one_transaction;
    }
    if (healthy && r) CHECK(seen == faultless()[i]);
    if (healthy && fault.fired()) {
      out.operations_then = trace.size();
      out.expected_then = seen;
    }
    out.expected = seen;
    CHECK(b.spool_budget.used() == 0);
  }
  b.close();
  return out;
}

// Starts at `first`, so that the modes together meet every operation, also when each takes a sample only.
void check_mode(fault_point::mode mode, int error, std::size_t first) {
  (void)faultless();  // before the faulty VFS is in place
  std::size_t n = first;
  for (bool fired = true; fired; n += every(4)) {
    scratch_directory dir;
    fault_point fault(n, mode, error);
    disk_trace trace(dir / "q");
    trace.fail_with(&fault);
    INFO("operation " << n << " fails with " << std::strerror(error));
    const outcome out = run_with(trace, fault, mode == fault_point::mode::fail_on, dir / "q");
    fired = fault.fired();
    {
      bench b(dir / "q", scenario_limits());
      CHECK(out.allows(look_at(*b.store)));
      check_consistent(b);
    }
    // The machine crashes, right after the fault or at the end: what was refused must not come back from the WAL.
    std::mt19937 random(static_cast<unsigned>(n));
    for (const auto survives : {disk_trace::survival::everything, disk_trace::survival::nothing}) {
      for (const bool then : {true, false}) {
        scratch_directory after;
        std::filesystem::create_directories(after / "q/mail");
        trace.materialise(then ? out.operations_then : trace.size(), survives, random, after / "q");
        bench b(after / "q", scenario_limits());
        const picture seen = look_at(*b.store);
        CHECK((out.allows(seen) || (then && seen == out.expected_then)));
        if (then && out.operations_then > 0 && !out.in_doubt) CHECK(seen == out.expected_then);
        check_consistent(b);
      }
    }
  }
  CHECK(n > 200);
}

}  // namespace

TEST_CASE("one failing operation (EIO) is a definite error", "[crash]") {
  check_mode(fault_point::mode::fail_once, EIO, 0);
}

TEST_CASE("a full disk (ENOSPC) at any operation is a definite error", "[crash]") {
  check_mode(fault_point::mode::fail_once, ENOSPC, 1);
}

TEST_CASE("a medium that dies (EIO from then on) is a definite error", "[crash]") {
  check_mode(fault_point::mode::fail_on, EIO, 2);
}

TEST_CASE("a medium that becomes read-only is a definite error", "[crash]") {
  check_mode(fault_point::mode::fail_on, EROFS, 3);
}
