// `sluice auth --batch`: messages with their envelope and DNS records as JSON lines in, results as JSON lines out. The
// fields are documented in sluice-auth(1).
#pragma once
#include <iosfwd>

namespace sluice::gateway {

// Reads lines until the end; every line gets one line, in order, flushed. Returns how many could not be worked on; those
// have an "error" member.
int run_auth_batch(std::istream& in, std::ostream& out);

}  // namespace sluice::gateway
