// A message header as fields, indexed once so that signatures can pick theirs from the bottom up (RFC 6376 5.4.2).
// The octets stay where they are; one index (about 40 KiB) serves all messages of an event loop, because a header is
// worked on in one go.
#pragma once
#include <cstdint>
#include <memory>

#include "core/bytes.hpp"

namespace sluice::auth {

struct header_field {
  byte_view raw;    // as it came in, with all its line ends
  byte_view name;   // without the white space that obsolete syntax allows before the colon
  byte_view value;  // behind the colon, without the final CRLF; still folded
  std::uint32_t index = 0;  // from the top, 0 first
};

class header_index {
 public:
  static constexpr std::size_t max_fields = 2048;

  // Cuts `header` into fields: everything up to the first empty line, or all of it. Line ends are CRLF. False when
  // there are more than max_fields; the index then holds the first ones.
  bool build(byte_view header);

  std::size_t size() const { return count_; }
  header_field operator[](std::size_t i) const;

  // Goes through the fields of one name (any case), from the bottom up: `cursor` starts as none.
  static constexpr std::uint16_t none = 0xffff;
  bool next_up(byte_view name, std::uint16_t& cursor, header_field& out) const;

  // A line that is no field: no colon, an empty name, or a continuation before the first field. What a reader makes of
  // it is anybody's guess.
  bool malformed() const { return malformed_; }

 private:
  struct place {
    std::uint32_t begin, end;
    std::uint16_t name_bytes, colon;  // colon: offset from begin; 0 for a malformed line
    std::uint16_t above;              // the next field further up in the same bucket
  };
  static std::size_t bucket_of(byte_view name);

  byte_view header_;
  std::unique_ptr<place[]> places_ = std::make_unique<place[]>(max_fields);
  std::uint16_t last_[256];
  std::uint16_t count_ = 0;
  bool malformed_ = false;
};

}  // namespace sluice::auth
