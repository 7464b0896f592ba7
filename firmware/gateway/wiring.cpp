#include "firmware/gateway/wiring.hpp"

#include <sodium.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/gateway/trust/certificate_store.hpp"
#include "firmware/gateway/wiring_auth.hpp"
#include "tls/self_signed.hpp"

namespace sluice::gateway {
namespace {

namespace asio = boost::asio;

net::address_list addresses_of(const std::vector<config::network>& networks) {
  net::address_list out;
  for (const config::network& n : networks) {
    if (n.is_v6) {
      asio::ip::address_v6::bytes_type bytes;
      std::copy(n.octets.begin(), n.octets.end(), bytes.begin());
      out.v6.emplace_back(asio::ip::address_v6(bytes), n.prefix_bits);
    } else {
      asio::ip::address_v4::bytes_type bytes;
      std::copy_n(n.octets.begin(), 4, bytes.begin());
      out.v4.emplace_back(asio::ip::address_v4(bytes), n.prefix_bits);
    }
  }
  return out;
}

net::listener_settings listener_of(const config::listener& l) {
  net::listener_settings out;
  out.address = asio::ip::make_address(l.address.host);
  out.port = l.address.port;
  out.tls = static_cast<net::listener_tls>(l.tls);
  out.require_tls = l.require_tls;
  out.proxy_protocol = l.proxy_protocol;
  out.proxy_from = addresses_of(l.proxy_protocol_from);
  out.xclient_from = addresses_of(l.xclient_from);
  out.max_message_bytes = l.max_message_size_bytes;
  return out;
}

// Routes with the same trust share a context: a bundle of authorities takes more memory than all sessions of a small box.
struct shared_context {
  tls::verify_mode verify;
  std::string ca_file;
  std::shared_ptr<const tls::client_context> context;
};

bool add_tls(const config::route& r, std::vector<shared_context>& known, net::route_settings& out, std::string& error) {
  if (r.tls == config::relay_tls::off) return true;
  tls::client_options options;
  options.verify = r.tls == config::relay_tls::required ? tls::verify_mode::required : tls::verify_mode::opportunistic;
  if (r.tls == config::relay_tls::required || !r.ca_file.empty())
    options.ca_file = trusted_file(r);
  for (const shared_context& k : known)
    if (k.verify == options.verify && k.ca_file == options.ca_file) return out.tls_context = k.context, true;
  options.reuse_sessions = true;
  auto context = tls::client_context::build(options);
  if (!context) {
    error = concat("route to ", r.host.host, ": ", context.error().text);
    return false;
  }
  out.tls_context = *context;
  known.push_back({options.verify, options.ca_file, *context});
  return true;
}

net::deadline_settings deadlines_of(const config::deadline_settings& d) {
  net::deadline_settings out;
  out.proxy_header = d.proxy_header;
  out.handshake = d.handshake;
  out.greeting = d.greeting;
  out.command = d.command;
  out.data = d.data;
  out.message = d.message;
  out.session = d.session;
  out.reply_write = d.reply_write;
  out.end_of_data = d.end_of_data;
  out.end_of_data_dns = d.end_of_data_dns;
  out.data_rate_bytes_per_second = d.data_rate_bytes_per_second;
  out.data_rate_grace = d.data_rate_grace;
  out.downstream_greeting = d.downstream_greeting;
  out.downstream_command = d.downstream_command;
  out.downstream_write = d.downstream_write;
  out.downstream_final_reply = d.downstream_final_reply;
  out.stop_grace = d.stop_grace;
  out.pressure_percent = static_cast<std::uint32_t>(d.pressure_percent);
  out.pressure_handshake = d.pressure_handshake;
  out.pressure_greeting = d.pressure_greeting;
  out.pressure_command = d.pressure_command;
  out.pressure_data = d.pressure_data;
  return out;
}

// 0600, synced: a key that is half there after a power cut would lock out TLS for good.
std::string write_secret(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return concat(path, ": ", std::strerror(errno));
  const bool good = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int why = errno;
  ::close(fd);
  return good ? std::string() : concat(path, ": ", std::strerror(why));
}

bool self_signed_pair(const config::model& m, tls::key_pair& out, std::string& error) {
  const std::string directory = concat(m.data_directory, "/tls");
  out = {concat(directory, "/self-signed.crt"), concat(directory, "/self-signed.key")};
  if (::access(out.certificate.c_str(), R_OK) == 0 && ::access(out.key.c_str(), R_OK) == 0) return true;
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    error = concat(directory, ": ", std::strerror(errno));
    return false;
  }
  const auto made = tls::make_self_signed(m.hostname, std::time(nullptr));
  if (!made) {
    error = concat("self-signed certificate: ", made.error().text);
    return false;
  }
  error = write_secret(out.key, made->key);
  if (error.empty()) error = write_secret(out.certificate, made->certificate);
  return error.empty();
}

inspect::action instead_of_holding(config::hold_failure f) {
  return f == config::hold_failure::defer ? inspect::action::defer : f == config::hold_failure::tag ? inspect::action::tag : inspect::action::forward;
}

}  // namespace

