// What a generation of the configuration means to the I/O shell: plain values, immutable, shared by the sessions that
// started under it. firmware/gateway maps the configuration to these; proxy/ never sees the configuration itself.
#pragma once
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "auth/workspace.hpp"
#include "inspect/ruleset.hpp"
#include "policy/decide.hpp"
#include "relay/routing.hpp"
#include "tls/context.hpp"

namespace sluice::net {

using std::chrono::milliseconds;

struct address_list {
  std::vector<boost::asio::ip::network_v4> v4;
  std::vector<boost::asio::ip::network_v6> v6;
  bool contains(const boost::asio::ip::address& a) const;  // IPv4-mapped IPv6 counts as IPv4
};

enum class listener_tls : std::uint8_t { off, starttls, implicit };

struct listener_settings {
  boost::asio::ip::address address;
  std::uint16_t port = 25;
  listener_tls tls = listener_tls::starttls;
  bool require_tls = false;
  bool proxy_protocol = false;
  address_list proxy_from, xclient_from;
  std::uint64_t max_message_bytes = 0;
};

enum class relay_tls : std::uint8_t { off, opportunistic, required };

struct host_settings {
  std::string name;  // host name or address literal without brackets
  std::uint16_t port = 25;
};

struct route_settings {
  std::vector<host_settings> hosts;  // the first, then its backup
  relay_tls tls = relay_tls::opportunistic;
  std::string tls_name;  // empty: the host's name
  std::shared_ptr<const tls::client_context> tls_context;
  bool send_xclient = true, send_xforward = true;
  milliseconds connect_timeout{30'000};
  milliseconds health_check_interval{30'000};
  milliseconds idle_timeout{60'000};
  std::uint32_t connections = 1'000;  // at a time, to each host
  std::uint32_t idle_connections = 16;
  std::uint32_t transactions_per_connection = 100;
  std::uint32_t refused_commands_per_connection = 5;
};

struct deadline_settings {
  milliseconds proxy_header{5'000}, handshake{30'000}, greeting{300'000}, command{300'000}, data{300'000}, message{3'600'000},
      session{14'400'000}, reply_write{60'000}, end_of_data{120'000}, end_of_data_dns{20'000}, dns_per_message{30'000};
  std::uint64_t data_rate_bytes_per_second = 256;
  milliseconds data_rate_grace{60'000};
  milliseconds downstream_greeting{60'000}, downstream_command{120'000}, downstream_write{180'000},
      downstream_final_reply{600'000};
  milliseconds stop_grace{30'000};
  std::uint32_t pressure_percent = 75;
  milliseconds pressure_handshake{10'000}, pressure_greeting{10'000}, pressure_command{20'000}, pressure_data{60'000};
};

struct limit_settings {
  std::uint32_t bad_commands = 10;
  std::uint32_t invalid_recipients_per_session = 10;
  std::uint32_t transactions_per_session = 1000;
  std::uint32_t recipients = 100;
  std::uint64_t header_bytes = 64 * 1024;
  std::uint32_t received_fields = 50;
  std::uint32_t own_received_fields = 3;
  std::uint64_t window_max_bytes = 128 * 1024;
  std::uint32_t socket_buffer_bytes = 32 * 1024;
  std::uint32_t handshakes_per_turn = 2;  // steps of TLS handshakes, of one loop
};

struct settings {
  std::uint64_t generation = 0;
  bool log_hides_addresses = false;  // log lines about own mail and releases
  std::string hostname, authserv_id;
  relay::domain_list domains;
  relay::route_table route_of;
  std::vector<listener_settings> listeners;
  std::vector<route_settings> routes;
  std::shared_ptr<const tls::server_context> tls;
  std::shared_ptr<const inspect::ruleset> rules;
  policy::settings policy;
  inspect::action instead_of_holding = inspect::action::defer;  // while nothing can be held: defer, tag or forward
  bool stream_refusal_defers = false;  // a streamed message with a bad final verdict: 451 instead of 550
  auth::options auth;                  // effective only when the loops have an auth_service
  relay::domain_list always_hold;      // recipient domains whose mail spills and never streams
  address_list exempt_clients;         // not held to the limits per client
  deadline_settings deadline;
  limit_settings limit;
  mutable std::atomic<std::uint32_t> sessions{0};  // that began under this generation and have not ended
};

}  // namespace sluice::net
