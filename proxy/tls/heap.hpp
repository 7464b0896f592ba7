// The heap that mbedTLS allocates from: malloc, counted against one process-wide budget. When the budget is used up the
// allocation fails, mbedTLS reports it, and the session concerned ends with errc::out_of_memory; nobody else notices.
// Threads take from the budget in steps (limits::heap_thread_step_bytes), because one handshake makes about ten
// thousand allocations and an atomic operation for each would show.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/gauge.hpp"

namespace sluice::tls::heap {

// Installs the heap and starts the crypto library. Call once, before any other function of this module and before a
// second thread exists; a further call only changes the limit (tests). False: the library could not start (no entropy).
bool install(std::uint64_t limit_bytes);

// The budget row: bytes in use (as malloc rounds them), high-water mark, refusals, limit.
const gauge& usage();

// Gives what the calling thread holds in advance back to the budget; the gauge is then exact for this thread.
void settle();

// Counted blocks for this module's own per-session state. Zeroed; nullptr when the budget is used up.
void* allocate(std::size_t bytes) noexcept;
void release(void* block) noexcept;

struct releaser {
  void operator()(void* block) const noexcept { release(block); }
};
using block = std::unique_ptr<char[], releaser>;

}  // namespace sluice::tls::heap
