#include "config/problem.hpp"

namespace sluice::config {

std::string format(const problem& p, std::string_view file_name) {
  std::string out(file_name);
  if (p.at.line != 0) out += ":" + std::to_string(p.at.line) + ":" + std::to_string(p.at.column);
  out += p.is_note ? ": note: " : ": error: ";
  if (!p.key.empty()) out += p.key + ": ";
  out += p.what;
  if (!p.remedy.empty()) out += "; " + p.remedy;
  return out;
}

position positions::find(std::string_view path) const {
  while (!path.empty()) {
    if (const auto it = known_.find(path); it != known_.end()) return it->second;
    const std::size_t cut = path.find_last_of(".[");
    path = cut == std::string_view::npos ? std::string_view{} : path.substr(0, cut);
  }
  return {};
}

}  // namespace sluice::config
