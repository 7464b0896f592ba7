// check_host() with every TXT record, address and name taken from the input: ends within its limits, asks only names.
#include <cstdint>
#include <memory>

#include "auth/spf/verify.hpp"

using namespace sluice;
using namespace sluice::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto e = std::make_unique<spf::evaluator>();
  byte_view rest(reinterpret_cast<const char*>(data), size);
  const auto take = [&] {  // up to the next newline
    const byte_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
    return line;
  };
  const byte_view client = take(), mail_from = take();
  e->begin({ip_from_octets(client.size() >= 16 ? client.substr(0, 16) : "\xc0\0\2\1"), "h.example", mail_from, "r", 0, true});
  int rounds = 0;
  for (dns::question q; e->next_lookup(q);) {
    if (++rounds > 300 || !dns::valid_name(q.name)) __builtin_trap();
    char room[4096];
    dns::answer_builder b(room);
    const byte_view line = take();
    for (byte_view part = line; !part.empty() && part[0] != '!'; part.remove_prefix(std::min(part.size(), part.find('|') + std::size_t{1} == 0 ? part.size() : part.find('|') + 1)))
      b.add(q.type == dns::record_type::a ? byte_view("\xc0\0\2\1", 4) : part.substr(0, part.find('|')));
    e->on_answer({line.empty() ? dns::status::nxdomain : line[0] == '!' ? static_cast<dns::status>(size % 9) : dns::status::ok, 0, line.empty() || line[0] == '!' ? byte_view{} : b.packed()});
  }
  if (!e->done()) __builtin_trap();
  return 0;
}
