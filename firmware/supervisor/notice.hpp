// What the service says of itself: one datagram of the sd_notify protocol, lines of NAME=VALUE. Pure text.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::supervisor {

inline constexpr std::size_t notice_bytes = 2048, part_name_bytes = 64;

struct notice {
  bool ready = false, alive = false, stopping = false;  // READY=1, WATCHDOG=1, STOPPING=1
  bool confirmed = false;                               // X_SLUICE_CONFIRMED=1: another generation is the confirmed one
  std::optional<std::string> status;                    // STATUS=
  std::optional<std::string> stuck;                     // X_SLUICE_STUCK=: the part that does not beat
  std::optional<std::uint64_t> memory_bytes;            // X_SLUICE_MEMORY=: what the generation in force may take, kernel's share included
};

notice read_notice(std::string_view datagram);  // unknown lines are passed over: the protocol grows

}  // namespace sluice::supervisor
