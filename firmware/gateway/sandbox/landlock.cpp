// Files by Landlock (Linux 5.13). The header of an older system lacks most of it, so what is needed of the kernel's
// interface is written here.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "firmware/gateway/sandbox/sandbox.hpp"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

namespace sluice::gateway {
namespace {

constexpr std::uint64_t run_file = 1 << 0, write_file = 1 << 1, read_file = 1 << 2, read_folder = 1 << 3, refer = 1 << 13, truncate_file = 1 << 14;
constexpr std::uint64_t all_of_first_version = (1 << 13) - 1;
constexpr std::uint64_t of_a_file = run_file | write_file | read_file | truncate_file;  // the others are a folder's

struct ruleset_attributes {
  std::uint64_t handled_files;
};
struct path_rule {
  std::uint64_t allowed;
  std::int32_t parent;
} __attribute__((packed));

void allow(int ruleset, const std::string& path, std::uint64_t what) {
  const int fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return;
  struct stat st {};
  if (::fstat(fd, &st) == 0) {
    const path_rule rule{S_ISDIR(st.st_mode) ? what : what & of_a_file, fd};
    ::syscall(SYS_landlock_add_rule, ruleset, 1, &rule, 0);
  }
  ::close(fd);
}

// The helpers are this program again: itself and its loader may be run, and nothing else.
void allow_itself(int ruleset) {
  allow(ruleset, "/proc/self/exe", run_file | read_file);
  Dl_info loader{};
  if (::dladdr(reinterpret_cast<void*>(::getauxval(AT_BASE)), &loader) != 0 && loader.dli_fname != nullptr) allow(ruleset, loader.dli_fname, run_file | read_file);
}

}  // namespace

int restrict_files(const file_rules& rules) {
  const auto version = static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1));
  if (version < 1) return 0;
  std::uint64_t handled = all_of_first_version;
  if (version >= 2) handled |= refer;
  if (version >= 3) handled |= truncate_file;
  const ruleset_attributes attributes{handled};
  const auto ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
  if (ruleset < 0) return 0;
  for (const std::string& p : rules.readable) allow(ruleset, p, read_file | read_folder);
  for (const std::string& p : rules.writable) allow(ruleset, p, handled & ~run_file);
  allow_itself(ruleset);
  const bool closed = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  ::close(ruleset);
  return closed ? version : 0;
}

}  // namespace sluice::gateway
