// Parameters of Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183) with continuations, charsets and percent
// encoding (RFC 2231), tolerant, and with all the readings that mail clients are known to choose among.
#pragma once
#include "core/bytes.hpp"
#include "core/text.hpp"
#include "mime/charset_pool.hpp"

namespace sluice::mime {

// One parameter section as written.
struct param {
  fixed_string<40> name;  // lower-case, without '*' and section number, comments taken out
  byte_view value;       // raw; quoted strings still hold their backslashes
  int section = -1;      // RFC 2231 continuation number
  bool encoded = false;  // name ended in '*'
  bool quoted = false;
  bool odd = false;  // syntax that clients read differently (junk, spaces, comments, missing quote)
  byte_view raw;          // after '=' up to the next ';' outside of quotes, and what follows that is no parameter
};

class param_reader {
 public:
  // `rest` is what follows the first token, beginning with ';'.
  explicit param_reader(byte_view rest) : rest_(rest) {}
  bool next(param& out);

 private:
  byte_view rest_;
};

struct field_head {
  fixed_string<80> token;  // lower-case "type/subtype" or disposition, as a tolerant client reads it
  byte_view params;        // what follows
  bool odd = false;        // not a clean token
};
field_head read_head(byte_view value);

struct param_value {
  fixed_string<256> text;   // the preferred reading, UTF-8
  fixed_string<256> other;  // another reading that some client would choose; empty when all agree
  bool found = false;
  bool odd = false;  // readings differ or the syntax is broken
};
// The parameter `name` (lower-case) of a value such as "text/plain; charset=utf-8".
param_value read_param(byte_view value, byte_view name, charset_pool& pool);

}  // namespace sluice::mime
