#include "status/access/lockout.hpp"

#include <algorithm>
#include <string>

namespace sluice::status {
namespace {

bool is(std::string_view entry, char kind, std::string_view who) {
  return !entry.empty() && entry.front() == kind && entry.substr(1) == who.substr(0, 47);
}

}  // namespace

std::int64_t lockout::wait(const entry& e, std::int64_t now) {
  if (e.failures < free_failures || now - e.last >= forgiven_after_s) return 0;
  const std::int64_t longest = view(e.who).front() == 'a' ? address_wait_s : user_wait_s;
  const unsigned doublings = std::min(e.failures - free_failures, 16u);
  const std::int64_t until = e.last + 1 + std::min(longest, std::int64_t{1} << doublings);  // whole seconds: the one that runs is no wait
  return std::max<std::int64_t>(0, until - now);
}

std::int64_t lockout::wait_of(std::string_view address, std::string_view user, std::int64_t now) const {
  std::int64_t longest = 0;
  for (const entry& e : all_)
    if (is(view(e.who), 'a', address) || is(view(e.who), 'u', user)) longest = std::max(longest, wait(e, now));
  return longest;
}

void lockout::count(char kind, std::string_view who, std::int64_t now) {
  const auto known = [&](const entry& e) { return is(view(e.who), kind, who); };
  auto at = std::ranges::find_if(all_, known);
  if (at == all_.end() && all_.size() < lockout_entries) at = all_.insert(all_.end(), entry());
  if (at == all_.end()) at = std::ranges::min_element(all_, {}, &entry::last);
  if (!known(*at)) {
    *at = entry();
    assign_cut(at->who, std::string(1, kind) + std::string(who.substr(0, 47)));
  }
  if (now - at->last >= forgiven_after_s) at->failures = 0;
  ++at->failures;
  at->last = now;
}

void lockout::failed(std::string_view address, std::string_view user, std::int64_t now) {
  count('a', address, now);
  if (!user.empty()) count('u', user, now);
}

void lockout::succeeded(std::string_view address, std::string_view user) {
  std::erase_if(all_, [&](const entry& e) { return is(view(e.who), 'a', address) || is(view(e.who), 'u', user); });
}

void lockout::not_looked_at(std::string_view address, std::string_view user) {
  for (entry& e : all_)
    if (e.failures > 0 && (is(view(e.who), 'a', address) || is(view(e.who), 'u', user))) --e.failures;
}

bool minute_limit::take(std::int64_t now) {
  if (now - minute_began_ >= 60 || now < minute_began_) {
    minute_began_ = now;
    taken_ = 0;
  }
  if (taken_ == setup_tries_per_minute) return false;
  ++taken_;
  return true;
}

}  // namespace sluice::status
