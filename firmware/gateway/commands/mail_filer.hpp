// A mail server that only files: what `sluice sink` runs. Takes SMTP on one address and puts each accepted message, as it
// came in, into a Maildir. For the demo and for trying things out; it knows no users, no TLS and no deadlines, and
// belongs on a loopback address.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "net/io.hpp"

namespace sluice::gateway {

struct filer_options {
  std::string hostname = "sink";
  std::string maildir;                // made if it is not there
  std::vector<std::string> domains;   // recipients elsewhere get 550 5.7.1; empty: every recipient is taken
  std::uint64_t max_message_bytes = std::uint64_t{2} << 30;
};

class mail_filer {
 public:
  mail_filer(net::asio::io_context& loop, filer_options options) : loop_(loop), options_(std::move(options)) {}

  // Makes the folders tmp, new and cur. Empty when good, otherwise what failed.
  std::string prepare() const;
  // Opens the port and serves until the loop stops. The socket's error when it cannot be opened.
  net::error_code listen(const net::asio::ip::tcp::endpoint& where);
  net::asio::ip::tcp::endpoint endpoint() const { return acceptor_->local_endpoint(); }

 private:
  net::awaitable<void> accept_loop();
  net::awaitable<void> serve(net::tcp_socket socket);

  net::asio::io_context& loop_;
  filer_options options_;
  std::unique_ptr<net::tcp_acceptor> acceptor_;
};

}  // namespace sluice::gateway
