// The readings of a multipart's boundary parameter, kept as length and hash, and the test whether a line is such a
// delimiter (RFC 2046 section 5.1.1). Where clients read the parameter in different ways all readings count.
#pragma once
#include <array>
#include <cstdint>

#include "core/bytes.hpp"
#include "mime/charset_pool.hpp"
#include "mime/limits.hpp"

namespace sluice::mime {

class boundary_set {
 public:
  enum class match : std::uint8_t { none, loose, separator, close };
  struct result {
    match how = match::none;
    std::uint8_t length = 0;  // of the boundary that matched: a longer one is the better match
  };

  void clear() { count_ = 0; }
  bool empty() const { return count_ == 0; }
  std::uint8_t size() const { return count_; }
  // False when it is already there, empty, or there is no room. Cut at limits::boundary_bytes.
  bool add(byte_view boundary);
  void add_hash(std::uint64_t hash, std::uint8_t length);
  void merge(const boundary_set&);
  bool shares_with(const boundary_set&) const;

 private:
  friend class boundary_line;
  std::array<std::uint64_t, limits::boundary_candidates> hash_;
  std::array<std::uint8_t, limits::boundary_candidates> length_;
  std::uint8_t count_ = 0;
};

// A line that begins with "--", hashed once and then compared with the sets of all open multiparts.
class boundary_line {
 public:
  // `after_dashes`: at most limits::boundary_bytes + 8 octets of the line behind "--", without its line end.
  explicit boundary_line(byte_view after_dashes);
  boundary_set::result compare(const boundary_set&) const;
  // For a boundary nobody declared: hash and length of the line without blanks at its end; length 0 when not plausible.
  std::uint8_t guess(std::uint64_t& hash) const;

 private:
  byte_view text_;
  std::array<std::uint64_t, limits::boundary_bytes + 1> hash_;  // of each prefix
};

struct boundary_readings {
  bool ambiguous = false;  // clients read it in different ways
  bool too_long = false;
};
// Fills `out` from a Content-Type value, the preferred reading first.
boundary_readings read_boundary(byte_view content_type, boundary_set& out, charset_pool& pool);

}  // namespace sluice::mime
