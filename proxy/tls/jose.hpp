// What ACME (RFC 8555) needs of JSON signatures: an account's key and its signatures by ES256 (ECDSA P-256 with SHA-256,
// RFC 7518 section 3.4), the key's thumbprint (RFC 7638), HS256 for account bindings, base64url (RFC 7515 section 2).
#pragma once
#include <boost/system/result.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tls/context.hpp"

namespace sluice::tls {

std::string base64url(std::string_view octets);                          // without '='
std::optional<std::string> from_base64url(std::string_view text);        // nothing for anything but whole, unpadded base64url
std::string hmac_sha256(std::string_view key, std::string_view text);    // 32 octets; RFC 2104

// Immutable; signing is deterministic (RFC 6979), so the same text gets the same signature.
class account_key {
 public:
  static boost::system::result<std::shared_ptr<const account_key>, build_error> load(const std::string& pem);  // P-256 only
  ~account_key();
  account_key(const account_key&) = delete;
  account_key& operator=(const account_key&) = delete;

  const std::string& jwk() const { return jwk_; }                // {"crv":"P-256","kty":"EC","x":...,"y":...}
  const std::string& thumbprint() const { return thumbprint_; }  // of the JWK by SHA-256, base64url
  boost::system::result<std::string, build_error> sign(std::string_view text) const;  // r and s, 32 octets each, base64url

 private:
  account_key();
  struct impl;
  std::unique_ptr<impl> impl_;
  std::string jwk_, thumbprint_;
};

}  // namespace sluice::tls
