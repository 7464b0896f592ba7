// Ethereum addresses in letters of one case: nothing in them tells that they are none of the many other hashes, so that they
// count beside words of coins only, and less.
#pragma once
#include <algorithm>

#include "core/ascii.hpp"
#include "core/bytes.hpp"
#include "inspect/signals.hpp"

namespace sluice::inspect {

inline bool without_checksum(byte_view address) {
  if (address.size() != 42 || address[0] != '0' || ascii::lower(address[1]) != 'x') return false;
  bool upper = false, lower = false;
  for (const char c : address.substr(2)) {
    if (!ascii::is_digit(c) && (ascii::lower(c) < 'a' || ascii::lower(c) > 'f')) return false;
    upper = upper || (c >= 'A' && c <= 'F');
    lower = lower || (c >= 'a' && c <= 'f');
  }
  return upper != lower;
}

// Of the points for an address.
inline int certain_percent(byte_view address) { return without_checksum(address) ? 50 : 100; }

template <std::size_t N>
void drop_unchecked(const folded& seen, fixed_vector<wallet_hit, N>& wallets) {
  const auto unchecked = [&seen](const wallet_hit& w) { return without_checksum(seen.view().substr(w.where.begin, static_cast<std::size_t>(w.where.end - w.where.begin))); };
  wallets.erase(std::remove_if(wallets.begin(), wallets.end(), unchecked), wallets.end());
}

}  // namespace sluice::inspect
