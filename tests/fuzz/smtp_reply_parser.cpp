// Replies of a downstream: whatever they say, what is passed on is well-formed, and cutting the input changes nothing.
#include <cstdint>
#include <string>

#include "smtp/reply_parser.hpp"

using sluice::smtp::reply_parser;
static std::string read(sluice::byte_view input, std::size_t step) {
  reply_parser parser;
  std::string out, held;
  for (std::size_t at = 0; at < input.size(); at += step) {
    held += input.substr(at, step);
    sluice::byte_view rest = held;
    for (auto s = parser.next(rest); s != reply_parser::status::need_input; s = parser.next(rest)) {
      if (s == reply_parser::status::failed) return out + sluice::smtp::name_of(parser.error());
      if (char wire[800]; s == reply_parser::status::done) out.append(wire, format(parser.value(), wire));
    }
    held.erase(0, held.size() - rest.size());
  }
  return out;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::byte_view input(reinterpret_cast<const char*>(data), size);
  if (read(input, 1) != read(input, 7) || read(input, 7) != read(input, size + 1)) __builtin_trap();
  return 0;
}
