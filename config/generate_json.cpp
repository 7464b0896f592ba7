// schema.json: JSON Schema 2020-12, for editors that check TOML while it is typed. It says less than 'sluice check':
// ranges of sizes and durations are in the description, rules between keys are not in it at all.
#include "config/generate.hpp"
#include "config/generate_text.hpp"
#include "config/value_text.hpp"

namespace sluice::config {
namespace {

std::string pattern(value_kind kind) {
  switch (kind) {
    case value_kind::size:
      return "^[0-9]+ ?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$";
    case value_kind::rate:
      return "^[0-9]+ ?(B|kB|MB|KiB|MiB)/s$";
    case value_kind::duration:
      return "^[0-9]+ ?(ms|s|m|h|d)$";
    case value_kind::path:
      return "^/";
    case value_kind::log_target:
      return "^(stderr$|stdout$|/)";
    case value_kind::host_name:
    case value_kind::domain:
      return "^[A-Za-z0-9._-]+$";
    case value_kind::mail_address:
      return "^[!-~]+@[A-Za-z0-9._-]+$";
    case value_kind::domain_list:
      return "^(\\*\\.)?[A-Za-z0-9._-]+$";
    case value_kind::network_list:
      return "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$";
    case value_kind::server_list:
      return "^[0-9A-Fa-f:.\\[\\]]+$";
    case value_kind::id_list:
      return "^[a-z0-9-]+$";
    case value_kind::clock_list:
      return "^([01][0-9]|2[0-3]):[0-5][0-9]$";
    case value_kind::https_url:
      return "^https://[^/?#@]+$";
    case value_kind::key_list:
      return "^[A-Za-z0-9+/]{43}=$";
    case value_kind::web_address:
      return "^https://[^/]+/";
    case value_kind::listen_or_off:
      return "^(off|.+:[0-9]{1,5})$";
    case value_kind::interface_name:
      return "^[A-Za-z0-9._-]{1,15}$";
    case value_kind::ip_address:
    case value_kind::address_list:
      return "^[0-9A-Fa-f:.]+$";
    case value_kind::network:
      return "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$";
    case value_kind::own_address_list:
      return "^[0-9A-Fa-f:.]+/[0-9]{1,3}$";
    case value_kind::host_list:
      return "^[0-9A-Za-z:._-]+$";
    case value_kind::listen_address:
    case value_kind::host_and_port:
      return "^.+:[0-9]{1,5}$";
    default:
      return {};
  }
}

std::string value_type(const key& k) {
  const std::string text = "\"type\": \"string\", \"pattern\": " + quoted(pattern(k.kind), std::string::npos);
  switch (k.kind) {
    case value_kind::boolean:
      return "\"type\": \"boolean\"";
    case value_kind::count:
      return "\"type\": \"integer\", \"minimum\": " + std::to_string(k.min) + ", \"maximum\": " + std::to_string(k.max);
    case value_kind::choice:
      return "\"enum\": [" + range_or_choices(k) + "]";
    case value_kind::domain_list:
    case value_kind::network_list:
    case value_kind::server_list:
    case value_kind::id_list:
    case value_kind::clock_list:
    case value_kind::key_list:
    case value_kind::own_address_list:
    case value_kind::address_list:
    case value_kind::host_list:
      return "\"type\": \"array\", \"uniqueItems\": true, \"maxItems\": " + std::to_string(k.max) + ", \"items\": {" +
             text + "}";
    default:
      return text;
  }
}

std::string property(const table& t, const key& k, const std::string& indent) {
  std::string about(k.help);
  if (const std::string range = range_text(k); !range.empty() && k.kind != value_kind::count)
    about += " Range: " + range + ".";
  const std::string fallback = default_text(t, k);
  const bool literal = !k.required && k.derived.empty() && fallback != "none";
  if (!k.derived.empty()) about += " Default: " + fallback + ".";
  return indent + quoted(k.name) + ": {" + value_type(k) + (literal ? ", \"default\": " + fallback : "") +
         (k.unit.empty() ? "" : ", \"x-unit\": " + quoted(k.unit)) +
         ", \"x-takes-effect\": " + quoted(name_of(k.when)) + ", \"description\": " + quoted(about, std::string::npos) +
         "}";
}

std::string object(const table& t, const std::string& indent);

std::string sub_tables(const table& t, const std::string& indent) {
  std::string out;
  for (const table& sub : schema()) {
    const std::string prefix = t.path.empty() ? "" : std::string(t.path) + ".";
    if (sub.path.size() <= prefix.size() || !sub.path.starts_with(prefix)) continue;
    const std::string_view name = sub.path.substr(prefix.size());
    if (name.find('.') != name.npos) continue;
    out += ",\n" + indent + quoted(name) + ": ";
    const bool needed = t.path.empty() && sub.is_array;  // at least one listener and one route
    if (sub.is_array)
      out += "{\"type\": \"array\", " + std::string(needed ? "\"minItems\": 1, " : "") +
             "\"items\": " + object(sub, indent) + "}";
    else
      out += object(sub, indent);
  }
  return out;
}

std::string object(const table& t, const std::string& indent) {
  const std::string inner = indent + "  ";
  std::string properties, required;
  for (const key& k : t.keys) {
    properties += (properties.empty() ? "\n" : ",\n") + property(t, k, inner);
    if (k.required) required += (required.empty() ? "" : ", ") + quoted(k.name);
  }
  if (t.path.empty()) required += ", \"listener\", \"route\"";
  return "{\"type\": \"object\", \"additionalProperties\": false, \"description\": " +
         quoted(t.help, std::string::npos) + (required.empty() ? "" : ", \"required\": [" + required + "]") +
         ", \"properties\": {" + properties + sub_tables(t, inner) + "\n" + indent + "}}";
}

}  // namespace

std::string json_schema() {
  std::string body = object(schema().front(), "");
  return "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n \"title\": \"Sluice configuration\",\n " +
         body.substr(1) + "\n";
}

}  // namespace sluice::config
