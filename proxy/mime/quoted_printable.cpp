// Quoted-printable (RFC 2045 section 6.7): soft line breaks, white space at line ends removed, lower-case digits
// accepted. A '=' that begins neither is shown as it is.
#include <algorithm>
#include <array>
#include <cstring>

#include "core/hex_digit.hpp"
#include "mime/transfer.hpp"

namespace sluice::mime {
namespace {

constexpr auto make_ordinary() {
  std::array<bool, 256> table{};
  table.fill(true);
  for (const char c : std::string_view("= \t\r\n")) table[static_cast<unsigned char>(c)] = false;
  return table;
}
constexpr auto ordinary_octets = make_ordinary();
bool ordinary(char c) { return ordinary_octets[static_cast<unsigned char>(c)]; }

}  // namespace

// hold_ keeps what cannot be judged yet: either "=" and what followed it, or white space that may end the line.
void transfer_decoder::feed_quoted(byte_view raw, octet_sink& out) {
  char room[2048];
  std::size_t size = 0;
  const auto put = [&](const char* from, std::size_t n) {
    while (n > 0) {
      if (size == sizeof room) out.put({room, size}), size = 0;
      const std::size_t now = std::min(n, sizeof room - size);
      std::memcpy(room + size, from, now);
      size += now, from += now, n -= now;
    }
  };
  const auto drop_hold = [&](bool keep) {
    if (keep) put(hold_, held_);
    held_ = 0;
  };
  const char* p = raw.data();
  const char* const end = p + raw.size();
  while (p != end) {
    if (held_ == 0) {
      const char* const run = p;
      while (p != end && ordinary(*p)) ++p;
      // A single blank between two ordinary characters is no line end: the usual case, without the hold.
      while (end - p >= 2 && *p == ' ' && ordinary(p[1])) {
        p += 2;
        while (p != end && ordinary(*p)) ++p;
      }
      put(run, static_cast<std::size_t>(p - run));
      if (p == end) break;
    }
    const char c = *p++;
    if (held_ > 0 && hold_[0] == '=') {
      if (c == '\n') {
        drop_hold(false);  // soft line break, white space before it included
      } else if (held_ == 1 && ascii::hex_value(c) >= 0) {
        hold_[held_++] = c;
      } else if (held_ == 2 && ascii::hex_value(hold_[1]) >= 0 && ascii::hex_value(c) >= 0) {
        const char octet = static_cast<char>(ascii::hex_value(hold_[1]) * 16 + ascii::hex_value(c));
        put(&octet, 1);
        held_ = 0;
      } else if ((c == ' ' || c == '\t' || c == '\r') && (held_ == 1 || ascii::hex_value(hold_[1]) < 0) && held_ < sizeof hold_) {
        hold_[held_++] = c;
      } else {
        flawed_ = true;
        drop_hold(true);
        --p;  // read `c` again, as the beginning of something
      }
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\r') {
      if (held_ == sizeof hold_) drop_hold(true);
      hold_[held_++] = c;
    } else if (c == '\n') {
      const bool crlf = held_ > 0 && hold_[held_ - 1] == '\r';
      held_ = 0;
      put(crlf ? "\r\n" : "\n", crlf ? 2 : 1);
    } else {
      drop_hold(true);
      if (c == '=') hold_[held_++] = c;
      else put(&c, 1);
    }
  }
  if (size > 0) out.put({room, size});
}

}  // namespace sluice::mime
