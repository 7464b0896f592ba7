// A new key and a certificate request for it (PKCS #10, RFC 2986), to be signed by a CA elsewhere. Making an RSA key takes
// seconds on a small CPU: callers do it in a process of its own.
#pragma once
#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tls/context.hpp"

namespace sluice::tls {

enum class key_kind : std::uint8_t { ecdsa_p256, ecdsa_p384, rsa_2048, rsa_3072 };
std::string_view name_of(key_kind k);                             // "ecdsa-p256"
std::optional<key_kind> key_kind_named(std::string_view name);

boost::system::result<std::string, build_error> make_key(key_kind kind);  // PEM

struct request_subject {
  std::vector<std::string> names;  // DNS names, the first is the CN; "*.example.org" may be one
  std::string organization;        // O; empty: none
  std::string country;             // C, two letters; empty: none
};

// Empty, or why no certificate can carry this.
std::string subject_fault(const request_subject& s);

struct signed_request {
  std::string pem;
  std::string der;
};
boost::system::result<signed_request, build_error> make_request(const std::string& key_pem, const request_subject& subject);

}  // namespace sluice::tls
