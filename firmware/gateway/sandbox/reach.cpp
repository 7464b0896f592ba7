#include "firmware/gateway/sandbox/reach.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "core/concat.hpp"
#include "firmware/gateway/sandbox/named_files.hpp"

namespace sluice::gateway {
namespace {

// Without links; empty when it is not there.
std::string real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), ::free);
  return real ? real.get() : std::string();
}

bool is_within(const std::string& path, const std::vector<std::string>& folders) {
  return std::ranges::any_of(folders, [&path](const std::string& f) {
    const std::string real = real_path(f);
    return !real.empty() && path.starts_with(real) && (real == "/" || path.size() == real.size() || path[real.size()] == '/');
  });
}

bool opens(const named_file& f, const std::string& path) {
  const int how = f.is_written && !f.is_folder ? O_WRONLY | O_APPEND : O_RDONLY;
  const int fd = ::open(path.c_str(), how | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

}  // namespace

void check_reach(const file_rules& rules, const config::model& m, const config::positions& where, std::vector<config::problem>& problems) {
  for (const named_file& f : named_files(m)) {
    std::string real = real_path(f.path);
    const bool is_there = !real.empty();
    if (!is_there && f.is_written) real = real_path(containing_folder(f.path));  // it is made there
    if (real.empty() || is_within(real, rules.writable) || (!f.is_written && is_within(real, rules.readable))) continue;
    if (is_there && opens(f, real)) continue;
    std::erase_if(problems, [&f](const config::problem& p) { return p.key == f.key; });
    problems.push_back({where.find(f.key), f.key,
                        concat("\"", f.path, "\" is in a folder that the running program gave up when it started (its sandbox)"),
                        concat("restart with this configuration, or put it into a folder that was open then, such as ",
                               rules.writable.empty() || !f.is_written ? std::string("/etc/sluice") : rules.writable.front()),
                        false});
  }
}

}  // namespace sluice::gateway
