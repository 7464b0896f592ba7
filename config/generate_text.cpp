#include "config/generate_text.hpp"

#include "config/value_text.hpp"

namespace sluice::config {

std::string default_text(const table& t, const key& k) {
  if (k.required) return "required";
  if (!k.derived.empty()) return std::string(k.derived);
  std::string text = value_as_toml(k, t.defaults);
  return text == "\"\"" || text == "[]" ? "none" : text;
}

std::string heading(const table& t) {
  if (t.path.empty()) return "Top level";
  return (t.is_array ? "[[" : "[") + std::string(t.path) + (t.is_array ? "]]" : "]");
}

std::string sample(const table& t, const key& k) {
  if (k.name == "rules") return "[\"link-free-host\"]";
  if (!k.required && k.derived.empty()) return value_as_toml(k, t.defaults);
  if (t.path == "listener" && k.name == "address") return "\"0.0.0.0:25\"";
  if (t.path == "route" && k.name == "host") return "\"10.0.0.5:25\"";
  if (k.name == "certificate") return "\"/etc/sluice/certificate.pem\"";
  if (k.name == "key") return "\"/etc/sluice/key.pem\"";
  if (k.name == "domain") return "\"example.org\"";
  if (k.name == "zone") return "\"dnsbl.example.org\"";
  if (t.path == "network.interface" && k.name == "name") return "\"eth0.100\"";
  if (k.name == "parent") return "\"eth0\"";
  if (k.name == "interface") return "\"eth0.100\"";
  if (k.name == "id") return "100";
  if (k.name == "to") return "\"198.51.100.0/24\"";
  if (k.name == "via") return "\"192.0.2.1\"";
  if (k.name == "name") return t.path == "policy.weight" ? "\"less-for-forms\"" : "\"trial\"";
  if (t.path == "digest.recipient" && k.name == "address") return "\"anna@example.org\"";
  if (k.name == "domains") return "[\"example.org\"]";
  return {};
}

std::string_view type_word(value_kind kind) {
  switch (kind) {
    case value_kind::boolean:
      return "true or false";
    case value_kind::count:
      return "number";
    case value_kind::size:
      return "size";
    case value_kind::rate:
      return "size per second";
    case value_kind::duration:
      return "duration";
    case value_kind::choice:
      return "one of";
    case value_kind::host_name:
      return "host name";
    case value_kind::domain:
      return "domain";
    case value_kind::mail_address:
      return "mail address";
    case value_kind::path:
      return "path";
    case value_kind::log_target:
      return "name or path";
    case value_kind::id_list:
      return "list of rule ids";
    case value_kind::domain_list:
      return "list of domains";
    case value_kind::network_list:
      return "list of networks";
    case value_kind::server_list:
      return "list of addresses";
    case value_kind::clock_list:
      return "list of times";
    case value_kind::key_list:
      return "list of public keys";
    case value_kind::https_url:
    case value_kind::web_address:
      return "https URL";
    case value_kind::listen_address:
      return "address:port";
    case value_kind::listen_or_off:
      return "address:port or \"off\"";
    case value_kind::host_and_port:
      return "host:port";
    case value_kind::interface_name:
      return "interface";
    case value_kind::ip_address:
      return "address";
    case value_kind::network:
      return "network";
    case value_kind::own_address_list:
      return "list of addresses with prefix";
    case value_kind::address_list:
      return "list of addresses";
    case value_kind::host_list:
      return "list of hosts";
  }
  return {};
}

std::string range_or_choices(const key& k) {
  std::string out;
  for (std::string_view c : k.choices) out += (out.empty() ? "" : ", ") + quoted(c);
  if (!out.empty()) return out;
  out = range_text(k);
  return k.unit.empty() ? out : out + " " + std::string(k.unit);
}

std::string wrapped(std::string_view text, std::string_view prefix, std::size_t width) {
  std::string out, line(prefix);
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const bool first = line.size() == prefix.size();
    if (!first && line.size() + 1 + space > width) {
      out += line + "\n";
      line = std::string(prefix) + std::string(text.substr(0, space));
    } else {
      line += (first ? "" : " ") + std::string(text.substr(0, space));
    }
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return out + line + "\n";
}

}  // namespace sluice::config
