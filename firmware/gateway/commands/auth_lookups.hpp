// Where `sluice auth` takes DNS records from: a list in memory, or the network through the product's own resolver.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "dns/lookup.hpp"

namespace sluice::gateway {

class record_list;

class auth_lookups {
 public:
  virtual ~auth_lookups() = default;
  // Answers everything `client` wants to know now. False when the time ran out first: some questions stay open.
  virtual bool serve(dns::lookup_client& client) = 0;
};

std::unique_ptr<auth_lookups> lookups_from(const record_list& records);  // which must live longer

// `servers` as in dns::resolver_options; none: the system's. Null with a reason when they cannot be used. `seconds`
// is the time for the lookups of one message, each time it is served.
std::unique_ptr<auth_lookups> lookups_from_network(const std::vector<std::string>& servers, int seconds, std::string& error);

}  // namespace sluice::gateway
