#include "firmware/gateway/manage.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/ascii.hpp"
#include "status/access/status_token.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t least_token_bytes = 16;

// The token of the file; a new random one is made when the default file is missing.
std::string read_token(const std::string& path, bool may_create, std::string& error) {
  std::string token;
  if (std::ifstream in(path); in) {
    std::getline(in, token);
    token = std::string(ascii::trim(token));
    if (token.size() < least_token_bytes) error = path + ": holds no token of at least 16 characters in its first line";
    return token;
  }
  if (!may_create) {
    error = path + ": " + std::strerror(errno);
    return {};
  }
  std::array<unsigned char, 32> secret;
  randombytes_buf(secret.data(), secret.size());
  std::array<char, 65> text;
  sodium_bin2hex(text.data(), text.size(), secret.data(), secret.size());
  token.assign(text.data());
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::string line = token + "\n";
  if (fd < 0 || ::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fsync(fd) != 0)
    error = path + ": " + std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return token;
}

}  // namespace

management::~management() = default;

std::unique_ptr<management> management::open(const config::model& m, manage_parts parts, std::string& error) {
  if (sodium_init() < 0) {
    error = "libsodium could not start";
    return nullptr;
  }
  std::unique_ptr<management> out(new management(std::move(parts)));
  const bool own = m.status.token_file.empty();
  std::string token = read_token(own ? m.data_directory + "/status.token" : m.status.token_file, own, error);
  if (!error.empty()) return nullptr;
  out->gate_ = std::make_unique<status::status_token>(std::move(token));
  add_status_routes(out->routes_, out->parts_.look);
  status::server_options options;
  options.address = m.status.listen.is_set() ? m.status.listen.host : std::string();
  options.port = m.status.listen.port;
  options.sessions = m.memory.status_sessions;
  options.request_timeout = m.status.request_timeout;
  options.control_socket = m.data_directory + "/control.sock";
  out->server_ = std::make_unique<status::web_server>(*out->parts_.server.workers().front(), options, out->routes_, *out->gate_);
  return out;
}

}  // namespace sluice::gateway
