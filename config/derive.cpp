#include "config/derive.hpp"

#include <algorithm>

namespace sluice::config {

void fill_derived(model& m, const machine& here) {
  constexpr std::uint64_t most_loops = 4;
  if (m.hostname.empty()) m.hostname = here.host_name;
  if (m.policy.authserv_id.empty()) m.policy.authserv_id = m.hostname;
  if (m.memory.loops == 0) m.memory.loops = std::clamp<std::uint64_t>(here.cores, 1, most_loops);
  for (listener& l : m.listeners)
    if (l.max_message_size_bytes == 0) l.max_message_size_bytes = m.limit.message_size_bytes;
  for (route& r : m.routes) {
    if (r.tls_name.empty()) r.tls_name = r.host.host;
    if (r.connections == 0) r.connections = m.memory.sessions;
  }
  if (m.own_mail.from.empty()) {
    const auto exact = std::ranges::find_if(m.domains, [](const std::string& d) { return !d.starts_with("*."); });
    m.own_mail.from = "postmaster@" + (exact != m.domains.end() ? *exact : m.hostname);
  }
  if (m.own_mail.administrator.empty()) m.own_mail.administrator = m.own_mail.from;
  if (!m.tls.acme.directory.empty() && m.tls.acme.names.empty()) m.tls.acme.names = {m.hostname};
  if (m.digest.link_listen.is_set() && m.digest.link_url.empty())
    m.digest.link_url = "https://" + m.hostname + ":" + std::to_string(m.digest.link_listen.port);
  if (m.log.syslog.tls_name.empty()) m.log.syslog.tls_name = m.log.syslog.server.host;
  quarantine_settings& q = m.quarantine;
  if (q.recipient_domain_size_bytes == 0) q.recipient_domain_size_bytes = q.size_bytes;
  if (q.recipient_domain_messages == 0) q.recipient_domain_messages = q.messages;
  for (domain_quota& d : q.recipient_domains) {
    if (d.size_bytes == 0) d.size_bytes = q.recipient_domain_size_bytes;
    if (d.messages == 0) d.messages = q.recipient_domain_messages;
    if (d.maximum_age.count() == 0) d.maximum_age = q.retention.maximum;
  }
}

}  // namespace sluice::config
