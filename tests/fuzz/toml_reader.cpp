// Any octets as a configuration: refused with a printable reason, or a model that keeps the promises of its checks.
#include "config/toml_reader.hpp"

#include <cstdint>
#include <cstdlib>

#include "config/diff.hpp"

using namespace sluice::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const read_result r = read_toml({reinterpret_cast<const char*>(data), size});
  if (r.problems.size() > max_problems + 1) std::abort();
  for (const problem& p : r.problems)
    for (char c : format(p, "f"))
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  if (!r.ok()) return 0;
  if (r.value.domains.empty() || r.value.listeners.empty() || r.value.routes.empty()) std::abort();
  if (!diff(r.value, r.value).empty()) std::abort();
  return 0;
}
