// Data of our own that lies compressed in the program (raw DEFLATE, RFC 1951): unpacked where it is read, in one call.
#pragma once
#include <cstddef>
#include <string>

#include "core/bytes.hpp"

namespace sluice {

// The content of `packed`, which has `size` octets; empty if it has another size or is broken. What follows its end is left
// alone. Beside the result a window of 32 KiB and tables are allocated while it runs. Throws std::bad_alloc.
std::string inflate(byte_view packed, std::size_t size);

}  // namespace sluice
