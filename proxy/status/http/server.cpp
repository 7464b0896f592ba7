#include "status/http/server.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cerrno>
#include <cstring>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "status/http/connection.hpp"

namespace sluice::status {
namespace {

namespace asio = net::asio;
using net::use;

constexpr std::chrono::milliseconds slot_wait{50};
constexpr int slot_waits = 60;  // 3 s
constexpr std::string_view local_client = "local";
constexpr int backlog = 16;

std::string why(int error) { return std::strerror(error); }

}  // namespace

web_server::web_server(net::worker& home, server_options options, const web_routes& routes, gate& at)
    : home_(home),
      options_(std::move(options)),
      routes_(routes),
      gate_(at),
      slots_(options_.sessions),
      local_slots_(local_slots),
      bodies_(body_pool_octets),
      local_(home.loop().get_executor()) {}

web_server::~web_server() {
  if (local_.is_open()) ::unlink(options_.control_socket.c_str());
}

void web_server::use_certificates(std::shared_ptr<const tls::server_context> context) { context_ = std::move(context); }

std::string web_server::listen() {
  if (!options_.control_socket.empty()) {
    std::string error = listen_local();
    if (!error.empty()) log::line(log::level::warning, "control-socket").with("path", options_.control_socket).with("why", error);
  }
  return options_.address.empty() ? std::string() : listen_on(options_.address, options_.port);
}

std::string web_server::listen_on(const std::string& address, std::uint16_t port) {
  if (listens_on(address, port)) return {};
  net::error_code ec;
  const asio::ip::tcp::endpoint at(asio::ip::make_address(address, ec), port);
  auto f = std::make_shared<face>(home_.loop().get_executor(), address, port);
  if (!ec) f->acceptor.open(at.protocol(), ec);
  if (!ec) f->acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) f->acceptor.bind(at, ec);
  if (!ec) f->acceptor.listen(backlog, ec);
  if (ec) return concat(address, ":", std::to_string(port), ": ", ec.message());
  faces_.push_back(f);
  if (!started_) return {};
  auto work = accept(std::move(f));
  asio::co_spawn(home_.loop(), std::move(work), asio::detached);
  return {};
}

bool web_server::listens_on(const std::string& address, std::uint16_t port) const {
  return std::ranges::any_of(faces_, [&](const auto& f) { return f->address == address && f->port == port; });
}

void web_server::keep_only(const std::string& address, std::uint16_t port) {
  faces_.remove_if([&](const auto& f) {
    if (f->address == address && f->port == port) return false;
    net::error_code ignored;
    f->acceptor.close(ignored);
    return true;
  });
}

void web_server::set_limits(std::size_t sessions, std::chrono::milliseconds request_timeout) {
  options_.sessions = sessions;
  options_.request_timeout = request_timeout;
  slots_.set_limit(sessions);
}

// A socket that a killed process left behind is replaced. The descriptor lives in a TCP acceptor: all it does with it
// is accept, read, write and wait, which do not look at the family, and so there is one kind of connection.
std::string web_server::listen_local() {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const std::string& path = options_.control_socket;
  // By the folder's descriptor: an address holds no more than 107 octets.
  const std::size_t slash = path.rfind('/');
  const int folder = ::open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return why(errno);
  const std::string short_path = concat("/proc/self/fd/", std::to_string(folder), "/", path.substr(slash + 1));
  std::memcpy(at.sun_path, short_path.data(), std::min(short_path.size(), sizeof at.sun_path - 1));
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    ::close(folder);
    return why(errno);
  }
  ::unlink(path.c_str());
  const mode_t before = ::umask(0177);
  int error = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 ? 0 : errno;
  ::umask(before);
  ::close(folder);
  if (error == 0 && ::listen(fd, backlog) != 0) error = errno;
  net::error_code ec;
  if (error == 0) local_.assign(asio::ip::tcp::v4(), fd, ec);
  if (error == 0 && !ec) return {};
  ::close(fd);
  return error != 0 ? why(error) : ec.message();
}

std::uint16_t web_server::port() const {
  return faces_.empty() || !faces_.front()->acceptor.is_open() ? std::uint16_t{0} : faces_.front()->acceptor.local_endpoint().port();
}

