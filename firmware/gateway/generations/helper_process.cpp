#include "firmware/gateway/generations/helper_process.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>

namespace sluice::gateway {
namespace {

constexpr std::chrono::milliseconds turn_poll{20};
constexpr std::string_view answered = "ok\n";  // an answer begins with it and ends with the end of the stream

helper_result failed(std::string why) { return {helper_result::state::failed, {}, std::move(why)}; }

// The child has `theirs` as standard input and output and nothing else open but standard error.
int spawn(helper_kind kind, int theirs, pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, theirs, 0);
  posix_spawn_file_actions_adddup2(&actions, theirs, 1);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  std::string program = "sluice", internal = "internal", what = name_of(kind);
  std::array<char*, 4> words{program.data(), internal.data(), what.data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  const int error = ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, words.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

struct turn {  // gives the place of the one that runs back
  bool& busy;
  ~turn() { busy = false; }
};

struct child_end {
  pid_t child;
  ~child_end() {
    ::kill(child, SIGKILL);  // it has answered, or never will
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
};

}  // namespace

const char* name_of(helper_kind k) {
  switch (k) {
    case helper_kind::hash: return "hash";
    case helper_kind::parse: return "parse";
    case helper_kind::request: return "request";
    case helper_kind::derive: return "derive";
  }
  return "";
}

net::awaitable<helper_result> helper_process::run(helper_kind kind, std::string input) {
  if (input.size() > helper_input_octets) co_return failed("the input is too large");
  if (waiting_ >= helper_queue) co_return helper_result{helper_result::state::busy, {}, {}};
  const auto latest = net::clock::now() + helper_queue_wait;
  ++waiting_;
  net::timer wait(loop_.get_executor());
  while (busy_ && net::clock::now() < latest) {
    wait.expires_after(turn_poll);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
  }
  --waiting_;
  if (busy_) co_return helper_result{helper_result::state::busy, {}, {}};
  busy_ = true;
  const turn mine{busy_};
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) co_return failed(std::strerror(errno));
  net::tcp_socket socket(loop_.get_executor());  // reads and writes do not look at the family
  net::error_code ec;
  socket.assign(net::asio::ip::tcp::v4(), ends[0], ec);
  pid_t child = -1;
  const int error = spawn(kind, ends[1], child);
  ::close(ends[1]);
  if (error != 0) co_return failed(std::strerror(error));
  const child_end end{child};
  helper_result out = co_await talk(std::move(socket), std::move(input), kind == helper_kind::request ? request_deadline : helper_deadline);
  co_return out;
}

net::awaitable<helper_result> helper_process::talk(net::tcp_socket socket, std::string input, std::chrono::milliseconds longest) {
  net::timer deadline(loop_.get_executor());
  deadline.expires_after(longest);
  bool late = false;
  deadline.async_wait([&socket, &late](net::error_code ec) {
    if (ec) return;
    late = true;
    socket.cancel(ec);
  });
  auto [sent, written] = co_await net::asio::async_write(socket, net::asio::buffer(input), net::use);
  net::error_code ec = sent;
  socket.shutdown(net::tcp_socket::shutdown_send, ec);
  ec = sent;
  std::string out;
  std::array<char, 4096> piece;
  while (!ec && out.size() <= helper_output_octets) {
    auto [e, n] = co_await socket.async_read_some(net::asio::buffer(piece), net::use);
    ec = e;
    out.append(piece.data(), n);
  }
  // The timer refers to this frame: its handler must have run, or never run, before the frame goes.
  deadline.cancel();
  net::timer settle(loop_.get_executor());
  settle.expires_after(std::chrono::milliseconds(0));
  [[maybe_unused]] auto [ignored] = co_await settle.async_wait(net::use);
  if (late) co_return failed("the helper took too long");
  if (ec != net::asio::error::eof || !out.starts_with(answered)) co_return failed("the helper ended without an answer");
  out.erase(0, answered.size());
  co_return helper_result{helper_result::state::answered, std::move(out), {}};
}

}  // namespace sluice::gateway
