// Reading of DNS responses; see message.hpp.
#include "dns/message.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice::dns {
namespace {

constexpr std::uint16_t class_in = 1;

struct reader {
  byte_view wire;
  std::size_t at = 0;
  bool bad = false;

  std::uint32_t number(std::size_t octets) {
    if (bad || wire.size() - at < octets) {
      bad = true;
      return 0;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < octets; ++i) value = value << 8 | static_cast<unsigned char>(wire[at++]);
    return value;
  }
  std::uint16_t number16() { return static_cast<std::uint16_t>(number(2)); }
};

// Reads a possibly compressed name at r.at (RFC 1035 4.1.4) into text form. Names that have no such form (octets
// outside of printable ASCII, dots or backslashes inside labels) become "" and are valid otherwise: nobody asks for them.
void read_name(reader& r, name_text& out) {
  out.clear();
  std::size_t at = r.at, hops = 0;
  bool jumped = false, odd = false;
  for (;;) {
    if (at >= r.wire.size()) return void(r.bad = true);
    const auto length = static_cast<unsigned char>(r.wire[at]);
    if (length == 0) {
      if (!jumped) r.at = at + 1;
      if (odd) out.clear();
      return;
    }
    if ((length & 0xc0) == 0xc0) {
      if (at + 1 >= r.wire.size() || ++hops > limits::pointer_hops) return void(r.bad = true);
      if (!jumped) r.at = at + 2;
      jumped = true;
      at = static_cast<std::size_t>(length & 0x3f) << 8 | static_cast<unsigned char>(r.wire[at + 1]);
      continue;
    }
    if (length > limits::label_bytes || r.wire.size() - at - 1 < length) return void(r.bad = true);
    const byte_view label = r.wire.substr(at + 1, length);
    if (out.size() + (out.empty() ? 0u : 1u) + length > out.max_size()) return void(r.bad = true);
    for (const char c : label) odd = odd || c < ' ' || c >= 0x7f || c == '.' || c == '\\';
    if (!out.empty()) out.push_back('.');
    out.append(label.data(), label.size());
    at += 1u + length;
  }
}

struct record {
  name_text name;
  std::uint16_t type = 0, klass = 0;
  std::uint32_t ttl = 0;
  std::size_t data_at = 0, data_bytes = 0;
};

void read_record(reader& r, record& out) {
  read_name(r, out.name);
  out.type = r.number16();
  out.klass = r.number16();
  out.ttl = r.number(4);
  if (out.ttl > 0x7fffffff) out.ttl = 0;  // RFC 2181 8
  out.data_bytes = r.number16();
  out.data_at = r.at;
  if (r.bad || r.wire.size() - r.at < out.data_bytes) r.bad = true;
  else r.at += out.data_bytes;
}

// A name inside of a record's data; it may point elsewhere but must end with the data.
bool read_data_name(const reader& r, const record& rec, std::size_t skip, name_text& out) {
  if (rec.data_bytes <= skip) return false;
  reader data{r.wire, rec.data_at + skip, false};
  read_name(data, out);
  return !data.bad && data.at == rec.data_at + rec.data_bytes;
}

// Appends the record's data in packed form; false when it is malformed.
bool pack(const reader& r, const record& rec, record_type type, answer_builder& out) {
  const byte_view data = r.wire.substr(rec.data_at, rec.data_bytes);
  name_text name;
  switch (type) {
    case record_type::a:
    case record_type::aaaa:
      if (data.size() != (type == record_type::a ? 4u : 16u)) return false;
      out.add(data);
      return true;
    case record_type::mx:
      if (!read_data_name(r, rec, 2, name)) return false;
      out.open();
      out.append(data.substr(0, 2));
      out.append(view(name));
      out.close();
      return true;
    case record_type::ptr:
    case record_type::cname:
      if (!read_data_name(r, rec, 0, name)) return false;
      out.add(view(name));
      return true;
    case record_type::txt: {
      out.open();
      for (std::size_t at = 0; at < data.size();) {  // character-strings, joined without a separator (RFC 7208 3.3)
        const auto length = static_cast<unsigned char>(data[at]);
        if (data.size() - at - 1 < length) return false;
        out.append(data.substr(at + 1, length));
        at += 1u + length;
      }
      out.close();
      return true;
    }
    case record_type::soa: break;
  }
  return false;
}

// How long an absence may be remembered: the smaller of the SOA's TTL and its last field (RFC 2308 5).
std::uint32_t negative_ttl(const reader& r, const record& soa) {
  if (soa.data_bytes < 20) return limits::negative_ttl_default;
  reader tail{r.wire, soa.data_at + soa.data_bytes - 4, false};
  return std::min(soa.ttl, tail.number(4));
}

struct section_counts {
  std::uint16_t questions, answers, authorities;
};

// The alias chain may stand in any order, so each hop goes through the answers once.
answer follow(reader r, const question& q, const section_counts& counts, byte_span room) {
  answer result{status::no_data, 0x7fffffff, {}};
  answer_builder packed(room);
  name_text wanted;
  if (!assign_cut(wanted, q.name)) return {status::malformed, 0, {}};
  const std::size_t start = r.at;
  record rec;
  for (std::size_t hop = 0; hop <= limits::alias_hops; ++hop) {
    bool alias = false;
    name_text target;
    r.at = start;
    for (std::uint16_t i = 0; i < counts.answers; ++i) {
      read_record(r, rec);
      if (r.bad) return {status::malformed, 0, {}};
      if (rec.klass != class_in || !ascii::iequals(view(rec.name), view(wanted))) continue;
      if (rec.type == static_cast<std::uint16_t>(q.type)) {
        if (!pack(r, rec, q.type, packed)) return {status::malformed, 0, {}};
        if (packed.overflown()) return {status::too_large, rec.ttl, {}};
      } else if (rec.type == static_cast<std::uint16_t>(record_type::cname) && !alias) {
        if (!read_data_name(r, rec, 0, target) || target.empty()) return {status::malformed, 0, {}};
        alias = true;
      } else {
        continue;
      }
      result.ttl = std::min(result.ttl, rec.ttl);
    }
    if (packed.records() != 0) {
      result.status = status::ok;
      result.packed = packed.packed();
      return result;
    }
    if (!alias) return result;
    wanted = target;
  }
  return {status::malformed, 0, {}};
}

}  // namespace

