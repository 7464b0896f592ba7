#include "tls/request.hpp"

#include <mbedtls/ecp.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/rsa.h>
#include <mbedtls/x509_csr.h>

#include <algorithm>
#include <array>

#include "core/ascii.hpp"
#include "tls/credentials.hpp"
#include "tls/random.hpp"

namespace sluice::tls {
namespace {

constexpr std::array<std::string_view, 4> kind_names{"ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072"};
constexpr int rsa_exponent = 65537;
constexpr std::size_t most_organization_octets = 64;  // X.520
constexpr std::size_t most_label_octets = 63, most_common_name_octets = 64;

class request_writer {
 public:
  request_writer() { mbedtls_x509write_csr_init(&csr_); }
  ~request_writer() { mbedtls_x509write_csr_free(&csr_); }
  request_writer(const request_writer&) = delete;
  request_writer& operator=(const request_writer&) = delete;
  mbedtls_x509write_csr* get() { return &csr_; }

 private:
  mbedtls_x509write_csr csr_;
};

int generate(key_kind kind, private_key& key) {
  const bool rsa = kind == key_kind::rsa_2048 || kind == key_kind::rsa_3072;
  const int rc = mbedtls_pk_setup(key.get(), mbedtls_pk_info_from_type(rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY));
  if (rc != 0) return rc;
  if (rsa) return mbedtls_rsa_gen_key(mbedtls_pk_rsa(*key.get()), random_octets, nullptr, kind == key_kind::rsa_2048 ? 2048 : 3072, rsa_exponent);
  return mbedtls_ecp_gen_key(kind == key_kind::ecdsa_p256 ? MBEDTLS_ECP_DP_SECP256R1 : MBEDTLS_ECP_DP_SECP384R1, mbedtls_pk_ec(*key.get()), random_octets, nullptr);
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > most_label_octets || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; });
}

bool is_dns_name(std::string_view name) {
  if (name.size() > limits::host_name_bytes) return false;
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.find('.') == std::string_view::npos) return false;
  for (;;) {
    const std::size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

// Values that go into mbedTLS's text form of a name: nothing that this form gives a meaning to.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return ascii::is_alnum(c) || std::string_view(" .-_&'()/*").find(c) != std::string_view::npos; });
}

std::string subject_text(const request_subject& s) {
  std::string out;
  if (!s.country.empty()) out += "C=" + s.country + ",";
  if (!s.organization.empty()) out += "O=" + s.organization + ",";
  const auto shortest = std::ranges::find_if(s.names, [](const std::string& n) { return n.size() <= most_common_name_octets; });
  return out + "CN=" + (shortest != s.names.end() ? *shortest : std::string("sluice"));
}

}  // namespace

std::string_view name_of(key_kind k) { return kind_names[static_cast<std::size_t>(k)]; }

std::optional<key_kind> key_kind_named(std::string_view name) {
  const auto at = std::ranges::find(kind_names, name);
  if (at == kind_names.end()) return std::nullopt;
  return static_cast<key_kind>(at - kind_names.begin());
}

boost::system::result<std::string, build_error> make_key(key_kind kind) {
  private_key key;
  std::array<unsigned char, 4096> pem{};
  int rc = generate(kind, key);
  if (rc == 0) rc = mbedtls_pk_write_key_pem(key.get(), pem.data(), pem.size());
  if (rc != 0) return build_error{"a key could not be made: " + mbedtls_text(rc)};
  std::string out = reinterpret_cast<const char*>(pem.data());
  mbedtls_platform_zeroize(pem.data(), pem.size());
  return out;
}

std::string subject_fault(const request_subject& s) {
  if (s.names.empty()) return "a certificate needs a name";
  if (s.names.size() > limits::max_request_names) return "at most " + std::to_string(limits::max_request_names) + " names fit into one certificate";
  for (const std::string& n : s.names)
    if (!is_dns_name(n)) return "\"" + n.substr(0, 80) + "\" is no DNS name that a certificate can carry";
  if (s.organization.size() > most_organization_octets || !is_plain(s.organization)) return "the organization has at most 64 letters, digits, spaces and simple signs";
  if (!s.country.empty() && (s.country.size() != 2 || !is_plain(s.country))) return "the country is a code of two letters";
  return {};
}

boost::system::result<signed_request, build_error> make_request(const std::string& key_pem, const request_subject& subject) {
  if (std::string fault = subject_fault(subject); !fault.empty()) return build_error{fault};
  private_key key;
  int rc = mbedtls_pk_parse_key(key.get(), reinterpret_cast<const unsigned char*>(key_pem.c_str()), key_pem.size() + 1, nullptr, 0, random_octets, nullptr);
  if (rc != 0) return build_error{"the key of the request cannot be read: " + mbedtls_text(rc)};
  request_writer csr;
  std::vector<std::string> names = subject.names;
  std::vector<mbedtls_x509_san_list> list(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    list[i].node.type = MBEDTLS_X509_SAN_DNS_NAME;
    list[i].node.san.unstructured_name.p = reinterpret_cast<unsigned char*>(names[i].data());
    list[i].node.san.unstructured_name.len = names[i].size();
    list[i].next = i != 0 ? &list[i - 1] : nullptr;  // mbedTLS writes from the end of its buffer to the front
  }
  const std::string text = subject_text(subject);
  mbedtls_x509write_csr_set_md_alg(csr.get(), MBEDTLS_MD_SHA256);
  mbedtls_x509write_csr_set_key(csr.get(), key.get());
  std::vector<unsigned char> out(8192);
  rc = mbedtls_x509write_csr_set_subject_name(csr.get(), text.c_str());
  if (rc == 0) rc = mbedtls_x509write_csr_set_key_usage(csr.get(), MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
  if (rc == 0) rc = mbedtls_x509write_csr_set_subject_alternative_name(csr.get(), &list.back());
  if (rc == 0) rc = mbedtls_x509write_csr_pem(csr.get(), out.data(), out.size(), random_octets, nullptr);
  if (rc != 0) return build_error{"the request could not be made: " + mbedtls_text(rc)};
  signed_request made{reinterpret_cast<const char*>(out.data()), {}};
  rc = mbedtls_x509write_csr_der(csr.get(), out.data(), out.size(), random_octets, nullptr);  // at the end of the buffer
  if (rc <= 0) return build_error{"the request could not be made: " + mbedtls_text(rc)};
  made.der.assign(reinterpret_cast<const char*>(out.data()) + out.size() - static_cast<std::size_t>(rc), static_cast<std::size_t>(rc));
  return made;
}

}  // namespace sluice::tls
