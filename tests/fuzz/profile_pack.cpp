// A profile pack's content behind its signature, and the whole file with its signature check.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "firmware/profiles/pack.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::profiles;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  pack parsed, other;
  std::string error;
  pack_secret secret{};
  if (parse_pack_content(file, parsed, error)) {
    const std::string again = build_pack(parsed, secret, error);
    if (!again.empty() && (again.substr(72) != file || !read_pack(again, key_of(secret), other, error))) std::abort();
  } else if (error.empty()) {
    std::abort();
  }
  if (read_pack(file, pack_key{}, other, error) && size < 72) std::abort();
  return 0;
}
