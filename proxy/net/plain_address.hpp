// IPv4-mapped IPv6 addresses are how a socket for both families, and some proxies, name IPv4 clients.
#pragma once
#include <boost/asio/ip/address.hpp>

namespace sluice::net {

// The address itself; IPv4 for an IPv4-mapped one ("::ffff:192.0.2.1").
inline boost::asio::ip::address plain_address(const boost::asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
}

}  // namespace sluice::net
