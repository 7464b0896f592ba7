#include "tls/jose.hpp"

#include <mbedtls/ecdsa.h>
#include <mbedtls/pk.h>
#include <sodium.h>

#include <array>

#include "tls/credentials.hpp"
#include "tls/random.hpp"

namespace sluice::tls {
namespace {

constexpr std::size_t coordinate_octets = 32;  // P-256
constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const unsigned char* octets_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

std::array<unsigned char, 32> sha256_octets(std::string_view text) {
  std::array<unsigned char, 32> out{};
  crypto_hash_sha256(out.data(), octets_of(text), text.size());
  return out;
}

template <std::size_t N>
std::string base64url_of(const std::array<unsigned char, N>& octets) {
  return base64url({reinterpret_cast<const char*>(octets.data()), octets.size()});
}

class big_number {
 public:
  big_number() { mbedtls_mpi_init(&n_); }
  ~big_number() { mbedtls_mpi_free(&n_); }
  big_number(const big_number&) = delete;
  big_number& operator=(const big_number&) = delete;
  mbedtls_mpi* get() { return &n_; }

 private:
  mbedtls_mpi n_;
};

}  // namespace

std::string base64url(std::string_view octets) {
  std::string out;
  out.reserve((octets.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : octets) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out += url_alphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) out += url_alphabet[bits << (6 - held) & 63];
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::size_t value = url_alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 255);
  }
  if ((bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  crypto_auth_hmacsha256_state state;
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> out{};
  crypto_auth_hmacsha256_init(&state, octets_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, octets_of(text), text.size());
  crypto_auth_hmacsha256_final(&state, out.data());
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

struct account_key::impl {
  private_key key;
};

account_key::account_key() : impl_(std::make_unique<impl>()) {}
account_key::~account_key() = default;

boost::system::result<std::shared_ptr<const account_key>, build_error> account_key::load(const std::string& pem) {
  std::shared_ptr<account_key> out(new account_key);
  mbedtls_pk_context* const key = out->impl_->key.get();
  if (const int rc = mbedtls_pk_parse_key(key, octets_of(pem), pem.size() + 1, nullptr, 0, random_octets, nullptr); rc != 0)
    return build_error{"the account's key cannot be read: " + mbedtls_text(rc)};
  if (mbedtls_pk_get_type(key) != MBEDTLS_PK_ECKEY || mbedtls_pk_ec(*key)->MBEDTLS_PRIVATE(grp).id != MBEDTLS_ECP_DP_SECP256R1)
    return build_error{"the account's key is not one of P-256"};
  const mbedtls_ecp_point& q = mbedtls_pk_ec(*key)->MBEDTLS_PRIVATE(Q);
  std::array<unsigned char, coordinate_octets> x{}, y{};
  int rc = mbedtls_mpi_write_binary(&q.MBEDTLS_PRIVATE(X), x.data(), x.size());
  if (rc == 0) rc = mbedtls_mpi_write_binary(&q.MBEDTLS_PRIVATE(Y), y.data(), y.size());
  if (rc != 0) return build_error{"the account's key cannot be used: " + mbedtls_text(rc)};
  out->jwk_ = R"({"crv":"P-256","kty":"EC","x":")" + base64url_of(x) + R"(","y":")" + base64url_of(y) + "\"}";  // RFC 7638: in this order
  out->thumbprint_ = base64url_of(sha256_octets(out->jwk_));
  return std::shared_ptr<const account_key>(std::move(out));
}

boost::system::result<std::string, build_error> account_key::sign(std::string_view text) const {
  mbedtls_ecp_keypair* const pair = mbedtls_pk_ec(*impl_->key.get());
  const std::array<unsigned char, 32> digest = sha256_octets(text);
  big_number r, s;
  int rc = mbedtls_ecdsa_sign_det_ext(&pair->MBEDTLS_PRIVATE(grp), r.get(), s.get(), &pair->MBEDTLS_PRIVATE(d), digest.data(), digest.size(), MBEDTLS_MD_SHA256, random_octets, nullptr);
  std::array<unsigned char, 2 * coordinate_octets> out{};
  if (rc == 0) rc = mbedtls_mpi_write_binary(r.get(), out.data(), coordinate_octets);
  if (rc == 0) rc = mbedtls_mpi_write_binary(s.get(), out.data() + coordinate_octets, coordinate_octets);
  if (rc != 0) return build_error{"the account's key does not sign: " + mbedtls_text(rc)};
  return base64url_of(out);
}

}  // namespace sluice::tls
