#include "firmware/gateway/store_watch.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace sluice::gateway {
namespace {

constexpr std::int64_t count_period_s = 60;
constexpr std::size_t state_count = static_cast<std::size_t>(quarantine::recipient_state::expired) + 1;

std::uint64_t open_descriptors() {
  std::uint64_t n = 0;
  DIR* d = ::opendir("/proc/self/fd");
  if (d == nullptr) return 0;
  while (const dirent* e = ::readdir(d)) n += e->d_name[0] != '.';
  ::closedir(d);
  return n > 0 ? n - 1 : 0;  // without the one that reads
}

}  // namespace

status::process_facts look_at_process() {
  status::process_facts out;
  std::ifstream in("/proc/self/stat");
  std::string text;
  std::getline(in, text);
  std::istringstream fields(text.substr(std::min(text.rfind(')'), text.size() - 1) + 1));
  std::string skipped;
  std::uint64_t user = 0, system = 0;
  for (int i = 3; i <= 13; ++i) fields >> skipped;  // proc(5): state is the third, utime the fourteenth
  fields >> user >> system;
  for (int i = 16; i <= 22; ++i) fields >> skipped;
  fields >> out.virtual_bytes;
  out.cpu_seconds = static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  out.open_fds = open_descriptors();
  rlimit most{};
  if (::getrlimit(RLIMIT_NOFILE, &most) == 0) out.max_fds = most.rlim_cur;
  return out;
}

void store_watch::look(quarantine::store& store, std::int64_t now) {
  status::quarantine_facts held;
  if (now >= next_count_) {
    next_count_ = now + count_period_s;
    if (const auto all = store.stats()) {
      for (std::size_t i = 0; i < state_count; ++i) held.recipients.emplace_back(quarantine::name_of(static_cast<quarantine::recipient_state>(i)), all->recipients[i]);
      held.oldest = all->oldest;
    }
  }
  const auto totals = store.totals();
  const std::lock_guard lock(mutex_);
  if (!held.recipients.empty()) {
    held_.recipients = std::move(held.recipients);
    held_.oldest = held.oldest;
  }
  if (totals) {
    held_.messages = totals->messages;
    held_.bytes = totals->bytes;
  }
}

void store_watch::fill(status::snapshot& s) const {
  s.process = look_at_process();
  const std::lock_guard lock(mutex_);
  s.quarantine = held_;
}

}  // namespace sluice::gateway
