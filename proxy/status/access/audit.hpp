// The audit log: every action of management with who, when, by which way, from where, what and result, as JSON lines on
// disk. Of bounded size: segments of 64 KiB, the oldest goes. An entry is on the medium before the action's reply goes
// out. Blocking: on the storage thread, or before the start. A torn last line (power cut) is skipped.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hal/include/hal/files.hpp"

namespace sluice::status {

inline constexpr std::size_t audit_segment_octets = 64 * 1024;
inline constexpr std::uint64_t audit_octets = 8 * audit_segment_octets;  // of all segments
inline constexpr std::size_t audit_segments = 64;                        // each start begins one
inline constexpr std::size_t audit_page_entries = 100;

struct audit_entry {
  std::int64_t unix_seconds = 0;
  std::string who, via, address;  // who: empty for a stranger
  std::string what;               // the route's summary, or what the handler says it did
  std::string target;             // method and path
  unsigned result = 0;            // HTTP status
};

class audit_log {
 public:
  audit_log(hal::files& files, std::string directory) : files_(files), directory_(std::move(directory)) {}
  ~audit_log();

  int open();                         // 0 or errno; the folder exists
  int append(const audit_entry& e);   // 0 or errno
  // Newest first: up to `limit` lines (JSON objects) with a serial below `before` (0: from the newest).
  std::vector<std::string> page(std::uint64_t before, std::size_t limit);

 private:
  int begin_segment();
  std::string path_of(std::uint64_t segment) const;
  std::vector<std::uint64_t> segments();  // ascending

  hal::files& files_;
  std::string directory_;
  int fd_ = -1;
  std::uint64_t segment_ = 0, size_ = 0, serial_ = 0;
};

// One line without its end; texts of strangers are escaped and cut.
std::string audit_line(std::uint64_t serial, const audit_entry& e);
std::uint64_t serial_of(std::string_view line);  // 0: no such line

}  // namespace sluice::status