void web_server::start() {
  started_ = true;
  for (const auto& f : faces_) {
    auto work = accept(f);
    asio::co_spawn(home_.loop(), std::move(work), asio::detached);
  }
  if (local_.is_open()) {
    auto work = accept_local();
    asio::co_spawn(home_.loop(), std::move(work), asio::detached);
  }
}

void web_server::stop() {
  net::error_code ignored;
  stopped_ = true;
  for (const auto& f : faces_) f->acceptor.close(ignored);
  if (local_.is_open()) ::unlink(options_.control_socket.c_str());
  local_.close(ignored);
  for (const auto& c : open_)
    if (c->weakness(net::clock::now()) > 0) c->end();
}

// A place for one more of this address: an address leaves room for another, whatever it does. Makes the weakest
// connection leave when there is none.
bool web_server::take_place(const std::string& ip) {
  const auto now = net::clock::now();
  const auto of_address = [&](const auto& c) { return c->client_ip() == ip; };
  const auto same = static_cast<std::size_t>(std::ranges::count_if(open_, of_address));
  const bool share_left = options_.sessions == 1 || same + 1 < options_.sessions;
  if (share_left && slots_.try_take(1)) return true;
  connection* found = nullptr;
  unsigned most = 0;
  for (const auto& c : open_) {
    if (c->weakness(now) <= most || (!share_left && c->client_ip() != ip)) continue;
    most = c->weakness(now);
    found = c.get();
  }
  if (found != nullptr) found->end();
  return false;
}

net::awaitable<void> web_server::admit(net::tcp_socket socket, std::string ip, gauge& slots) {
  net::timer wait(home_.loop().get_executor());
  const bool local = &slots == &local_slots_;
  for (int i = 0; i < slot_waits && !stopped_; ++i) {
    if (local ? slots.try_take(1) : take_place(ip)) {
      start(std::make_unique<connection>(*this, std::move(socket), std::move(ip), local), slots);
      co_return;
    }
    wait.expires_after(slot_wait);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(use);
  }
}

net::awaitable<void> web_server::accept(std::shared_ptr<face> at) {
  for (;;) {
    auto [ec, socket] = co_await at->acceptor.async_accept(home_.loop().get_executor(), use);
    if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) co_return;
    if (ec) {
      net::timer wait(home_.loop().get_executor());
      wait.expires_after(std::chrono::milliseconds(100));
      [[maybe_unused]] auto [ignored] = co_await wait.async_wait(use);
      continue;
    }
    if (!context_) continue;  // an address that was opened a moment ago, and its certificates are not there yet
    net::error_code gone;
    const auto peer = socket.remote_endpoint(gone);
    if (gone) continue;
    auto address = peer.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped())
      address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    std::string ip = address.to_string();
    if (std::ranges::count(waiting_, ip) >= max_waiting_per_address || waiting_.size() >= max_waiting)
      continue;  // closing at once is the only answer that costs nothing
    wait_for_slot(std::move(socket), std::move(ip), slots_);
  }
}

void web_server::wait_for_slot(net::tcp_socket socket, std::string ip, gauge& slots) {
  waiting_.push_back(std::move(ip));
  const auto place = std::prev(waiting_.end());
  auto work = admit(std::move(socket), *place, slots);
  asio::co_spawn(home_.loop(), std::move(work), [this, place](std::exception_ptr) { waiting_.erase(place); });
}

net::awaitable<void> web_server::accept_local() {
  for (;;) {
    auto [ec, socket] = co_await local_.async_accept(home_.loop().get_executor(), use);
    if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) co_return;
    if (ec) continue;
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) continue;
    if (peer.uid != 0 && peer.uid != ::geteuid()) continue;
    if (std::ranges::count(waiting_, local_client) < max_waiting_per_address) wait_for_slot(std::move(socket), std::string(local_client), local_slots_);
  }
}

void web_server::start(std::unique_ptr<connection> c, gauge& from) {
  open_.push_back(std::move(c));
  const auto place = std::prev(open_.end());
  auto work = (*place)->serve();
  asio::co_spawn(home_.loop(), std::move(work), [this, place, &from](std::exception_ptr) {
    open_.erase(place);
    from.give_back(1);
  });
}

}  // namespace sluice::status
