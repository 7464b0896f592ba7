// Which DKIM signatures passed through this box lately, and to how many different recipients: a genuine notification is
// signed for one reader; the same signature for many means that somebody hands it on (or that a list does). Shared by all
// event loops, thread safe; asked once per message, at its end. Fixed memory: the least recently seen entry of a bucket
// makes room. No clock: the caller passes seconds.
//
// What it says supports findings (rule `replayed`) and is never one by itself.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace sluice::net {

class signature_memory {
 public:
  static constexpr std::uint32_t keep_seconds = 7 * 24 * 3600;
  static constexpr std::size_t bytes_per_entry = 32;

  // `entries` is rounded up to whole buckets; 0 remembers nothing. `secret` keeps others from choosing who shares a bucket.
  signature_memory(std::size_t entries, std::uint64_t secret);

  struct seen {
    std::uint32_t messages = 0;    // with this one
    std::uint32_t recipients = 0;  // different ones; exact when few, an estimate up to about 200
  };
  // Remembers this delivery and says what is known, of the signature seen most.
  seen remember(std::span<const std::uint64_t> signatures, std::span<const std::uint32_t> recipients, std::int64_t now);

  std::size_t used() const;
  std::size_t capacity() const { return entries_.size(); }

 private:
  struct entry {
    std::uint64_t key = 0;  // 0: free
    std::uint64_t recipients = 0;  // a bit per hash
    std::uint32_t last = 0;
    std::uint32_t messages = 0;
  };
  static_assert(sizeof(entry) <= bytes_per_entry);
  static constexpr std::size_t ways = 8;

  entry& find(std::uint64_t key, std::uint32_t now);

  std::uint64_t secret_;
  std::vector<entry> entries_;
  std::size_t used_ = 0;
  mutable std::mutex guard_;
};

}  // namespace sluice::net
