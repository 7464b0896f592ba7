// Ethereum addresses in letters of one case: nothing in them tells that they are none of the many other hashes, so that they
// count beside words of coins only, and less. (detect_wallet.cpp)
#pragma once
#include "core/bytes.hpp"
#include "inspect/signals.hpp"

namespace sluice::inspect {

bool without_checksum(byte_view address);
void drop_unchecked(const folded& seen, fixed_vector<wallet_hit, 2>& wallets);

// Of the points for an address.
inline int certain_percent(byte_view address) { return without_checksum(address) ? 50 : 100; }

}  // namespace sluice::inspect
