// A header: its fields cover it without gaps, its author is one domain that can be asked for or nobody.
#include <cstdint>

#include "auth/arc/verify.hpp"
#include "auth/auth_results.hpp"
#include "auth/common/author.hpp"
#include "auth/received.hpp"

using namespace sluice::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static header_index index;
  const sluice::byte_view text(reinterpret_cast<const char*>(data), size);
  if (!index.build(text)) return 0;
  const char* at = text.data();
  for (std::size_t i = 0; i < index.size(); at = index[i].raw.data() + index[i].raw.size(), ++i) {
    if (index[i].raw.data() != at || index[i].raw.empty()) __builtin_trap();
    if (received_from from; parse_received(index[i].value, from) && from.ip.size() > 16) __builtin_trap();
    results_reader results(index[i].value);
    for (results_reader::entry e; results.next(e);) property_of(e, "header.d");
  }
  const author who = find_author(index);
  if ((who.state == author_state::one) != sluice::dns::valid_hostname(sluice::view(who.domain))) __builtin_trap();
  if (arc::read_chain(index).sets > limits::arc_sets) __builtin_trap();
  return 0;
}
