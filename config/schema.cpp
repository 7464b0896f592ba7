// The list of tables, and what can be said about any row: its path, its value as TOML, its range in words.
#include "config/schema.hpp"

#include <limits>

#include "config/schema_rows.hpp"
#include "config/value_text.hpp"

namespace sluice::config {
namespace {

table top_level() {
  static const model defaults;
  return {"",
          false,
          "At the top of the file, before the first table.",
          rows::top_keys(),
          [](const model&) { return std::size_t{1}; },
          [](model& m, std::size_t) -> void* { return &m; },
          nullptr,
          &defaults,
          {}};
}

std::vector<table> make_schema() {
  using namespace rows;
  return {
      top_level(),
      array<&model::listeners>("listener", "address", listener_keys(), "Where clients connect; one table per address."),
      array<&model::routes>(
          "route", "host", route_keys(),
          "Where accepted mail goes. Recipients choose the route by their domain: the exact name first, then the "
          "longest wildcard, then the default route."),
      plain<&model::tls>("tls", tls_keys(), "TLS with clients, with downstreams and on the status page."),
      array<&model::tls, &tls_settings::certificates>("tls.certificates", "certificate", certificate_keys(),
                                                      "Certificates and their keys, chosen by the name the client asks "
                                                      "for and by key type; without any a self-signed "
                                                      "one is made. Changed files are read again on reload; a pair "
                                                      "that does not fit leaves the former one in use."),
      plain<&model::tls, &tls_settings::acme>("tls.acme", acme_keys(),
                                              "A certificate that the box gets by itself from a CA that speaks ACME (RFC 8555), and renews. It is kept among "
                                              "the stored ones under the name acme. What fails leaves the former certificate in use."),
      plain<&model::deadline>("deadline", deadline_keys(), "How long is waited for what."),
      plain<&model::limit>("limit", limit_keys(), "What one client, one session or one message may use."),
      plain<&model::memory>("memory", memory_keys(),
                            "Fixed amounts of memory. They are added up at start; see 'sluice budget'."),
      plain<&model::inspect>("inspect", inspect_keys(), "What messages are compared with."),
      plain<&model::dns>("dns", dns_keys(), "Questions about senders. Without a server that answers mail still flows."),
      plain<&model::auth>("auth", auth_keys(),
                          "Who really sent it: SPF, DKIM, DMARC and ARC. Passing never lowers a score."),
      array<&model::auth, &auth_settings::lists>(
          "auth.list", "zone", reputation_list_keys(),
          "Reputation lists in the DNS (RFC 5782); none is asked unless it stands here. Several tables may name one zone, "
          "each with other codes and points."),
      plain<&model::policy>("policy", policy_keys(),
                            "What follows from findings: their points are added up and compared with these scores."),
      plain<&model::policy, &policy_settings::unscanned>("policy.unscanned", unscanned_keys(),
                                                         "What happens to mail that could not be inspected, by cause."),
      array<&model::policy, &policy_settings::exceptions>(
          "policy.exception", "name", exception_keys(),
          "Other scores for mail of some profiles or to some recipient domains; the first table that fits is the one."),
      array<&model::policy, &policy_settings::weights>("policy.weight", "name", weight_keys(),
                                                       "More or fewer points for findings of some rules."),
      plain<&model::baseline>("baseline", baseline_keys(), "What is usual for an authenticated sender at this site, learned from its mail. New things strengthen other findings."),
      plain<&model::spool>("spool", spool_keys(), "Messages that are too long for memory, on their way."),
      plain<&model::quarantine>("quarantine", quarantine_keys(), "Held messages."),
      plain<&model::quarantine, &quarantine_settings::retention>("quarantine.retention", retention_keys(),
                                                                 "How long held messages are kept."),
      array<&model::quarantine, &quarantine_settings::recipient_domains>("quarantine.recipient_domain", "domain",
                                                                         recipient_domain_keys(),
                                                                         "Other limits for single recipient domains."),
      plain<&model::probe>("probe", probe_keys(),
                           "Test mails of its own, through every listener up to the verdict; nobody gets them. A new configuration is "
                           "proven by them."),
      plain<&model::own_mail>("own_mail", own_mail_keys(),
                              "Mail that Sluice itself sends: reports to abuse desks, and what readers of held mail are told. Always with MAIL FROM:<>."),
      plain<&model::digest>("digest", digest_keys(),
                            "What recipients are told about their held mail, and the links with which they release it. Without a "
                            "[[digest.domain]] nobody is told anything."),
      array<&model::digest, &digest_settings::domains>("digest.domain", "domain", digest_domain_keys(),
                                                       "A recipient domain whose recipients get digests."),
      array<&model::digest, &digest_settings::recipients>("digest.recipient", "address", digest_recipient_keys(),
                                                          "A recipient who wants to be told less than the domain's others."),
      plain<&model::lists>("lists", lists_keys(),
                           "Block and allow lists and exceptions. Their entries are kept apart from the configuration: page, API, sluice list."),
      plain<&model::trace>("trace", trace_keys(),
                           "What became of every message, refused recipient and refused connection: \"where is my mail?\", on the data partition."),
      plain<&model::privacy>("privacy", privacy_keys(),
                             "How long addresses and subjects can be read in history and trace. Held mail has [quarantine.retention]."),
      plain<&model::status>("status", status_keys(), "The status page and the metrics."),
      plain<&model::management>("management", management_keys(), "Pushed configurations: who may push them, and when they count for good."),
      plain<&model::management, &management_settings::pull>("management.pull", pull_keys(),
                                                            "A generation that this box fetches by itself, from any web server."),
      plain<&model::backup>("backup", backup_keys(), "Backups that are fetched without a passphrase."),
      plain<&model::network_of_machine>(
          "network", network_keys(),
          "Addresses, names and ways of the machine itself, on an appliance alone; elsewhere the operating system has them. A pushed "
          "generation with another network is on trial like everything else. Nothing here: every interface by DHCP and SLAAC."),
      array<&model::network_of_machine, &machine_network::interfaces>(
          "network.interface", "name", interface_keys(),
          "An Ethernet or VLAN interface. When there is any such table, interfaces without one get no address."),
      array<&model::network_of_machine, &machine_network::vlans>("network.vlan", "id", vlan_keys(),
                                                                 "A VLAN (802.1Q). Its interface is called PARENT.ID, such as eth0.100."),
      array<&model::network_of_machine, &machine_network::routes>("network.route", "to", static_route_keys(),
                                                                  "A way to a network that is not behind the gateway."),
      plain<&model::update>("update", update_keys(), "Updates of an appliance's firmware."),
      plain<&model::safe_mode>("safe_mode", safe_mode_keys(), "What is left when the program ended again and again."),
      plain<&model::log>("log", log_keys(), "One line per event."),
      plain<&model::log, &log_settings::syslog>("log.syslog", syslog_keys(),
                                                "A syslog server that gets every event as well (RFC 5424). It never holds mail up: when it is "
                                                "slow or away, events wait in the queue, and those that find it full are counted and dropped."),
  };
}

template <class List, class Format>
std::string list_as_toml(const List& list, Format one) {
  std::string out = "[";
  for (const auto& entry : list) out += (out.size() > 1 ? ", " : "") + quoted(one(entry), std::string::npos);
  return out + "]";
}

std::string limit_text(value_kind kind, std::uint64_t value) {
  switch (kind) {
    case value_kind::size:
      return format_size(value);
    case value_kind::rate:
      return format_rate(value);
    case value_kind::duration:
      return format_duration(milliseconds(static_cast<std::int64_t>(value)));
    default:
      return std::to_string(value);
  }
}

template <class T>
const T& as(const void* member) {
  return *static_cast<const T*>(member);
}

}  // namespace

std::span<const table> schema() {
  static const std::vector<table> tables = make_schema();
  return tables;
}

const table* find_table(std::string_view path) {
  for (const table& t : schema())
    if (t.path == path) return &t;
  return nullptr;
}

const key* find_key(const table& t, std::string_view name) {
  for (const key& k : t.keys)
    if (k.name == name) return &k;
  return nullptr;
}

std::string path_of(const table& t, const key& k) {
  return t.path.empty() ? std::string(k.name) : std::string(t.path) + "." + std::string(k.name);
}

std::string_view name_of(reload when) {
  switch (when) {
    case reload::session:
      return "reload";
    case reload::reopen:
      return "reload, opened anew";
    case reload::restart:
      return "restart";
  }
  return "";
}

std::string value_as_toml(const key& k, const void* section) {
  const void* member = k.locate(const_cast<void*>(section));  // locate() only adds an offset
  switch (k.kind) {
    case value_kind::boolean:
      return as<bool>(member) ? "true" : "false";
    case value_kind::count:
      return std::to_string(as<std::uint64_t>(member));
    case value_kind::size:
    case value_kind::rate:
      return quoted(limit_text(k.kind, as<std::uint64_t>(member)));
    case value_kind::duration:
      return quoted(format_duration(as<milliseconds>(member)));
    case value_kind::choice:
      return quoted(k.choices[k.get_choice(member)]);
    case value_kind::host_name:
    case value_kind::domain:
    case value_kind::mail_address:
    case value_kind::path:
    case value_kind::log_target:
    case value_kind::https_url:
    case value_kind::web_address:
    case value_kind::interface_name:
    case value_kind::ip_address:
      return quoted(as<std::string>(member), std::string::npos);
    case value_kind::network:
      return quoted(format_network(as<network>(member)));
    case value_kind::own_address_list:
      return list_as_toml(as<std::vector<network>>(member), format_own_address);
    case value_kind::address_list:
    case value_kind::host_list:
    case value_kind::domain_list:
    case value_kind::server_list:
    case value_kind::id_list:
    case value_kind::clock_list:
    case value_kind::key_list:
      return list_as_toml(as<std::vector<std::string>>(member), [](const std::string& s) { return s; });
    case value_kind::network_list:
      return list_as_toml(as<std::vector<network>>(member), format_network);
    case value_kind::listen_address:
    case value_kind::listen_or_off:
    case value_kind::host_and_port: {
      const auto& e = as<endpoint>(member);
      return quoted(e.is_set() ? format_endpoint(e) : k.kind == value_kind::listen_or_off ? "off" : "");
    }
  }
  return {};
}

std::string range_text(const key& k) {
  switch (k.kind) {
    case value_kind::count:
    case value_kind::size:
    case value_kind::rate:
    case value_kind::duration:
      return limit_text(k.kind, k.min) + " to " + limit_text(k.kind, k.max);
    default:
      return {};
  }
}

std::string_view expected(value_kind kind) {
  switch (kind) {
    case value_kind::boolean:
      return "true or false";
    case value_kind::count:
      return "a whole number without quotes, such as 100";
    case value_kind::size:
      return "a size such as \"32MiB\"";
    case value_kind::rate:
      return "a size per second such as \"256B/s\"";
    case value_kind::duration:
      return "a duration such as \"30s\"";
    case value_kind::choice:
      return "one of the names below";
    case value_kind::host_name:
      return "a host name such as \"mx.example.org\"";
    case value_kind::domain:
      return "a domain such as \"example.org\"";
    case value_kind::mail_address:
      return "a mail address such as \"postmaster@example.org\"";
    case value_kind::path:
      return "an absolute path such as \"/etc/sluice/key.pem\"";
    case value_kind::log_target:
      return "\"stderr\", \"stdout\" or an absolute path";
    case value_kind::id_list:
      return "a list of rule ids such as [\"lure-words\"]";
    case value_kind::domain_list:
      return "a list of domains such as [\"example.org\", \"*.example.org\"]";
    case value_kind::network_list:
      return "a list of networks such as [\"192.0.2.0/24\"]";
    case value_kind::server_list:
      return "a list of addresses such as [\"192.0.2.53\", \"[2001:db8::53]:53\"]";
    case value_kind::clock_list:
      return "a list of times of day such as [\"07:00\", \"13:30\"]";
    case value_kind::https_url:
      return "a URL such as \"https://mail.example.org:8444\"";
    case value_kind::key_list:
      return "a list of public keys, 44 characters of base64 each";
    case value_kind::web_address:
      return "an address such as \"https://config.example.net/boxes/mx1.toml\"";
    case value_kind::listen_address:
      return "an address with port such as \"0.0.0.0:25\" or \"[::]:25\"";
    case value_kind::listen_or_off:
      return "an address with port such as \"127.0.0.1:8443\", or \"off\"";
    case value_kind::interface_name:
      return "the name of an interface such as \"eth0\"";
    case value_kind::ip_address:
      return "an address such as \"192.0.2.1\"";
    case value_kind::network:
      return "a network such as \"192.0.2.0/24\"";
    case value_kind::own_address_list:
      return "a list of addresses with their prefix such as [\"192.0.2.10/24\"]";
    case value_kind::address_list:
      return "a list of addresses such as [\"192.0.2.53\", \"2001:db8::53\"]";
    case value_kind::host_list:
      return "a list of hosts such as [\"ntp.example.org\", \"192.0.2.123\"]";
    case value_kind::host_and_port:
      return "a host with port such as \"10.0.0.5:25\" or \"mail.example.net:25\"";
  }
  return {};
}

}  // namespace sluice::config
