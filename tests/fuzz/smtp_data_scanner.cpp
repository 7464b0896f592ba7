// What the scanner lets through comes out the same after stuffing and scanning it again.
#include <cstdint>
#include <string>

#include "smtp/data_scanner.hpp"
#include "smtp/dot_stuffer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string input(reinterpret_cast<const char*>(data), size), wire;
  sluice::smtp::data_scanner first, second;
  const auto r = first.scan(input);
  if (r.consumed > size || (r.fault != sluice::smtp::cause::none && !r.content.empty())) __builtin_trap();
  if (!r.end) return 0;
  sluice::smtp::dot_stuffer stuffer;
  sluice::byte_view rest = r.content, out[3];
  while (!rest.empty())
    for (std::size_t i = 0, n = stuffer.next(rest, out); i < n; ++i) wire += out[i];
  wire += stuffer.terminator();
  const std::string content(r.content);
  const auto again = second.scan(wire);
  if (!again.end || again.consumed != wire.size() || again.content != content) __builtin_trap();
  if (first.leading_dot() != second.leading_dot()) __builtin_trap();
  return 0;
}
