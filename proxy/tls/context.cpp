// What server and client contexts have in common: the mbedTLS configuration, ticket keys.
#include "tls/context.hpp"

#include "tls/context_impl.hpp"
#include "tls/parameters.hpp"
#include "tls/random.hpp"

namespace sluice::tls {
namespace {

mbedtls_ssl_protocol_version native(version v) {
  return v == version::tls13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
}

}  // namespace

boost::system::result<void, build_error> ssl_settings::apply(int endpoint, version min, version max,
                                                             cipher_order ciphers, const std::vector<group>& groups,
                                                             const std::vector<std::string>& alpn) {
  if (max < min) return build_error{"TLS: the highest version is below the lowest"};
  if (alpn.size() > limits::max_alpn_names) return build_error{"TLS: too many ALPN names"};
  if (const int rc =
          mbedtls_ssl_config_defaults(&config_, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
      rc != 0) {
    return build_error{"TLS: " + mbedtls_text(rc)};
  }
  mbedtls_ssl_conf_rng(&config_, random_octets, nullptr);
  mbedtls_ssl_conf_min_tls_version(&config_, native(min));
  mbedtls_ssl_conf_max_tls_version(&config_, native(max));
  suites_ = suite_list(ciphers);
  mbedtls_ssl_conf_ciphersuites(&config_, suites_.data());
  mbedtls_ssl_conf_sig_algs(&config_, signature_list());
  groups_ = group_list(groups);
  mbedtls_ssl_conf_groups(&config_, groups_.data());
  if (alpn.empty()) return {};
  alpn_ = alpn;
  for (const std::string& name : alpn_) alpn_list_.push_back(name.c_str());
  alpn_list_.push_back(nullptr);
  if (mbedtls_ssl_conf_alpn_protocols(&config_, alpn_list_.data()) != 0) {
    return build_error{"TLS: an ALPN name is empty or longer than 255 octets"};
  }
  return {};
}

boost::system::result<std::shared_ptr<ticket_keys>, build_error> make_ticket_keys(std::uint32_t lifetime_s) {
  auto keys = std::make_shared<ticket_keys>();
  const int rc = mbedtls_ssl_ticket_setup(keys->get(), random_octets, nullptr, MBEDTLS_CIPHER_AES_256_GCM, lifetime_s);
  if (rc != 0) return build_error{"TLS ticket keys: " + mbedtls_text(rc)};
  return keys;
}

}  // namespace sluice::tls
