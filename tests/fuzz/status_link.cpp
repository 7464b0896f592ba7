// A recipient's signed link: nothing but what we wrote is read, and what we write is read back.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "status/links/token.hpp"

using namespace sluice::status;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  link_keys keys;
  keys.current.id = 1;
  keys.current.secret.fill(7);
  link_claim claim;
  claim.message = text.substr(0, 60);
  claim.position = size > 0 ? data[0] : 0u;
  claim.expires = static_cast<std::int64_t>(size) * 1000;
  const std::string made = make_link(keys.current, claim, text);
  if (!made.empty()) {
    const auto back = read_link(keys, made);
    if (!back || back->claim.message != claim.message || back->claim.position != claim.position || !is_for(keys, *back, text)) std::abort();
    if (made != text && is_page_token(keys, *back, text, 1)) std::abort();
  }
  if (read_link(keys, text) && text != made && text.size() < 40) std::abort();  // shorter than its own keyed hash
  return 0;
}
