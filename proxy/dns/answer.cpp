// Packing and unpacking of answers; see answer.hpp.
#include "dns/answer.hpp"

#include <cstring>

namespace sluice::dns {

const char* name_of(record_type type) {
  switch (type) {
    case record_type::a: return "A";
    case record_type::cname: return "CNAME";
    case record_type::soa: return "SOA";
    case record_type::ptr: return "PTR";
    case record_type::mx: return "MX";
    case record_type::txt: return "TXT";
    case record_type::aaaa: return "AAAA";
  }
  return "?";
}

const char* name_of(status s) {
  switch (s) {
    case status::ok: return "ok";
    case status::no_data: return "no data";
    case status::nxdomain: return "no such name";
    case status::servfail: return "server failure";
    case status::timeout: return "timeout";
    case status::malformed: return "malformed answer";
    case status::too_large: return "answer too large";
    case status::budget: return "lookup budget used up";
    case status::cancelled: return "cancelled";
  }
  return "?";
}

bool answer::next(byte_view& rest, byte_view& record) {
  if (rest.size() < 2) return false;
  const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(rest[0])) << 8 |
                             static_cast<unsigned char>(rest[1]);
  if (rest.size() - 2 < length) return false;
  record = rest.substr(2, length);
  rest.remove_prefix(2 + length);
  return true;
}

void answer_builder::append(byte_view piece) {
  if (used_ > room_.size() || piece.size() > room_.size() - used_) {
    overflown_ = true;
    return;
  }
  if (piece.empty()) return;
  std::memcpy(room_.data() + used_, piece.data(), piece.size());
  used_ += piece.size();
}

bool answer_builder::close() {
  const std::size_t length = used_ - open_at_ - 2;
  if (overflown_ || used_ > room_.size() || length > 0xffff || records_ == limits::answer_records) {
    overflown_ = true;
    used_ = open_at_;
    return false;
  }
  room_[open_at_] = static_cast<char>(length >> 8);
  room_[open_at_ + 1] = static_cast<char>(length & 0xff);
  ++records_;
  return true;
}

bool answer_builder::add(byte_view record) {
  open();
  append(record);
  return close();
}

}  // namespace sluice::dns
