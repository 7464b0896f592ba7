// PROXY headers: a decision never needs octets behind the header, and never changes with more of them.
#include <cstdint>

#include "smtp/limits.hpp"
#include "smtp/proxy_protocol.hpp"

using status = sluice::smtp::proxy_header::status;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::byte_view input(reinterpret_cast<const char*>(data), size);
  const auto whole = sluice::smtp::parse_proxy_header(input);
  if (whole.what == status::need_more && size >= sluice::smtp::limits::proxy_v2_bytes) __builtin_trap();
  if (whole.what == status::done && (whole.size > size || whole.size > sluice::smtp::limits::proxy_v2_bytes))
    __builtin_trap();
  for (std::size_t n = 0; n < size && n < 600; ++n) {
    const auto part = sluice::smtp::parse_proxy_header(input.substr(0, n));
    if (part.what == status::malformed && whole.what != status::malformed) __builtin_trap();
    if (part.what == status::done && (whole.what != status::done || part.size != whole.size)) __builtin_trap();
    if (whole.what == status::done && (part.what == status::done) != (n >= whole.size)) __builtin_trap();
  }
  return 0;
}
