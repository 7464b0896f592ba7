// Pull mode: fetches a generation from a web server by HTTPS, again and again, and offers it as a push like any other. It
// must be signed, and its test mails confirm it. Failures are told once per change, not once per try.
#pragma once
#include <cstdint>
#include <string>

#include "firmware/gateway/generations/generation_keeper.hpp"
#include "firmware/gateway/trust/https_client.hpp"

namespace sluice::gateway {

inline constexpr unsigned pull_most_backoff = 8;                   // intervals between tries while it fails
inline constexpr std::chrono::seconds pull_first_wait{5};          // after the start, or a change of the settings
inline constexpr std::chrono::milliseconds pull_time{30'000};      // for one request

class generation_puller {
 public:
  generation_puller(net::worker& home, generation_keeper& keeper) : home_(home), keeper_(keeper) {}

  net::awaitable<void> run();  // until the program stops

 private:
  // Empty: taken, or in force already. Otherwise what went wrong; nothing: the text is the one that was seen before.
  net::awaitable<std::optional<std::string>> fetch(const config::pull_settings& from);
  net::awaitable<https_answer> ask(const config::pull_settings& from, bool signature);
  void tell(const std::string& why);

  net::worker& home_;
  generation_keeper& keeper_;
  std::string etag_, seen_;  // of the text that was offered last, whatever became of it
  std::string told_ = "-";   // the last outcome in the log
  bool reached_ = false;     // the server answered, whatever became of it
};

}  // namespace sluice::gateway
