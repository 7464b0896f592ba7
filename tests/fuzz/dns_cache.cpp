// The answer cache: what it gives back is what was put in last under that name.
#include <cstdint>
#include <map>
#include <string>

#include "dns/cache.hpp"

using namespace sluice::dns;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cache c({.bytes = 4096});
  std::map<std::string, std::string> truth;
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    const std::string name(1u + data[i] % 40, static_cast<char>('a' + data[i + 1] % 16));
    if (data[i + 2] % 2 == 0) {
      truth[name] = std::string(data[i + 2] * 2u, 'x') + std::to_string(i);
      c.put({name, record_type::txt}, {status::ok, 300, truth[name]}, 0);
    } else if (answer got; c.find({name, record_type::txt}, 1, got) && got.packed != truth[name]) {
      __builtin_trap();
    }
    if (c.bytes_used() > 4096) __builtin_trap();
  }
  return 0;
}
