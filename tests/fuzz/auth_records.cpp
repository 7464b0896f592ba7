// Published records: SPF, DMARC, DKIM keys. A usable one says something definite, and parsing never depends on what is behind.
#include <cstdint>

#include "auth/common/tag_list.hpp"
#include "auth/dkim/parse.hpp"
#include "auth/dmarc/parse.hpp"
#include "auth/spf/parse.hpp"

using namespace sluice::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::byte_view text(reinterpret_cast<const char*>(data), size);
  const spf::record_facts facts = spf::examine(text);
  spf::term_reader terms(text);
  bool all_good = true;
  for (spf::term t; terms.next(t);) {
    all_good = all_good && t.kind != spf::term_kind::malformed;
    if (t.bits4 > 32 || t.bits6 > 128 || t.text.empty()) __builtin_trap();
  }
  if (facts.valid && !all_good) __builtin_trap();
  const dmarc::record r = dmarc::parse_record(text);
  if (!r.usable && r.p != dmarc::policy::none) __builtin_trap();
  char room[dkim::max_key_bytes];
  dkim::public_key key;
  if (dkim::parse_key(text, key_algorithm::rsa, room, key) == nullptr && key.data.size() > sizeof room) __builtin_trap();
  return 0;
}
