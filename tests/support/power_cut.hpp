// A power cut after every operation of something that was written down (hal::fake::disk_trace), and what must be on the disk
// then: the same walk for everything that keeps files.
//
//   fake::disk_trace trace(dir.path());            the subject works on watched_files(real, trace)
//   milestones<std::size_t> sure;                  after each call that returned: sure.reached(trace, what must be there now)
//   for_each_cut(trace, {.seed = 1}, [&](const cut_disk& d) { open what lies in d.path; compare with sure.before(d.cut) });
#pragma once
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "hal/fake/disk_trace.hpp"
#include "support/scratch_folder.hpp"

namespace sluice::test {

using survival = hal::fake::disk_trace::survival;

struct cut_plan {
  unsigned seed = 0;
  std::size_t first = 0, step = 1;       // operations
  int random_ones = 2;                   // disks of each cut on which what was not synced is there by chance
  std::string below{};                   // the trace's root within d.path, "q"; empty: d.path itself
  std::vector<std::string> folders{};    // that are there before anything is written, within d.path
};

struct cut_disk {
  std::size_t cut;           // operations that were begun
  survival mode;             // of what was not synced
  const std::string& path;   // what the disk holds, as a folder that may be changed
};

// How many disks were looked at.
template <class Look>
std::size_t for_each_cut(const hal::fake::disk_trace& trace, const cut_plan& plan, Look look) {
  std::vector<survival> modes(2 + static_cast<std::size_t>(plan.random_ones), survival::some);
  modes[0] = survival::nothing;
  modes[1] = survival::everything;
  std::mt19937 random(plan.seed);
  std::size_t disks = 0;
  for (std::size_t cut = plan.first; cut <= trace.size(); cut += plan.step) {
    for (const survival mode : modes) {
      const scratch_folder after;
      for (const std::string& folder : plan.folders) std::filesystem::create_directories(after / folder);
      trace.materialise(cut, mode, random, plan.below.empty() ? after.path() : after / plan.below);
      INFO("cut after operation " << cut << " of " << trace.size() << ", survival " << static_cast<int>(mode));
      look(cut_disk{cut, mode, after.path()});
      ++disks;
    }
  }
  return disks;
}

// What was promised by when.
template <class State>
class milestones {
 public:
  void reached(const hal::fake::disk_trace& trace, State state) { all_.emplace_back(trace.size(), std::move(state)); }

  // The last one that had returned when the power went, and the one that was under way; null where there is none.
  const State* before(std::size_t cut) const {
    const State* out = nullptr;
    for (const auto& [operations, state] : all_)
      if (operations <= cut) out = &state;
    return out;
  }
  const State* next(std::size_t cut) const {
    for (const auto& [operations, state] : all_)
      if (operations > cut) return &state;
    return nullptr;
  }
  const State& last() const { return all_.back().second; }

 private:
  std::vector<std::pair<std::size_t, State>> all_;
};

}  // namespace sluice::test
