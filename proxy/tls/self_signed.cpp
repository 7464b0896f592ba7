// See self_signed.hpp.
#include "tls/self_signed.hpp"

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include <array>
#include <chrono>
#include <cstdio>

#include "tls/credentials.hpp"
#include "tls/random.hpp"

namespace sluice::tls {
namespace {

class certificate_writer {
 public:
  certificate_writer() { mbedtls_x509write_crt_init(&crt_); }
  ~certificate_writer() { mbedtls_x509write_crt_free(&crt_); }
  certificate_writer(const certificate_writer&) = delete;
  certificate_writer& operator=(const certificate_writer&) = delete;
  mbedtls_x509write_cert* get() { return &crt_; }

 private:
  mbedtls_x509write_cert crt_;
};

using time_text = std::array<char, 32>;

time_text asn1_time(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds t{std::chrono::seconds(seconds)};
  const sys_days day = floor<days>(t);
  const year_month_day date(day);
  const hh_mm_ss clock(t - day);
  time_text text{};
  std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

int fill(mbedtls_x509write_cert* crt, private_key& key, std::string& host, std::int64_t now) {
  constexpr std::int64_t day = 86400;
  const std::string subject = "CN=" + (host.size() <= 64 ? host : std::string("sluice"));  // X.520: CN up to 64
  std::array<unsigned char, 16> serial{};
  if (int rc = random_octets(nullptr, serial.data(), serial.size()); rc != 0) return rc;
  serial[0] &= 0x7f;  // positive (RFC 5280 4.1.2.2)
  serial[0] |= 0x40;
  const time_text from = asn1_time(now - day);
  const time_text to = asn1_time(now + day * limits::self_signed_days);
  mbedtls_x509_san_list san{};
  san.node.type = MBEDTLS_X509_SAN_DNS_NAME;
  san.node.san.unstructured_name.p = reinterpret_cast<unsigned char*>(host.data());
  san.node.san.unstructured_name.len = host.size();
  mbedtls_x509write_crt_set_version(crt, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(crt, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(crt, key.get());
  mbedtls_x509write_crt_set_issuer_key(crt, key.get());
  int rc = mbedtls_x509write_crt_set_subject_name(crt, subject.c_str());
  if (rc == 0) rc = mbedtls_x509write_crt_set_issuer_name(crt, subject.c_str());
  if (rc == 0) rc = mbedtls_x509write_crt_set_serial_raw(crt, serial.data(), serial.size());
  if (rc == 0) rc = mbedtls_x509write_crt_set_validity(crt, from.data(), to.data());
  if (rc == 0) rc = mbedtls_x509write_crt_set_basic_constraints(crt, 0, -1);
  if (rc == 0) rc = mbedtls_x509write_crt_set_key_usage(crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
  if (rc == 0) rc = mbedtls_x509write_crt_set_subject_alternative_name(crt, &san);
  return rc;
}

}  // namespace

boost::system::result<key_pair, build_error> make_self_signed(std::string_view host_name, std::int64_t now) {
  std::string host(host_name);
  if (host.empty() || host.size() > limits::host_name_bytes ||
      host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*") !=
          std::string::npos) {
    return build_error{"\"" + host + "\" is not a host name that a certificate can carry"};
  }
  private_key key;
  certificate_writer crt;
  std::array<unsigned char, 4096> pem{};
  key_pair pair;
  int rc = mbedtls_pk_setup(key.get(), mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
  if (rc == 0) {
    rc = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key.get()), random_octets, nullptr);
  }
  if (rc == 0) rc = mbedtls_pk_write_key_pem(key.get(), pem.data(), pem.size());
  if (rc == 0) pair.key = reinterpret_cast<const char*>(pem.data());
  if (rc == 0) rc = fill(crt.get(), key, host, now);
  if (rc == 0) {
    rc = mbedtls_x509write_crt_pem(crt.get(), pem.data(), pem.size(), random_octets, nullptr);
  }
  if (rc != 0) return build_error{"self-signed certificate for " + host + ": " + mbedtls_text(rc)};
  pair.certificate = reinterpret_cast<const char*>(pem.data());
  return pair;
}

}  // namespace sluice::tls
