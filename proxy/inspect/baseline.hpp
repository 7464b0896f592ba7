// What is usual for an authenticated sender domain at this site: link domains, display names and pieces of its texts, as
// hashes. A table of fixed size: no number of senders, hostile or not, makes it larger, and domains that have been known
// for days are not pushed out by new ones.
//
// It says what is new about a message; new things strengthen other findings (rule `new-to-sender`), and nothing being new
// is worth nothing (P4). Sans-I/O, no locks: net::baseline shares it, firmware/gateway keeps its file.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/bytes.hpp"

namespace sluice::inspect {

// Of one message.
struct sender_traits {
  byte_view domain;                          // authenticated, registrable, lower case
  std::span<const std::uint32_t> links;      // hashes of the registrable domains of its links
  std::span<const std::uint32_t> text;       // text_sampler
  std::uint32_t name = 0;                    // hash of the display name; 0: none
};

struct novelty {
  bool known = false;  // the sender has been here long enough for anything to be called new
  bool link = false, name = false, text = false;
  int count() const { return link + name + text; }
};

// A set that forgets what it has not seen for longest.
template <std::size_t N>
struct small_memory {
  std::array<std::uint32_t, N> value{};  // 0: free
  std::array<std::uint8_t, N> hits{};

  bool contains(std::uint32_t v) const {
    for (const std::uint32_t one : value) {
      if (one == v && v != 0) return true;
    }
    return false;
  }
  std::size_t used() const {
    std::size_t n = 0;
    for (const std::uint32_t one : value) n += one != 0;
    return n;
  }
  // True when it was new. Rarely seen ones make room and everybody's count fades, so that what is gone for good leaves.
  bool add(std::uint32_t v) {
    if (v == 0) return false;
    std::size_t rarest = 0;
    for (std::size_t i = 0; i < N; ++i) {
      if (value[i] == v) {
        if (hits[i] != 0xFF) ++hits[i];
        return false;
      }
      if (value[i] == 0) {
        value[i] = v;
        hits[i] = 1;
        return true;
      }
      if (hits[i] < hits[rarest]) rarest = i;
    }
    if (hits[rarest] > 1) {
      --hits[rarest];
      return true;
    }
    value[rarest] = v;
    hits[rarest] = 1;
    return true;
  }
};

struct baseline_entry {  // written to disk as it is, little-endian
  std::array<char, 64> domain{};  // NUL-padded; empty: free. Longer ones are not learned.
  std::uint32_t first_day = 0, last_day = 0;
  std::uint32_t messages = 0;
  std::uint16_t days = 0;         // different ones
  std::uint16_t surprising = 0;   // messages that brought something new after the sender was known
  small_memory<24> links;
  small_memory<12> names;
  small_memory<64> text;

  byte_view name() const { return byte_view(domain.data(), domain.back() == 0 ? byte_view(domain.data()).size() : domain.size()); }
  bool established() const;
};
inline constexpr std::size_t baseline_entry_bytes = 584;
static_assert(sizeof(baseline_entry) <= baseline_entry_bytes);

class baseline_table {
 public:
  static constexpr std::uint32_t established_messages = 10, established_days = 3;
  static constexpr std::uint32_t forgotten_days = 60;  // an established sender not seen for so long may be replaced
  static constexpr std::size_t ways = 8;

  baseline_table(std::size_t domains, std::uint64_t secret);

  novelty compare(const sender_traits& message) const;
  void learn(const sender_traits& message, std::uint32_t day);
  const baseline_entry* find(byte_view domain) const;
  // The display names of a domain's senders go; they are learned anew. False: the domain is not known.
  bool forget_names(byte_view domain);
  // Puts a whole entry (import, reading the file); the larger of both when the domain is there. False: no room.
  bool merge(const baseline_entry& entry);

  std::span<const baseline_entry> entries() const { return entries_; }
  std::uint64_t secret() const { return secret_; }
  std::uint64_t changes() const { return changes_; }      // news learned: worth writing
  std::uint64_t refreshes() const { return refreshes_; }  // counters only: worth writing once a day
  std::size_t used() const;

 private:
  std::size_t bucket_of(byte_view domain) const;
  baseline_entry* place_for(byte_view domain, std::uint32_t day);

  std::uint64_t secret_;
  std::vector<baseline_entry> entries_;
  std::uint64_t changes_ = 0, refreshes_ = 0;
};

}  // namespace sluice::inspect
