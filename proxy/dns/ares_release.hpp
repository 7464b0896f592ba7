// What releases of c-ares do differently, and the library's state that is the process'. For ares_*.cpp alone.
#pragma once
#ifndef CARES_NO_DEPRECATED
#define CARES_NO_DEPRECATED 1  // ares_query() gives the octets of the answer, in old and new releases alike
#endif
#include <ares.h>

#include <algorithm>
#include <chrono>

#if ARES_VERSION >= 0x012000
#define SLUICE_ARES_PACES_ITSELF 1
#else
#define SLUICE_ARES_PACES_ITSELF 0
#endif

namespace sluice::dns {

// From 1.32 on it reads answers itself, into large buffers, and one that it cannot read ends every question of its socket.
inline constexpr bool ares_gives_up_together = SLUICE_ARES_PACES_ITSELF != 0;

// From 1.32 on a try lasts five times as long as the server's answers took so far, at least 250 ms, and each further one
// twice as long: as many tries as fill nine tenths of `all`. Against a server that nothing is known of yet each lasts `longest`.
inline int tries_for(std::chrono::milliseconds all, std::chrono::milliseconds longest) {
  constexpr int most = 10;
  int tries = 0;
  std::chrono::milliseconds sum{0}, next{250};
  for (; sum * 10 < all * 9 && tries < most; ++tries) {
    sum += std::min(next, longest);
    next *= 2;
  }
  return std::max(tries, 1);
}

// Makes the library ready, unless count_ares_heap() has; false when that fails.
bool open_ares();

}  // namespace sluice::dns
