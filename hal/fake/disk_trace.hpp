// Writes down every change of a directory tree and builds from it what the disk may hold after a power cut at any
// point.
//
// The model: what a successful sync of the file covered is there. Of later writes each may be there, be missing (zeros
// where a later one made the file longer), or be torn at a 512-octet boundary. Names (create, rename, remove) that a
// sync of their directory covered are there; of the later ones, a prefix in order of any length is (the metadata
// journal of ext4, f2fs and UBIFS keeps their order). Syncing a file does not make its name durable.
#pragma once
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "hal/fake/disk_watcher.hpp"

namespace sluice::hal::fake {

class disk_trace : public disk_watcher {
 public:
  // Paths outside `root` are not written down.
  explicit disk_trace(std::string root) : root_(std::move(root)) {}
  // Operations go through this one first, which may make them fail (they are then written down as perhaps done).
  void fail_with(disk_watcher* faults) { faults_ = faults; }

  int before(const disk_op&) override;
  void done(const disk_op&) override;

  std::size_t size() const { return ops_.size(); }

  enum class survival : std::uint8_t {
    nothing,     // nothing that was not synced
    everything,  // all of it (a crash of the process, not of the machine)
    some,        // at random
  };
  // Fills the directory `into` (it exists and is empty, sub-directories too) with what a cut after `cut` operations
  // leaves.
  void materialise(std::size_t cut, survival, std::mt19937& random, const std::string& into) const;

 private:
  struct op {
    disk_op::kind what;
    std::string path, to, data;
    std::uint64_t offset;
  };
  void note(const disk_op&);

  std::string root_;
  std::vector<op> ops_;
  disk_watcher* faults_ = nullptr;
};

}  // namespace sluice::hal::fake
