#include "relay/window.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::relay {

window::window(block_pool& pool, std::uint64_t max_bytes) : pool_(&pool), max_blocks_(1) { set_max_bytes(max_bytes); }

void window::set_max_bytes(std::uint64_t max_bytes) {
  max_blocks_ = static_cast<std::size_t>(std::clamp<std::uint64_t>(max_bytes / block_bytes, 1, max_blocks));
}

byte_span window::space(bool* was_refused) {
  if (was_refused != nullptr) *was_refused = false;
  if (blocks_ == 0) {
    block_[0] = pool_->take_guaranteed();
    blocks_ = 1;
    shared_ = 0;
    tail_ = in_begin_ = in_end_ = 0;
  }
  if (in_begin_ == in_end_) in_begin_ = in_end_ = tail_;
  if (in_end_ < block_bytes) return {last() + in_end_, block_bytes - in_end_};
  if (in_begin_ != in_end_) {  // input that nobody consumed: close the gap, there is one unless the block is all input
    std::memmove(last() + tail_, last() + in_begin_, in_end_ - in_begin_);
    in_end_ -= in_begin_ - tail_;
    in_begin_ = tail_;
    if (in_end_ < block_bytes) return {last() + in_end_, block_bytes - in_end_};
    return {};
  }
  if (blocks_ >= max_blocks_) return {};
  char* more = pool_->take_shared();
  if (more == nullptr) {
    if (was_refused != nullptr) *was_refused = true;
    return {};
  }
  shared_ |= 1u << blocks_;
  block_[blocks_++] = more;
  tail_ = in_begin_ = in_end_ = 0;
  return {more, block_bytes};
}

std::size_t window::commit(byte_view content) {
  if (content.empty()) return 0;
  const bool inside = blocks_ != 0 && content.data() >= last() && content.data() < last() + block_bytes;
  if (inside) {
    if (content.data() != last() + tail_) std::memmove(last() + tail_, content.data(), content.size());
    tail_ += content.size();
    return content.size();
  }
  if (blocks_ == 0 || in_begin_ == in_end_) {
    const byte_span to = space();
    const std::size_t n = std::min(to.size(), content.size());
    if (n == 0) return 0;
    std::memcpy(to.data(), content.data(), n);
    tail_ += n;
    in_begin_ = in_end_ = tail_;
    return n;
  }
  return 0;  // content from elsewhere while input waits here cannot happen: input is consumed in order
}

void window::give_back(std::size_t i) { pool_->give_back(block_[i], (shared_ >> i & 1u) != 0); }

void window::drop_content() {
  if (blocks_ == 0) return;
  // The guaranteed block is given back like any other: the one that stays is counted as what it is.
  for (std::size_t i = 0; i + 1 < blocks_; ++i) give_back(i);
  const bool last_is_shared = (shared_ >> (blocks_ - 1) & 1u) != 0;
  block_[0] = last();
  blocks_ = 1;
  shared_ = last_is_shared ? 1u : 0u;
  tail_ = 0;
  if (in_begin_ == in_end_) in_begin_ = in_end_ = 0;
  if (last_is_shared) {  // swap it for the guaranteed one, so that the shared rest is free for others
    char* own = pool_->take_guaranteed();
    std::memcpy(own, block_[0] + in_begin_, in_end_ - in_begin_);
    pool_->give_back(block_[0], true);
    block_[0] = own;
    in_end_ -= in_begin_;
    in_begin_ = 0;
    shared_ = 0;
  }
}

void window::release_if_idle() {
  if (in_begin_ == in_end_ && tail_ == 0) release();
}

void window::release() {
  for (std::size_t i = 0; i < blocks_; ++i) give_back(i);
  blocks_ = 0;
  shared_ = 0;
  tail_ = in_begin_ = in_end_ = 0;
}

}  // namespace sluice::relay
