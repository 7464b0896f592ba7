#include "firmware/gateway/records/trace_record.hpp"

#include <algorithm>
#include <cstring>

#include "core/utf8.hpp"

namespace sluice::gateway {
namespace {

constexpr byte_view magic = "SLTRACE1";
constexpr std::size_t record_numbers_octets = 64;  // at most, before the texts

std::uint32_t checksum(byte_view text) {
  std::uint32_t h = 0x811c9dc5U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x01000193U;
  return h;
}

struct byte_writer {
  char* at;
  void number(std::uint64_t n) {  // LEB128
    for (; n >= 0x80; n >>= 7) *at++ = static_cast<char>(n | 0x80);
    *at++ = static_cast<char>(n);
  }
  void sign(std::int64_t n) { number(static_cast<std::uint64_t>(n) << 1 ^ static_cast<std::uint64_t>(n >> 63)); }
  void text(byte_view t) { at = std::copy(t.begin(), t.end(), at); }
};

struct byte_reader {
  byte_view& rest;
  bool good = true;
  std::uint64_t number() {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest.empty()) break;
      const auto b = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      n |= std::uint64_t{b & 0x7FU} << shift;
      if (b < 0x80) return n;
    }
    good = false;
    return 0;
  }
  std::int64_t sign() {
    const std::uint64_t n = number();
    return static_cast<std::int64_t>(n >> 1) ^ -static_cast<std::int64_t>(n & 1);
  }
  byte_view text(std::size_t n) {
    if (n > rest.size()) {
      good = false;
      return {};
    }
    const byte_view out = rest.substr(0, n);
    rest.remove_prefix(n);
    return out;
  }
};

void put32(char* at, std::uint32_t v) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<char>(v >> (8 * i));
}
void put64(char* at, std::uint64_t v) {
  put32(at, static_cast<std::uint32_t>(v));
  put32(at + 4, static_cast<std::uint32_t>(v >> 32));
}
std::uint32_t get32(const char* at) {
  std::uint32_t v = 0;
  for (int i = 0; i < 4; ++i) v |= std::uint32_t{static_cast<unsigned char>(at[i])} << (8 * i);
  return v;
}
std::uint64_t get64(const char* at) { return get32(at) | std::uint64_t{get32(at + 4)} << 32; }

}  // namespace

const char* name_of(trace_kind k) {
  static constexpr const char* names[] = {"message", "connection", "tls", "sender", "recipient", "session"};
  return names[static_cast<std::size_t>(k)];
}

bool trace_block::add(const trace_record& r) {
  std::size_t need = record_numbers_octets;
  std::array<byte_view, trace_texts> texts;
  for (std::size_t i = 0; i < trace_texts; ++i) {
    texts[i] = utf8::cut(r.texts[i], trace_text_octets);
    need += 2 + (texts[i] == before_[i] ? 0 : texts[i].size());
  }
  if (used_ + need > bytes_.size()) return false;
  byte_writer out{bytes_.data() + used_};
  out.sign(r.when - (empty() ? 0 : header_.last));
  out.number(static_cast<std::uint64_t>(r.kind));
  out.number(r.outcome);
  out.number(r.action);
  out.number(r.reply_code);
  out.number(r.downstream_code);
  out.sign(r.score);
  out.number(r.recipient_count);
  out.number(r.octets);
  for (std::size_t i = 0; i < trace_texts; ++i) {
    const bool same = texts[i] == before_[i] && !texts[i].empty();
    out.number(same ? 1 : texts[i].empty() ? 0 : texts[i].size() + 1);
    if (same) continue;
    before_[i] = {out.at, texts[i].size()};
    out.text(texts[i]);
  }
  used_ = static_cast<std::size_t>(out.at - bytes_.data());
  if (empty()) header_.first = r.when;
  header_.last = r.when;
  ++header_.records;
  return true;
}

void trace_block::hide(bool addresses, bool subjects) {
  header_.addresses_hidden = addresses;
  header_.subjects_hidden = subjects;
}

byte_view trace_block::finish() {
  header_.octets = static_cast<std::uint32_t>(used_);
  char* h = bytes_.data();
  std::memcpy(h, magic.data(), magic.size());
  put32(h + 8, header_.octets);
  put32(h + 12, header_.records);
  put64(h + 16, static_cast<std::uint64_t>(header_.first));
  put64(h + 24, static_cast<std::uint64_t>(header_.last));
  put32(h + 32, (header_.addresses_hidden ? 1U : 0U) | (header_.subjects_hidden ? 2U : 0U));
  put32(h + 36, checksum({h, 36}) ^ checksum({h + trace_header_octets, used_ - trace_header_octets}));
  return {bytes_.data(), used_};
}

void trace_block::clear() {
  used_ = trace_header_octets;
  header_ = {};
  before_.fill({});
}

bool read_trace_header(byte_view bytes, trace_block_header& out) {
  if (bytes.size() < trace_header_octets || !bytes.starts_with(magic)) return false;
  const char* h = bytes.data();
  out.octets = get32(h + 8);
  out.records = get32(h + 12);
  out.first = static_cast<std::int64_t>(get64(h + 16));
  out.last = static_cast<std::int64_t>(get64(h + 24));
  out.addresses_hidden = (get32(h + 32) & 1) != 0;
  out.subjects_hidden = (get32(h + 32) & 2) != 0;
  return out.octets >= trace_header_octets && out.octets <= trace_block_octets;
}

bool is_whole_block(byte_view bytes) {
  trace_block_header h;
  if (!read_trace_header(bytes, h) || bytes.size() < h.octets) return false;
  const byte_view payload = bytes.substr(trace_header_octets, h.octets - trace_header_octets);
  return get32(bytes.data() + 36) == (checksum(bytes.substr(0, 36)) ^ checksum(payload));
}

trace_block_reader::trace_block_reader(byte_view block) {
  trace_block_header h;
  if (!read_trace_header(block, h) || block.size() < h.octets) return;
  rest_ = block.substr(trace_header_octets, h.octets - trace_header_octets);
  left_ = h.records;
}

bool trace_block_reader::next(trace_record& out) {
  if (left_ == 0) return false;
  --left_;
  byte_reader in{rest_};
  trace_record r;
  r.when = static_cast<std::int64_t>(static_cast<std::uint64_t>(before_.when) + static_cast<std::uint64_t>(in.sign()));
  r.kind = static_cast<trace_kind>(std::min<std::uint64_t>(in.number(), static_cast<std::uint64_t>(trace_kind::session)));
  r.outcome = static_cast<std::uint8_t>(in.number());
  r.action = static_cast<std::uint8_t>(in.number());
  r.reply_code = static_cast<std::uint16_t>(in.number());
  r.downstream_code = static_cast<std::uint16_t>(in.number());
  r.score = static_cast<std::int32_t>(in.sign());
  r.recipient_count = static_cast<std::uint32_t>(in.number());
  r.octets = in.number();
  for (std::size_t i = 0; i < trace_texts; ++i) {
    const std::uint64_t n = in.number();
    if (n > trace_text_octets + 1) in.good = false;  // none of ours
    if (!in.good) break;
    r.texts[i] = n == 0 ? byte_view{} : n == 1 ? before_.texts[i] : in.text(static_cast<std::size_t>(n - 1));
  }
  if (!in.good) left_ = 0;
  if (!in.good) return false;
  before_ = r;
  out = r;
  return true;
}

}  // namespace sluice::gateway
