// The profiles and the lexicon of config/profiles, put into the binary at build time (embed_profiles.cmake).
#pragma once
#include <span>
#include <string_view>

namespace sluice::profiles {

struct embedded_file {
  std::string_view name;
  std::string_view content;
};

std::span<const embedded_file> embedded_profiles();
std::string_view embedded_lexicon();

}  // namespace sluice::profiles
