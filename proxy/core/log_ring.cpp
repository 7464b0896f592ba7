#include "core/log_ring.hpp"

#include "core/log_format.hpp"

namespace sluice::log {

void ring::drop_oldest() {
  while (used_ > 0) {
    const char c = octets_[begin_];
    begin_ = (begin_ + 1) % octets_.size();
    --used_;
    if (c == '\n') return;
  }
}

void ring::put(std::string_view text) {
  for (const char c : text) octets_[(begin_ + used_++) % octets_.size()] = c;
}

void ring::take(const record& r) noexcept {
  rendered out;
  append_discreet(out, r);
  append_cut(out, "\n");
  const std::string_view text = view(out);
  const std::lock_guard lock(mutex_);
  if (text.size() > octets_.size()) return;
  while (octets_.size() - used_ < text.size()) drop_oldest();
  put(text);
}

std::string ring::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  out.reserve(used_);
  for (std::size_t i = 0; i < used_; ++i) out += octets_[(begin_ + i) % octets_.size()];
  return out;
}

}  // namespace sluice::log
