// hal::files that reports each change to a disk_watcher and otherwise passes it on to real files. It can also pretend
// that the disk has less space.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "hal/fake/disk_watcher.hpp"
#include "hal/include/hal/files.hpp"

namespace sluice::hal::fake {

class watched_files : public files {
 public:
  watched_files(files& real, disk_watcher& watcher) : real_(real), watcher_(&watcher) {}
  void watch_with(disk_watcher& watcher) { watcher_ = &watcher; }
  void pretend_free(std::optional<std::uint64_t> bytes) { free_bytes_ = bytes; }

  int create(const char* path, int& fd) override;
  int open(const char* path, int& fd) override;
  int write(int fd, std::uint64_t offset, const char* data, std::size_t n) override;
  int read(int fd, std::uint64_t offset, char* data, std::size_t n, std::size_t& got) override;
  int sync(int fd) override;
  int close(int fd) override;
  int rename(const char* from, const char* to) override;
  int remove(const char* path) override;
  int make_directory(const char* path) override;
  int sync_directory(const char* path) override;
  int size_of(const char* path, std::uint64_t& bytes) override;
  int space_of(const char* path, volume_space& out) override;
  int list(const char* path, visitor& each) override;
  int lock(const char* path, int& fd) override;

 private:
  template <class Operation>
  int watched(const disk_op& op, Operation&& carry_out);

  files& real_;
  disk_watcher* watcher_;
  std::map<int, std::string> paths_;  // of open descriptors
  std::optional<std::uint64_t> free_bytes_;
};

}  // namespace sluice::hal::fake
