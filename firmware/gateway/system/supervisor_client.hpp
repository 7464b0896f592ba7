// Asks the supervisor for what needs root: one request per connection to its control socket. Where there is no such socket
// this is no appliance, and everything that would need one says so.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "firmware/gateway/system/supervisor_line.hpp"
#include "net/io.hpp"

namespace sluice::gateway {

inline constexpr std::chrono::milliseconds supervisor_patience{10'000};  // without a line, for verbs that answer at once

struct supervisor_answer {
  bool answered = false;   // false: `text` says why nobody did
  bool good = false;
  std::string code, text;  // of an error
  named_values values;     // of ok
};

// The environment variable SLUICE_SUPERVISOR, or /run/sluice/supervisor.sock.
std::string supervisor_socket();

class supervisor_client {
 public:
  using progress_taker = std::function<void(unsigned percent, const std::string& text)>;

  explicit supervisor_client(std::string path) : path_(std::move(path)) {}

  // When it is set, questions that wait end.
  void heed(const std::atomic<bool>& stopping) { stopping_ = &stopping; }
  bool exists() const;
  const std::string& path() const { return path_; }
  // On the loop that is given. `silence`: the longest time without a line.
  net::awaitable<supervisor_answer> ask(net::asio::io_context& loop, std::string verb, named_values values,
                                        std::chrono::milliseconds silence = supervisor_patience, progress_taker progress = nullptr) const;
  // The same where no loop runs yet.
  supervisor_answer ask_now(const std::string& verb, const named_values& values, std::chrono::milliseconds silence = supervisor_patience) const;

 private:
  std::string path_;
  const std::atomic<bool>* stopping_ = nullptr;
};

}  // namespace sluice::gateway
