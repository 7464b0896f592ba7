// The client behind relays of ours: read from the Received fields they wrote, topmost first, and only as long as each
// was written by a configured relay (RFC 5321 4.4). What lies below the first foreign address was written by strangers.
#pragma once
#include <span>

#include "auth/common/header.hpp"
#include "auth/common/ip.hpp"

namespace sluice::auth {

struct ip_network {
  ip_address address;
  std::uint8_t bits = 128;
};
// "192.0.2.0/24", "2001:db8::/32" or a single address.
bool parse_network(byte_view text, ip_network& out);
bool any_holds(std::span<const ip_network> networks, const ip_address& ip);

struct received_from {
  byte_view helo;  // the name after "from", as written; a view into the field
  ip_address ip;
};
// The from-clause of one field: its address stands in brackets inside of a comment ("from name (host [192.0.2.1])",
// "from host ([192.0.2.1] helo=name)") or in parentheses alone. False when there is none.
bool parse_received(byte_view value, received_from& out);

// The topmost hop that is not a relay of ours; false when the fields end before, or one cannot be read. `ours` is the
// number of fields above the next Received, which somebody else wrote: relays put their other fields above their Received
// or right below it. None when there is no Received at all.
bool find_client(const header_index& header, std::span<const ip_network> relays, received_from& out, std::size_t& ours);

}  // namespace sluice::auth
