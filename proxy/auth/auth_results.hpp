// The Authentication-Results field (RFC 8601): writing ours, reading those of relays we trust and of ARC sets. Values
// from mail are quoted where they are no tokens, and lose control characters, so that nothing in a message can add a
// result to the field.
#pragma once
#include <cstdint>

#include "auth/result.hpp"
#include "core/bytes.hpp"

namespace sluice::auth {

class results_writer {
 public:
  // Writes the value (without field name and final CRLF) into `out`. `folded` puts each result on a line of its own.
  results_writer(byte_span out, byte_view authserv_id, bool folded);

  // ";" method "=" result, with an optional comment; then properties: ptype "." property "=" value.
  void method(byte_view name, result r, byte_view comment = {});
  void reason(byte_view text);
  void property(byte_view type_and_name, byte_view value);

  // The value; "none" stands for no method at all (2.2). complete() is false when something did not fit: a whole
  // result is left out then, never a part of one.
  byte_view finish();
  bool complete() const { return complete_; }

 private:
  void put(byte_view text);
  void put_value(byte_view value);
  void commit();

  byte_span out_;
  std::size_t used_ = 0, sure_ = 0;  // octets written; octets of whole results
  bool folded_, complete_ = true, any_ = false, overflown_ = false;
};

// Reads a value; comments are skipped, quoted strings are unquoted by the caller (see unquoted()).
class results_reader {
 public:
  struct entry {
    byte_view method, result;
    byte_view properties;  // the rest of this result, for property_of()
  };
  explicit results_reader(byte_view value);
  byte_view authserv_id() const { return authserv_id_; }
  bool next(entry& out);

 private:
  byte_view rest_, authserv_id_;
};

// The value of "header.d" or another property; without the quotes if it has some, escapes left in; empty when missing.
byte_view property_of(const results_reader::entry& e, byte_view type_and_name);

// The field claims to be from `authserv_id` (compared without case; 5).
bool claims_to_be_from(byte_view value, byte_view authserv_id);

}  // namespace sluice::auth
