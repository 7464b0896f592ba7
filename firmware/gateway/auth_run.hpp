// One stored message through sender authentication, outside of the gateway: what `sluice auth` and its batch mode do.
#pragma once
#include <string>
#include <string_view>

#include "auth/checker.hpp"

namespace sluice::gateway {

// Line ends as they travel: when the first line ends with LF alone, every bare LF becomes CRLF. A leading mbox "From "
// line goes.
std::string as_transmitted(std::string_view stored);

// begin() to finish(). `pump` is called whenever there may be new questions.
template <class Pump>
void run_message(auth::checker& c, const auth::options& options, const auth::envelope& from, std::string_view message,
                 Pump&& pump) {
  c.begin(options, from);
  pump(c);
  std::size_t end = message.find("\r\n\r\n");
  if (message.substr(0, 2) == "\r\n") end = 0;
  else if (end != std::string_view::npos) end += 2;
  else end = message.size();
  const byte_view header = message.substr(0, end);
  c.on_header({&header, 1});
  pump(c);
  c.feed(message.substr(std::min(end + 2, message.size())));
  c.finish();
  pump(c);
}

}  // namespace sluice::gateway
