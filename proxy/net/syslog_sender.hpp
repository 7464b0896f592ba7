// Events to a syslog server: RFC 5424 messages over UDP (RFC 5426), TCP with octet counting (RFC 6587 3.4.1) or TLS (RFC
// 5425). A sink of the log that only puts messages into a bounded queue; one coroutine on the control loop takes them out,
// connects again with growing pauses, and tells how many were lost. Mail never waits for it.
//
// What the kernel had taken when a connection broke may be lost, or arrive twice: messages are numbered (sequenceId).
// Not here: which events there are, and their form (core/log_format). Caller: firmware/gateway/log_setup.cpp.
#pragma once
#include <atomic>
#include <boost/asio/ip/udp.hpp>
#include <memory>
#include <string>

#include "core/log_format.hpp"
#include "net/byte_stream.hpp"
#include "net/syslog_queue.hpp"
#include "net/worker.hpp"

namespace sluice::net {

enum class syslog_transport : std::uint8_t { udp, tcp, tls };

struct syslog_options {
  std::string host;  // empty: no server
  std::uint16_t port = 0;
  syslog_transport transport = syslog_transport::tls;
  std::string tls_name;
  std::shared_ptr<const tls::client_context> tls;
  std::size_t queue_octets = 64 * 1024;
  std::string own_name;  // HOSTNAME of the messages
  std::uint32_t enterprise = 32473;
};

class syslog_sender final : public log::sink {
 public:
  explicit syslog_sender(worker& home);
  ~syslog_sender() override;

  void configure(syslog_options options);  // on the loop, or before it runs
  awaitable<void> run();             // until the program stops and its last session has ended
  void take(const log::record& r) noexcept override;

  // From any thread.
  struct figures {
    bool wanted = false, connected = false;
    std::uint64_t sent = 0, lost = 0, used = 0, limit = 0, peak = 0;
  };
  figures seen() const;

 private:
  using udp_socket = asio::basic_datagram_socket<asio::ip::udp, executor>;

  bool ending() const;
  awaitable<void> pause(std::chrono::milliseconds longest);
  awaitable<bool> connect();
  awaitable<bool> connect_stream();
  awaitable<bool> send_batch(std::size_t& messages);
  awaitable<void> serve(std::uint64_t version);
  awaitable<void> close();
  void begin(std::chrono::milliseconds limit);  // of one operation on the stream: then the socket is closed
  std::string end(const error_code& ec);        // empty, or why it failed
  void tell_losses();
  void tell(bool up);

  worker& home_;
  syslog_options options_;
  std::uint64_t version_ = 0;  // grows with configure()
  syslog_queue queue_;
  timer wait_, guard_;  // the loop looks at deadlines only until its last session has ended: that is too short here
  deadline until_;
  byte_stream stream_;
  udp_socket datagrams_;
  std::string batch_, why_;
  std::uint64_t told_lost_ = 0;
  bool told_down_ = false, late_ = false;

  std::mutex origin_mutex_;
  log::origin origin_;
  std::atomic<bool> idle_{false}, wanted_{false}, connected_{false};
  std::atomic<std::uint64_t> sent_{0}, peak_{0};
};

}  // namespace sluice::net
