// The learned baseline on the medium: one file, replaced as a whole (write, sync, rename, sync directory), so that a
// power cut leaves the old or the new one; a checksum tells damage. Written at most once per `interval` and only when
// something was learned, so that flash lives long. Storage thread and command line only.
#pragma once
#include <cstdint>
#include <string>

#include "hal/include/hal/files.hpp"
#include "net/baseline.hpp"

namespace sluice::gateway {

enum class baseline_state { good, missing, damaged, unreadable };

// Reads what fits into `out`. The file's secret is returned, because hashes of places depend on it.
baseline_state load_baseline(hal::files& files, const std::string& directory, net::baseline& out);
// The secret of the file that is there; false when there is none that is good.
bool baseline_secret(hal::files& files, const std::string& directory, std::uint64_t& secret);
// 0 or an errno value.
int save_baseline(hal::files& files, const std::string& directory, const net::baseline& from);

// When to write: news after `interval`, mere counts after a day.
class baseline_saver {
 public:
  baseline_saver(hal::files& files, std::string directory, std::int64_t interval_s) : files_(files), directory_(std::move(directory)), interval_s_(interval_s) {}
  void started(const net::baseline& from, std::int64_t now);
  // What it did: 0 written or nothing to do, otherwise an errno value. `last` writes what is left when Sluice stops.
  int run(const net::baseline& from, std::int64_t now, bool last = false);
  void set_interval(std::int64_t interval_s) { interval_s_ = interval_s; }
  std::uint64_t written_octets() const { return written_; }

 private:
  hal::files& files_;
  std::string directory_;
  std::int64_t interval_s_, saved_at_ = 0;
  std::uint64_t changes_ = 0, refreshes_ = 0, written_ = 0;
};

}  // namespace sluice::gateway
