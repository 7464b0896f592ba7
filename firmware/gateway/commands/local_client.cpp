#include "firmware/gateway/commands/local_client.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>

#include "core/concat.hpp"

namespace sluice::gateway {
namespace {

namespace http = boost::beast::http;
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
                                             const std::vector<std::pair<std::string, std::string>>& fields) {
  const descriptor socket{connect()};
  if (socket.fd < 0) return {};
  std::string head = concat(method, " ", target, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
  for (const auto& [name, value] : fields) append_to(head, name, ": ", value, "\r\n");
  if (!body.empty() || method != "GET") append_to(head, "Content-Length: ", std::to_string(body.size()), "\r\n");
  // A refusal may come before all of a body was read: the answer counts, not the sending.
  const bool sent = send_all(socket.fd, concat(head, "\r\n")) && send_all(socket.fd, body);
  return read_reply(socket.fd, sent);
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
  return read_reply(socket.fd, sent);
}

std::optional<local_reply> local_client::read_reply(int fd, bool sent) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(local_reply_octets);
  parser.eager(true);
  boost::system::error_code ec;
  std::string waiting;
  std::array<char, 16 * 1024> piece;
  while (!parser.is_done()) {
    const ssize_t n = ::recv(fd, piece.data(), piece.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int why = errno;
      if (n == 0) parser.put_eof(ec);
      if (n == 0 && !ec && parser.is_done()) break;
      error_ = n < 0 ? std::strerror(why == EAGAIN ? ETIMEDOUT : why) : sent ? "the program ended the connection without an answer" : "the program refused the request";
      return {};
    }
    waiting.append(piece.data(), static_cast<std::size_t>(n));
    const std::size_t used = parser.put(boost::asio::buffer(waiting), ec);
    waiting.erase(0, used);
    if (ec && ec != http::error::need_more) {
      error_ = concat("the program's answer cannot be read: ", ec.message());
      return {};
    }
  }
  local_reply out;
  const auto& got = parser.get();
  out.status = got.result_int();
  out.body = got.body();
  out.etag = std::string(got[http::field::etag]);
  out.content_type = std::string(got[http::field::content_type]);
  return out;
}

}  // namespace sluice::gateway
