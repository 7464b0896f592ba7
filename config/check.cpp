#include "config/check.hpp"

#include <algorithm>

#include "config/check_network.hpp"
#include "config/value_text.hpp"

namespace sluice::config {
namespace {

class checker {
 public:
  checker(const model& m, const positions& where, std::vector<problem>& problems)
      : m_(m), where_(where), problems_(problems) {}

  void run() {
    if (m_.unconfigured) page_alone();
    else domains();
    listeners();
    addresses();
    if (!m_.unconfigured) routes();
    route_hosts();
    deadlines();
    sizes();
    authentication();
    digests();
    trust();
    check_network(m_.network_of_machine, [this](std::string path, std::string what, std::string remedy) {
      report(std::move(path), std::move(what), std::move(remedy));
    });
    rest();
  }

 private:
  void report(std::string path, std::string what, std::string remedy = {}) {
    // A value that could not be read has its message already; what follows from its default would only mislead.
    if (std::ranges::find(problems_, path, &problem::key) != problems_.end()) return;
    const position at = where_.find(path);
    problems_.push_back({at, std::move(path), std::move(what), std::move(remedy), false});
  }
  void note(std::string path, std::string what, std::string remedy = {}) {
    const std::size_t before = problems_.size();
    report(std::move(path), std::move(what), std::move(remedy));
    if (problems_.size() > before) problems_.back().is_note = true;
  }
  // Both are values of [table]; `low` must not exceed `high`.
  template <class T>
  void ordered(const std::string& low, const T& a, const std::string& high, const T& b, std::string (*text)(T)) {
    if (a > b) report(low, "must not exceed " + high + ", which is " + quoted(text(b)));
  }

  void domains() {
    if (m_.domains.empty())
      report("domains", "Sluice does not start without domains: it is never an open relay",
             "list the recipient domains it accepts mail for, such as domains = [\"example.org\"]");
  }

  // Half a configuration would be a box that looks as if it took mail.
  void page_alone() {
    const char* const remedy = "remove unconfigured, and this box takes mail";
    if (!m_.domains.empty()) report("domains", "a box that is unconfigured accepts mail for no domain", remedy);
    if (!m_.listeners.empty()) report("listener", "a box that is unconfigured listens for no mail", remedy);
    if (!m_.routes.empty()) report("route", "a box that is unconfigured forwards no mail", remedy);
    if (!m_.digest.domains.empty()) report("digest.domain", "a box that is unconfigured holds no mail", remedy);
    if (!m_.status.listen.is_set()) report("status.listen", "is \"off\" on a box that has nothing but its page", "give it an address");
  }

  void listeners() {
    if (m_.listeners.empty() && !m_.unconfigured) report("listener", "there is no [[listener]]", "add one with address = \"0.0.0.0:25\"");
    bool any_tls = m_.status.listen.is_set();
    for (std::size_t i = 0; i < m_.listeners.size(); ++i) {
      const listener& l = m_.listeners[i];
      const std::string path = "listener[" + std::to_string(i + 1) + "]";
      any_tls = any_tls || l.tls != listener_tls::off;
      if (l.require_tls && l.tls == listener_tls::off)
        report(path + ".require_tls", "needs TLS, but tls is \"off\"", "set tls = \"starttls\"");
      if (l.proxy_protocol && l.proxy_protocol_from.empty())
        report(path + ".proxy_protocol", "needs proxy_protocol_from: anybody could claim any address",
               "list the addresses of your load balancers");
      if (!l.proxy_protocol && !l.proxy_protocol_from.empty())
        report(path + ".proxy_protocol_from", "has no effect while proxy_protocol is false",
               "set proxy_protocol = true");
      if (l.max_message_size_bytes > m_.limit.message_size_bytes)
        report(path + ".max_message_size",
               "must not exceed limit.message_size, which is " + quoted(format_size(m_.limit.message_size_bytes)));
    }
    if (any_tls && m_.tls.certificates.empty())
      note("tls.certificates", m_.tls.acme.directory.empty() ? "no certificate is configured, a self-signed one is made and used" : "no certificate is configured; until the CA of tls.acme gives one, a self-signed one is used");
  }

