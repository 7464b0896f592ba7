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

// The limit alone, from any thread: a configuration that is applied while sessions run.
void set_limit(std::uint64_t limit_bytes);

// The budget row: bytes in use (as malloc rounds them), high-water mark, refusals, limit.
const gauge& usage();

// Gives what the calling thread holds in advance back to the budget; the gauge is then exact for this thread.
void settle();

// For measurements: octets that the calling thread has taken less those it has freed, and the highest such figure since
// mark_here().
struct thread_use {
  std::int64_t now = 0, high = 0;
};
thread_use use_here();
void mark_here();

// How many allocations of the calling thread have been refused so far: tells "no memory" from what mbedTLS makes of it.
std::uint64_t refusals_here();

// Counted blocks for this module's own per-session state. Zeroed; nullptr when the budget is used up.
void* allocate(std::size_t bytes) noexcept;
void release(void* p) noexcept;

struct releaser {
  void operator()(void* p) const noexcept { release(p); }
};
using block = std::unique_ptr<char[], releaser>;

}  // namespace sluice::tls::heap