answer read_message(byte_view wire, const question& q, byte_span room) {
  constexpr answer malformed{status::malformed, 0, {}};
  reader r{wire, 2, false};
  if (wire.size() < 12) return malformed;
  const std::uint16_t flags = r.number16();
  section_counts counts{};
  counts.questions = r.number16(), counts.answers = r.number16(), counts.authorities = r.number16();
  r.at = 12;
  if ((flags & 0x8000) == 0 || (flags & 0x7800) != 0) return malformed;  // not a response to a query
  if (counts.questions != 1 || counts.answers + counts.authorities > int{limits::message_records}) return malformed;
  name_text asked;
  read_name(r, asked);
  const std::uint16_t type = r.number16(), klass = r.number16();
  if (r.bad || klass != class_in || type != static_cast<std::uint16_t>(q.type)) return malformed;
  if (!ascii::iequals(view(asked), q.name)) return malformed;

  const unsigned rcode = flags & 0x0f;
  if (rcode != 0 && rcode != 3) return {status::servfail, 0, {}};
  if ((flags & 0x0200) != 0) return malformed;  // still truncated after TCP
  answer result = follow(r, q, counts, room);
  if (result.status != status::no_data) return result;
  if (rcode == 3) result.status = status::nxdomain;

  record rec;
  std::uint32_t ttl = limits::negative_ttl_default;
  for (int i = 0; i < counts.answers + counts.authorities && !r.bad; ++i) {
    read_record(r, rec);
    if (r.bad || i < counts.answers || rec.type != static_cast<std::uint16_t>(record_type::soa)) continue;
    ttl = negative_ttl(r, rec);
    break;
  }
  result.ttl = std::min(result.ttl, ttl);
  return result;
}

}  // namespace sluice::dns
