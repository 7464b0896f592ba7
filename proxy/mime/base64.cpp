// Base64 (RFC 2045 section 6.8). Characters outside of the alphabet are skipped; after padding decoding goes on with the
// next quantum, as most clients do. Both are flaws when data follows: other clients stop there.
#include <algorithm>
#include <array>

#include "mime/transfer.hpp"

namespace sluice::mime {
namespace {

constexpr std::uint8_t blank = 0x40, pad = 0x41, junk = 0x80;

constexpr auto make_values() {
  std::array<std::uint8_t, 256> table{};
  table.fill(junk);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i) table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  for (const char c : std::string_view(" \t\r\n")) table[static_cast<unsigned char>(c)] = blank;
  table['='] = pad;
  return table;
}
constexpr auto values = make_values();

std::uint32_t value(char c) { return values[static_cast<unsigned char>(c)]; }

}  // namespace

void transfer_decoder::base64_slow(char c, char* to, std::size_t& size) {
  const std::uint32_t v = value(c);
  if (v == blank) {
    if (c == '\n' && count_ != 0) odd_line_ = true;
    return;
  }
  if (v == junk) {
    flawed_ = true;
    return;
  }
  if (v == pad) {
    // A quantum ends with one or two '='; its octets are given at once, a second '=' then finds nothing open.
    if (count_ == 3) to[size++] = static_cast<char>(bits_ >> 10), to[size++] = static_cast<char>(bits_ >> 2);
    else if (count_ == 2) to[size++] = static_cast<char>(bits_ >> 4);
    else flawed_ = true;
    padded_ = true;
    count_ = 0;
    return;
  }
  if (odd_line_) flawed_ = true;  // decoders that work line by line read something else
  bits_ = (bits_ << 6) | v;
  if (++count_ < 4) return;
  to[size++] = static_cast<char>(bits_ >> 16);
  to[size++] = static_cast<char>(bits_ >> 8);
  to[size++] = static_cast<char>(bits_);
  count_ = 0;
}

// Behind the padding lines are held to see whether they are more base64, which some clients decode, or text that a
// mailing list has appended, which none does.
void transfer_decoder::base64_behind_end(char c, octet_sink& out) {
  if (c == '\n' || held_ == sizeof hold_) base64_trailer(out);
  if (c != '\n') hold_[held_++] = c;
}

void transfer_decoder::base64_trailer(octet_sink& out) {
  byte_view line{hold_, held_};
  held_ = 0;
  while (!line.empty() && value(line.back()) == blank) line.remove_suffix(1);
  while (!line.empty() && value(line.front()) == blank) line.remove_prefix(1);
  if (line.find_first_not_of('=') == byte_view::npos) return;
  if (std::any_of(line.begin(), line.end(), [](char c) { return value(c) == junk || value(c) == blank; })) return;
  flawed_ = true;
  char room[sizeof hold_];
  std::size_t size = 0;
  count_ = 0;
  for (const char c : line) {
    if (value(c) == pad && count_ == 0) continue;
    base64_slow(c, room, size);
  }
  padded_ = true;
  if (size > 0) out.put({room, size});
}

void transfer_decoder::feed_base64(byte_view raw, octet_sink& out) {
  char room[3072];
  std::size_t size = 0;
  const char* p = raw.data();
  const char* const end = p + raw.size();
  while (p != end) {
    if (size + 3 > sizeof room) {
      out.put({room, size});
      size = 0;
    }
    if (padded_) {
      if (size > 0) out.put({room, size});
      size = 0;
      base64_behind_end(*p++, out);
      continue;
    }
    if (count_ == 0) {
      const std::size_t quanta = std::min(static_cast<std::size_t>(end - p) / 4, (sizeof room - size) / 3);
      const char* const stop = p + quanta * 4;
      while (p != stop) {
        const std::uint32_t a = value(p[0]), b = value(p[1]), c = value(p[2]), d = value(p[3]);
        if ((a | b | c | d) >= blank) break;
        const std::uint32_t v = (a << 18) | (b << 12) | (c << 6) | d;
        room[size] = static_cast<char>(v >> 16);
        room[size + 1] = static_cast<char>(v >> 8);
        room[size + 2] = static_cast<char>(v);
        size += 3;
        p += 4;
      }
      if (p == end) break;
      if (size + 3 > sizeof room) continue;
    }
    base64_slow(*p++, room, size);
  }
  if (size > 0) out.put({room, size});
}

}  // namespace sluice::mime
