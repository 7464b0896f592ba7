// Views of bytes. Mail is octets: a std::string_view here never implies an encoding or a final NUL.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice {

using byte_view = std::string_view;  // read-only octets, owned by somebody else; never kept after the call returns
using byte_span = std::span<char>;   // writable octets

}  // namespace sluice
