// Internal to proxy/tls: what the contexts hold. Only context and engine sources include this.
#pragma once
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/wall_clock.hpp"
#include "tls/context.hpp"
#include "tls/credentials.hpp"

namespace sluice::tls {

// For each certificate of a peer's chain: while the time of day is a guess, its dates say nothing. All else is judged.
inline int forgive_dates(void*, mbedtls_x509_crt*, int, std::uint32_t* flags) {
  constexpr std::uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE | MBEDTLS_X509_BADCRL_EXPIRED | MBEDTLS_X509_BADCRL_FUTURE;
  if (!wall_clock::is_trusted()) *flags &= ~dates;
  return 0;
}

class ticket_keys {
 public:
  ticket_keys() { mbedtls_ssl_ticket_init(&keys_); }
  ~ticket_keys() { mbedtls_ssl_ticket_free(&keys_); }
  ticket_keys(const ticket_keys&) = delete;
  ticket_keys& operator=(const ticket_keys&) = delete;
  mbedtls_ssl_ticket_context* get() { return &keys_; }  // locks itself

 private:
  mbedtls_ssl_ticket_context keys_;
};

// An mbedtls_ssl_config with the lists that it only points to.
class ssl_settings {
 public:
  ssl_settings() { mbedtls_ssl_config_init(&config_); }
  ~ssl_settings() { mbedtls_ssl_config_free(&config_); }
  ssl_settings(const ssl_settings&) = delete;
  ssl_settings& operator=(const ssl_settings&) = delete;

  template <class Options>
  boost::system::result<void, build_error> apply(int endpoint, const Options& options) {
    return apply(endpoint, options.min_version, options.max_version, options.ciphers, options.groups, options.alpn);
  }
  mbedtls_ssl_config* get() { return &config_; }
  const mbedtls_ssl_config* get() const { return &config_; }

 private:
  boost::system::result<void, build_error> apply(int endpoint, version min, version max, cipher_order ciphers,
                                                 const std::vector<group>& groups,
                                                 const std::vector<std::string>& alpn);
  mbedtls_ssl_config config_;
  std::vector<int> suites_;
  std::vector<std::uint16_t> groups_;
  std::vector<std::string> alpn_;
  std::vector<const char*> alpn_list_;
};

struct server_context::impl {
  ssl_settings settings;
  std::vector<std::shared_ptr<credential>> credentials;  // shared with a context that serves the same pairs
  std::vector<certificate_info> infos;
  x509_chain authorities;  // that client certificates are verified against
  revocation_list revoked;
  bool asks = false;
  std::shared_ptr<ticket_keys> tickets;

  // Gives the handshake the pairs for `name` (lower case, may be empty). 0 or an mbedTLS error.
  int choose(mbedtls_ssl_context* ssl, std::string_view name) const;
  credential* first_of(key_type type) const;
};

// The last ticket of each host, so that a relay does not pay for a full handshake on every connection.
class kept_sessions {
 public:
  ~kept_sessions();
  // Sets the kept session, if there is one for this host. 0 or an mbedTLS error.
  int resume(mbedtls_ssl_context* ssl, std::string_view host);
  void keep(mbedtls_ssl_context* ssl, std::string_view host);

 private:
  struct entry {
    std::string host;
    mbedtls_ssl_session session;
    explicit entry(std::string_view name) : host(name) { mbedtls_ssl_session_init(&session); }
    ~entry() { mbedtls_ssl_session_free(&session); }
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
  };
  std::mutex mutex_;
  std::deque<std::unique_ptr<entry>> entries_;  // newest last
};

struct client_context::impl {
  ssl_settings settings;
  x509_chain authorities;
  std::size_t authority_count = 0;
  verify_mode verify = verify_mode::opportunistic;
  std::unique_ptr<kept_sessions> sessions;  // null: no reuse
};

}  // namespace sluice::tls
