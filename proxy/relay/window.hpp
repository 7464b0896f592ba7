// The part of a message that is held in RAM, and at the same time the buffer that content is read into.
//
// Content lies in blocks of 16 KiB. Octets are read behind the committed content of the last block; the data scanner
// compacts them in place (dot-unstuffing) and commit() closes the gap, so that the content is contiguous per block and
// nothing is copied on the usual way. What was read beyond the end of the content (pipelined commands) stays behind the
// committed part as `input` until it is consumed.
//
//   block:  [ committed content ........ | gap | input (not looked at yet) | free ]
//                                        tail_  in_begin_                   in_end_
//
// The first block is the session's guaranteed one, more come from the shared rest of the pool and may be refused.
// After keep_last_block() the content of older blocks has gone elsewhere (downstream or spool) and the window is a
// buffer of one block only. Sans-I/O; belongs to one session.
#pragma once
#include <array>
#include <cstdint>

#include "core/block_pool.hpp"
#include "core/bytes.hpp"

namespace sluice::relay {

class window {
 public:
  static constexpr std::size_t max_blocks = 16;

  // `max_bytes` is rounded down to whole blocks, at least one, at most max_blocks.
  window(block_pool& pool, std::uint64_t max_bytes);
  ~window() { release(); }
  window(const window&) = delete;
  window& operator=(const window&) = delete;

  // Free space behind the input, at least one octet. Takes the first block when there is none; when the last block is
  // full it takes another. Empty when the window may not grow further: spill or stream now. `was_refused` tells that
  // the pool, not max_bytes, was the reason.
  byte_span space(bool* was_refused = nullptr);

  void add_input(std::size_t n) { in_end_ += n; }  // n octets were read into space()
  byte_span input() { return blocks_ == 0 ? byte_span{} : byte_span{last() + in_begin_, in_end_ - in_begin_}; }
  void consume_input(std::size_t n) { in_begin_ += n; }

  // Appends a piece of content. A piece that lies in the input region of the last block is moved down over the gap;
  // any other is copied, as far as space allows. Returns the octets taken.
  std::size_t commit(byte_view content);

  std::uint64_t size() const { return blocks_ == 0 ? 0 : (blocks_ - 1) * block_bytes + tail_; }
  std::size_t pieces() const { return blocks_; }
  byte_view piece(std::size_t i) const { return {block_[i], i + 1 == blocks_ ? tail_ : block_bytes}; }

  // From now on one block only, which is emptied by drop_content() whenever it is full (spill and stream).
  void set_single_block() { max_blocks_ = 1; }
  void set_max_bytes(std::uint64_t max_bytes);

  // The committed content is no longer needed: gives back all blocks but the last, which keeps its input.
  void drop_content();
  // Gives back the last block too when it holds no input (a waiting session then holds no block at all).
  void release_if_idle();
  void release();

  bool holds_block() const { return blocks_ != 0; }

 private:
  char* last() const { return block_[blocks_ - 1]; }
  void give_back(std::size_t i);

  block_pool* pool_;
  std::size_t max_blocks_;
  std::size_t blocks_ = 0;
  std::size_t tail_ = 0, in_begin_ = 0, in_end_ = 0;
  std::array<char*, max_blocks> block_{};
  std::uint32_t shared_ = 0;  // bit i: block i came from the shared rest
};

}  // namespace sluice::relay
