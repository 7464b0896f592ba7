#include "config/check_network.hpp"

#include <algorithm>

#include "config/value_text.hpp"

namespace sluice::config {
namespace {

std::uint8_t masked(std::uint8_t octet, unsigned bits_of_it) {
  return static_cast<std::uint8_t>(octet & ~(bits_of_it >= 8 ? 0u : 0xffu >> bits_of_it));
}

bool within(const network& address, const network& of) {
  if (address.is_v6 != of.is_v6) return false;
  for (unsigned i = 0; i < 16 && i * 8u < of.prefix_bits; ++i) {
    const unsigned bits = of.prefix_bits - i * 8u;
    if (masked(address.octets[i], bits) != masked(of.octets[i], bits)) return false;
  }
  return true;
}

// True when all bits beyond the prefix are `ones`.
bool host_bits_are(const network& a, bool ones) {
  const unsigned width = a.is_v6 ? 128 : 32;
  for (unsigned bit = a.prefix_bits; bit < width; ++bit)
    if (((a.octets[bit / 8] >> (7 - bit % 8)) & 1u) != (ones ? 1u : 0u)) return false;
  return true;
}

bool is_link_local(const network& a) { return a.is_v6 && a.octets[0] == 0xfe && (a.octets[1] & 0xc0) == 0x80; }

// What cannot be an address of a machine, in words; empty when it can.
std::string unusable(const network& a) {
  if (a.is_v6) {
    if (a.octets[0] == 0xff) return "is a multicast address";
    if (std::all_of(a.octets.begin(), a.octets.end() - 1, [](auto o) { return o == 0; }) && a.octets[15] <= 1) return "is no address of a machine";
  } else {
    if (a.octets[0] >= 224) return "is no address of a single machine";
    if (a.octets[0] == 0 || a.octets[0] == 127) return "is no address of a machine";
  }
  const unsigned width = a.is_v6 ? 128 : 32;
  if (a.prefix_bits + 1u >= width) return {};  // RFC 3021, RFC 6164: both addresses are usable
  if (host_bits_are(a, false)) return "is the address of the network itself";
  if (!a.is_v6 && host_bits_are(a, true)) return "is the broadcast address of its network";
  return {};
}

class checker {
 public:
  checker(const machine_network& n, const network_report& report) : n_(n), report_(report) {}

  void run() {
    if (!n_.is_set()) return;
    vlans();
    for (std::size_t i = 0; i < n_.interfaces.size(); ++i) interface(i);
    const auto reachable = [](const interface_settings& i) { return i.ipv4 != ipv4_method::none || i.ipv6 != ipv6_method::none; };
    if (!n_.interfaces.empty() && std::ranges::none_of(n_.interfaces, reachable))
      report_("network.interface", "no interface gets an address: nobody could reach this box", "set ipv4 or ipv6 of one");
    routes();
  }

 private:
  static std::string at(const char* list, std::size_t i) { return "network." + std::string(list) + "[" + std::to_string(i + 1) + "]"; }
  const interface_settings* find(std::string_view name) const {
    const auto found = std::ranges::find(n_.interfaces, name, &interface_settings::name);
    return found == n_.interfaces.end() ? nullptr : &*found;
  }
  static std::string name_of_vlan(const vlan_settings& v) { return v.parent + "." + std::to_string(v.id); }

  void vlans() {
    constexpr std::size_t most = 15;
    for (std::size_t i = 0; i < n_.vlans.size(); ++i) {
      const vlan_settings& v = n_.vlans[i];
      const std::string name = name_of_vlan(v);
      if (v.parent.find('.') != std::string::npos)
        report_(at("vlan", i) + ".parent", quoted(v.parent) + " is a VLAN itself", "name the interface that carries both");
      if (name.size() > most) report_(at("vlan", i), quoted(name) + " is longer than 15 characters", "");
      if (!find(name)) report_(at("vlan", i), "nothing uses it: there is no [[network.interface]] with name = " + quoted(name), "add one, or remove this");
      for (std::size_t j = 0; j < i; ++j)
        if (n_.vlans[j] == v) report_(at("vlan", i), quoted(name) + " is there twice", "");
    }
  }

