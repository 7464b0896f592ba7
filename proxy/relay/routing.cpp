#include "relay/routing.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice::relay {

domain_list::domain_list(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::string& name : names_) std::transform(name.begin(), name.end(), name.begin(), ascii::lower);
}

bool domain_list::matches(std::string_view domain) const {
  if (!domain.empty() && domain.back() == '.') domain.remove_suffix(1);
  for (const std::string_view name : names_) {
    if (name.starts_with("*.")) {
      const std::string_view suffix = name.substr(1);  // ".example.org"
      if (domain.size() > suffix.size() && ascii::iequals(domain.substr(domain.size() - suffix.size()), suffix))
        return true;
    } else if (ascii::iequals(domain, name)) {
      return true;
    }
  }
  return false;
}

std::size_t route_table::find(std::string_view domain) const {
  std::size_t fallback = no_route;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (routes_[i].matches(domain)) return i;
    if (routes_[i].empty() && fallback == no_route) fallback = i;
  }
  return fallback;
}

}  // namespace sluice::relay
