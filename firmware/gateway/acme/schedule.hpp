// When the box asks the CA for a certificate, and what it remembers for that over restarts. Pure: times are seconds since
// 1970, chance comes in as a number.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"
#include "firmware/gateway/acme/order.hpp"
#include "tls/context.hpp"

namespace sluice::gateway::acme {

// Kept in data_directory/acme/state: one "key value" per line.
struct memory {
  account_memory account;
  std::string made_for;       // what the certificate in use was ordered with (order_mark)
  std::string tried_for;      // the last order
  std::uint64_t failures = 0;  // orders in a row
  std::int64_t tried = 0, succeeded = 0;
  std::int64_t next_try = 0;   // after a failure, no order of `tried_for` before it
  std::int64_t not_before = 0;  // the CA of `not_before_of` wants none before it
  std::string not_before_of;
  std::string error;  // of the last order; empty: it went well
  bool operator==(const memory&) const = default;
};
std::string to_text(const memory& m);
memory memory_from(std::string_view text);  // lines that it does not know are left out

inline constexpr std::size_t most_memory_octets = 16 * 1024;

inline bool is_wanted(const config::acme_settings& s) { return !s.directory.empty() && s.accept_terms; }

// What makes another certificate: directory, key and names.
std::string order_mark(const config::acme_settings& s);

// A third of the lifetime before the end, and up to a tenth of that third earlier: as the fingerprint says, so that it stays
// the same over restarts and differs from box to box.
std::int64_t renewal_moment(const tls::certificate_info& c);

// The pause after so many failures in a row, a tenth more or less by `chance` (any number); shorter near the certificate's end.
std::int64_t pause_after(std::uint64_t failures, std::optional<std::int64_t> left_s, std::uint32_t chance);

enum class cause : std::uint8_t { none, first, renewal, changed, unusable };
struct plan_ahead {
  cause why = cause::none;
  std::int64_t when = 0;  // the next order is due then
};
// `kept`: the certificate that the last order brought, as far as it is stored; `usable`: it can be in force.
plan_ahead look_ahead(const config::acme_settings& s, const memory& m, const std::optional<tls::certificate_info>& kept, bool usable, std::int64_t now);

}  // namespace sluice::gateway::acme
