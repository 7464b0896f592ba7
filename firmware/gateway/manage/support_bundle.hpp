// What a support bundle holds, one text after the other, and what is left out of it: secrets, addresses, subjects and
// words of mail. Nobody reads a bundle before it leaves the box, so its texts are made of what is known to be harmless.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "config/model.hpp"

namespace sluice::gateway {

inline constexpr std::size_t support_file_octets = 48 * 1024;  // of one file; longer ones are cut at their beginning

// The configuration as TOML with every key. Values of kinds that can hold no secret stand there; of others only what is
// left without addresses of people, user names and queries.
std::string support_config(const config::model& m);

// The words with '@' become '*': addresses of people, and user names in web addresses.
std::string without_addresses(std::string_view text);

// Files of /proc that say how the machine and the process are; none holds command lines or environments.
std::string support_machine();

}  // namespace sluice::gateway
