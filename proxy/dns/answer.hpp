// Questions and answers as the verifiers see them: a name and a type out, a status and packed records in. No wire
// format here (message.hpp reads that), no retries, no sockets.
//
// Packed records: for each a length of two octets (most significant first) and that many octets:
//   A 4 octets, AAAA 16 octets, TXT its character-strings joined, PTR and CNAME a name in text form,
//   MX two octets of preference and the name. The order is that of the answer.
#pragma once
#include <cstdint>
#include <span>

#include "core/bytes.hpp"
#include "dns/limits.hpp"
#include "dns/name.hpp"

namespace sluice::dns {

enum class record_type : std::uint16_t { a = 1, cname = 5, soa = 6, ptr = 12, mx = 15, txt = 16, aaaa = 28 };
const char* name_of(record_type);

enum class status : std::uint8_t {
  ok,         // at least one record of the asked type
  no_data,    // the name exists, without such a record
  nxdomain,   // the name does not exist (RFC 8020: nothing below it either)
  servfail,   // the servers failed, refused, or do not implement the question
  timeout,    // no answer in time
  malformed,  // an answer that cannot be read
  too_large,  // more records or octets than limits.hpp allows
  budget,     // not asked: lookups or memory of this message are used up
  cancelled   // the message went away
};
const char* name_of(status);

// The name was found not to hold such records: a fact, not a failure ("void lookup" of RFC 7208 4.6.4).
constexpr bool is_void(status s) { return s == status::no_data || s == status::nxdomain; }
// Asking again later may help. malformed and too_large are permanent: the publisher has to mend them.
constexpr bool is_temporary(status s) {
  return s == status::servfail || s == status::timeout || s == status::budget || s == status::cancelled;
}

struct question {
  byte_view name;  // valid until the next call into whoever asks
  record_type type = record_type::txt;
};

// An answer; its records are views into memory of whoever delivers it, valid during on_answer() only.
struct answer {
  dns::status status = status::ok;
  std::uint32_t ttl = 0;  // seconds; of the shortest-lived record, or how long to remember that there is none
  byte_view packed;

  // Takes the next record off `rest` (start with `packed`); false at the end.
  static bool next(byte_view& rest, byte_view& record);
};

// Packs records into memory of the caller; refuses what does not fit.
class answer_builder {
 public:
  explicit answer_builder(byte_span room) : room_(room) {}

  bool add(byte_view record);
  // One record in pieces: open(), append() any number of times, close().
  void open() { open_at_ = used_; used_ += 2; }
  void append(byte_view piece);
  bool close();

  bool overflown() const { return overflown_; }
  std::size_t records() const { return records_; }
  byte_view packed() const { return {room_.data(), used_}; }
  void clear() { used_ = records_ = 0, overflown_ = false; }

 private:
  byte_span room_;
  std::size_t used_ = 0, open_at_ = 0, records_ = 0;
  bool overflown_ = false;
};

}  // namespace sluice::dns
