// The value of a hexadecimal digit, as quoted-printable, %XX, xtext, IPv6 addresses and colours have them.
#pragma once

namespace sluice::ascii {

// 0 to 15, in either case; -1 when it is none.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace sluice::ascii
