// SQLite's unix VFS with every change of a file reported to the same disk_watcher as our own files, so that one counter
// of operations runs over index and message files. Not reported: the wal-index (-shm), which SQLite rebuilds after a
// crash.
#pragma once
#include "hal/fake/disk_watcher.hpp"

namespace sluice::quarantine::test {

// While it lives, new connections of this process go through it. One at a time.
class watched_vfs {
 public:
  explicit watched_vfs(hal::fake::disk_watcher& watcher);
  ~watched_vfs();
  watched_vfs(const watched_vfs&) = delete;
  watched_vfs& operator=(const watched_vfs&) = delete;
};

}  // namespace sluice::quarantine::test
