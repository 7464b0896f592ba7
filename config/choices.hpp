// How the values of each enumeration of model.hpp are written in a file. The order is the order of the enumerators.
#pragma once
#include <array>
#include <string_view>

#include "config/model.hpp"

namespace sluice::config {

template <class Enum>
struct choices;  // specialised below: `names`, one per enumerator

template <>
struct choices<listener_tls> {
  static constexpr std::array<std::string_view, 3> names{"off", "starttls", "implicit"};
};
template <>
struct choices<relay_tls> {
  static constexpr std::array<std::string_view, 3> names{"off", "opportunistic", "required"};
};
template <>
struct choices<tls_version> {
  static constexpr std::array<std::string_view, 2> names{"1.2", "1.3"};
};
template <>
struct choices<mail_action> {
  static constexpr std::array<std::string_view, 5> names{"forward", "tag", "defer", "quarantine", "reject"};
};
template <>
struct choices<stream_action> {
  static constexpr std::array<std::string_view, 2> names{"reject", "defer"};
};
template <>
struct choices<dmarc_action> {
  static constexpr std::array<std::string_view, 3> names{"ignore", "tag", "honour"};
};
template <>
struct choices<list_subject> {
  static constexpr std::array<std::string_view, 2> names{"client", "link"};
};
template <>
struct choices<list_names> {
  static constexpr std::array<std::string_view, 2> names{"registrable", "host"};
};
template <>
struct choices<client_certificates> {
  static constexpr std::array<std::string_view, 3> names{"off", "optional", "required"};
};
template <>
struct choices<log_format> {
  static constexpr std::array<std::string_view, 3> names{"text", "json", "rfc5424"};
};
template <>
struct choices<privacy_method> {
  static constexpr std::array<std::string_view, 2> names{"hash", "drop"};
};
template <>
struct choices<log_addresses> {
  static constexpr std::array<std::string_view, 2> names{"plain", "hashed"};
};
template <>
struct choices<log_subjects> {
  static constexpr std::array<std::string_view, 2> names{"plain", "dropped"};
};
template <>
struct choices<log_level> {
  static constexpr std::array<std::string_view, 4> names{"error", "warning", "info", "debug"};
};
template <>
struct choices<syslog_transport> {
  static constexpr std::array<std::string_view, 3> names{"udp", "tcp", "tls"};
};
template <>
struct choices<ipv4_method> {
  static constexpr std::array<std::string_view, 3> names{"dhcp", "static", "none"};
};
template <>
struct choices<ipv6_method> {
  static constexpr std::array<std::string_view, 3> names{"slaac", "static", "none"};
};
template <>
struct choices<acme_key> {
  static constexpr std::array<std::string_view, 4> names{"ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072"};
};
template <>
struct choices<safe_mode_mail> {
  static constexpr std::array<std::string_view, 2> names{"defer", "forward"};
};
template <>
struct choices<hold_failure> {
  static constexpr std::array<std::string_view, 3> names{"defer", "tag", "forward"};
};

template <class Enum>
constexpr std::string_view name_of(Enum value) {
  return choices<Enum>::names[static_cast<std::size_t>(value)];
}

}  // namespace sluice::config
