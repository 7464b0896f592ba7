// Published records: SPF, DMARC, DKIM keys. What is valid as a whole has no malformed part.
#include <cstdint>

#include "auth/dkim/parse.hpp"
#include "auth/dmarc/parse.hpp"
#include "auth/spf/parse.hpp"

using namespace sluice::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::byte_view text(reinterpret_cast<const char*>(data), size);
  const bool valid = spf::examine(text).valid;
  spf::term_reader terms(text);
  for (spf::term t; terms.next(t);) {
    if (t.kind == spf::term_kind::malformed ? valid : t.bits4 > 32 || t.bits6 > 128) __builtin_trap();
  }
  const dmarc::record r = dmarc::parse_record(text);
  if (!r.usable && r.p != dmarc::policy::none) __builtin_trap();
  char room[dkim::max_key_bytes];
  dkim::public_key key;
  if (dkim::parse_key(text, key_algorithm::rsa, room, key) == nullptr && key.data.size() > sizeof room) __builtin_trap();
  return 0;
}