  // Two sockets on one address cannot be opened; an unspecified address takes the port on all addresses of its family, "::" on all of IPv4, too.
  void addresses() {
    std::vector<std::pair<std::string, endpoint>> all;
    for (std::size_t i = 0; i < m_.listeners.size(); ++i)
      all.emplace_back("listener[" + std::to_string(i + 1) + "].address", m_.listeners[i].address);
    if (m_.status.listen.is_set()) all.emplace_back("status.listen", m_.status.listen);
    if (m_.digest.link_listen.is_set()) all.emplace_back("digest.link_listen", m_.digest.link_listen);
    if (!m_.tls.acme.directory.empty()) all.emplace_back("tls.acme.listen", m_.tls.acme.listen);
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (clash(all[i].second, all[j].second))
          report(all[i].first, quoted(format_endpoint(all[i].second)) + " is already taken by " + all[j].first);
  }
  static bool is_v6(const endpoint& e) { return e.host.find(':') != std::string::npos; }
  static bool is_any(const endpoint& e) { return e.host == "0.0.0.0" || e.host == "::"; }
  static bool clash(const endpoint& a, const endpoint& b) {
    if (a.port != b.port) return false;
    if (is_v6(a) != is_v6(b)) return a.host == "::" || b.host == "::";  // which takes IPv4 as well
    return a.host == b.host || is_any(a) || is_any(b);
  }

  void routes() {
    if (m_.routes.empty())
      return report("route", "there is no [[route]]", "add one with host = \"10.0.0.5:25\", your mail server");
    for (const std::string& domain : m_.domains)
      if (!find_route(m_, domain))
        report("domains", "there is no route for " + quoted(domain),
               "add it to a [[route]], or add a [[route]] without domains");
    std::size_t default_route = 0;
    for (std::size_t i = 0; i < m_.routes.size(); ++i) {
      const std::string path = "route[" + std::to_string(i + 1) + "]";
      if (m_.routes[i].domains.empty() && default_route != 0)
        report(path, "is a second default route, the first is route[" + std::to_string(default_route) + "]",
               "give one of them domains");
      if (m_.routes[i].domains.empty() && default_route == 0) default_route = i + 1;
      for (const std::string& domain : m_.routes[i].domains) route_domain(i, domain, path + ".domains");
    }
  }

  void route_domain(std::size_t route_index, const std::string& domain, const std::string& path) {
    const auto accepted = [&](const std::string& d) { return covers(d, domain) || covers(domain, d); };
    if (std::ranges::none_of(m_.domains, accepted))
      report(path, quoted(domain) + " is not among the top-level domains, so no mail for it is accepted",
             "add it there or remove it here");
    for (std::size_t i = 0; i < route_index; ++i)
      if (std::ranges::find(m_.routes[i].domains, domain) != m_.routes[i].domains.end())
        report(path, quoted(domain) + " already has route[" + std::to_string(i + 1) + "]");
  }

  void route_hosts() {
    for (std::size_t i = 0; i < m_.routes.size(); ++i) {
      const route& r = m_.routes[i];
      const std::string path = "route[" + std::to_string(i + 1) + "]";
      if (r.backup.is_set() && r.backup == r.host) report(path + ".backup", "is the same as host");
      for (const listener& l : m_.listeners)
        for (const auto& [name, target] : {std::pair{".host", r.host}, std::pair{".backup", r.backup}})
          if (is_ourselves(target, l.address))
            report(path + name,
                   quoted(format_endpoint(target)) + " is Sluice's own listener: mail would go in a circle",
                   "name the mail server behind Sluice");
      if (r.connections != 0 && r.idle_connections > r.connections)
        report(path + ".idle_connections", "must not exceed connections");
      if (r.tls == relay_tls::off && (!r.ca_file.empty() || !r.tls_name.empty()))
        report(path + (r.ca_file.empty() ? ".tls_name" : ".ca_file"), "has no effect while tls is \"off\"",
               "set tls = \"required\"");
      if (r.tls == relay_tls::required && r.tls_name.empty() && is_ip_literal(r.host.host))
        note(path + ".tls", "the certificate must carry the address " + r.host.host,
             "set tls_name if it carries a name");
    }
  }
  static bool is_ourselves(const endpoint& target, const endpoint& own) {
    const bool loopback = target.host == "127.0.0.1" || target.host == "::1" || target.host == "localhost";
    return target.is_set() && target.port == own.port && (target.host == own.host || (is_any(own) && loopback));
  }

  void deadlines() {
    const deadline_settings& d = m_.deadline;
    const auto below = [&](const char* low, milliseconds a, const char* high, milliseconds b) {
      ordered<milliseconds>(std::string("deadline.") + low, a, std::string("deadline.") + high, b, format_duration);
    };
    below("end_of_data_dns", d.end_of_data_dns, "end_of_data", d.end_of_data);
    below("data", d.data, "message", d.message);
    below("pressure_handshake", d.pressure_handshake, "handshake", d.handshake);
    below("pressure_greeting", d.pressure_greeting, "greeting", d.greeting);
    below("pressure_command", d.pressure_command, "command", d.command);
    below("pressure_data", d.pressure_data, "data", d.data);
  }

