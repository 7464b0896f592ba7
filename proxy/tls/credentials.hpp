// Internal to proxy/tls: PEM files turned into mbedTLS objects, checked. RAII wrappers for the mbedTLS structures used.
#pragma once
#include <mbedtls/pk.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>

#include <boost/system/result.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/context.hpp"

namespace sluice::tls {

// mbedTLS's C structures may not be moved once in use; holders live where they were made.
class x509_chain {
 public:
  x509_chain() { mbedtls_x509_crt_init(&chain_); }
  ~x509_chain() { mbedtls_x509_crt_free(&chain_); }
  x509_chain(const x509_chain&) = delete;
  x509_chain& operator=(const x509_chain&) = delete;
  mbedtls_x509_crt* get() { return &chain_; }
  const mbedtls_x509_crt* get() const { return &chain_; }

 private:
  mbedtls_x509_crt chain_;
};

class revocation_list {
 public:
  revocation_list() { mbedtls_x509_crl_init(&list_); }
  ~revocation_list() { mbedtls_x509_crl_free(&list_); }
  revocation_list(const revocation_list&) = delete;
  revocation_list& operator=(const revocation_list&) = delete;
  mbedtls_x509_crl* get() { return &list_; }

 private:
  mbedtls_x509_crl list_;
};

class private_key {
 public:
  private_key() { mbedtls_pk_init(&key_); }
  ~private_key() { mbedtls_pk_free(&key_); }
  private_key(const private_key&) = delete;
  private_key& operator=(const private_key&) = delete;
  mbedtls_pk_context* get() { return &key_; }

 private:
  mbedtls_pk_context key_;
};

struct credential {
  x509_chain chain;
  private_key key;
  certificate_info info;
};

// PEM as a path or as text.
bool is_pem_text(std::string_view source);
std::string source_name(std::string_view source);
boost::system::result<std::string, build_error> read_pem(const std::string& source);

// Loads and checks one pair: both parse, the key is the certificate's, its type is one that TLS here can use, and the
// certificate may serve. Dates are reported in `info`, never an error: a box without a clock must still start.
boost::system::result<std::shared_ptr<credential>, build_error> load_credential(const key_pair& pair);

// Adds the certificates of a PEM bundle to `chain`; broken ones are skipped, none at all is an error.
boost::system::result<void, build_error> add_authorities(const std::string& source, x509_chain& chain);

boost::system::result<void, build_error> read_revocations(const std::string& source, revocation_list& out);

// The certificates that a chain's first one is followed by: how many octets they take in the handshake.
boost::system::result<void, build_error> check_chain_length(credential& c);

// Every name in a certificate that may stand for its holder: the CN, then e-mail addresses, DNS names and URIs of the
// subjectAltName; at most limits::max_holder_names.
std::vector<std::string> holder_names(const mbedtls_x509_crt& crt);

// "*.example.org" stands for exactly one more label (RFC 6125 6.4.3); both sides are lower case.
bool name_matches(std::string_view pattern, std::string_view name);

std::string mbedtls_text(int code);

}  // namespace sluice::tls
