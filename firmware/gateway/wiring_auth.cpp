// [dns] and [auth] to the options of proxy/dns, proxy/auth and proxy/net.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "firmware/gateway/wiring.hpp"
#include "firmware/gateway/wiring_auth.hpp"

namespace sluice::gateway {
namespace {

std::uint32_t seconds_of(config::milliseconds ms) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(ms).count());
}

std::vector<auth::ip_network> networks_of(const std::vector<config::network>& networks) {
  std::vector<auth::ip_network> out;
  for (const config::network& n : networks) {
    auth::ip_network one;
    one.address.v6 = n.is_v6;
    std::copy_n(n.octets.begin(), n.is_v6 ? 16 : 4, one.address.octets.begin());
    one.bits = n.prefix_bits;
    out.push_back(one);
  }
  return out;
}

// Tables of one zone are one list, asked once, with the points of each table for its codes.
void add_list(const config::reputation_list& l, std::vector<auth::list_zone>& out) {
  using kind = auth::list_zone::kind;
  const kind what = l.subject == config::list_subject::client ? kind::client_address : kind::link_host;
  const bool whole_host = what == kind::link_host && l.names == config::list_names::host;
  auto at = std::find_if(out.begin(), out.end(), [&](const auth::list_zone& z) {
    return z.zone == l.zone && z.what == what && z.whole_host == whole_host;
  });
  if (at == out.end()) {
    at = out.emplace(out.end());
    at->what = what;
    at->zone = l.zone;
    at->whole_host = whole_host;
  }
  at->addresses = at->addresses || (what == kind::link_host && l.addresses);
  const auto points = static_cast<std::int16_t>(l.points);
  auth::ip_network loopback;
  loopback.address.octets[0] = 127;
  loopback.bits = 8;
  std::vector<auth::ip_network> codes = networks_of(l.codes);
  if (codes.empty()) codes.push_back(loopback);
  for (const auth::ip_network& code : codes) at->codes.push_back({code, points});
}

bool load_seal(const config::auth_settings& a, auth::sealing_key& out, std::string& error) {
  if (a.seal_key.empty()) return true;
  std::ifstream in(a.seal_key, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  auto key = std::make_shared<auth::private_key>();
  const bool good = in.good() && key->load(text);
  std::fill(text.begin(), text.end(), '\0');
  if (!good) {
    error = "auth.seal_key: " + a.seal_key + " holds no usable RSA or Ed25519 key";
    return false;
  }
  out.domain = a.seal_domain;
  out.selector = a.seal_selector;
  out.key = std::move(key);
  return true;
}

}  // namespace

bool auth_options_of(const config::model& m, auth::options& out, std::string& error) {
  const config::auth_settings& a = m.auth;
  out.authserv_id = m.policy.authserv_id;
  out.hostname = m.hostname;
  out.check_helo = a.check_helo;
  out.lookups = static_cast<std::uint16_t>(m.dns.questions_per_message);
  out.trusted_relays = networks_of(a.trusted_relays);
  out.trusted_authserv_ids = a.trusted_authserv_ids;
  out.trusted_sealers = a.trusted_sealers;
  for (const config::reputation_list& l : a.lists) add_list(l, out.lists);
  return load_seal(a, out.seal, error);
}

void use_dmarc_action(config::dmarc_action how, policy::settings& out) {
  switch (how) {
    case config::dmarc_action::ignore: break;
    case config::dmarc_action::tag: out.on_dmarc_quarantine = out.on_dmarc_reject = inspect::action::tag; break;
    case config::dmarc_action::honour:
      out.on_dmarc_quarantine = inspect::action::quarantine;
      out.on_dmarc_reject = inspect::action::reject;
      break;
  }
}

net::auth_service_options auth_service_of(const config::model& m) {
  // Amounts for the whole process, shared out to the loops. A chain of 50 ARC sets may use half of the keys.
  constexpr std::size_t all_keys = 128, all_evaluators = 16, least_keys = 104, least_evaluators = 6;
  const config::dns_settings& d = m.dns;
  const std::size_t loops = std::max<std::size_t>(m.memory.loops, 1);
  net::auth_service_options out;
  out.enabled = m.auth.enabled;
  out.dns.servers = d.servers;
  out.dns.try_timeout = d.try_timeout;
  out.dns.tries = static_cast<int>(d.tries);
  out.dns.outage_after = d.outage_after;
  out.dns.in_flight = std::max<std::size_t>(d.questions / loops, 1);
  out.dns.cache.bytes = d.cache_bytes / loops;
  out.dns.cache.ttl_min = seconds_of(d.ttl_min);
  out.dns.cache.ttl_max = seconds_of(d.ttl_max);
  out.dns.cache.negative_ttl_max = seconds_of(d.negative_ttl_max);
  out.dns.cache.failure_ttl = std::max(seconds_of(d.failure_ttl), 1u);
  out.workspace.keys = std::max(all_keys / loops, least_keys);
  out.workspace.evaluators = std::max(all_evaluators / loops, least_evaluators);
  return out;
}

}  // namespace sluice::gateway