  void sizes() {
    const memory_settings& mem = m_.memory;
    const auto below = [&](const char* low, std::uint64_t a, const char* high, std::uint64_t b) {
      ordered<std::uint64_t>(low, a, high, b, format_size);
    };
    constexpr std::uint64_t block = memory_settings::window_guaranteed_bytes;
    below("memory.window_max", mem.window_max_bytes, "memory.window_pool", mem.window_pool_bytes);
    if (mem.window_max_bytes % block != 0)
      report("memory.window_max", quoted(format_size(mem.window_max_bytes)) + " is no multiple of 16KiB");
    if (mem.window_pool_bytes / block < mem.sessions)
      report("memory.window_pool",
             "is too small: " + std::to_string(mem.sessions) + " sessions x 16KiB guaranteed = " +
                 format_size(mem.sessions * block) + ", window_pool is " + format_size(mem.window_pool_bytes),
             "raise window_pool or lower sessions");
    below("memory.window_pool", mem.window_pool_bytes, "memory.total", mem.total_bytes);
    below("limit.header_size", m_.limit.header_size_bytes, "limit.message_size", m_.limit.message_size_bytes);
    below("spool.message_size", m_.spool.message_size_bytes, "spool.size", m_.spool.size_bytes);
  }

  void authentication() {
    constexpr std::size_t most_lists = 16;  // auth::limits::lists
    const auth_settings& a = m_.auth;
    const dns_settings& d = m_.dns;
    ordered<milliseconds>("dns.ttl_min", d.ttl_min, "dns.ttl_max", d.ttl_max, format_duration);
    if (a.lists.size() > most_lists)
      report("auth.list", "there are more than " + std::to_string(most_lists) + " tables of lists");
    for (const reputation_list& l : a.lists)
      if (l.subject == list_subject::client && (l.addresses || l.names != list_names::registrable))
        report("auth.list", l.zone + ": names and addresses say what is asked for links", "set subject = \"link\" or remove them");
    const bool any = !a.seal_domain.empty() || !a.seal_selector.empty() || !a.seal_key.empty();
    const bool all = !a.seal_domain.empty() && !a.seal_selector.empty() && !a.seal_key.empty();
    if (any && !all)
      report("auth.seal_key", "sealing needs seal_domain, seal_selector and seal_key", "set all three or none");
    if (m_.inspect.pack.empty() != m_.inspect.pack_key.empty())
      report("inspect.pack_key", "a profile pack needs pack and pack_key", "set both or none");
    if (!a.trusted_authserv_ids.empty() && a.trusted_relays.empty())
      report("auth.trusted_authserv_ids", "has no effect without trusted_relays: nobody's results could be accepted",
             "list the relays in front of Sluice");
    if (!a.enabled && (!a.lists.empty() || any))
      report("auth.enabled", "is false, so neither lists nor seals have an effect", "set it to true or remove them");
  }

  void digests() {
    const digest_settings& d = m_.digest;
    if (!d.link_listen.is_set() && !d.link_url.empty())
      report("digest.link_url", "has no effect while digest.link_listen is \"off\"", "set link_listen to the address of the links");
    for (std::size_t i = 0; i < d.domains.size(); ++i) {
      const std::string path = "digest.domain[" + std::to_string(i + 1) + "]";
      const digest_domain& one = d.domains[i];
      const auto accepted = [&](const std::string& pattern) { return covers(pattern, one.domain); };
      if (std::ranges::none_of(m_.domains, accepted))
        report(path + ".domain", quoted(one.domain) + " is not among the top-level domains, so no mail for it is accepted",
               "add it there or remove it here");
      for (std::size_t j = 0; j < i; ++j)
        if (d.domains[j].domain == one.domain) report(path + ".domain", quoted(one.domain) + " is there twice");
      if (!one.notice && !one.notice_rules.empty())
        report(path + ".notice_rules", "has no effect while notice is false", "set notice = true");
    }
    for (std::size_t i = 0; i < d.recipients.size(); ++i) {
      const std::string& address = d.recipients[i].address;
      const std::string path = "digest.recipient[" + std::to_string(i + 1) + "].address";
      const std::string domain = address.substr(address.rfind('@') + 1);
      if (std::ranges::find(d.domains, domain, &digest_domain::domain) == d.domains.end())
        report(path, quoted(domain) + " has no [[digest.domain]], so nobody there is told anything", "add one or remove this");
      for (std::size_t j = 0; j < i; ++j)
        if (d.recipients[j].address == address) report(path, quoted(address) + " is there twice");
    }
  }

  void management() {
    const management_settings& g = m_.management;
    if (g.signature_required && g.signature_keys.empty())
      report("management.signature_required", "there is no key to check a signature with", "add management.signature_keys");
    if (!g.pull.url.empty() && g.signature_keys.empty())
      report("management.pull.url", "what is fetched must be signed, and there is no key to check that with", "add management.signature_keys");
  }

