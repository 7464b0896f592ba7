#include "firmware/gateway/system/supervisor_client.hpp"

#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <memory>

namespace sluice::gateway {
namespace {

namespace asio = net::asio;
using local_socket = asio::basic_stream_socket<asio::local::stream_protocol, net::executor>;

constexpr std::chrono::milliseconds tick{250};

// Shared with the timer's handler, which may come after everything else is over.
struct talk {
  talk(asio::io_context& loop, const std::atomic<bool>* s) : socket(loop.get_executor()), timer(loop.get_executor()), stopping(s) {}
  bool is_over() const { return done || late || stopped; }
  local_socket socket;
  net::timer timer;
  const std::atomic<bool>* stopping;
  net::clock::time_point until{};
  bool done = false, late = false, stopped = false;
};

// Looks several times a second: a program that stops does not wait for an installation.
void watch(const std::shared_ptr<talk>& t) {
  t->timer.expires_after(tick);
  t->timer.async_wait([t](const net::error_code& ec) {
    if (ec || t->is_over()) return;
    t->late = net::clock::now() >= t->until;
    t->stopped = t->stopping != nullptr && t->stopping->load(std::memory_order_relaxed);
    if (!t->is_over()) return watch(t);
    net::error_code ignored;
    t->socket.cancel(ignored);
  });
}

struct end_of_talk {
  std::shared_ptr<talk> t;
  explicit end_of_talk(std::shared_ptr<talk> of) : t(std::move(of)) {}
  ~end_of_talk() {
    t->done = true;
    t->timer.cancel();
  }
};

supervisor_answer unanswered(std::string why) {
  supervisor_answer out;
  out.text = std::move(why);
  return out;
}

std::string words_for(const talk& t, const net::error_code& ec) { return t.stopped ? "the program is stopping" : t.late ? "the supervisor did not answer in time" : "the supervisor: " + ec.message(); }

}  // namespace

std::string supervisor_socket() {
  const char* const named = std::getenv("SLUICE_SUPERVISOR");
  return named != nullptr && *named != '\0' ? named : "/run/sluice/supervisor.sock";
}

bool supervisor_client::exists() const {
  struct stat info {};
  return ::stat(path_.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

net::awaitable<supervisor_answer> supervisor_client::ask(asio::io_context& loop, std::string verb, named_values values, std::chrono::milliseconds silence,
                                                         progress_taker progress) const {
  const std::string line = request_line(verb, values);
  if (line.empty()) co_return unanswered("the request is too long for the supervisor");
  if (path_.size() >= sizeof(sockaddr_un::sun_path)) co_return unanswered("the path of the supervisor's socket is too long");
  const auto t = std::make_shared<talk>(loop, stopping_);
  const end_of_talk end(t);
  t->until = net::clock::now() + silence;
  watch(t);
  const asio::local::stream_protocol::endpoint where(path_);
  auto [connected] = co_await t->socket.async_connect(where, net::use);
  if (connected) co_return unanswered(words_for(*t, connected));
  auto [sent, written] = co_await asio::async_write(t->socket, asio::buffer(line), net::use);
  line_cutter lines;
  std::array<char, 2048> piece;
  net::error_code ec = sent;
  for (std::size_t n = 0; !ec && n < supervisor_lines;) {
    while (const auto text = lines.next()) {
      ++n;
      auto one = read_line(*text);
      if (!one) co_return unanswered("the supervisor gave an answer that makes no sense");
      if (one->what == supervisor_line::kind::progress) {
        t->until = net::clock::now() + silence;
        if (progress) progress(one->percent, one->text);
        continue;
      }
          supervisor_answer out;
      out.answered = true;
      out.good = one->what == supervisor_line::kind::ok;
      out.code = std::move(one->code);
      out.text = std::move(one->text);
      out.values = std::move(one->values);
      co_return out;
    }
    if (lines.too_long()) break;
    auto [read_ec, got] = co_await t->socket.async_read_some(asio::buffer(piece), net::use);
    ec = read_ec;
    if (!ec) lines.feed({piece.data(), got});
  }
  if (ec == asio::error::eof) co_return unanswered("the supervisor ended the connection without an answer");
  co_return unanswered(ec ? words_for(*t, ec) : "the supervisor gave an answer that makes no sense");
}

supervisor_answer supervisor_client::ask_now(const std::string& verb, const named_values& values, std::chrono::milliseconds silence) const {
  asio::io_context loop(1);
  supervisor_answer out;
  auto work = ask(loop, verb, values, silence);
  asio::co_spawn(loop, std::move(work), [&out](std::exception_ptr fault, supervisor_answer a) {
    if (!fault) out = std::move(a);
  });
  loop.run();
  return out;
}

}  // namespace sluice::gateway
