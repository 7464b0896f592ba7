// Loading of certificates and keys. Every refusal names the file and says what is wrong in words an operator can act
// on.
#include "tls/credentials.hpp"

#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/sha256.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "core/ascii.hpp"
#include "tls/pair_check.hpp"
#include "tls/random.hpp"

namespace sluice::tls {
namespace {

build_error failure(std::string_view source, std::string_view reason) {
  return {source_name(source) + ": " + std::string(reason)};
}

const unsigned char* octets(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.c_str()); }

std::string_view view(const mbedtls_x509_buf& buf) { return {reinterpret_cast<const char*>(buf.p), buf.len}; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii::lower(c);
  return out;
}

std::int64_t seconds_of(const mbedtls_x509_time& t) {
  using namespace std::chrono;
  const sys_days day =
      year(t.year) / month(static_cast<unsigned>(t.mon)) / std::chrono::day(static_cast<unsigned>(t.day));
  return (day.time_since_epoch() + hours(t.hour) + minutes(t.min) + seconds(t.sec)) / seconds(1);
}

std::string printed_name(const mbedtls_x509_name& name) {
  std::array<char, 512> text{};
  const int n = mbedtls_x509_dn_gets(text.data(), text.size(), &name);
  return n < 0 ? std::string("(too long)") : std::string(text.data(), static_cast<std::size_t>(n));
}

std::vector<std::string> names_of(const mbedtls_x509_crt& crt) {
  constexpr int dns_name = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_DNS_NAME;
  std::vector<std::string> names;
  if (mbedtls_x509_crt_has_ext_type(&crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME)) {
    for (const mbedtls_x509_sequence* san = &crt.subject_alt_names; san != nullptr; san = san->next) {
      if (san->buf.tag == dns_name && names.size() < limits::max_certificate_names)
        names.push_back(lower(view(san->buf)));
    }
  }
  if (!names.empty()) return names;
  for (const mbedtls_x509_name* part = &crt.subject; part != nullptr; part = part->next) {
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &part->oid) == 0) names.push_back(lower(view(part->val)));
  }
  return names;
}

std::string hex(const unsigned char* from, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) {
    out += "0123456789abcdef"[from[i] >> 4];
    out += "0123456789abcdef"[from[i] & 15];
  }
  return out;
}

std::string fingerprint(const mbedtls_x509_crt& crt) {
  std::array<unsigned char, 32> digest{};
  mbedtls_sha256(crt.raw.p, crt.raw.len, digest.data(), 0);
  return hex(digest.data(), digest.size());
}

certificate_info describe(const std::string& source, const mbedtls_x509_crt& crt) {
  certificate_info info;
  info.source = source_name(source);
  info.subject = printed_name(crt.subject);
  info.issuer = printed_name(crt.issuer);
  info.names = names_of(crt);
  info.type = mbedtls_pk_can_do(&crt.pk, MBEDTLS_PK_RSA) ? key_type::rsa : key_type::ecdsa;
  info.key_bits = static_cast<unsigned>(mbedtls_pk_get_bitlen(&crt.pk));
  info.not_before = seconds_of(crt.valid_from);
  info.not_after = seconds_of(crt.valid_to);
  info.serial = hex(crt.serial.p, crt.serial.len);
  info.sha256 = fingerprint(crt);
  return info;
}

boost::system::result<void, build_error> parse_chain(const std::string& source, x509_chain& chain) {
  auto pem = read_pem(source);
  if (!pem) return pem.error();
  const int rc = mbedtls_x509_crt_parse(chain.get(), octets(*pem), pem->size() + 1);
  if (rc > 0) return failure(source, std::to_string(rc) + " of its certificates cannot be read");
  if (rc < 0) return failure(source, "not a certificate in PEM form: " + mbedtls_text(rc));
  return {};
}

boost::system::result<void, build_error> parse_key(const std::string& source, private_key& key) {
  auto pem = read_pem(source);
  if (!pem) return pem.error();
  const int rc = mbedtls_pk_parse_key(key.get(), octets(*pem), pem->size() + 1, nullptr, 0, random_octets, nullptr);
  mbedtls_platform_zeroize(pem->data(), pem->size());
  if (rc == MBEDTLS_ERR_PK_PASSWORD_REQUIRED)
    return failure(source, "the key is encrypted; give it without passphrase");
  if (rc != 0) return failure(source, "not a private key in PEM form: " + mbedtls_text(rc));
  return {};
}

