// P1 against the power switch: the whole scenario is written down operation by operation (message files and index
// alike), then cut after every single operation, in each of the ways a disk may keep or lose what was not synced.
// Reopened, the store must show exactly what was acknowledged, or that and the whole of the step that was under way.
#include <algorithm>
#include <filesystem>

#include "hal/fake/disk_trace.hpp"
#include "scenario.hpp"
#include "watched_vfs.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;
using survival = sluice::hal::fake::disk_trace::survival;

namespace {

struct mark {
  const char* name;
  std::size_t operations;  // in the trace when the step returned
  picture seen;
  bool is_one_transaction;
};

void run(hal::fake::disk_trace& trace, const std::string& directory, std::vector<mark>& marks) {
  watched_vfs vfs(trace);
  bench b(bench::closed, directory, scenario_limits());
  b.fs.watch_with(trace);
  b.reopen();
  marks.push_back({"open", trace.size(), {}, true});
  for (const step& s : scenario()) {
    const auto r = s.act(b);
    INFO(s.name << ": " << b.vol->last_error());
    CHECK((r.has_value() || r.error() == make_error_code(errc::store_full)));
    marks.push_back({s.name, trace.size(), look_at(*b.store), s.is_one_transaction});
    if (std::string_view(s.name) == "delete the other recipient") {  // an orderly restart in between
      b.reopen();
      marks.push_back({"restart", trace.size(), marks.back().seen, true});
    }
  }
}

}  // namespace

TEST_CASE("after a power cut at any operation every acknowledged message is there and nothing is half visible",
          "[crash]") {
  scratch_directory dir;
  hal::fake::disk_trace trace(dir / "q");
  std::vector<mark> marks;
  run(trace, dir / "q", marks);
  REQUIRE(marks.back().seen.size() >= 1);
  const std::size_t cuts = trace.size();
  REQUIRE(cuts > 200);

  std::mt19937 random(20261123);
  std::size_t recovered = 0, previous_seen = 0, next_seen = 0;
  for (std::size_t cut = 0; cut <= cuts; cut += every(2)) {
    for (const survival mode :
         {survival::nothing, survival::everything, survival::some, survival::some, survival::some}) {
      scratch_directory after;
      std::filesystem::create_directories(after / "q/mail");
      trace.materialise(cut, mode, random, after / "q");
      bench b(after / "q", scenario_limits());  // REQUIREs that it opens
      // The last step that had returned, and the one under way.
      auto next = std::find_if(marks.begin(), marks.end(), [&](const mark& m) { return m.operations > cut; });
      const picture before = next == marks.begin() ? picture() : std::prev(next)->seen;
      const picture seen = look_at(*b.store);
      INFO("cut after operation " << cut << " of " << cuts << ", survival " << static_cast<int>(mode) << ", during "
                                  << (next == marks.end() ? "nothing" : next->name));
      const bool is_previous = seen == before, is_next = next != marks.end() && seen == next->seen;
      CHECK((is_previous || is_next || (next != marks.end() && !next->is_one_transaction)));
      check_consistent(b);
      previous_seen += is_previous;
      next_seen += is_next;
      if (cut % 16 == 0) {  // and it goes on working
        message m("afterwards");
        REQUIRE(b.put(m, start + 200 * day_s).has_value());
        CHECK(content_of(*b.store, "afterwards") == m.content);
      }
      ++recovered;
    }
  }
  // The model itself must be able to show both outcomes.
  CHECK(previous_seen > recovered / 10);
  CHECK(next_seen > 0);
  WARN(recovered << " crashed disks recovered, " << cuts << " operations in the trace");
}
