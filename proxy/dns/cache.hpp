// A bounded cache of answers, negative ones and failures too (RFC 2308, RFC 9520). Time is a parameter in seconds of any
// steady clock. One fixed piece of memory, taken at construction: entries are written one after another into a ring
// and the oldest make room. Not thread safe: each event loop has its own.
#pragma once
#include <cstdint>
#include <memory>

#include "dns/answer.hpp"

namespace sluice::dns {

struct cache_options {
  std::size_t bytes = limits::cache_bytes;  // of entries; the index costs a sixteenth more
  std::uint32_t ttl_min = limits::ttl_min;
  std::uint32_t ttl_max = limits::ttl_max;
  std::uint32_t negative_ttl_max = limits::negative_ttl_max;
  std::uint32_t failure_ttl = limits::failure_ttl;
};

class cache {
 public:
  explicit cache(const cache_options& options = {});

  // The remembered answer, valid until the next put(); false when unknown or no longer true at `now`.
  bool find(const question& q, std::int64_t now, answer& out);
  // Remembers a copy. budget, cancelled and answers above an eighth of the memory are not remembered.
  void put(const question& q, const answer& got, std::int64_t now);
  void clear();
  // Times count for what is remembered from now on; another size begins with an empty cache.
  void change(const cache_options& options);

  std::uint64_t hits() const { return hits_; }
  std::uint64_t misses() const { return misses_; }
  std::uint64_t evictions() const { return evictions_; }
  std::size_t entries() const { return entries_; }
  std::size_t bytes_used() const { return used_; }
  std::size_t memory_bytes() const { return memory_bytes(options_); }
  static std::size_t memory_bytes(const cache_options& options);

 private:
  struct entry;
  entry* at(std::uint32_t offset) const;
  std::uint32_t* slot_of(byte_view name, record_type type, std::uint32_t hash) const;
  void drop_oldest();
  void make_room(std::size_t need);
  void unlink(std::uint32_t offset);
  void store(byte_view name, record_type type, std::uint32_t hash, const answer& got, std::int64_t expires);

  cache_options options_;
  std::unique_ptr<char[]> ring_;
  std::unique_ptr<std::uint32_t[]> index_;  // open addressing; 0 is free, otherwise offset + 1
  std::size_t index_size_ = 0;              // a power of two
  std::size_t head_ = 0;                    // where the next entry is written
  std::size_t tail_ = 0;                    // the oldest entry
  std::size_t used_ = 0, entries_ = 0;
  std::uint64_t hits_ = 0, misses_ = 0, evictions_ = 0;
};

}  // namespace sluice::dns
