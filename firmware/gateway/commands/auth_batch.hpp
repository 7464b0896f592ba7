// `sluice auth --batch`: messages with their envelope and DNS records as JSON lines in, results as JSON lines out. The
// fields are documented in sluice-auth(1).
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

namespace sluice::gateway {

// Where lines without "records" take them from.
struct batch_network {
  std::vector<std::string> servers;  // none: the system's
  int seconds = 20;                  // for the lookups of one message
};

// Reads lines until the end; every line gets one line, in order, flushed. Returns how many could not be worked on; those
// have an "error" member.
int run_auth_batch(std::istream& in, std::ostream& out, const batch_network& network);

}  // namespace sluice::gateway
