// Stored messages; see auth_run.hpp.
#include "firmware/gateway/auth_run.hpp"

namespace sluice::gateway {

std::string as_transmitted(std::string_view stored) {
  if (stored.substr(0, 5) == "From ") stored.remove_prefix(std::min(stored.find('\n'), stored.size() - 1) + 1);
  const std::size_t first = stored.find('\n');
  if (first == std::string_view::npos || (first != 0 && stored[first - 1] == '\r')) return std::string(stored);
  std::string out;
  out.reserve(stored.size() + stored.size() / 32);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] == '\n' && (i == 0 || stored[i - 1] != '\r')) out += '\r';
    out += stored[i];
  }
  return out;
}

}  // namespace sluice::gateway
