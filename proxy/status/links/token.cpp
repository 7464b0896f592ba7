#include "status/links/token.hpp"

#include <sodium.h>

#include <algorithm>
#include <vector>

#include "core/ascii.hpp"

namespace sluice::status {
namespace {

constexpr char version = 1;
constexpr std::size_t position_at = 3, expires_at = 5, tag_at = 10, message_at = 18, mac_octets = crypto_auth_hmacsha256_BYTES;
constexpr std::size_t message_octets_max = 40;
constexpr std::size_t most_octets = message_at + message_octets_max + mac_octets;
static_assert(mac_octets == 32 && crypto_auth_hmacsha256_KEYBYTES == 32);

using mac = std::array<unsigned char, mac_octets>;

// `purpose` keeps the hashes of one use apart from those of another.
mac keyed(const link_key& key, std::string_view purpose, std::string_view a, std::string_view b = {}) {
  crypto_auth_hmacsha256_state s;
  mac out;
  const auto add = [&s](std::string_view t) { crypto_auth_hmacsha256_update(&s, reinterpret_cast<const unsigned char*>(t.data()), t.size()); };
  crypto_auth_hmacsha256_init(&s, key.secret.data(), key.secret.size());
  add(purpose);
  add(std::string_view("\0", 1));
  add(a);
  add(b);
  crypto_auth_hmacsha256_final(&s, out.data());
  return out;
}

void put(std::string& out, std::uint64_t value, unsigned octets) {
  while (octets-- > 0) out += static_cast<char>(value >> (8 * octets) & 0xff);
}

std::uint64_t number(std::string_view octets) {
  std::uint64_t n = 0;
  for (const char c : octets) n = n << 8 | static_cast<unsigned char>(c);
  return n;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), ascii::lower);
  return out;
}

std::array<char, 8> tag_of(const link_key& key, std::string_view recipient) {
  const mac whole = keyed(key, "sluice link recipient", lower(recipient));
  std::array<char, 8> out;
  std::copy_n(whole.begin(), out.size(), out.begin());
  return out;
}

std::string base64url(std::string_view octets) {
  std::string out(sodium_base64_ENCODED_LEN(octets.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  out.pop_back();
  return out;
}

// Only the one spelling of those octets: no white space, no padding, no bits left over.
std::string from_base64url(std::string_view text) {
  std::array<unsigned char, most_octets> octets;
  std::size_t n = 0;
  if (sodium_base642bin(octets.data(), octets.size(), text.data(), text.size(), nullptr, &n, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return {};
  std::string out(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(n));
  return base64url(out) == text ? out : std::string();
}

const link_key* key_of(const link_keys& keys, std::uint8_t id) {
  if (keys.current.id == id) return &keys.current;
  return keys.former && keys.former->id == id ? &*keys.former : nullptr;
}

std::string page_text(const link_key& key, const read_link_result& link, std::int64_t period) {
  std::string when;
  put(when, static_cast<std::uint64_t>(period), 8);
  const mac m = keyed(key, "sluice link page", {link.mark.data(), link.mark.size()}, when);
  return base64url({reinterpret_cast<const char*>(m.data()), 16});
}

}  // namespace

std::string_view name_of(link_action a) {
  switch (a) {
    case link_action::release: return "release";
    case link_action::remove: return "delete";
    case link_action::ask: break;
  }
  return "ask";
}

std::string make_link(const link_key& key, const link_claim& claim, std::string_view recipient) {
  if (claim.message.empty() || claim.message.size() > message_octets_max || claim.position > 0xffff || claim.expires < 0) return {};
  std::string out{version, static_cast<char>(key.id), static_cast<char>(claim.action)};
  put(out, claim.position, 2);
  put(out, static_cast<std::uint64_t>(claim.expires), 5);
  const auto tag = tag_of(key, recipient);
  out.append(tag.data(), tag.size());
  out += claim.message;
  const mac m = keyed(key, "sluice link", out);
  out.append(reinterpret_cast<const char*>(m.data()), m.size());
  return base64url(out);
}

std::optional<read_link_result> read_link(const link_keys& keys, std::string_view text) {
  if (text.size() > link_octets_max) return std::nullopt;
  const std::string octets = from_base64url(text);
  if (octets.size() <= message_at + mac_octets || octets[0] != version) return std::nullopt;
  const link_key* key = key_of(keys, static_cast<std::uint8_t>(octets[1]));
  if (key == nullptr) return std::nullopt;
  const std::string_view signed_part(octets.data(), octets.size() - mac_octets), given(octets.data() + signed_part.size(), mac_octets);
  const mac right = keyed(*key, "sluice link", signed_part);
  if (sodium_memcmp(right.data(), given.data(), right.size()) != 0) return std::nullopt;
  const auto action = static_cast<unsigned char>(octets[2]);
  if (action < 1 || action > 3) return std::nullopt;
  read_link_result out;
  out.key = key->id;
  out.claim.action = static_cast<link_action>(action);
  out.claim.position = static_cast<std::uint32_t>(number(signed_part.substr(position_at, 2)));
  out.claim.expires = static_cast<std::int64_t>(number(signed_part.substr(expires_at, 5)));
  out.claim.message = signed_part.substr(message_at);
  std::copy_n(octets.begin() + tag_at, out.recipient_tag.size(), out.recipient_tag.begin());
  std::copy_n(given.begin(), out.mark.size(), out.mark.begin());
  return out;
}

bool is_for(const link_keys& keys, const read_link_result& link, std::string_view recipient) {
  const link_key* key = key_of(keys, link.key);
  if (key == nullptr) return false;
  const auto tag = tag_of(*key, recipient);
  return sodium_memcmp(tag.data(), link.recipient_tag.data(), tag.size()) == 0;
}

std::string page_token(const link_keys& keys, const read_link_result& link, std::int64_t now) {
  const link_key* key = key_of(keys, link.key);
  return key == nullptr ? std::string() : page_text(*key, link, now / page_token_lifetime_s);
}

bool is_page_token(const link_keys& keys, const read_link_result& link, std::string_view token, std::int64_t now) {
  const link_key* key = key_of(keys, link.key);
  if (key == nullptr) return false;
  bool good = false;
  for (const std::int64_t period : {now / page_token_lifetime_s, now / page_token_lifetime_s - 1}) {
    const std::string right = page_text(*key, link, period);
    good = (token.size() == right.size() && sodium_memcmp(token.data(), right.data(), right.size()) == 0) || good;
  }
  return good;
}

}  // namespace sluice::status
