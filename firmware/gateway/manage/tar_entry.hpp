// A file of a tar archive as octets: POSIX.1-1988 ustar, header and content, filled up to whole blocks. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::gateway {

inline constexpr std::size_t tar_block = 512;
inline constexpr std::size_t longest_tar_name = 99;

// `name` is relative, plain ASCII and at most longest_tar_name octets. Mode 0600, owner 0.
std::string tar_entry(std::string_view name, std::string_view content, std::int64_t modified);
std::string tar_end();

}  // namespace sluice::gateway
