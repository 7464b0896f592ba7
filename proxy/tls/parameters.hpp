// Internal to proxy/tls: which cipher suites and groups are spoken, and in which order.
#pragma once
#include <cstdint>
#include <vector>

#include "tls/context.hpp"

namespace sluice::tls {

// Terminated by 0, as mbedTLS wants them.
std::vector<int> suite_list(cipher_order order);
const std::uint16_t* signature_list() noexcept;
std::vector<std::uint16_t> group_list(const std::vector<group>& wanted);

// "TLS_AES_128_GCM_SHA256"; empty for a suite that is not on the list.
const char* suite_name(int id) noexcept;
unsigned suite_key_bits(int id) noexcept;

bool cpu_has_aes() noexcept;

}  // namespace sluice::tls
