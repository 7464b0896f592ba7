// The one table of configuration keys: a row per key with type, unit, range, reload class and help, bound to its member
// in model.hpp. Validation, reference.md, schema.json, sluice.toml.5, the full example and diff() all walk this table;
// a new key is a member with its default, one row here, and the line in firmware/gateway that uses it.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/model.hpp"

namespace sluice::config {

enum class value_kind : std::uint8_t {
  boolean,
  count,           // whole number of `unit`
  size,            // "32MiB"
  rate,            // "256B/s"
  duration,        // "30s"
  choice,          // one of `choices`
  host_name,       // one domain name or label
  domain,          // one domain name, exact
  mail_address,    // "name@example.org"
  path,            // absolute path
  log_target,      // "stderr", "stdout" or an absolute path
  id_list,         // rule ids: lower-case words with hyphens
  domain_list,     // exact names or "*.sub"
  network_list,    // CIDR
  server_list,     // IP literals, with or without port
  clock_list,      // times of day, "07:00"
  https_url,       // "https://mail.example.com", with or without port, without a path
  key_list,        // Ed25519 public keys, 44 characters of base64
  web_address,     // "https://host[:port]/path"
  listen_address,  // IP literal with port
  listen_or_off,   // the same, or "off"
  host_and_port,   // IP literal or name, with port
  interface_name,  // of the kernel: "eth0", "eth0.100"
  ip_address,      // one IP literal
  network,         // one CIDR
  own_address_list,  // CIDR with the bits of the machine itself: "192.0.2.10/24"
  address_list,    // IP literals
  host_list,       // IP literals or names
};

// What it takes to make a changed value effective (design: running sessions keep their generation).
enum class reload : std::uint8_t {
  session,  // on reload, for sessions that begin afterwards
  reopen,   // on reload; the socket or file concerned is opened anew, sessions are kept
  restart,  // at the next start of the program
};
std::string_view name_of(reload when);

struct key {
  std::string_view name;
  value_kind kind;
  std::string_view unit;           // for people; counts only, e.g. "sessions"
  std::uint64_t min = 0, max = 0;  // count: number; size, rate: bytes; duration: ms; lists: entries; text: bytes
  bool required = false;
  reload when = reload::session;
  std::string_view derived;  // what stands in for an absent value when the member's default means "not set"
  std::string_view help;
  void* (*locate)(void* section);  // the member; its type follows from `kind`
  std::span<const std::string_view> choices;
  void (*set_choice)(void* member, std::size_t index);
  std::size_t (*get_choice)(const void* member);
};

struct table {
  std::string_view path;  // "" for the top level, "quarantine.retention"
  bool is_array = false;  // [[path]]
  std::string_view help;
  std::span<const key> keys;
  std::size_t (*size)(const model& m);  // elements; 1 for a plain table
  void* (*at)(model& m, std::size_t index);
  void* (*append)(model& m);  // arrays only
  const void* defaults;       // a section as its constructor makes it
  std::string_view identity;  // arrays only: the key that tells elements apart, for diff()
};

// All tables, parents before children, in the order of the reference.
std::span<const table> schema();
const table* find_table(std::string_view path);
const key* find_key(const table& t, std::string_view name);
std::string path_of(const table& t, const key& k);  // "deadline.command"

// The value as TOML ("\"30s\"", "100", "[\"a\"]"); `section` is what table::at() or ::defaults gave.
std::string value_as_toml(const key& k, const void* section);
// The range as people write it: "1s to 1h"; empty when there is nothing to say.
std::string range_text(const key& k);
// What a value of this kind looks like: "a duration such as \"30s\"".
std::string_view expected(value_kind kind);

}  // namespace sluice::config
