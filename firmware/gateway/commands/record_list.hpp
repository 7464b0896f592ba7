// DNS records held in memory, for `sluice auth`: lookups answered from a zone file or from a batch line, without any
// network. Not part of the running gateway.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "dns/lookup.hpp"

namespace sluice::gateway {

class record_list {
 public:
  // `type` is A, AAAA, MX ("10 host"), TXT (the joined string), PTR, CNAME or any other, whose data is not looked at.
  // False with a reason when the data does not fit the type.
  bool add(std::string_view name, std::string_view type, std::string_view data, std::string& error);
  // `what` is timeout, servfail or nxdomain; an empty type stands for every one.
  bool add_error(std::string_view name, std::string_view type, std::string_view what, std::string& error);

  // A zone file for people: "name [ttl] [IN] TYPE data" per line, ';' and '#' begin comment lines, TXT in quotes or as it
  // is, "name TYPE !timeout" for a failing lookup. False with "line N: reason".
  bool read_zone(std::string_view text, std::string& error);

  // A name without any record does not exist; aliases are followed; order is kept; names compare without case.
  dns::answer find(const dns::question& q, byte_span room) const;

  // Answers everything `client` wants to know.
  void serve(dns::lookup_client& client) const;

 private:
  struct record {
    std::string name, type, data;  // name in lower case, type in upper case; data packed as dns::answer has it
    dns::status status = dns::status::ok;
  };
  std::vector<record> records_;
};

}  // namespace sluice::gateway
