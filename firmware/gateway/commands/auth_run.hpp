// One stored message through sender authentication, outside of the gateway: what `sluice auth` and its batch mode do.
#pragma once
#include <string>
#include <string_view>

#include "auth/checker.hpp"
#include "firmware/gateway/commands/auth_lookups.hpp"

namespace sluice::gateway {

// Line ends as they travel: when the first line ends with LF alone, every bare LF becomes CRLF. A leading mbox "From "
// line goes.
std::string as_transmitted(std::string_view stored);

// begin() to finish(), with lookups whenever there may be questions; at the end every result is settled.
void run_message(auth::checker& c, const auth::options& options, const auth::envelope& from, std::string_view message,
                 auth_lookups& lookups);

// The header of a stored message with its last CRLF, without the empty line.
std::string_view header_of(std::string_view message);

}  // namespace sluice::gateway
