// "tag=value; tag=value" of DKIM signatures and keys, ARC fields and DMARC records (RFC 6376 3.2). Views point into the
// text; folding white space around names and values is taken off, inside of values it stays.
#pragma once
#include "core/bytes.hpp"
#include "core/text.hpp"

namespace sluice::auth {

struct tag {
  byte_view name;
  byte_view value;     // without white space at its ends
  byte_view raw_value; // everything between '=' and ';': what is left out of the hash for b= (RFC 6376 3.7)
};

inline constexpr std::size_t max_tags = 48;  // in one list; more is malformed

class tag_list {
 public:
  // False when malformed: a part without '=', a name that is none, the same name twice (3.2: the whole list is invalid).
  // `lenient` passes over such parts, as DMARC wants (RFC 9989 4.8); the same name twice is malformed there too, so
  // that nobody has to guess which one the publisher meant.
  bool parse(byte_view text, bool lenient = false);

  // The tag of that name (exact case, or any case in a lenient list); null when missing.
  const tag* find(byte_view name) const;
  const tag* begin() const { return tags_.data(); }
  const tag* end() const { return tags_.data() + tags_.size(); }

 private:
  fixed_vector<tag, max_tags> tags_;
  bool lenient_ = false;
};

// "a:b:c" with white space around the parts, as h= and other lists have it. Takes the next part off `rest`.
bool next_item(byte_view& rest, byte_view& item);

}  // namespace sluice::auth
