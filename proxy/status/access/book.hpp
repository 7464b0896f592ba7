// Users and API tokens: what is remembered across starts. Pure values with a text form; store.cpp writes it to disk.
// Passwords are there as Argon2id strings, tokens as SHA-256; both open nothing by themselves.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "status/access/secret.hpp"
#include "status/http/route.hpp"

namespace sluice::status {

inline constexpr std::size_t max_users = 16, max_tokens = 32;
inline constexpr std::size_t least_password_octets = 10, most_password_octets = 256;
inline constexpr std::int64_t longest_token_life_s = 10LL * 366 * 86400;
inline constexpr std::string_view token_prefix = "slu_";  // so that scanners for leaked secrets find them

struct user_entry {
  std::string name;
  role what = role::viewer;
  std::string password;  // "$argon2id$..."
  std::int64_t created = 0;
};

struct token_entry {
  std::string id;  // names it in lists; opens nothing
  std::string name;
  role what = role::viewer;
  digest secret{};
  std::int64_t created = 0, expires = 0;  // UTC seconds; expires 0: never
  bool is_valid(std::int64_t now) const { return expires == 0 || now < expires; }
};

struct access_book {
  std::vector<user_entry> users;
  std::vector<token_entry> tokens;

  const user_entry* user(std::string_view name) const;
  user_entry* user(std::string_view name);
  std::size_t admins() const;
  const token_entry* token(std::string_view presented, std::int64_t now) const;  // by its secret, not expired
};

// 1 to 32 of a-z 0-9 . _ @ -, not beginning with a sign.
bool is_name(std::string_view name);
// Empty, or why this cannot be a password.
std::string password_fault(std::string_view user, std::string_view password);

// A new token; the secret is in `presented` and nowhere else.
token_entry make_token(std::string_view name, role what, std::int64_t now, std::int64_t expires, std::string& presented);

std::string text_of(const access_book& b);
// Nothing for a text that is damaged or of a later version.
std::optional<access_book> book_from(std::string_view text);

}  // namespace sluice::status
