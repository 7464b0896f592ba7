// A passphrase for a command: from a file, or asked at the terminal without showing it.
#pragma once
#include <optional>
#include <string>

namespace sluice::gateway {

// The first line of `file`; "-" is standard input; empty: asked at the terminal, `twice` when it is a new one. Nothing,
// and why on standard error, when there is none.
std::optional<std::string> read_passphrase(const std::string& file, bool twice);

}  // namespace sluice::gateway
