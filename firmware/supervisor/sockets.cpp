#include "firmware/supervisor/sockets.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/concat.hpp"
#include "firmware/supervisor/request.hpp"

namespace sluice::supervisor {
namespace {

constexpr std::size_t max_unsaid_bytes = 64 * 1024;

bool address_of(const std::string& path, sockaddr_un& out) {
  out.sun_family = AF_UNIX;
  if (path.size() >= sizeof out.sun_path) return false;
  path.copy(out.sun_path, path.size());
  return true;
}

// Bound anew each time; only root and the service's user get in.
std::string bind_socket(int kind, const std::string& path, uid_t uid, gid_t gid, int& fd) {
  sockaddr_un address{};
  if (!address_of(path, address)) return concat(path, ": too long");
  fd = ::socket(AF_UNIX, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return std::strerror(errno);
  ::unlink(path.c_str());
  const mode_t before = ::umask(0177);
  const int bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(before);
  if (bound != 0) return concat(path, ": ", std::strerror(errno));
  if (::geteuid() == 0 && ::chown(path.c_str(), uid, gid) != 0) return concat(path, ": ", std::strerror(errno));
  return {};
}

}  // namespace

notice_socket::~notice_socket() {
  if (fd_ >= 0) ::close(fd_);
}

std::string notice_socket::open(const std::string& path, uid_t uid, gid_t gid) {
  std::string why = bind_socket(SOCK_DGRAM, path, uid, gid, fd_);
  const int on = 1;
  if (why.empty() && ::setsockopt(fd_, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) why = std::strerror(errno);
  return why;
}

std::optional<std::string> notice_socket::next(pid_t from) {
  for (;;) {
    std::array<char, notice_bytes> text;
    std::array<char, CMSG_SPACE(sizeof(ucred))> extra{};
    iovec part{text.data(), text.size()};
    msghdr m{};
    m.msg_iov = &part;
    m.msg_iovlen = 1;
    m.msg_control = extra.data();
    m.msg_controllen = extra.size();
    const ssize_t n = ::recvmsg(fd_, &m, MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    ucred who{};
    for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c))
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) std::memcpy(&who, CMSG_DATA(c), sizeof who);
    if (who.pid == from && (m.msg_flags & MSG_TRUNC) == 0) return std::string(text.data(), static_cast<std::size_t>(n));
  }
}

control_socket::~control_socket() {
  for (const client& c : clients_) ::close(c.fd);
  if (fd_ >= 0) ::close(fd_);
}

std::string control_socket::open(const std::string& path, uid_t uid, gid_t gid) {
  uid_ = uid;
  std::string why = bind_socket(SOCK_STREAM, path, uid, gid, fd_);
  if (why.empty() && ::listen(fd_, static_cast<int>(max_clients)) != 0) why = std::strerror(errno);
  return why;
}

void control_socket::accept(milliseconds now) {
  for (;;) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    ucred who{};
    socklen_t size = sizeof who;
    const bool known = ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (who.uid == 0 || who.uid == uid_);
    if (clients_.size() >= 4 * max_clients) {
      ::close(fd);
      continue;
    }
    clients_.push_back({fd, now, {}, {}, {}, false, false});
    if (!known) clients_.back().refusal = error_line("denied", "only root and the service may ask");
    else if (clients_.size() > max_clients) clients_.back().refusal = error_line("busy", "too many ask at once");
  }
}

std::optional<std::string> control_socket::read(client& c) {
  std::array<char, 1024> piece;
  for (;;) {
    const ssize_t n = ::recv(c.fd, piece.data(), piece.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n <= 0) {
      // Whoever asked and then closed its side still gets its answer; whoever left is noticed when it is written.
      if (!c.asked && c.heard.find('\n') == std::string::npos) c.closing = true;
      break;
    }
    if (!c.asked && c.heard.size() <= request_bytes) c.heard.append(piece.data(), static_cast<std::size_t>(n));
  }
  if (c.asked || c.closing) return std::nullopt;
  const std::size_t end = c.heard.find('\n');
  if (end == std::string::npos && c.heard.size() <= request_bytes) return std::nullopt;
  c.asked = true;
  if (!c.refusal.empty()) {
    say(c, c.refusal, true);
    return std::nullopt;
  }
  if (end == std::string::npos || end > request_bytes) {
    say(c, error_line("too-long", "a request is one line of at most 4096 octets"), true);
    return std::nullopt;
  }
  return c.heard.substr(0, end);
}

void control_socket::say(client& c, const std::string& text, bool last) {
  if (c.unsaid.size() + text.size() <= max_unsaid_bytes) c.unsaid += text;
  c.closing = c.closing || last;
  push(c);
}

void control_socket::push(client& c) {
  while (!c.unsaid.empty()) {
    const ssize_t n = ::send(c.fd, c.unsaid.data(), c.unsaid.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
      c.unsaid.clear();
      c.closing = true;
    }
    if (n <= 0) return;
    c.unsaid.erase(0, static_cast<std::size_t>(n));
  }
}

void control_socket::sweep(milliseconds now) {
  for (client& c : clients_)
    if (now - c.since > request_limit && (!c.asked || (c.closing && now - c.since > 2 * request_limit))) {
      c.closing = true;
      c.unsaid.clear();
    }
  std::erase_if(clients_, [](const client& c) {
    const bool done = c.closing && c.unsaid.empty();
    if (done) ::close(c.fd);
    return done;
  });
}

int ask(const std::string& path, const std::string& line) {
  sockaddr_un address{};
  const int fd = address_of(path, address) ? ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::send(fd, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    std::fprintf(stderr, "sluice-supervisor: %s: %s\n", path.c_str(), std::strerror(errno));
    if (fd >= 0) ::close(fd);
    return 4;
  }
  std::string all;
  std::array<char, 4096> piece;
  ssize_t n = 0;
  while ((n = ::read(fd, piece.data(), piece.size())) > 0) {
    ::fwrite(piece.data(), 1, static_cast<std::size_t>(n), stdout);
    ::fflush(stdout);
    all.append(piece.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  while (!all.empty() && all.back() == '\n') all.pop_back();
  const std::size_t start = all.rfind('\n');
  return std::string_view(all).substr(start == std::string::npos ? 0 : start + 1).starts_with("ok") ? 0 : 1;
}

}  // namespace sluice::supervisor