std::string trusted_file(const config::route& r) {
  if (r.tls == config::relay_tls::off || (r.tls == config::relay_tls::opportunistic && r.ca_file.empty())) return {};
  return r.ca_file.empty() ? system_authorities : r.ca_file;
}

policy::settings policy_of(const config::policy_settings& p) {
  policy::settings out;
  out.limits.tag = static_cast<std::int32_t>(p.tag_score);
  out.limits.quarantine = static_cast<std::int32_t>(p.quarantine_score);
  out.limits.reject = static_cast<std::int32_t>(p.reject_score);
  out.on_budget = static_cast<inspect::action>(p.unscanned.budget);
  out.on_broken_mime = static_cast<inspect::action>(p.unscanned.broken_mime);
  out.on_encrypted = static_cast<inspect::action>(p.unscanned.encrypted);
  out.on_dns = static_cast<inspect::action>(p.unscanned.dns);
  out.always_hold = p.always_hold;
  out.observe = p.observe;
  out.observed_rules = p.observed_rules;
  const auto points = [](std::uint64_t score) { return static_cast<std::int32_t>(score); };
  const auto classes = [](const std::vector<std::string>& names) {
    std::vector<inspect::sender_abuse> made;
    for (const std::string& name : names)
      made.push_back(static_cast<inspect::sender_abuse>(std::ranges::find(inspect::abuse_names, name) - inspect::abuse_names.begin()));
    return made;
  };
  for (const config::policy_exception& e : p.exceptions)
    out.exceptions.push_back({e.profiles, e.recipient_domains, {points(e.tag_score), points(e.quarantine_score), points(e.reject_score)}, e.observe, classes(e.classes)});
  for (const config::policy_weight& w : p.weights) out.weights.push_back({w.rules, points(w.percent), classes(w.classes)});
  return out;
}

std::shared_ptr<const net::settings> make_settings(const config::model& m, const generation_parts& parts,
                                                   std::string& error) {
  auto out = std::make_shared<net::settings>();
  out->generation = parts.number;
  out->hostname = m.hostname;
  out->authserv_id = m.policy.authserv_id;
  out->domains = relay::domain_list(m.domains);
  for (const config::listener& l : m.listeners) out->listeners.push_back(listener_of(l));
  std::vector<shared_context> contexts;
  for (const config::route& r : m.routes) {
    out->route_of.add(relay::domain_list(r.domains));
    net::route_settings route;
    route.hosts.push_back({r.host.host, r.host.port});
    if (r.backup.is_set()) route.hosts.push_back({r.backup.host, r.backup.port});
    route.tls = static_cast<net::relay_tls>(r.tls);
    route.tls_name = r.tls_name;
    route.send_xclient = r.send_xclient;
    route.send_xforward = r.send_xforward;
    route.connect_timeout = r.connect_timeout;
    route.health_check_interval = r.health_check_interval;
    route.idle_timeout = r.idle_timeout;
    route.connections = static_cast<std::uint32_t>(r.connections);
    route.idle_connections = static_cast<std::uint32_t>(r.idle_connections);
    route.transactions_per_connection = static_cast<std::uint32_t>(r.transactions_per_connection);
    route.refused_commands_per_connection = static_cast<std::uint32_t>(r.refused_commands_per_connection);
    if (!add_tls(r, contexts, route, error)) return nullptr;
    out->routes.push_back(std::move(route));
  }
  out->tls = parts.tls;
  out->rules = parts.rules;
  out->policy = policy_of(m.policy);
  out->policy.on_safe_mode = m.safe_mode.mail == config::safe_mode_mail::forward ? inspect::action::forward : inspect::action::defer;
  use_dmarc_action(m.auth.dmarc, out->policy);
  if (!auth_options_of(m, out->auth, error)) return nullptr;
  out->instead_of_holding = instead_of_holding(m.quarantine.unavailable);
  out->stream_refusal_defers = m.policy.stream_refusal == config::stream_action::defer;
  out->always_hold = relay::domain_list(m.policy.always_hold);
  out->exempt_clients = addresses_of(m.limit.exempt_clients);
  out->deadline = deadlines_of(m.deadline);
  out->deadline.dns_per_message = m.dns.time_per_message;
  out->limit.bad_commands = static_cast<std::uint32_t>(m.limit.bad_commands_per_session);
  out->limit.invalid_recipients_per_session = static_cast<std::uint32_t>(m.limit.invalid_recipients_per_session);
  out->limit.transactions_per_session = static_cast<std::uint32_t>(m.limit.transactions_per_session);
  out->limit.recipients = static_cast<std::uint32_t>(m.limit.recipients_per_transaction);
  out->limit.header_bytes = m.limit.header_size_bytes;
  out->limit.received_fields = static_cast<std::uint32_t>(m.limit.received_fields);
  out->limit.own_received_fields = static_cast<std::uint32_t>(m.limit.own_received_fields);
  out->limit.window_max_bytes = m.memory.window_max_bytes;
  out->limit.socket_buffer_bytes = static_cast<std::uint32_t>(m.memory.socket_buffer_bytes);
  out->log_hides_addresses = m.log.addresses == config::log_addresses::hashed;
  out->limit.handshakes_per_turn = static_cast<std::uint32_t>(m.tls.handshakes_per_core);
  return out;
}

