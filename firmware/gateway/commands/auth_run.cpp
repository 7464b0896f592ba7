// Stored messages; see auth_run.hpp.
#include "firmware/gateway/commands/auth_run.hpp"

#include <algorithm>

namespace sluice::gateway {

std::string as_transmitted(std::string_view stored) {
  if (stored.substr(0, 5) == "From ") stored.remove_prefix(std::min(stored.find('\n'), stored.size() - 1) + 1);
  const std::size_t first = stored.find('\n');
  if (first == std::string_view::npos || (first != 0 && stored[first - 1] == '\r')) return std::string(stored);
  std::string out;
  out.reserve(stored.size() + stored.size() / 32);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] == '\n' && (i == 0 || stored[i - 1] != '\r')) out += '\r';
    out += stored[i];
  }
  return out;
}

std::string_view header_of(std::string_view message) {
  if (message.substr(0, 2) == "\r\n") return {};
  const std::size_t end = message.find("\r\n\r\n");
  return end == std::string_view::npos ? message : message.substr(0, end + 2);
}

void run_message(auth::checker& c, const auth::options& options, const auth::envelope& from, std::string_view message,
                 auth_lookups& lookups) {
  const auto serve = [&] {
    if (!lookups.serve(c)) c.expire();
  };
  c.begin(options, from);
  serve();
  const byte_view header = header_of(message);
  c.on_header({&header, 1});
  serve();
  c.feed(message.substr(std::min(header.size() + 2, message.size())));
  c.finish();
  serve();
}

}  // namespace sluice::gateway
