// The common part of the transfer decoders, and uuencode (POSIX): lines of a length character and groups of four.
#include "mime/transfer.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::mime {

void transfer_decoder::open(transfer how) {
  how_ = how;
  flawed_ = padded_ = odd_line_ = false;
  count_ = held_ = 0;
  bits_ = 0;
}

void transfer_decoder::feed(byte_view raw, octet_sink& out) {
  if (raw.empty()) return;
  switch (how_) {
    case transfer::identity: return out.put(raw);
    case transfer::base64: return feed_base64(raw, out);
    case transfer::quoted_printable: return feed_quoted(raw, out);
    case transfer::uuencode: return feed_uu(raw, out);
  }
}

void transfer_decoder::finish(octet_sink& out) {
  if (how_ == transfer::base64 && held_ > 0) base64_trailer(out);
  if (how_ == transfer::base64 && count_ > 0) {
    if (count_ == 1) flawed_ = true;
    const char last[2] = {static_cast<char>(bits_ >> (count_ == 3 ? 10 : 4)), static_cast<char>(bits_ >> 2)};
    if (count_ > 1) out.put({last, static_cast<std::size_t>(count_ - 1)});
  } else if (how_ == transfer::quoted_printable && held_ > 0) {
    // White space at the very end is a line end like any other; "=" at the end is a soft break.
    const bool soft = hold_[0] == '=' && std::all_of(hold_ + 1, hold_ + held_, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
    if (hold_[0] == '=' && !soft) flawed_ = true, out.put({hold_, held_});
  } else if (how_ == transfer::uuencode && held_ > 0) {
    uu_line(out);
  }
  count_ = held_ = 0;
}

void transfer_decoder::feed_uu(byte_view raw, octet_sink& out) {
  while (!raw.empty()) {
    const std::size_t end = raw.find('\n');
    const byte_view piece = raw.substr(0, std::min(end, raw.size()));
    const std::size_t n = std::min(piece.size(), sizeof hold_ - held_);
    std::memcpy(hold_ + held_, piece.data(), n);
    held_ = static_cast<std::uint8_t>(held_ + n);
    if (end == byte_view::npos) return;
    uu_line(out);
    raw.remove_prefix(end + 1);
  }
}

void transfer_decoder::uu_line(octet_sink& out) {
  byte_view line{hold_, held_};
  held_ = 0;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.empty() || line.starts_with("begin ") || line == "end" || padded_) {
    padded_ = padded_ || line == "end";
    return;
  }
  const auto value = [](char c) { return static_cast<unsigned>(c - ' ') & 0x3f; };
  std::size_t left = value(line.front());
  line.remove_prefix(1);
  if (left == 0) return;
  const std::size_t chars = (left + 2) / 3 * 4;
  if (line.size() + 3 < chars || line.size() > chars + 4) {  // not such a line: too short or too long
    flawed_ = true;
    return;
  }
  char room[64];
  std::size_t size = 0;
  for (std::size_t i = 0; i < line.size() && left > 0; i += 4) {
    const auto at = [&](std::size_t k) { return i + k < line.size() ? value(line[i + k]) : 0u; };
    const unsigned v = (at(0) << 18) | (at(1) << 12) | (at(2) << 6) | at(3);
    for (int shift = 16; shift >= 0 && left > 0; shift -= 8, --left) room[size++] = static_cast<char>(v >> shift);
  }
  out.put({room, size});
}

}  // namespace sluice::mime
