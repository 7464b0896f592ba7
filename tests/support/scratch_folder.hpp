// A folder of a test's own that goes away with it.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace sluice::test {

// In memory where the machine has /dev/shm: thousands of them are made, and their syncs cost nothing there.
class scratch_folder {
 public:
  scratch_folder() : path_(std::filesystem::exists("/dev/shm") ? "/dev/shm/sluice-unit-XXXXXX" : "/tmp/sluice-unit-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error(path_);
  }
  ~scratch_folder() { std::filesystem::remove_all(path_); }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

}  // namespace sluice::test
