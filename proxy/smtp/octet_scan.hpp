// The fast path of the content scanners and of the dot stuffer: skips octets in which no pair needs a decision. 16
// octets at a time with vector instructions where the target has them (SSE2, NEON, AArch64), otherwise 8 at a time in
// a 64-bit word. All variants give results that the scanners cannot tell apart; the test compares them.
#pragma once
#include "core/bytes.hpp"

namespace sluice::smtp {

// How many octets from `p` on may be passed over: up to the first one that is NUL, or LF without a CR before it or the
// other way round, or (with stop_at_dots) a '.' behind an LF; `n` when there is none. p[-1] must be readable and be the
// octet before p[0].
std::size_t ordinary_run(const char* p, std::size_t n, bool stop_at_dots);
// The same without vector instructions; for the test and the bench.
std::size_t ordinary_run_portable(const char* p, std::size_t n, bool stop_at_dots);

}  // namespace sluice::smtp
