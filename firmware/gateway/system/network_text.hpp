// [network] of a configuration as the flat file that the image's apply-network reads, a line per fact:
//   hostname NAME | resolver ADDR | ntp HOST | interface NAME dhcp|static|none slaac|static6|none6
//   address IFACE CIDR | vlan PARENT ID | route CIDR via GW dev IFACE | gateway ADDR
// Pure.
#pragma once
#include <string>
#include <vector>

#include "config/model.hpp"

namespace sluice::gateway {

// `ethernets`: the interfaces of this machine without its VLANs. Without [[network.interface]] each of them is by DHCP and
// SLAAC; with it, those that are not named get no address.
std::string network_text(const config::machine_network& n, const std::vector<std::string>& ethernets);

}  // namespace sluice::gateway
