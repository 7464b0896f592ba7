// Whether the time of day can be believed, for those who judge by it: the end of a signature or of a certificate. A fact
// of the machine, so there is one in the process; firmware/gateway sets it. True until somebody says otherwise.
#pragma once
#include <atomic>

namespace sluice::wall_clock {

inline std::atomic<bool> believed{true};

inline bool is_trusted() { return believed.load(std::memory_order_relaxed); }
inline void trust(bool yes) { believed.store(yes, std::memory_order_relaxed); }

}  // namespace sluice::wall_clock
