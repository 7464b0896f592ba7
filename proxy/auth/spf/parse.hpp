// Reads SPF records (RFC 7208 4.5, 4.6, 12): which TXT record is one, whether all of it is well-formed, and its terms
// one after another. Views point into the record. Nothing is looked up and no macro is expanded here.
#pragma once
#include "auth/common/ip.hpp"
#include "core/bytes.hpp"

namespace sluice::auth::spf {

enum class qualifier : std::uint8_t { pass, fail, softfail, neutral };
enum class mechanism : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

enum class term_kind : std::uint8_t { directive, redirect, explanation, unknown_modifier, malformed };

struct term {
  term_kind kind = term_kind::malformed;
  qualifier sign = qualifier::pass;
  mechanism what = mechanism::all;
  byte_view spec;       // domain-spec of a directive, or value of a modifier; empty when not given
  ip_address network;   // ip4, ip6
  std::uint8_t bits4 = 32, bits6 = 128;  // prefix lengths; of ip4 and ip6 the one of its family
  byte_view text;       // the whole term as written
};

// "v=spf1" in any case, and then the end or a space (4.5).
bool is_record(byte_view txt);

// Goes through the terms of a record behind its version; any number of spaces lies between them.
class term_reader {
 public:
  explicit term_reader(byte_view record);
  // False at the end. A malformed term is delivered with kind malformed.
  bool next(term& out);
  byte_view rest() const { return rest_; }

 private:
  byte_view rest_;
};

struct record_facts {
  bool valid = false;   // every term is well-formed, redirect and exp occur once at most (6), all of it is ASCII (3.1)
  byte_view malformed;  // the first term that is not
  byte_view redirect, explanation;
};
record_facts examine(byte_view record);

}  // namespace sluice::auth::spf
