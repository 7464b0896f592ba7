// One connection to a downstream host, from connect to QUIT: greeting, EHLO, STARTTLS, EHLO again, then commands and
// replies. Knows no policy; a session drives it in lock step. Failures come back as a cause for the reply table.
//
// Connections are kept for reuse (downstream_pool): one client session at a time, XCLIENT anew before each client.
#pragma once
#include <array>
#include <memory>
#include <string>

#include "net/byte_stream.hpp"
#include "net/settings.hpp"
#include "net/shared.hpp"
#include "smtp/command.hpp"
#include "smtp/command_writer.hpp"
#include "smtp/reply_parser.hpp"

namespace sluice::net {

// What came back for one command: a reply, or the cause why there is none.
struct answer {
  smtp::cause failure = smtp::cause::none;
  smtp::reply reply;  // text lies in the connection until its next read_reply()
  bool ok() const { return failure == smtp::cause::none && reply.positive(); }
};

// "mail.example.net:25", "[2001:db8::5]:25": the key of capability book and pool.
std::string key_of(const host_settings& host);

class downstream {
 public:
  // `until` must outlive the connection or be replaced by use_deadline.
  downstream(asio::io_context& loop, tls::loop_scratch& scratch, shared& all, deadline& until);
  ~downstream();
  downstream(const downstream&) = delete;
  downstream& operator=(const downstream&) = delete;

  // Connects and greets. On success offers() is known and was told to the capability book; on failure the book knows
  // why. `helo` is our host name.
  awaitable<smtp::cause> open(const route_settings& route, const host_settings& host, std::string helo,
                              const deadline_settings& limits);

  // Before each MAIL. As offered: XCLIENT and a new EHLO once for a client (`introduced`), else XFORWARD, else nothing.
  awaitable<smtp::cause> introduce(const smtp::client_info& client, const route_settings& route);

  awaitable<smtp::cause> write(std::span<const byte_view> data);
  awaitable<answer> read_reply(milliseconds limit);
  awaitable<answer> command(byte_view lines);  // one command, one reply
  awaitable<void> quit();                      // polite end; never waits long

  void use_deadline(deadline& until) { until_ = &until; }
  void drop() { broken_ = true; stream_.close(); }

  const smtp::extension_set& offers() const { return offers_; }
  const std::string& host_key() const { return key_; }
  std::size_t route_index = 0;
  std::uint64_t generation = 0;      // of the settings it was opened under
  std::uint32_t transactions = 0;
  std::uint32_t refused_commands = 0;
  clock::time_point idle_since{};
  bool discreet = false;             // what goes wrong is not told to the capability book
  bool introduced = false;           // XCLIENT was sent for the session that holds it
  bool broken() const { return broken_; }
  bool gone() const { return broken_ || stream_.peer_gone(); }
  // The other side ended the connection without one octet of a reply to the last command: it may not even have read it.
  bool closed_unasked() const { return closed_unasked_; }

 private:
  awaitable<smtp::cause> greet(const route_settings& route, const host_settings& host, bool with_tls);
  awaitable<bool> take_place(std::uint32_t most);
  awaitable<bool> connect(const host_settings& host, milliseconds limit, std::uint32_t buffer_bytes);
  awaitable<smtp::cause> hello();
  awaitable<smtp::cause> start_tls(const route_settings& route, const host_settings& host);
  awaitable<bool> fill(milliseconds limit);
  void lost(std::string_view why);

  asio::io_context* loop_;
  shared* all_;
  deadline* until_;
  byte_stream stream_;
  std::string key_, helo_;
  deadline_settings limits_;
  smtp::extension_set offers_;
  smtp::reply_parser replies_;
  bool broken_ = false;
  bool closed_unasked_ = false;
  bool leased_tls_ = false;
  bool has_place_ = false;  // in the host_load
  std::size_t begin_ = 0, end_ = 0;
  std::array<char, smtp::limits::reply_line_read_bytes> in_;
};

}  // namespace sluice::net
