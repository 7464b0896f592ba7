// hal::files on Linux system calls: the device and the developer's machine alike. Stateless; one object may be shared.
#pragma once
#include "hal/include/hal/files.hpp"

namespace sluice::hal {

class linux_files : public files {
 public:
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
};

}  // namespace sluice::hal
