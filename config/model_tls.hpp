// The sections [tls], [[tls.certificates]] and [tls.acme] of model.hpp.
#pragma once
#include <string>
#include <vector>

#include "config/model_values.hpp"

namespace sluice::config {

struct certificate_pair {   // [[tls.certificates]]
  std::string certificate;  // PEM chain, leaf first
  std::string key;          // PEM, ECDSA or RSA
  bool operator==(const certificate_pair&) const = default;
};

struct acme_settings {    // [tls.acme]
  std::string directory;  // https://; empty: no CA is asked
  bool accept_terms = false;
  std::string contact;             // mail address; empty: none
  std::vector<std::string> names;  // empty in the file: hostname (fill_derived)
  acme_key key = acme_key::ecdsa_p256;
  std::string ca_file;          // PEM; empty: the system's bundle
  std::string account_binding;  // file: key id, then the key in base64url; empty: none
  endpoint listen{"0.0.0.0", 80};
  std::uint64_t challenge_connections = 8;
  milliseconds order_timeout{std::chrono::minutes(15)};
  bool operator==(const acme_settings&) const = default;
};

struct tls_settings {                          // [tls]
  std::vector<certificate_pair> certificates;  // empty: self-signed, made at the first start
  tls_version minimum_version = tls_version::tls_1_2;
  milliseconds ticket_lifetime{std::chrono::hours(2)};  // 0: no session tickets
  std::uint64_t handshakes_per_core = 2;
  std::uint64_t stored_certificates = 4;  // brought or made on the box, in data_directory/certificates
  milliseconds expiry_notice{std::chrono::days(21)};
  milliseconds expiry_alarm{std::chrono::days(7)};
  bool expiry_mail = true;  // to own_mail.administrator
  acme_settings acme;
  bool operator==(const tls_settings&) const = default;
};

}  // namespace sluice::config