boost::system::result<void, build_error> check(const key_pair& pair, credential& c) {
  mbedtls_x509_crt& leaf = *c.chain.get();
  const bool usable = mbedtls_pk_can_do(&leaf.pk, MBEDTLS_PK_RSA) || mbedtls_pk_can_do(&leaf.pk, MBEDTLS_PK_ECDSA);
  if (!usable) return failure(pair.certificate, "the key is neither RSA nor ECDSA");
  if (mbedtls_pk_check_pair(&leaf.pk, c.key.get(), random_octets, nullptr) != 0) {
    return failure(pair.key, "the key does not belong to the certificate in " + source_name(pair.certificate));
  }
  if (mbedtls_x509_crt_check_key_usage(&leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0) {
    return failure(pair.certificate, "its keyUsage lacks digitalSignature, no client would accept it");
  }
  if (mbedtls_x509_crt_check_extended_key_usage(&leaf, MBEDTLS_OID_SERVER_AUTH,
                                                MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0) {
    return failure(pair.certificate, "its extendedKeyUsage lacks serverAuth, no client would accept it");
  }
  return {};
}

}  // namespace

void throw_exception_from_error(const build_error& e, const boost::source_location&) {
  throw std::runtime_error(e.text);
}

std::string mbedtls_text(int code) {
  std::array<char, 160> text{};
  mbedtls_strerror(code, text.data(), text.size());
  return text.data();
}

bool is_pem_text(std::string_view source) { return source.starts_with("-----BEGIN"); }

std::string source_name(std::string_view source) { return is_pem_text(source) ? "PEM text" : std::string(source); }

boost::system::result<std::string, build_error> read_pem(const std::string& source) {
  if (is_pem_text(source)) return source;
  if (source.empty()) return build_error{"no file name given"};
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(source.c_str(), "rbe"), std::fclose);
  if (!file) return failure(source, std::strerror(errno));
  std::string text(limits::max_pem_bytes + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get())) return failure(source, std::strerror(errno));
  if (text.empty()) return failure(source, "the file is empty");
  if (text.size() > limits::max_pem_bytes) {
    return failure(source, "longer than " + std::to_string(limits::max_pem_bytes) + " bytes");
  }
  return text;
}

boost::system::result<std::shared_ptr<credential>, build_error> load_credential(const key_pair& pair) {
  auto c = std::make_shared<credential>();
  if (auto ok = parse_chain(pair.certificate, c->chain); !ok) return ok.error();
  if (auto ok = parse_key(pair.key, c->key); !ok) return ok.error();
  if (auto ok = check(pair, *c); !ok) return ok.error();
  c->info = describe(pair.certificate, *c->chain.get());
  return c;
}

boost::system::result<certificate_info, build_error> describe_certificate(const std::string& certificate) {
  x509_chain chain;
  if (auto ok = parse_chain(certificate, chain); !ok) return ok.error();
  return describe(certificate, *chain.get());
}

boost::system::result<void, build_error> add_authorities(const std::string& source, x509_chain& chain) {
  auto pem = read_pem(source);
  if (!pem) return pem.error();
  const bool had_some = chain.get()->version != 0;
  const int rc = mbedtls_x509_crt_parse(chain.get(), octets(*pem), pem->size() + 1);
  if (rc < 0 || (!had_some && chain.get()->version == 0)) {
    return failure(source, "no CA certificate in PEM form: " + mbedtls_text(rc < 0 ? rc : 0));
  }
  return {};
}

boost::system::result<void, build_error> read_revocations(const std::string& source, revocation_list& out) {
  auto pem = read_pem(source);
  if (!pem) return pem.error();
  const int rc = mbedtls_x509_crl_parse(out.get(), octets(*pem), pem->size() + 1);
  if (rc != 0) return failure(source, "no certificate revocation list in PEM form: " + mbedtls_text(rc));
  return {};
}

std::vector<std::string> holder_names(const mbedtls_x509_crt& crt) {
  std::vector<std::string> out;
  for (const mbedtls_x509_name* part = &crt.subject; part != nullptr; part = part->next)
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &part->oid) == 0 && out.size() < limits::max_holder_names)
      out.emplace_back(view(part->val));
  if (!mbedtls_x509_crt_has_ext_type(&crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME)) return out;
  for (const int kind : {MBEDTLS_X509_SAN_RFC822_NAME, MBEDTLS_X509_SAN_DNS_NAME, MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER})
    for (const mbedtls_x509_sequence* san = &crt.subject_alt_names; san != nullptr; san = san->next)
      if (san->buf.tag == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | kind) && out.size() < limits::max_holder_names)
        out.push_back(lower(view(san->buf)));
  return out;
}

bool name_matches(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) return pattern == name;
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && dot != 0 && name.substr(dot) == pattern.substr(1);
}

}  // namespace sluice::tls
