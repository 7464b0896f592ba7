#include "firmware/gateway/commands/control_download.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>

#include "core/concat.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

namespace beast = boost::beast;
using socket_type = boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, boost::asio::io_context::executor_type>;

constexpr int patience_s = 200;  // without an octet: an RSA key takes that long on a small CPU
constexpr std::size_t most_body_octets = 1 << 20, piece_octets = 16 * 1024;

// Through the folder's descriptor: an address holds no more than 107 octets.
int connect_to(const std::string& directory, std::string& why) {
  const int folder = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const std::string path = concat("/proc/self/fd/", std::to_string(folder), "/control.sock");
  std::memcpy(at.sun_path, path.data(), std::min(path.size(), sizeof at.sun_path - 1));
  const timeval limit{patience_s, 0};
  const bool good = folder >= 0 && fd >= 0 && ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  const int error = errno;
  if (folder >= 0) ::close(folder);
  if (good) return fd;
  if (fd >= 0) ::close(fd);
  why = error == ENOENT || error == ECONNREFUSED ? concat("no Sluice runs with ", directory) : concat(directory, "/control.sock: ", std::strerror(error));
  return -1;
}

void send(socket_type& socket, const char* method, std::string_view target, std::string_view body, boost::system::error_code& ec) {
  beast::http::request<beast::http::string_body> q;
  q.method_string(method);
  q.target(boost::core::string_view(target.data(), target.size()));
  q.version(11);
  q.set(beast::http::field::host, "localhost");
  q.set(beast::http::field::connection, "close");
  if (!body.empty()) q.set(beast::http::field::content_type, "application/json");
  q.body().assign(body);
  q.prepare_payload();
  beast::http::write(socket, q, ec);
}

void receive(socket_type& socket, const piece_taker& take, control_answer& out, boost::system::error_code& ec) {
  beast::flat_static_buffer<2 * piece_octets> buffer;
  beast::http::response_parser<beast::http::buffer_body> parser;
  parser.body_limit(boost::none);
  beast::http::read_header(socket, buffer, parser, ec);
  if (ec) return;
  std::array<char, piece_octets> piece;
  out.status = parser.get().result_int();
  const bool give = take && out.good();
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    beast::http::read(socket, buffer, parser, ec);
    if (ec && ec != beast::http::error::need_buffer) return;
    ec = {};
    const std::string_view got(piece.data(), piece.size() - parser.get().body().size);
    if (!give) out.body.append(got.substr(0, most_body_octets - std::min(most_body_octets, out.body.size())));
    else if (!take(got)) return;
  }
}

}  // namespace

control_answer ask_program(const std::string& data_directory, const char* method, std::string_view target, std::string_view body, const piece_taker& take) {
  control_answer out;
  const int fd = connect_to(data_directory, out.why);
  if (fd < 0) return out;
  boost::asio::io_context unused;
  socket_type socket(unused.get_executor());
  boost::system::error_code ec;
  socket.assign(boost::asio::local::stream_protocol(), fd, ec);
  if (!ec) send(socket, method, target, body, ec);
  if (!ec) receive(socket, take, out, ec);
  if (!ec) return out;
  out.status = 0;
  out.why = concat("the answer broke off: ", ec.message());
  return out;
}

std::string words_of(const control_answer& a) {
  if (a.status == 0) return printable(a.why);
  boost::system::error_code ec;
  const boost::json::value v = boost::json::parse(a.body, ec);
  const auto* detail = ec || !v.is_object() ? nullptr : v.as_object().if_contains("detail");
  if (detail != nullptr && detail->is_string()) return printable(std::string_view(detail->as_string().data(), detail->as_string().size()));
  return concat("the answer was ", std::to_string(a.status));
}

}  // namespace sluice::gateway
