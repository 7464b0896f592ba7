// Sessions of people: a table of fixed size. A session is opened by a random id that only the cookie holds (its digest
// is kept), ends after a time without requests, after a longest time, by logout, or when the table is full and it was
// the idlest. Time comes in as UTC seconds; no I/O.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "status/access/secret.hpp"
#include "status/http/route.hpp"

namespace sluice::status {

inline constexpr std::size_t max_sessions = 16;
inline constexpr std::size_t max_name_octets = 32;  // of users and of tokens
inline constexpr std::string_view session_cookie = "__Host-sluice";

struct session {
  digest id{};
  fixed_string<max_name_octets> user;
  role what = role::nobody;  // nobody: the place is free
  fixed_string<32> csrf;
  fixed_string<8> key;  // names it in lists
  fixed_string<46> address;
  std::int64_t began = 0, used = 0;
};

class session_table {
 public:
  session_table(std::int64_t idle_s, std::int64_t longest_s) : idle_s_(idle_s), longest_s_(longest_s) {}

  // The cookie's value; nothing else ever holds it.
  std::string open(std::string_view user, role what, std::string_view address, std::int64_t now);
  // Null when it is not open (any more). Counts as a use.
  const session* find(std::string_view id, std::int64_t now);
  const session* with_key(std::string_view key, std::int64_t now) const;  // not a use
  void close(std::string_view key);
  void close_of(std::string_view user);  // all of a user: removed, or its password or role changed
  std::vector<session> list(std::int64_t now) const;
  void set_times(std::int64_t idle_s, std::int64_t longest_s);

 private:
  bool lives(const session& s, std::int64_t now) const;

  std::int64_t idle_s_, longest_s_;
  std::vector<session> all_;  // max_sessions at most
};

// The value of a cookie of that name in a Cookie field (RFC 6265 section 4.2.1); the first of several.
std::string_view cookie_value(std::string_view field, std::string_view name);

}  // namespace sluice::status
