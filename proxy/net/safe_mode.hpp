// The process was started in safe mode (it kept failing before): no content is inspected, so that nothing that may be
// the reason is touched. [safe_mode] decides: MAIL gets a temporary reply, or what comes is forwarded as "unscanned" with
// the cause safe-mode. A fact of the process, set once before the loops run.
#pragma once
#include <atomic>
#include <cstdint>

namespace sluice::net {

enum class safe_mode : std::uint8_t { off, defer, forward };
inline std::atomic<safe_mode> safe_mode_now{safe_mode::off};
inline bool without_inspection() { return safe_mode_now.load(std::memory_order_relaxed) != safe_mode::off; }

}  // namespace sluice::net
