// Wallets that are no whole address with a checksum. An Ethereum address in letters of one case has nothing in it that tells
// it from the many other hashes: it counts beside words of coins only, and less. (detect_wallet.cpp)
#pragma once
#include "core/bytes.hpp"
#include "inspect/signals.hpp"

namespace sluice::inspect {

// Addresses in pieces, into what find_wallets left room for. Two pieces of each have digits and letters.
void find_split_wallets(const folded& view, fixed_vector<wallet_hit, 2>& out);

bool without_checksum(byte_view address);
void drop_unchecked(const folded& seen, fixed_vector<wallet_hit, 2>& wallets);

// Of the points for an address.
inline int certain_percent(byte_view address) { return without_checksum(address) ? 50 : 100; }

}  // namespace sluice::inspect
