#include "firmware/gateway/commands/mail_filer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>

#include "core/concat.hpp"
#include "smtp/server_session.hpp"

namespace sluice::gateway {
namespace {

namespace asio = net::asio;
using smtp::event;

constexpr std::size_t buffer_bytes = 64 * 1024;

// One message on its way into the Maildir: written in tmp, seen in new when it is whole and on disk.
class maildir_file {
 public:
  explicit maildir_file(std::string folder) : folder_(std::move(folder)) {}
  ~maildir_file() { abandon(); }
  maildir_file(const maildir_file&) = delete;
  maildir_file& operator=(const maildir_file&) = delete;

  void write(byte_view text) {
    if (fd_ < 0 && !failed_) open();
    while (!failed_ && !text.empty()) {
      const ssize_t n = ::write(fd_, text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      failed_ = n < 0;
      if (!failed_) text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  bool deliver() {
    write({});
    const std::string to = concat(folder_, "/new/", name_);
    const bool good = !failed_ && ::fsync(fd_) == 0 && ::rename(path().c_str(), to.c_str()) == 0;
    if (good) {
      ::close(fd_);
      fd_ = -1;
    }
    abandon();
    return good;
  }
  void abandon() {
    if (fd_ >= 0) {
      ::close(fd_);
      ::unlink(path().c_str());
    }
    fd_ = -1;
    failed_ = false;
  }

 private:
  std::string path() const { return concat(folder_, "/tmp/", name_); }
  void open() {
    static unsigned count = 0;
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    name_ = concat(std::to_string(now.tv_sec), ".M", std::to_string(now.tv_nsec / 1000), "P", std::to_string(::getpid()), "Q",
            std::to_string(++count), ".sluice");
    fd_ = ::open(path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    failed_ = fd_ < 0;
  }

  std::string folder_, name_;
  int fd_ = -1;
  bool failed_ = false;
};

smtp::server_options session_options(const filer_options& o) {
  smtp::server_options out;
  out.hostname = o.hostname;
  using smtp::extension;
  for (const extension e : {extension::pipelining, extension::size, extension::eight_bit_mime, extension::smtputf8,
                            extension::dsn, extension::enhanced_status, extension::chunking})
    out.offered.add(e);
  out.offered.size_limit = o.max_message_bytes;
  return out;
}

bool takes(const filer_options& o, byte_view domain) {
  if (o.domains.empty()) return true;
  for (const std::string& d : o.domains)
    if (smtp::same_domain(d, domain)) return true;
  return false;
}

// Answers what waits for an answer, except the end of a message.
void answer(smtp::server_session& session, const smtp::step& s, const filer_options& options) {
  switch (s.what) {
    case event::rcpt:
      if (takes(options, session.rcpt().to.address.domain))
        session.accept();
      else
        session.reply(smtp::cause::relaying_denied);
      return;
    case event::starttls:
      return session.reply(smtp::cause::tls_already);
    case event::xclient:
      return session.reply(smtp::cause::xclient_denied);
    case event::helo:
    case event::ehlo:
    case event::mail:
    case event::data:
    case event::rset:
    case event::quit:
    case event::chunk_end:
      return session.accept();
    default:
      return;
  }
}

}  // namespace

std::string mail_filer::prepare() const {
  for (const std::string& folder : {options_.maildir, concat(options_.maildir, "/tmp"), concat(options_.maildir, "/new"), concat(options_.maildir, "/cur")})
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return concat(folder, ": ", std::strerror(errno));
  return {};
}

net::error_code mail_filer::listen(const asio::ip::tcp::endpoint& where) {
  net::error_code ec;
  acceptor_ = std::make_unique<net::tcp_acceptor>(loop_.get_executor());
  acceptor_->open(where.protocol(), ec);
  if (!ec) acceptor_->set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor_->bind(where, ec);
  if (!ec) acceptor_->listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return ec;
  auto work = accept_loop();
  asio::co_spawn(loop_, std::move(work), asio::detached);
  return {};
}

net::awaitable<void> mail_filer::accept_loop() {
  for (;;) {
    net::tcp_socket socket(loop_.get_executor());
    [[maybe_unused]] const auto [ec] = co_await acceptor_->async_accept(socket, net::use);
    if (ec == asio::error::operation_aborted) co_return;
    if (ec) continue;
    auto work = serve(std::move(socket));
    asio::co_spawn(loop_, std::move(work), asio::detached);
  }
}

net::awaitable<void> mail_filer::serve(net::tcp_socket socket) {
  auto session = std::make_unique<smtp::server_session>(session_options(options_));
  const auto buffer = std::make_unique<std::array<char, buffer_bytes>>();
  maildir_file file(options_.maildir);
  byte_span in(buffer->data(), 0);
  session->greet();
  for (;;) {
    const smtp::step s = session->next(in);
    if (s.what == event::content) file.write(s.text);
    if (s.what == event::rset || s.what == event::mail) file.abandon();
    if (s.what == event::content_end) {
      if (s.fault != smtp::cause::none)
        session->accept();  // becomes the refusal
      else if (file.deliver())
        session->accept();
      else
        session->reply(smtp::cause::storage_full);
      file.abandon();
    }
    answer(*session, s, options_);
    const bool ends = s.what == event::closed;
    if (s.what != event::need_input && s.what != event::need_flush && !ends) continue;
    while (!session->output().empty()) {
      const byte_view out = session->output();
      const auto [ec, n] = co_await socket.async_write_some(asio::buffer(out.data(), out.size()), net::use);
      if (ec) co_return;
      session->consume_output(n);
    }
    if (ends) co_return;
    if (s.what == event::need_flush) continue;
    std::memmove(buffer->data(), in.data(), in.size());
    const std::size_t kept = in.size();
    const auto [ec, n] = co_await socket.async_read_some(asio::buffer(buffer->data() + kept, buffer->size() - kept), net::use);
    if (ec) co_return;
    in = byte_span(buffer->data(), kept + n);
  }
}

}  // namespace sluice::gateway
