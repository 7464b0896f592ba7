// Work that must not happen inside the program: Argon2id (its memory would count against the mail side), and whatever
// reads hostile bytes with a parser that may crash. A child of the same binary (`sluice internal KIND`, helper_child)
// reads its input from standard input and answers on standard output, under rlimits and a seccomp filter; a crash, a
// kill or a deadline is an answer that did not come, nothing more. One child at a time, a few wait, others are told busy.
//
// On the control loop only.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "net/io.hpp"

namespace sluice::gateway {

enum class helper_kind : std::uint8_t { hash, parse, request, derive };
const char* name_of(helper_kind k);  // the argument of `sluice internal`

inline constexpr std::uint64_t helper_work_octets = 8 << 20;  // address space of a child beyond what the started program has
inline constexpr std::size_t helper_queue = 4;               // that wait for the one that runs
inline constexpr std::size_t helper_input_octets = 128 * 1024;
inline constexpr std::size_t helper_output_octets = 512 * 1024;
inline constexpr std::chrono::milliseconds helper_deadline{15'000};   // of one child
inline constexpr std::chrono::milliseconds request_deadline{180'000};  // one that makes a key: RSA takes that long on a small CPU
inline constexpr std::chrono::milliseconds helper_queue_wait{10'000};  // then: busy

struct helper_result {
  enum class state : std::uint8_t { answered, busy, failed } what = state::failed;
  std::string output;  // when answered
  std::string why;     // when failed, for the log
  bool ok() const { return what == state::answered; }
};

class helper_process {
 public:
  explicit helper_process(net::asio::io_context& loop) : loop_(loop) {}

  net::awaitable<helper_result> run(helper_kind kind, std::string input);
  bool is_full() const { return waiting_ >= helper_queue; }  // one more is told busy at once

 private:
  net::awaitable<helper_result> talk(net::tcp_socket socket, std::string input, std::chrono::milliseconds longest);

  net::asio::io_context& loop_;
  std::size_t waiting_ = 0;
  bool busy_ = false;
};

// `sluice internal KIND`: never returns to anything but the exit of the child.
int run_internal(const char* kind);

}  // namespace sluice::gateway
