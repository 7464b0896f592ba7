// The record of generations as it may lie on a damaged medium, and the answer of the child that parses a pushed text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/generations/record.hpp"
#include "firmware/gateway/generations/parse_child.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace generations = sluice::config::generations;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto r = generations::record_from(text)) {
    if (r->entries.size() > generations::most_entries) std::abort();
    const auto again = generations::record_from(generations::text_of(*r));
    if (!again || !(*again == *r)) std::abort();
  }
  (void)sluice::gateway::problems_from(text);
  return 0;
}
