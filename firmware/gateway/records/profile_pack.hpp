// The "pack" part of sluice profile: what its actions do. Return exit codes.
#pragma once
#include <cstdint>
#include <string>

namespace sluice::gateway {

struct pack_options {
  std::string path, key, output;
  std::uint64_t serial = 0;
};

int pack_keys(const pack_options& o);
int pack_build(const pack_options& o);
int pack_look(const pack_options& o, bool list);  // verify, and show when `list`

}  // namespace sluice::gateway