  void trust() {
    const status_settings& s = m_.status;
    if (s.ask_certificates != client_certificates::off && s.client_ca.empty())
      report("status.client_ca", "client certificates are asked for, but there is no CA to verify them", "set it to a PEM file");
    if (s.ask_certificates == client_certificates::off && !s.client_ca.empty())
      report("status.client_ca", "has no effect while client_certificates is \"off\"", "set that to \"optional\" or remove this");
    if (!s.client_crl.empty() && s.client_ca.empty()) report("status.client_crl", "has no effect without client_ca");
    ordered<milliseconds>("tls.expiry_alarm", m_.tls.expiry_alarm, "tls.expiry_notice", m_.tls.expiry_notice, format_duration);
    certificates_by_acme(m_.tls.acme);
  }

  void certificates_by_acme(const acme_settings& a) {
    if (a.directory.empty()) {
      if (a.accept_terms || !a.contact.empty() || !a.names.empty())
        report("tls.acme.directory", "is not set, so the rest of [tls.acme] has no effect", "set it to the directory of a CA, or remove the rest");
      return;
    }
    if (!a.accept_terms)
      report("tls.acme.accept_terms", "is false, and without it the CA makes no account", "read the CA's terms of service, then set it to true");
    for (std::size_t i = 0; i < a.names.size(); ++i) {
      if (a.names[i].starts_with("*."))
        report("tls.acme.names", quoted(a.names[i]) + " would have to be proven in the DNS, which this box cannot change",
               "name each host, or upload a certificate with a wildcard");
      for (std::size_t j = 0; j < i; ++j)
        if (a.names[j] == a.names[i]) report("tls.acme.names", quoted(a.names[i]) + " is there twice");
    }
  }

  void rest() {
    const policy_settings& p = m_.policy;
    for (std::size_t i = 0; i < p.weights.size(); ++i)
      if (p.weights[i].rules.empty() && p.weights[i].classes.empty())
        report("policy.weight[" + std::to_string(i + 1) + "]", "names no rule: add rules = [\"...\"] or classes = [\"...\"]");
    const auto scores = [&](const char* low, std::uint64_t a, const char* high, std::uint64_t b) {
      if (b != 0 && a > b)
        report(std::string("policy.") + low,
               "must not exceed policy." + std::string(high) + ", which is " + std::to_string(b));
    };
    scores("tag_score", p.tag_score, "quarantine_score", p.quarantine_score);
    scores("quarantine_score", p.quarantine_score, "reject_score", p.reject_score);
    if (p.quarantine_score == 0) scores("tag_score", p.tag_score, "reject_score", p.reject_score);
    const quarantine_settings& q = m_.quarantine;
    ordered<milliseconds>("quarantine.retention.minimum", q.retention.minimum, "quarantine.retention.maximum",
                          q.retention.maximum, format_duration);
    for (std::size_t i = 0; i < q.recipient_domains.size(); ++i) {
      const domain_quota& d = q.recipient_domains[i];
      const std::string path = "quarantine.recipient_domain[" + std::to_string(i + 1) + "]";
      for (std::size_t j = 0; j < i; ++j)
        if (q.recipient_domains[j].domain == d.domain) report(path + ".domain", quoted(d.domain) + " is there twice");
      if (d.maximum_age.count() != 0)
        ordered<milliseconds>("quarantine.retention.minimum", q.retention.minimum, path + ".maximum_age", d.maximum_age,
                              format_duration);
    }
    management();
    const std::string_view to = m_.probe.recipient;
    const auto ours = [&](const std::string& d) { return covers(d, to.substr(to.rfind('@') + 1)); };
    if (!to.empty() && std::ranges::none_of(m_.domains, ours))
      report("probe.recipient", quoted(to) + " is in none of domains, so a test mail for it is refused", "take an address within domains");
    if (q.history_messages < q.messages)
      report("quarantine.history_messages", "must not be less than quarantine.messages");
  }

  const model& m_;
  const positions& where_;
  std::vector<problem>& problems_;
};

}  // namespace

bool covers(std::string_view pattern, std::string_view domain) {
  if (pattern == domain) return true;
  return pattern.starts_with("*.") && domain.size() > pattern.size() - 1 && domain.ends_with(pattern.substr(1));
}

const route* find_route(const model& m, std::string_view domain) {
  const route* best = nullptr;
  std::size_t best_length = 0;
  for (const route& r : m.routes) {
    if (r.domains.empty() && !best) best = &r;
    for (const std::string& pattern : r.domains) {
      if (pattern == domain) return &r;
      if (covers(pattern, domain) && pattern.size() > best_length) {
        best = &r;
        best_length = pattern.size();
      }
    }
  }
  return best;
}

void check_model(const model& m, const positions& where, std::vector<problem>& problems) {
  checker(m, where, problems).run();
}

}  // namespace sluice::config
