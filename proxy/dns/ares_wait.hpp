// When c-ares wants to look at its queries again.
#pragma once
#include <ares.h>
#include <sys/time.h>

#include <chrono>
#include <optional>

namespace sluice::dns {

// Nothing when there is nothing to wait for. On 32-bit ARM the library's struct timeval may be smaller than ours (a time_t of
// 32 bits in Debian 12's, of 64 here), so there it is asked often enough instead.
inline std::optional<std::chrono::microseconds> next_look(ares_channel channel) {
  if constexpr (sizeof(void*) == 4) return std::chrono::milliseconds(100);
  timeval room{}, most{1, 0};
  const timeval* next = ares_timeout(channel, &most, &room);
  if (next == nullptr) return std::nullopt;
  return std::chrono::seconds(next->tv_sec) + std::chrono::microseconds(next->tv_usec);
}

}  // namespace sluice::dns
