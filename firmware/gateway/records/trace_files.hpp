// The trace on the medium: segments in data_directory/trace, each a row of blocks, the oldest removed when all of them
// are larger than they may be. Blocks are only appended; what makes addresses unreadable writes a segment anew beside
// the old one and renames it. A block cut by a power cut is skipped. Storage thread only, all through hal::files.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "firmware/gateway/records/trace_record.hpp"
#include "hal/include/hal/files.hpp"

namespace sluice::gateway {

inline constexpr std::size_t trace_segments_max = 256;
inline constexpr std::size_t trace_segment_blocks_max = 2048;
inline constexpr std::uint64_t trace_segment_least_octets = 64 * 1024;
inline constexpr std::size_t trace_index_octets = trace_segments_max * 48 + trace_segment_blocks_max * 4;  // in RAM

struct trace_limits {
  std::uint64_t octets = 8 << 20;    // of all segments
  std::int64_t segment_age_s = 7 * 86400;
  std::uint64_t free_floor = 16 << 20;
};

class trace_files {
 public:
  struct segment {
    std::uint64_t number = 0, octets = 0;
    std::int64_t first = 0, last = 0;
    bool addresses_hidden = true, subjects_hidden = true;  // in all of its blocks
  };

  trace_files(hal::files& files, std::string data_directory) : files_(files), directory_(data_directory + "/trace") {}
  ~trace_files() { close(); }

  int open();  // 0 or errno
  void use(const trace_limits& l) { limits_ = l; }
  int append(trace_block& block, std::int64_t now);  // 0 or errno; ENOSPC below the floor. Synced when it returns.
  void close();                                      // the next block begins a segment
  void remove_before(std::int64_t when);             // segments that hold nothing younger

  const std::vector<segment>& segments() const { return segments_; }  // oldest first
  std::uint64_t octets() const;
  std::uint64_t written() const { return written_; }
  std::uint64_t damaged() const { return damaged_; }  // blocks that were skipped while looking

  // Where the blocks of a segment begin, in order; at most trace_segment_blocks_max.
  int blocks_of(std::uint64_t number, std::vector<std::uint32_t>& out);
  // The block at `offset` into `room` (trace_block_octets); empty when it is damaged or gone. `failed`: errno of the medium, 0
  // when it gave the octets, whatever they are worth.
  byte_view read_block(std::uint64_t number, std::uint32_t offset, byte_span room, int* failed = nullptr);

  // Writes the segment anew; `change` alters a record, or returns false to leave it out. Nothing happens to the medium
  // when nothing was changed. 0 or errno. Damaged blocks are left out, and logged; when the medium gives no octets the segment
  // stays as it is.
  using changer = std::function<bool(trace_record&, bool& changed)>;
  int rewrite(std::uint64_t number, const changer& change, bool hides_addresses, bool hides_subjects);

 private:
  int begin_segment(std::int64_t now);
  void make_room();
  std::string path_of(std::uint64_t number) const;
  int look_at(segment& s);
  void forget(std::size_t at);

  hal::files& files_;
  std::string directory_;
  trace_limits limits_;
  std::vector<segment> segments_;
  int fd_ = -1;
  std::int64_t began_ = 0;
  std::size_t blocks_ = 0;
  std::uint64_t next_ = 1, written_ = 0, damaged_ = 0;
};

}  // namespace sluice::gateway
