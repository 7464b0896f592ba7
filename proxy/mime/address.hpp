// Reads the address list of From, To, Cc, Sender, Reply-To (RFC 5322 3.4 and its obsolete syntax, RFC 6854) one mailbox
// at a time, tolerant of what real mail holds. Called by inspect (display names are slots) and by auth for From.
#pragma once
#include "core/bytes.hpp"
#include "core/text.hpp"
#include "mime/charset_pool.hpp"

namespace sluice::mime {

struct address {
  fixed_string<256> name;   // display name as a client shows it: unquoted, RFC 2047 decoded; or the last comment
  fixed_string<320> spec;   // addr-spec without comments and source route, as written; empty when there is none
  fixed_string<128> group;  // name of the group it is in
  bool in_group = false;
  bool empty_group = false;  // stands for a group without members
  bool broken = false;       // not valid even by the obsolete syntax
};

class address_reader {
 public:
  address_reader(byte_view value, charset_pool& pool) : rest_(value), pool_(&pool) {}
  // The next mailbox; false at the end.
  bool next(address& out);

 private:
  byte_view rest_;
  charset_pool* pool_;
  fixed_string<128> group_;
  bool in_group_ = false, group_used_ = false;
};

}  // namespace sluice::mime
