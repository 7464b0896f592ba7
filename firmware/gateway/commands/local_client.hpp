// One request to the running program on this machine, over its control socket: what commands use that act through the
// same routes as the API. Blocking, for commands only. The socket answers to root and to the program's own user.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "firmware/gateway/http_answer.hpp"

namespace sluice::gateway {

inline constexpr std::size_t local_reply_octets = 8 * 1024 * 1024;
inline constexpr int local_timeout_s = 200;  // without a byte from the program: an RSA key takes that long on a small CPU

struct local_reply {
  unsigned status = 0;
  std::string body, etag, content_type;
  bool is_good() const { return status >= 200 && status < 300; }
};

class local_client {
 public:
  explicit local_client(std::string data_directory) : socket_(std::move(data_directory) + "/control.sock") {}

  // Nothing when there is no answer, and why in error(). With `take` the body of a good one never lies in memory as a whole.
  std::optional<local_reply> ask(std::string_view method, std::string_view target, std::string_view body = {},
                                 const std::vector<std::pair<std::string, std::string>>& fields = {}, const piece_taker& take = nullptr);
  // The same with a file as the body, which is never in memory as a whole; told how much of it is gone. By POST.
  std::optional<local_reply> upload(std::string_view target, int file, std::uint64_t octets, const std::function<void(std::uint64_t)>& progress);
  const std::string& error() const { return error_; }

 private:
  int connect();
  std::optional<local_reply> read_reply(int fd, bool sent, const piece_taker& take);

  std::string socket_, error_;
};

}  // namespace sluice::gateway
