#include "firmware/gateway/system/network_text.hpp"

#include <algorithm>

#include "config/choices.hpp"
#include "config/value_text.hpp"
#include "core/concat.hpp"

namespace sluice::gateway {
namespace {

const char* word_of(config::ipv6_method m) {
  switch (m) {
    case config::ipv6_method::slaac: return "slaac";
    case config::ipv6_method::fixed: return "static6";
    case config::ipv6_method::none: break;
  }
  return "none6";
}

std::string default_route_of(const config::interface_settings& i) {
  std::string out;
  if (!i.gateway4.empty()) append_to(out, "gateway ", i.gateway4, "\n");
  // A link-local address says nothing without its interface.
  if (i.gateway6.starts_with("fe")) append_to(out, "route ::/0 via ", i.gateway6, " dev ", i.name, "\n");
  else if (!i.gateway6.empty()) append_to(out, "gateway ", i.gateway6, "\n");
  return out;
}

}  // namespace

std::string network_text(const config::machine_network& n, const std::vector<std::string>& ethernets) {
  std::string out;
  if (!n.hostname.empty()) append_to(out, "hostname ", n.hostname, "\n");
  for (const std::string& r : n.resolvers) append_to(out, "resolver ", r, "\n");
  for (const std::string& s : n.ntp_servers) append_to(out, "ntp ", s, "\n");
  for (const config::vlan_settings& v : n.vlans) append_to(out, "vlan ", v.parent, " ", std::to_string(v.id), "\n");
  for (const std::string& e : ethernets) {
    if (n.interfaces.empty()) append_to(out, "interface ", e, " dhcp slaac\n");
    else if (std::ranges::find(n.interfaces, e, &config::interface_settings::name) == n.interfaces.end()) append_to(out, "interface ", e, " none none6\n");
  }
  for (const config::interface_settings& i : n.interfaces) {
    append_to(out, "interface ", i.name, " ", config::name_of(i.ipv4), " ", word_of(i.ipv6), "\n");
    for (const config::network& a : i.addresses) append_to(out, "address ", i.name, " ", config::format_own_address(a), "\n");
  }
  for (const config::interface_settings& i : n.interfaces) out += default_route_of(i);
  for (const config::static_route& r : n.routes) {
    const std::string prefix = concat("/", std::to_string(r.to.prefix_bits));
    const std::string to = config::format_network(r.to);
    append_to(out, "route ", (to.find('/') == std::string::npos ? concat(to, prefix) : to), " via ", r.via, " dev ", r.interface_name, "\n");
  }
  return out;
}

}  // namespace sluice::gateway
