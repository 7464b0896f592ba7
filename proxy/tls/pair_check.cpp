#include "tls/pair_check.hpp"

#include <mbedtls/md.h>

#include <algorithm>
#include <array>

#include "tls/credentials.hpp"
#include "tls/random.hpp"

namespace sluice::tls {
namespace {

build_error refuse(std::string text) { return {std::move(text)}; }

bool is_issuer(const mbedtls_x509_crt& of, const mbedtls_x509_crt& by) {
  return of.issuer_raw.len == by.subject_raw.len && std::equal(by.subject_raw.p, by.subject_raw.p + by.subject_raw.len, of.issuer_raw.p);
}

bool is_weak_hash(const mbedtls_x509_crt& c) {
  const mbedtls_md_type_t md = c.MBEDTLS_PRIVATE(sig_md);
  return md == MBEDTLS_MD_MD5 || md == MBEDTLS_MD_SHA1;
}

bool signed_by(const mbedtls_x509_crt& c, mbedtls_x509_crt& by) {
  const mbedtls_md_info_t* md = mbedtls_md_info_from_type(c.MBEDTLS_PRIVATE(sig_md));
  std::array<unsigned char, MBEDTLS_MD_MAX_SIZE> digest{};
  if (md == nullptr || mbedtls_md(md, c.tbs.p, c.tbs.len, digest.data()) != 0) return false;
  return mbedtls_pk_verify_ext(c.MBEDTLS_PRIVATE(sig_pk), c.MBEDTLS_PRIVATE(sig_opts), &by.pk, c.MBEDTLS_PRIVATE(sig_md), digest.data(), mbedtls_md_get_size(md),
                               c.MBEDTLS_PRIVATE(sig).p, c.MBEDTLS_PRIVATE(sig).len) == 0;
}

boost::system::result<void, build_error> check_key(const certificate_info& info) {
  if (info.type == key_type::rsa && info.key_bits < limits::least_rsa_bits)
    return refuse("its RSA key has " + std::to_string(info.key_bits) + " bits, at least " + std::to_string(limits::least_rsa_bits) + " are needed");
  if (info.type == key_type::ecdsa && info.key_bits != 256 && info.key_bits != 384) return refuse("its ECDSA key is neither P-256 nor P-384");
  return {};
}

boost::system::result<void, build_error> check_dates(const certificate_info& info, std::int64_t now) {
  switch (info.state(now)) {
    case date_state::valid: return {};
    case date_state::expired: return refuse("it has expired");
    case date_state::not_yet_valid: return refuse("it is not valid yet; is the clock right?");
  }
  return {};
}

boost::system::result<void, build_error> check_order(mbedtls_x509_crt& leaf) {
  std::size_t n = 1;
  for (mbedtls_x509_crt* c = &leaf; c->next != nullptr; c = c->next, ++n) {
    if (!is_issuer(*c, *c->next))
      return refuse("certificate " + std::to_string(n + 1) + " of the file did not issue the one before it; the order is: server, then its issuer, then that one's issuer");
    if (!signed_by(*c, *c->next)) return refuse("the signature of certificate " + std::to_string(n) + " is not that of the certificate after it");
  }
  return {};
}

}  // namespace

boost::system::result<certificate_info, build_error> check_pair(const key_pair& pair, std::int64_t now) {
  auto loaded = load_credential(pair);
  if (!loaded) return loaded.error();
  credential& c = **loaded;
  if (auto ok = check_key(c.info); !ok) return ok.error();
  if (is_weak_hash(*c.chain.get())) return refuse("it is signed with MD5 or SHA-1, no client would accept it");
  if (auto ok = check_dates(c.info, now); !ok) return ok.error();
  if (auto ok = check_order(*c.chain.get()); !ok) return ok.error();
  if (auto ok = check_chain_length(c); !ok) return ok.error();
  return c.info;
}

bool belong_together(const std::string& certificate, const std::string& key) {
  x509_chain chain;
  private_key k;
  if (!add_authorities(certificate, chain)) return false;
  if (mbedtls_pk_parse_key(k.get(), reinterpret_cast<const unsigned char*>(key.c_str()), key.size() + 1, nullptr, 0, random_octets, nullptr) != 0) return false;
  return mbedtls_pk_check_pair(&chain.get()->pk, k.get(), random_octets, nullptr) == 0;
}

}  // namespace sluice::tls
