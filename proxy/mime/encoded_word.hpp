// Decodes RFC 2047 encoded words in an unfolded field value (Subject, phrases, comments) to UTF-8, the way clients show
// them: white space between adjacent words is dropped, a character split across words is joined, a broken word stays as
// it is written. Raw 8-bit octets are taken as UTF-8 or else windows-1252. Called by inspect for subjects and names.
#pragma once
#include "core/bytes.hpp"
#include "mime/charset_pool.hpp"

namespace sluice::mime {

struct decoded_text {
  std::size_t size = 0;  // octets written
  bool cut = false;      // did not fit
  bool encoded = false;  // at least one encoded word was decoded
  bool broken = false;   // a broken or unusual word, an unknown charset, or octets that are none of it
};

// `out` receives UTF-8, cut only between characters. `value` and `out` don't overlap.
decoded_text decode_words(byte_view value, byte_span out, charset_pool& pool);

}  // namespace sluice::mime
