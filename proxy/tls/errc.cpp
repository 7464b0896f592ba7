// Texts of the errors, and the mapping of mbedTLS's codes onto the causes that callers branch on.
#include "tls/errc.hpp"

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>
#include <psa/crypto_values.h>

#include <array>
#include <string>

namespace sluice::tls {
namespace {

const char* text_of(errc e) {
  switch (e) {
    case errc::truncated:
      return "connection ended without TLS close_notify";
    case errc::out_of_memory:
      return "TLS memory is used up";
    case errc::no_room_now:
      return "TLS memory is used up for the moment";
    case errc::handshake_failed:
      return "TLS handshake failed";
    case errc::no_common_parameters:
      return "no common TLS version, cipher suite, group or signature algorithm";
    case errc::peer_alert:
      return "the peer ended TLS by an alert";
    case errc::bad_record:
      return "TLS record is broken, forged or too long";
    case errc::certificate_rejected:
      return "the peer's certificate did not verify";
    case errc::not_tls:
      return "the peer does not speak TLS";
    case errc::not_started:
      return "no TLS session";
    case errc::closed:
      return "TLS session is closed";
  }
  return "unknown TLS error";
}

class category_impl final : public boost::system::error_category {
 public:
  constexpr category_impl() noexcept : error_category(0x5ca1ab1e71500001ULL) {}
  const char* name() const noexcept override { return "tls"; }
  std::string message(int value) const override {
    if (value > 0) return text_of(static_cast<errc>(value));
    std::array<char, 160> text{};
    mbedtls_strerror(value, text.data(), text.size());
    return text.data();
  }
};

constexpr category_impl category;

struct mapping {
  int code;
  errc cause;
};

constexpr mapping mappings[] = {
    {MBEDTLS_ERR_SSL_ALLOC_FAILED, errc::out_of_memory},
    {MBEDTLS_ERR_MPI_ALLOC_FAILED, errc::out_of_memory},
    {MBEDTLS_ERR_ECP_ALLOC_FAILED, errc::out_of_memory},
    {MBEDTLS_ERR_X509_ALLOC_FAILED, errc::out_of_memory},
    {MBEDTLS_ERR_PK_ALLOC_FAILED, errc::out_of_memory},
    {MBEDTLS_ERR_MD_ALLOC_FAILED, errc::out_of_memory},
    {MBEDTLS_ERR_CIPHER_ALLOC_FAILED, errc::out_of_memory},
    {MBEDTLS_ERR_PEM_ALLOC_FAILED, errc::out_of_memory},
    {MBEDTLS_ERR_ASN1_ALLOC_FAILED, errc::out_of_memory},
    {PSA_ERROR_INSUFFICIENT_MEMORY, errc::out_of_memory},
    {MBEDTLS_ERR_SSL_CONN_EOF, errc::truncated},
    {MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, errc::peer_alert},
    {MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, errc::no_common_parameters},
    {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, errc::no_common_parameters},
    {MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL, errc::no_common_parameters},
    {MBEDTLS_ERR_SSL_INVALID_MAC, errc::bad_record},
    {MBEDTLS_ERR_SSL_INVALID_RECORD, errc::bad_record},
    {MBEDTLS_ERR_SSL_BAD_INPUT_DATA, errc::bad_record},  // a record that is longer than our buffer
    {MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, errc::certificate_rejected},
    {MBEDTLS_ERR_SSL_BAD_CERTIFICATE, errc::certificate_rejected},
};

}  // namespace

const boost::system::error_category& tls_category() noexcept { return category; }

boost::system::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), tls_category()}; }

boost::system::error_code from_mbedtls(int code) noexcept {
  if (code == 0) return {};
  // Low-level codes are added to high-level ones (mbedtls/error.h); memory may have run out at any depth.
  const int high = -((-code) & 0xff80);
  const int low = code - high;
  for (const mapping& m : mappings) {
    if (m.code == code || m.code == high || (m.cause == errc::out_of_memory && m.code == low && low != 0)) {
      return make_error_code(m.cause);
    }
  }
  return {code, tls_category()};
}

bool is_peer_fault(const boost::system::error_code& ec) noexcept {
  if (!is_tls_error(ec)) return false;
  switch (static_cast<errc>(ec.value())) {
    case errc::out_of_memory:
    case errc::no_room_now:
    case errc::not_started:
    case errc::closed:
      return false;
    default:
      return true;
  }
}

}  // namespace sluice::tls
