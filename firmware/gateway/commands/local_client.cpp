#include "firmware/gateway/commands/local_client.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/concat.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t upload_piece_octets = 64 * 1024;

struct descriptor {
  int fd = -1;
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

// By the folder's descriptor: an address holds no more than 107 octets.
int local_client::connect() {
  const std::size_t slash = socket_.rfind('/');
  const descriptor folder{::open(socket_.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const std::string path = concat("/proc/self/fd/", std::to_string(folder.fd), socket_.substr(slash));
  std::memcpy(at.sun_path, path.data(), std::min(path.size(), sizeof at.sun_path - 1));
  const int fd = folder.fd < 0 ? -1 : ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    const timeval patience{local_timeout_s, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return fd;
  }
  const int why = errno;
  if (fd >= 0) ::close(fd);
  if (why == ENOENT || why == ECONNREFUSED) error_ = concat("no Sluice is running with this configuration (", socket_, ")");
  else if (why == EACCES) error_ = concat(socket_, ": only root and Sluice's own user may ask");
  else error_ = concat(socket_, ": ", std::strerror(why));
  return -1;
}

std::optional<local_reply> local_client::ask(std::string_view method, std::string_view target, std::string_view body,
                                             const std::vector<std::pair<std::string, std::string>>& fields, const piece_taker& take) {
  const descriptor socket{connect()};
  if (socket.fd < 0) return {};
  std::string head = concat(method, " ", target, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
  for (const auto& [name, value] : fields) append_to(head, name, ": ", value, "\r\n");
  if (!body.empty() || method != "GET") append_to(head, "Content-Length: ", std::to_string(body.size()), "\r\n");
  // A refusal may come before all of a body was read: the answer counts, not the sending.
  const bool sent = send_all(socket.fd, concat(head, "\r\n")) && send_all(socket.fd, body);
  return read_reply(socket.fd, sent, take);
}

std::optional<local_reply> local_client::upload(std::string_view target, int file, std::uint64_t octets, const std::function<void(std::uint64_t)>& progress) {
  const descriptor socket{connect()};
  if (socket.fd < 0) return {};
  const std::string head = concat("POST ", target, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/octet-stream\r\nContent-Length: ",
                           std::to_string(octets), "\r\n\r\n");
  bool sent = send_all(socket.fd, head);
  std::vector<char> piece(upload_piece_octets);
  for (std::uint64_t gone = 0; sent && gone < octets;) {
    const ssize_t n = ::read(file, piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), octets - gone)));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      error_ = n == 0 ? "the file became shorter while it was sent" : std::strerror(errno);
      return {};
    }
    sent = send_all(socket.fd, {piece.data(), static_cast<std::size_t>(n)});
    gone += static_cast<std::uint64_t>(n);
    if (progress) progress(gone);
  }
  return read_reply(socket.fd, sent, nullptr);
}

std::optional<local_reply> local_client::read_reply(int fd, bool sent, const piece_taker& take) {
  http_answer answer({.body_octets = local_reply_octets}, take);
  std::array<char, 16 * 1024> piece;
  for (auto now = http_answer::state::more; now == http_answer::state::more;) {
    const ssize_t n = ::recv(fd, piece.data(), piece.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      error_ = !sent ? "the program refused the request" : std::strerror(errno == EAGAIN ? ETIMEDOUT : errno);
      return {};
    }
    now = n == 0 ? answer.ended() : answer.feed({piece.data(), static_cast<std::size_t>(n)});
    if (now == http_answer::state::bad) {
      error_ = sent ? concat("from the program: ", answer.why()) : "the program refused the request";
      return {};
    }
  }
  local_reply out;
  out.status = answer.status();
  out.body = answer.take_body();
  out.etag = answer.field("ETag");
  out.content_type = answer.field("Content-Type");
  return out;
}

}  // namespace sluice::gateway
