// P1 against the power switch: the whole scenario is written down operation by operation (message files and index
// alike), then cut after every single operation, in each of the ways a disk may keep or lose what was not synced.
// Reopened, the store must show exactly what was acknowledged, or that and the whole of the step that was under way.
#include <algorithm>
#include <filesystem>

#include "scenario.hpp"
#include "support/power_cut.hpp"
#include "watched_vfs.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;

namespace {

struct mark {
  const char* name;
  picture seen;  // when the step had returned
  bool is_one_transaction;
};
using marks = sluice::test::milestones<mark>;

void run(hal::fake::disk_trace& trace, const std::string& directory, marks& all) {
  watched_vfs vfs(trace);
  bench b(bench::closed, directory, scenario_limits());
  b.fs.watch_with(trace);
  b.reopen();
  all.reached(trace, {"open", {}, true});
  for (const step& s : scenario()) {
    const auto r = s.act(b);
    INFO(s.name << ": " << b.vol->last_error());
    CHECK((r.has_value() || r.error() == make_error_code(errc::store_full)));
    all.reached(trace, {s.name, look_at(*b.store), s.is_one_transaction});
    if (std::string_view(s.name) == "delete the other recipient") {  // an orderly restart in between
      b.reopen();
      all.reached(trace, {"restart", all.last().seen, true});
    }
  }
}

}  // namespace

TEST_CASE("after a power cut at any operation every acknowledged message is there and nothing is half visible",
          "[crash]") {
  scratch_directory dir;
  hal::fake::disk_trace trace(dir / "q");
  marks all;
  run(trace, dir / "q", all);
  REQUIRE(all.last().seen.size() >= 1);
  REQUIRE(trace.size() > 200);

  std::size_t previous_seen = 0, next_seen = 0;
  const sluice::test::cut_plan plan{.seed = 20261123, .step = every(2), .random_ones = 3, .below = "q", .folders = {"q/mail"}};
  const std::size_t recovered = sluice::test::for_each_cut(trace, plan, [&](const sluice::test::cut_disk& disk) {
    bench b(disk.path + "/q", scenario_limits());  // REQUIREs that it opens
    const mark* const before = all.before(disk.cut);
    const mark* const next = all.next(disk.cut);
    const picture seen = look_at(*b.store);
    INFO("during " << (next ? next->name : "nothing"));
    const bool is_previous = seen == (before ? before->seen : picture()), is_next = next && seen == next->seen;
    CHECK((is_previous || is_next || (next && !next->is_one_transaction)));
    check_consistent(b);
    previous_seen += is_previous;
    next_seen += is_next;
    if (disk.cut % 16 != 0) return;
    message m("afterwards");  // and it goes on working
    REQUIRE(b.put(m, start + 200 * day_s).has_value());
    CHECK(content_of(*b.store, "afterwards") == m.content);
  });
  // The model itself must be able to show both outcomes.
  CHECK(previous_seen > recovered / 10);
  CHECK(next_seen > 0);
  WARN(recovered << " crashed disks recovered, " << trace.size() << " operations in the trace");
}
