// Which recipient domains are ours, and which route a recipient takes. Immutable after it was built.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::relay {

// "example.org" matches itself, "*.example.org" everything below it. Compared without case (RFC 5321 2.4); names are
// kept in lower case.
class domain_list {
 public:
  domain_list() = default;
  explicit domain_list(std::vector<std::string> names);
  bool matches(std::string_view domain) const;
  bool empty() const { return names_.empty(); }

 private:
  std::vector<std::string> names_;
};

inline constexpr std::size_t no_route = static_cast<std::size_t>(-1);

// First route whose domains match, then the first route without domains (the default).
class route_table {
 public:
  void add(domain_list domains) { routes_.push_back(std::move(domains)); }
  std::size_t find(std::string_view domain) const;
  std::size_t size() const { return routes_.size(); }

 private:
  std::vector<domain_list> routes_;
};

}  // namespace sluice::relay