net::shared_options shared_options_of(const config::model& m) {
  net::shared_options out;
  out.sessions = static_cast<std::uint32_t>(m.memory.sessions);
  out.window_pool_bytes = m.memory.window_pool_bytes;
  out.relay_tls_sessions = m.memory.relay_tls_sessions;
  out.client_entries = m.memory.client_entries;
  out.baseline_domains = m.baseline.domains;
  out.signature_entries = m.memory.signature_entries;
  out.list_entries = m.lists.entries;
  randombytes_buf(&out.secret, sizeof out.secret);
  out.storage_ring = m.memory.storage_ring_entries;
  return out;
}

net::client_limits client_limits_of(const config::model& m) {
  return {.connections = static_cast<std::uint32_t>(m.limit.connections_per_client),
          .connections_per_minute = static_cast<std::uint32_t>(m.limit.connections_per_client_per_minute),
          .invalid_recipients_per_minute = static_cast<std::uint32_t>(m.limit.invalid_recipients_per_client_per_minute)};
}

quarantine::store_limits store_limits_of(const config::model& m) {
  const auto seconds = [](config::milliseconds ms) {
    return static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(ms).count());
  };
  const config::quarantine_settings& q = m.quarantine;
  quarantine::store_limits out;
  out.bytes = q.size_bytes;
  out.messages = q.messages;
  out.age_s = seconds(q.retention.maximum);
  out.minimum_age_s = seconds(q.retention.minimum);
  out.sender_share_percent = static_cast<unsigned>(q.sender_domain_share_percent);
  out.per_domain.bytes = q.recipient_domain_size_bytes;
  out.per_domain.messages = q.recipient_domain_messages;
  for (const config::domain_quota& d : q.recipient_domains)
    out.domains.push_back({d.domain, d.size_bytes, d.messages, seconds(d.maximum_age)});
  out.history_messages = q.history_messages;
  out.audit_entries = q.audit_entries;
  out.retry_for_s = seconds(q.release_retry);
  out.outbox_recipients = q.outbox_recipients;
  out.own_messages = m.own_mail.messages;
  out.own_bytes = m.own_mail.size_bytes;
  out.own_message_bytes = m.own_mail.message_size_bytes;
  out.sqlite_heap_bytes = m.memory.sqlite_heap_bytes;
  return out;
}

std::shared_ptr<const tls::server_context> make_tls_context(hal::files& files, const config::model& m,
                                                            std::shared_ptr<tls::ticket_keys> tickets, std::string& error) {
  tls::server_options options;
  for (const config::certificate_pair& p : m.tls.certificates) options.pairs.push_back({p.certificate, p.key});
  const certificate_store stored(files, m.data_directory);
  for (const stored_pair& p : stored.pairs())
    if (!p.fault.empty()) log::line(log::level::error, "certificate-unusable").with("name", p.name).with("why", p.fault);
  for (tls::key_pair& p : stored.usable(std::time(nullptr), m.tls.stored_certificates)) options.pairs.push_back(std::move(p));
  if (options.pairs.empty()) {
    tls::key_pair own;
    if (!self_signed_pair(m, own, error)) return nullptr;
    options.pairs.push_back(own);
  }
  options.min_version = m.tls.minimum_version == config::tls_version::tls_1_3 ? tls::version::tls13 : tls::version::tls12;
  options.tickets = std::move(tickets);
  auto context = tls::server_context::build(options);
  if (context) return *context;
  error = context.error().text;
  return nullptr;
}

std::shared_ptr<const tls::server_context> make_https_context(const config::model& m,
                                                              std::shared_ptr<const tls::server_context> same,
                                                              std::shared_ptr<tls::ticket_keys> tickets, std::string& error) {
  tls::server_options options;
  options.same_pairs_as = std::move(same);
  options.alpn = {"http/1.1"};
  options.min_version = m.tls.minimum_version == config::tls_version::tls_1_3 ? tls::version::tls13 : tls::version::tls12;
  options.tickets = std::move(tickets);
  options.ask = static_cast<tls::client_certificates>(m.status.ask_certificates);
  options.client_ca = m.status.client_ca;
  options.client_crl = m.status.client_crl;
  auto context = tls::server_context::build(options);
  if (context) return *context;
  error = concat("[status]: ", context.error().text);
  return nullptr;
}

}  // namespace sluice::gateway
