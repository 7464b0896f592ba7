// check_host() with every record taken from the input: it ends within its limits and asks for names only.
#include <cstdint>
#include <memory>

#include "auth/spf/verify.hpp"
#include "support/input_zone.hpp"

using namespace sluice;
using namespace sluice::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto e = std::make_unique<spf::evaluator>();
  test::input_zone zone(data, size);
  const byte_view client = zone.line(), mail_from = zone.line();
  e->begin({ip_from_octets(client.size() == 16 ? client : zone.address()), "h.example", mail_from, "r", 0, true});
  for (dns::question q; e->next_lookup(q);) {
    if (!dns::valid_name(q.name)) __builtin_trap();
    e->on_answer(zone.next(q.type));
  }
  if (!e->done()) __builtin_trap();
  return 0;
}
