// The fixed text of a sender's templates in one language: hashes of three words in a row that its genuine mails have in
// common, and how much of such a mail they cover. Built when profiles are read; immutable then.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace sluice::inspect {

class skeleton {
 public:
  static constexpr std::size_t max_shingles = 4096;  // per skeleton: 16 KiB in the profile, 32 KiB in memory
  static constexpr std::size_t max_per_profile = 12;

  std::string language;     // "en"; empty: whatever the language
  std::uint32_t samples = 0;
  std::uint32_t floor = 0;    // per cent: the least share of fixed words a sample had, measured against the others
  std::uint32_t longest = 0;  // words: the longest run that was not the template's, in any sample

  void assign(const std::vector<std::uint32_t>& hashes);  // at most max_shingles
  bool contains(std::uint32_t hash) const;
  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const { return table_.capacity() * sizeof(std::uint32_t); }

 private:
  std::vector<std::uint32_t> table_;  // open addressing, 0 is free; at most half full
  std::size_t size_ = 0;
};

// Hashes as text: 4 octets each, big-endian, ascending, in base64. False when it is not that.
bool parse_shingles(byte_view base64, std::vector<std::uint32_t>& out);
std::string format_shingles(std::vector<std::uint32_t> hashes);

}  // namespace sluice::inspect