  void interface(std::size_t index) {
    const interface_settings& one = n_.interfaces[index];
    const std::string path = at("interface", index);
    const auto is_it = [&](const vlan_settings& v) { return name_of_vlan(v) == one.name; };
    if (one.name.find('.') != std::string::npos && std::ranges::none_of(n_.vlans, is_it))
      report_(path + ".name", "there is no [[network.vlan]] that makes " + quoted(one.name), "add one with its parent and id");
    for (std::size_t j = 0; j < index; ++j)
      if (n_.interfaces[j].name == one.name) report_(path + ".name", quoted(one.name) + " is there twice", "");
    family(one, path, false, one.ipv4 == ipv4_method::fixed);
    family(one, path, true, one.ipv6 == ipv6_method::fixed);
    for (const network& a : one.addresses) {
      if (const std::string why = unusable(a); !why.empty()) report_(path + ".addresses", quoted(format_own_address(a)) + " " + why, "");
      for (std::size_t j = 0; j < index; ++j)
        for (const network& other : n_.interfaces[j].addresses)
          if (other.octets == a.octets && other.is_v6 == a.is_v6)
            report_(path + ".addresses", quoted(format_own_address(a)) + " is an address of " + n_.interfaces[j].name + " already", "");
    }
    gateway(one, index, false);
    gateway(one, index, true);
  }

  void family(const interface_settings& one, const std::string& path, bool v6, bool fixed) {
    const bool any = std::ranges::any_of(one.addresses, [&](const network& a) { return a.is_v6 == v6; });
    const std::string key = v6 ? ".ipv6" : ".ipv4", name = v6 ? "IPv6" : "IPv4";
    if (fixed && !any) report_(path + ".addresses", "has no " + name + " address, but " + key.substr(1) + " is \"static\"", "add one");
    if (!fixed && any) report_(path + ".addresses", "has " + name + " addresses, but " + key.substr(1) + " is not \"static\"", "set " + key.substr(1) + " = \"static\"");
  }

  void gateway(const interface_settings& one, std::size_t index, bool v6) {
    const std::string& text = v6 ? one.gateway6 : one.gateway4;
    if (text.empty()) return;
    const std::string path = at("interface", index) + (v6 ? ".gateway6" : ".gateway4");
    const network gate = parse_network(text).value;
    if (gate.is_v6 != v6) return report_(path, quoted(text) + " is no " + (v6 ? "IPv6" : "IPv4") + " address", "");
    const bool fixed = v6 ? one.ipv6 == ipv6_method::fixed : one.ipv4 == ipv4_method::fixed;
    if (!fixed) return report_(path, "goes with static addresses alone; otherwise the network tells it", "remove it, or set " + std::string(v6 ? "ipv6" : "ipv4") + " = \"static\"");
    reached(path, text, gate, one);
    for (std::size_t j = 0; j < index; ++j)
      if (!(v6 ? n_.interfaces[j].gateway6 : n_.interfaces[j].gateway4).empty())
        report_(path, n_.interfaces[j].name + " has one already", "take a [[network.route]] for what is behind this interface");
  }

  // A router is reached directly: within a network of the interface, and it is not the machine itself.
  void reached(const std::string& path, const std::string& text, const network& router, const interface_settings& by) {
    for (const network& a : by.addresses)
      if (a.is_v6 == router.is_v6 && a.octets == router.octets) return report_(path, quoted(text) + " is an address of this machine", "");
    const bool there = is_link_local(router) || std::ranges::any_of(by.addresses, [&](const network& a) { return within(router, a); });
    if (!there) report_(path, quoted(text) + " is in no network of " + by.name, "take a router within the networks of its addresses");
  }

  void routes() {
    for (std::size_t i = 0; i < n_.routes.size(); ++i) {
      const static_route& r = n_.routes[i];
      const std::string path = at("route", i);
      const network via = parse_network(r.via).value;
      const interface_settings* by = find(r.interface_name);
      if (r.to.prefix_bits == 0) report_(path + ".to", "is everything: that is the gateway", "set gateway4 or gateway6 of an interface");
      if (via.is_v6 != r.to.is_v6) report_(path + ".via", "is of another family than " + quoted(format_network(r.to)), "");
      else if (by == nullptr) report_(path + ".interface", "there is no [[network.interface]] with name = " + quoted(r.interface_name), "");
      else if (via.is_v6 ? by->ipv6 == ipv6_method::fixed : by->ipv4 == ipv4_method::fixed) reached(path + ".via", r.via, via, *by);
      else if (via.is_v6 ? by->ipv6 == ipv6_method::none : by->ipv4 == ipv4_method::none)
        report_(path + ".interface", r.interface_name + " has no " + (via.is_v6 ? "IPv6" : "IPv4") + " address", "");
      for (std::size_t j = 0; j < i; ++j)
        if (n_.routes[j].to == r.to) report_(path + ".to", quoted(format_network(r.to)) + " is there twice", "");
    }
  }

  const machine_network& n_;
  const network_report& report_;
};

}  // namespace

void check_network(const machine_network& n, const network_report& report) { checker(n, report).run(); }

}  // namespace sluice::config
