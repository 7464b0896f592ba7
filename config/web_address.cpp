// Addresses of web servers, and keys: what [management] names.
#include <algorithm>

#include "config/ascii.hpp"
#include "config/value_text.hpp"

namespace sluice::config {
namespace {

constexpr std::size_t max_url_octets = 1024;
constexpr std::string_view scheme = "https://";
constexpr std::size_t key_characters = 44;  // of 32 octets in base64, with one '='

// RFC 3986: what may stand in a path or a query; a fragment is never sent.
bool is_target_character(char c) { return ascii::is_alnum(c) || std::string_view("-._~!$&'()*+,;=:@%/?").find(c) != std::string_view::npos; }

}  // namespace

parsed<web_address> parse_web_address(std::string_view text) {
  constexpr std::string_view example = "write \"https://config.example.net/boxes/mx1.toml\"";
  if (!text.starts_with(scheme)) return {{}, quoted(text) + " does not begin with https://", std::string(example)};
  if (text.size() > max_url_octets) return {{}, "is longer than 1024 characters", {}};
  const std::string_view rest = text.substr(scheme.size());
  const std::size_t slash = rest.find('/');
  if (slash == rest.npos) return {{}, quoted(text) + " has no path", std::string(example)};
  std::string authority(rest.substr(0, slash));
  const std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  if (colon == std::string::npos || (bracket != std::string::npos && colon < bracket)) authority += ":443";
  parsed<endpoint> at = parse_endpoint(authority, true);
  if (!at.ok()) return {{}, std::move(at.wrong), std::move(at.remedy)};
  const std::string_view target = rest.substr(slash);
  if (!std::ranges::all_of(target, is_target_character)) return {{}, quoted(text) + " has characters that a URL has not", "write them as %XX"};
  return {{std::move(at.value), std::string(target)}, {}, {}};
}

parsed<std::string> parse_public_key(std::string_view text) {
  const bool good = text.size() == key_characters && text.back() == '=' && std::ranges::all_of(text.substr(0, key_characters - 1), [](char c) {
    return ascii::is_alnum(c) || c == '+' || c == '/';
  });
  if (good) return {std::string(text), {}, {}};
  return {{}, quoted(text) + " is no public key", "a key is 44 characters of base64; 'sluice config keys' makes a pair"};
}

}  // namespace sluice::config
