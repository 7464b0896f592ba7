// A body has one canonical form however it is cut, and canonicalizing it again changes nothing.
#include <cstdint>
#include <string>

#include "auth/dkim/canonicalize.hpp"

using namespace sluice::auth::dkim;

static std::string canonical(canon how, sluice::byte_view body, std::size_t step) {
  std::string out;
  const octet_sink sink{[](void* to, sluice::byte_view octets) { static_cast<std::string*>(to)->append(octets); }, &out};
  body_canonicalizer c(how);
  for (; body.size() > step; body.remove_prefix(step)) c.feed(body.substr(0, step), sink);
  return c.feed(body, sink), c.finish(sink), out;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::byte_view body(reinterpret_cast<const char*>(data), size);
  for (const canon how : {canon::simple, canon::relaxed}) {
    const std::string whole = canonical(how, body, size + 1);
    if (canonical(how, body, 1) != whole || canonical(how, body, 7) != whole || canonical(how, whole, 5) != whole) __builtin_trap();
  }
  return 0;
}
