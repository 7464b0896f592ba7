// Sees every operation that changes a disk, before it happens, and may refuse it, kill the process, or write it down.
// watched_files reports our own files; a test's SQLite VFS may report the index to the same watcher, so that one
// counter runs over both.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::hal::fake {

struct disk_op {
  enum class kind : std::uint8_t { create, write, truncate, sync, rename, remove, sync_directory } what;
  std::string_view path;     // of the file or directory
  std::string_view to;       // rename: the new name
  std::uint64_t offset = 0;  // write; truncate: the new size
  std::string_view data;     // write
};

class disk_watcher {
 public:
  virtual ~disk_watcher() = default;
  // Returns 0 to go on, or the errno value with which the operation fails without having been done.
  virtual int before(const disk_op&) = 0;
  virtual void done(const disk_op&) {}  // it succeeded
};

// Lets `n` operations pass; what happens at the next one is the mode. Counts all operations.
class fault_point : public disk_watcher {
 public:
  enum class mode : std::uint8_t {
    none,       // only count
    fail_once,  // that one operation fails with `error`
    fail_on,    // it and all later ones fail
    kill,       // the process ends at once, as by SIGKILL, before the operation
  };
  fault_point(std::uint64_t n, mode m, int error = 5 /* EIO */) : left_(n), mode_(m), error_(error) {}
  int before(const disk_op&) override;
  std::uint64_t seen() const { return seen_; }
  bool fired() const { return fired_; }

 private:
  std::uint64_t left_, seen_ = 0;
  mode mode_;
  int error_;
  bool fired_ = false;
};

}  // namespace sluice::hal::fake
