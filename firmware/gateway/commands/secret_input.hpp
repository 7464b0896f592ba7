// A passphrase or password for a command: from a file, or asked at the terminal without showing it.
#pragma once
#include <optional>
#include <string>

namespace sluice::gateway {

// The first line of `file`; "-" is standard input; empty: asked at the terminal, `twice` when it is a new one. Nothing,
// and why on standard error, when there is none.
// `word` is what it is called, and --WORD-file the option that names the file.
std::optional<std::string> read_secret(const char* word, const std::string& file, bool twice);

}  // namespace sluice::gateway
