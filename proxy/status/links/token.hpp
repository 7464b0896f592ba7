// Signed links: what a link may do stands in the link itself, and a keyed hash over all of it proves that we wrote it.
// A link names a message, one of its recipients, one action and the time until which it works; it is of no use for
// anything else. That it works once only is the store's matter (mark_of).
//
// Octets of a link before base64url (RFC 4648 section 5, without padding): version, key id, action, position (2, big
// endian), expiry (5), recipient tag (8), message id (1 to 40), HMAC-SHA-256 (32) over everything before it. The recipient's
// address itself is not in the link: it would end up in proxies' logs. Pure: keys and times come in, nothing is kept.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::status {

enum class link_action : std::uint8_t { release = 1, remove = 2, ask = 3 };
std::string_view name_of(link_action a);  // "release", "delete", "ask"

inline constexpr std::size_t link_octets_max = 200;            // of a link as text; longer ones are not looked at
inline constexpr std::int64_t page_token_lifetime_s = 3600;    // how long a page that was shown can be acted on

struct link_key {
  std::uint8_t id = 0;
  std::array<unsigned char, 32> secret{};
};

// Newest first; the former one only verifies, until links made with it have expired.
struct link_keys {
  link_key current;
  std::optional<link_key> former;
};

struct link_claim {
  std::string message;
  std::uint32_t position = 0;  // of the recipient within the message; at most 65535
  link_action action = link_action::ask;
  std::int64_t expires = 0;    // UTC seconds; works up to and with this second
};

struct read_link_result {
  link_claim claim;
  std::array<char, 8> recipient_tag{};
  std::array<char, 16> mark{};  // names the link in the list of used ones
  std::uint8_t key = 0;
};

// The text of a link, of characters that need no escaping in a URL. Empty when the claim cannot be written.
std::string make_link(const link_key& key, const link_claim& claim, std::string_view recipient);
// Nothing for whatever was not made by make_link() with one of `keys`. Expiry is the caller's to look at.
std::optional<read_link_result> read_link(const link_keys& keys, std::string_view text);
// Was the link made for this address (ASCII case ignored)? Constant time.
bool is_for(const link_keys& keys, const read_link_result& link, std::string_view recipient);

// Proves that somebody has seen the page of this link: a program that follows links and posts to them has not read it.
std::string page_token(const link_keys& keys, const read_link_result& link, std::int64_t now);
bool is_page_token(const link_keys& keys, const read_link_result& link, std::string_view token, std::int64_t now);

}  // namespace sluice::status
