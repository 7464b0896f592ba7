// "Did you mean": the known word that a mistyped one is most likely to stand for.
#pragma once
#include <span>
#include <string_view>

namespace sluice::config {

// Empty when nothing is near enough. Case, hyphens and underscores do not count; a swap of neighbours is one mistake.
std::string_view nearest(std::string_view written, std::span<const std::string_view> known);

}  // namespace sluice::config
