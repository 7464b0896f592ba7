// The configuration as plain values: one struct per TOML table, every member with its default and its unit in the name
// (or in a std::chrono type). What each key means, its range and how a change is applied stands once, in schema.cpp;
// reference.md, schema.json and sluice.toml.5 are generated from there.
//
// Written by read_toml() (toml_reader.hpp), then completed by fill_derived() (derive.hpp); read by firmware/gateway,
// which maps it to the option structs of the proxy modules. proxy/ never includes this file. A model that a reader
// returned without problems satisfies every range and cross-field rule of schema.cpp and check.cpp.
#pragma once
#include <string>
#include <vector>

#include "config/model_tls.hpp"
#include "config/model_values.hpp"

namespace sluice::config {

struct listener {    // [[listener]]
  endpoint address;  // IP literal
  listener_tls tls = listener_tls::starttls;
  bool require_tls = false;
  bool proxy_protocol = false;
  std::vector<network> proxy_protocol_from;
  std::vector<network> xclient_from;
  std::uint64_t max_message_size_bytes = 0;  // 0 in the file: limit.message_size (fill_derived)
  bool operator==(const listener&) const = default;
};

struct route {                       // [[route]]
  std::vector<std::string> domains;  // lower case, as in model::domains; empty: the default route
  endpoint host;
  endpoint backup;
  relay_tls tls = relay_tls::opportunistic;
  std::string tls_name;  // empty in the file: host (fill_derived)
  std::string ca_file;   // PEM; empty: the system's bundle
  bool send_xclient = true;
  bool send_xforward = true;
  milliseconds connect_timeout{std::chrono::seconds(30)};
  milliseconds health_check_interval{std::chrono::seconds(30)};
  milliseconds idle_timeout{std::chrono::seconds(60)};
  std::uint64_t idle_connections = 16;  // kept open for reuse
  std::uint64_t connections = 0;        // 0: as many as memory.sessions
  std::uint64_t transactions_per_connection = 100;
  std::uint64_t refused_commands_per_connection = 5;
  bool operator==(const route&) const = default;
};

struct deadline_settings {  // [deadline]
  milliseconds proxy_header{std::chrono::seconds(5)};
  milliseconds handshake{std::chrono::seconds(30)};
  milliseconds greeting{std::chrono::minutes(5)};
  milliseconds command{std::chrono::minutes(5)};
  milliseconds data{std::chrono::minutes(5)};      // silence within a message
  milliseconds message{std::chrono::hours(1)};     // whole content, first to last byte
  std::uint64_t data_rate_bytes_per_second = 256;  // 0: no minimum
  milliseconds data_rate_grace{std::chrono::seconds(60)};
  milliseconds session{std::chrono::hours(4)};
  milliseconds reply_write{std::chrono::seconds(60)};
  milliseconds end_of_data{std::chrono::seconds(120)};
  milliseconds end_of_data_dns{std::chrono::seconds(20)};
  milliseconds downstream_greeting{std::chrono::seconds(60)};
  milliseconds downstream_command{std::chrono::seconds(120)};
  milliseconds downstream_write{std::chrono::minutes(3)};
  milliseconds downstream_final_reply{std::chrono::minutes(10)};
  milliseconds stop_grace{std::chrono::seconds(30)};
  std::uint64_t pressure_percent = 75;  // of memory.sessions
  milliseconds pressure_handshake{std::chrono::seconds(10)};
  milliseconds pressure_greeting{std::chrono::seconds(10)};
  milliseconds pressure_command{std::chrono::seconds(20)};
  milliseconds pressure_data{std::chrono::seconds(60)};
  bool operator==(const deadline_settings&) const = default;
};

struct limit_settings {  // [limit]
  std::uint64_t connections_per_client = 20;
  std::uint64_t connections_per_client_per_minute = 120;
  std::uint64_t invalid_recipients_per_session = 10;
  std::uint64_t invalid_recipients_per_client_per_minute = 30;
  std::vector<network> exempt_clients;
  std::uint64_t bad_commands_per_session = 10;
  std::uint64_t transactions_per_session = 1000;
  std::uint64_t recipients_per_transaction = 100;
  std::uint64_t message_size_bytes = 100 * mib;
  std::uint64_t header_size_bytes = 64 * kib;
  std::uint64_t received_fields = 50;
  std::uint64_t own_received_fields = 3;  // this many or more: 554 5.4.6
  bool operator==(const limit_settings&) const = default;
};

struct memory_settings {  // [memory]
  std::uint64_t total_bytes = 32 * mib;
  std::uint64_t sessions = 256;
  std::uint64_t status_sessions = 4;
  std::uint64_t loops = 0;  // 0 in the file: one per core, at most 4 (fill_derived)
  std::uint64_t window_pool_bytes = 5 * mib;
  std::uint64_t window_max_bytes = 128 * kib;
  static constexpr std::uint64_t window_guaranteed_bytes = 16 * kib;  // one block of core/block_pool; not a key
  std::uint64_t relay_tls_sessions = 16;  // TLS engines that routes lease when they need one
  std::uint64_t tls_heap_bytes = 0;       // 0 in the file: computed from the sessions (firmware/gateway/budget)
  std::uint64_t sqlite_heap_bytes = 3 * mib;
  std::uint64_t socket_buffer_bytes = 32 * kib;  // SO_SNDBUF and SO_RCVBUF of each mail socket
  std::uint64_t history_entries = 200;
  std::uint64_t signature_entries = 4096;
  std::uint64_t client_entries = 4096;      // addresses whose connections and rates are counted
  std::uint64_t storage_ring_entries = 64;  // jobs that wait for the storage thread
  bool operator==(const memory_settings&) const = default;
};

struct inspect_settings {          // [inspect]
  std::string profiles_directory;  // empty: the profiles built into the program
  std::string pack, pack_key;      // both or none
  bool pack_observe = false;
  std::uint64_t pack_new_holds = 3;
  bool operator==(const inspect_settings&) const = default;
};

struct dns_settings {                // [dns]
  std::vector<std::string> servers;  // "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53"; empty: the system's
  milliseconds try_timeout{2'500};
  std::uint64_t tries = 2;
  milliseconds outage_after{std::chrono::seconds(1)};
  std::uint64_t cache_bytes = 128 * kib;  // of all event loops together
  milliseconds ttl_min{std::chrono::seconds(5)};
  milliseconds ttl_max{std::chrono::hours(1)};
  milliseconds negative_ttl_max{std::chrono::minutes(15)};
  milliseconds failure_ttl{std::chrono::seconds(5)};
  std::uint64_t questions = 128;  // under way at once, of all event loops together
  std::uint64_t questions_per_message = 160;
  milliseconds time_per_message{std::chrono::seconds(30)};
  bool operator==(const dns_settings&) const = default;
};

struct reputation_list {  // [[auth.list]]
  std::string zone;
  list_subject subject = list_subject::client;
  list_names names = list_names::registrable;
  bool addresses = false;
  std::vector<network> codes;  // empty: every answer within 127.0.0.0/8
  std::uint64_t points = 30;
  bool operator==(const reputation_list&) const = default;
};

struct auth_settings {  // [auth]
  bool enabled = true;
  bool check_helo = true;
  dmarc_action dmarc = dmarc_action::tag;
  std::vector<network> trusted_relays;
  std::vector<std::string> trusted_authserv_ids;
  std::vector<std::string> trusted_sealers;
  std::string seal_domain, seal_selector, seal_key;  // all three or none
  std::vector<reputation_list> lists;
  bool operator==(const auth_settings&) const = default;
};

struct unscanned_settings {  // [policy.unscanned]
  mail_action budget = mail_action::defer;
  mail_action broken_mime = mail_action::tag;
  mail_action encrypted = mail_action::forward;
  mail_action dns = mail_action::forward;
  bool operator==(const unscanned_settings&) const = default;
};

struct policy_exception {  // [[policy.exception]]; empty lists: any
  std::string name;
  std::vector<std::string> profiles;           // ids
  std::vector<std::string> recipient_domains;  // exact names or "*.sub"
  std::vector<std::string> classes;            // of abuse: slot, takeover, resent, spoofed, other
  std::uint64_t tag_score = 50;
  std::uint64_t quarantine_score = 100;
  std::uint64_t reject_score = 0;
  bool observe = false;
  bool operator==(const policy_exception&) const = default;
};

struct policy_weight {  // [[policy.weight]]
  std::string name;
  std::vector<std::string> rules;    // ids; of these and
  std::vector<std::string> classes;  // of abuse, one is not empty
  std::uint64_t percent = 100;
  bool operator==(const policy_weight&) const = default;
};

struct policy_settings {         // [policy]
  std::uint64_t tag_score = 50;  // 0: never; so for the next two
  std::uint64_t quarantine_score = 100;
  std::uint64_t reject_score = 0;
  bool observe = false;
  std::vector<std::string> observed_rules;  // ids
  std::vector<std::string> always_hold;     // recipient or From domains whose mail spills, never streams
  stream_action stream_refusal = stream_action::reject;
  std::string authserv_id;  // empty in the file: hostname (fill_derived)
  unscanned_settings unscanned;
  std::vector<policy_exception> exceptions;
  std::vector<policy_weight> weights;
  bool operator==(const policy_settings&) const = default;
};

struct spool_settings {  // [spool], on the data partition
  std::uint64_t size_bytes = 256 * mib;
  std::uint64_t message_size_bytes = 100 * mib;
  std::uint64_t daily_write_alarm_bytes = 4 * gib;
  bool operator==(const spool_settings&) const = default;
};

struct baseline_settings {  // [baseline]
  std::uint64_t domains = 512;
  milliseconds save_interval{std::chrono::hours(1)};
  bool operator==(const baseline_settings&) const = default;
};

struct lists_settings {  // [lists]
  std::uint64_t entries = 1000;
  bool operator==(const lists_settings&) const = default;
};

struct trace_settings {  // [trace], on the data partition
  std::uint64_t size_bytes = 8 * mib;
  milliseconds write_interval{std::chrono::minutes(1)};
  bool operator==(const trace_settings&) const = default;
};

struct privacy_settings {  // [privacy]; 0: never
  milliseconds addresses_after{std::chrono::days(90)};
  milliseconds subjects_after{std::chrono::days(30)};
  privacy_method method = privacy_method::hash;
  milliseconds history_age{std::chrono::days(30)};
  milliseconds trace_age{std::chrono::days(180)};
  bool operator==(const privacy_settings&) const = default;
};

struct retention_settings {  // [quarantine.retention]
  milliseconds minimum{std::chrono::days(7)};
  milliseconds maximum{std::chrono::days(30)};
  bool operator==(const retention_settings&) const = default;
};

struct domain_quota {  // [[quarantine.recipient_domain]]; 0: the value of [quarantine] (fill_derived)
  std::string domain;
  std::uint64_t size_bytes = 0;
  std::uint64_t messages = 0;
  milliseconds maximum_age{0};  // never below retention.minimum
  bool operator==(const domain_quota&) const = default;
};

struct quarantine_settings {  // [quarantine], on the data partition
  std::uint64_t size_bytes = 256 * mib;
  std::uint64_t messages = 10'000;
  std::uint64_t sender_domain_share_percent = 25;
  std::uint64_t recipient_domain_size_bytes = 0;  // 0 in the file: size_bytes (fill_derived); so for the next
  std::uint64_t recipient_domain_messages = 0;
  std::uint64_t history_messages = 20'000;  // index rows, with those whose content is gone
  std::uint64_t audit_entries = 50'000;
  std::uint64_t outbox_recipients = 1000;
  milliseconds release_retry{std::chrono::days(5)};
  hold_failure unavailable = hold_failure::defer;
  retention_settings retention;
  std::vector<domain_quota> recipient_domains;
  bool operator==(const quarantine_settings&) const = default;
};

struct probe_settings {    // [probe]
  std::string recipient;  // empty: postmaster of the first domain
  milliseconds timeout{std::chrono::seconds(30)};
  milliseconds interval{std::chrono::hours(1)};  // 0: only when a configuration is proven, or asked for
  bool verdicts = true;
  bool operator==(const probe_settings&) const = default;
};

struct own_mail_settings {    // [own_mail], on the data partition
  std::string from;           // empty in the file: postmaster@ the first domain (fill_derived)
  std::string administrator;  // empty in the file: as from (fill_derived)
  std::string route_domain;   // empty: the default route
  std::uint64_t messages = 500;
  std::uint64_t size_bytes = 16 * mib;
  std::uint64_t message_size_bytes = mib;
  bool redact = false;
  bool operator==(const own_mail_settings&) const = default;
};

struct digest_domain {  // [[digest.domain]]
  std::string domain;
  std::vector<std::string> times;  // "07:00" UTC, ascending order is not needed; empty: by `interval`
  milliseconds interval{std::chrono::hours(24)};
  bool notice = false;
  std::vector<std::string> notice_rules;  // ids; empty: all
  bool operator==(const digest_domain&) const = default;
};

struct digest_recipient {  // [[digest.recipient]]
  std::string address;
  bool digest = false;
  bool notice = false;
  bool operator==(const digest_recipient&) const = default;
};

struct digest_settings {  // [digest]; without domains there are none
  std::uint64_t rows = 20;
  std::uint64_t notices_per_recipient_per_hour = 10;  // what comes beyond is in the digest
  endpoint link_listen;  // not set ("off" in the file): no links
  std::string link_url;  // empty in the file: https:// with hostname and the port of link_listen (fill_derived)
  milliseconds link_lifetime{std::chrono::days(7)};
  std::uint64_t link_sessions = 2;
  std::uint64_t link_requests_per_client_per_minute = 30;
  // Abuse of a genuine sender, and wallets: what looks most like mail that one waits for.
  std::vector<std::string> operator_rules{
      "slot-phone",       "slot-address", "slot-wallet",  "slot-money", "slot-words",    "slot-brand", "slot-disguise", "slot-length", "slot-decoration",
      "template-missing", "body-foreign", "body-stuffed", "callback",   "foreign-brand", "greeting",   "wallet",        "relayed",     "replayed",
      "spoofed-profile",  "unverified-profile"};
  std::vector<digest_domain> domains;
  std::vector<digest_recipient> recipients;
  bool operator==(const digest_settings&) const = default;
};

struct status_settings {               // [status]
  endpoint listen{"127.0.0.1", 8443};  // not set ("off" in the file): no status page
  std::string token_file;              // bearer token; empty: made in data_directory at the first start
  milliseconds request_timeout{std::chrono::seconds(10)};
  milliseconds session_idle{std::chrono::minutes(30)};
  milliseconds session_longest{std::chrono::hours(12)};
  client_certificates ask_certificates = client_certificates::off;
  std::string client_ca, client_crl;  // PEM
  bool operator==(const status_settings&) const = default;
};

struct pull_settings {  // [management.pull]
  std::string url;      // https://; empty: nothing is fetched
  std::string ca_file;  // PEM; empty: the system's bundle
  milliseconds interval{std::chrono::minutes(15)};
  bool operator==(const pull_settings&) const = default;
};

struct management_settings {                // [management]
  std::vector<std::string> signature_keys;  // Ed25519 public keys, base64
  bool signature_required = false;
  milliseconds confirm_timeout{std::chrono::minutes(10)};
  pull_settings pull;
  bool operator==(const management_settings&) const = default;
};

struct backup_settings {      // [backup]
  std::string recipient_key;  // file with an X25519 public key, base64; empty: backups ask for a passphrase
  bool operator==(const backup_settings&) const = default;
};

struct syslog_settings {  // [log.syslog]
  endpoint server;        // not set: none
  syslog_transport transport = syslog_transport::tls;
  std::string tls_name;  // empty in the file: server (fill_derived)
  std::string ca_file;   // PEM; empty: the system's bundle
  std::uint64_t queue_bytes = 64 * kib;
  std::uint64_t enterprise_number = 32'473;  // of the structured data
  bool operator==(const syslog_settings&) const = default;
};

struct log_settings {  // [log]
  log_format format = log_format::text;
  log_level level = log_level::info;
  std::string target = "stderr";  // "stderr", "stdout" or the path of a file or of a datagram socket (/dev/log)
  log_addresses addresses = log_addresses::plain;
  log_subjects subjects = log_subjects::plain;
  std::uint64_t recent_bytes = 32 * kib;  // of the last events, in memory
  syslog_settings syslog;
  bool operator==(const log_settings&) const = default;
};

struct interface_settings {  // [[network.interface]]
  std::string name;
  ipv4_method ipv4 = ipv4_method::dhcp;
  ipv6_method ipv6 = ipv6_method::slaac;
  std::vector<network> addresses;  // with the bits beyond the prefix: this machine's own
  std::string gateway4, gateway6;
  bool operator==(const interface_settings&) const = default;
};

struct vlan_settings {  // [[network.vlan]]; the interface it makes is called PARENT.ID
  std::string parent;
  std::uint64_t id = 1;
  bool operator==(const vlan_settings&) const = default;
};

struct static_route {  // [[network.route]]
  network to;
  std::string via;
  std::string interface_name;
  bool operator==(const static_route&) const = default;
};

struct machine_network {              // [network]; nothing set: as the image has it by itself
  std::string hostname;               // of the machine; empty: stays as it is
  std::vector<std::string> resolvers; // addresses
  std::vector<std::string> ntp_servers;
  std::vector<interface_settings> interfaces;  // none: each one by DHCP and SLAAC
  std::vector<vlan_settings> vlans;
  std::vector<static_route> routes;
  bool operator==(const machine_network&) const = default;
  bool is_set() const { return *this != machine_network(); }
};

struct update_settings {  // [update]
  std::string directory = "/data/update";
  std::uint64_t max_size_bytes = 64 * mib;
  std::uint64_t memory_minimum_bytes = 24 * mib;  // available, of the whole machine
  milliseconds trial_time{std::chrono::minutes(5)};
  bool operator==(const update_settings&) const = default;
};

struct safe_mode_settings {  // [safe_mode]; read by the supervisor as well
  safe_mode_mail mail = safe_mode_mail::defer;
  bool operator==(const safe_mode_settings&) const = default;
};

struct model {
  std::uint64_t serial = 0;          // anti-rollback number; 0: none
  bool unconfigured = false;         // page alone: neither domains nor listeners nor routes
  std::string hostname;              // empty in the file: the system's host name (fill_derived)
  std::vector<std::string> domains;  // lower case; exact ("example.org") or all below ("*.example.org")
  std::string data_directory = "/var/lib/sluice";
  std::uint64_t data_free_minimum_bytes = 16 * mib;
  std::vector<listener> listeners;
  std::vector<route> routes;
  tls_settings tls;
  deadline_settings deadline;
  limit_settings limit;
  memory_settings memory;
  inspect_settings inspect;
  dns_settings dns;
  auth_settings auth;
  policy_settings policy;
  spool_settings spool;
  baseline_settings baseline;
  quarantine_settings quarantine;
  probe_settings probe;
  own_mail_settings own_mail;
  digest_settings digest;
  lists_settings lists;
  trace_settings trace;
  privacy_settings privacy;
  status_settings status;
  management_settings management;
  backup_settings backup;
  machine_network network_of_machine;  // [network]
  update_settings update;
  safe_mode_settings safe_mode;
  log_settings log;
  bool operator==(const model&) const = default;
};

}  // namespace sluice::config
