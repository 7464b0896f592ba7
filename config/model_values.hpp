// What the sections of model.hpp are made of: sizes, addresses, networks, and the values that a key may be one of.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace sluice::config {

using std::chrono::milliseconds;

inline constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

// "10.0.0.5:25", "[2001:db8::5]:25", "mail.example.net:25". Host is without brackets; empty host: not set.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
  bool is_set() const { return !host.empty(); }
  bool operator==(const endpoint&) const = default;
};

// "192.0.2.0/24", "2001:db8::/32"; a bare address is a network of one. IPv4 uses the first four octets.
struct network {
  std::array<std::uint8_t, 16> octets{};
  std::uint8_t prefix_bits = 0;
  bool is_v6 = false;
  bool operator==(const network&) const = default;
};

enum class listener_tls : std::uint8_t { off, starttls, implicit };
enum class relay_tls : std::uint8_t { off, opportunistic, required };
enum class tls_version : std::uint8_t { tls_1_2, tls_1_3 };
enum class mail_action : std::uint8_t { forward, tag, defer, quarantine, reject };  // names of inspect::action
enum class stream_action : std::uint8_t { reject, defer };
enum class dmarc_action : std::uint8_t { ignore, tag, honour };
enum class list_subject : std::uint8_t { client, link };
enum class list_names : std::uint8_t { registrable, host };
enum class client_certificates : std::uint8_t { off, optional, required };
enum class privacy_method : std::uint8_t { hash, drop };
enum class log_addresses : std::uint8_t { plain, hashed };
enum class log_subjects : std::uint8_t { plain, dropped };
enum class log_format : std::uint8_t { text, json, rfc5424 };
enum class log_level : std::uint8_t { error, warning, info, debug };
enum class syslog_transport : std::uint8_t { udp, tcp, tls };
enum class ipv4_method : std::uint8_t { dhcp, fixed, none };
enum class ipv6_method : std::uint8_t { slaac, fixed, none };
enum class acme_key : std::uint8_t { ecdsa_p256, ecdsa_p384, rsa_2048, rsa_3072 };  // names of tls::key_kind
enum class safe_mode_mail : std::uint8_t { defer, forward };
enum class hold_failure : std::uint8_t { defer, tag, forward };  // of mail that should be held and cannot

}  // namespace sluice::config
