// Trust and session reuse of a client (the relay's side towards a downstream).
#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tls/context_impl.hpp"

namespace sluice::tls {
namespace {

bool contains(const x509_chain& chain, const mbedtls_x509_crt& one) {
  if (chain.get()->version == 0) return false;
  for (const mbedtls_x509_crt* c = chain.get(); c != nullptr; c = c->next) {
    if (c->raw.len == one.raw.len && std::equal(one.raw.p, one.raw.p + one.raw.len, c->raw.p)) return true;
  }
  return false;
}

// Directories of CA certificates usually hold each one several times (bundle, file, hash link).
boost::system::result<void, build_error> add_directory(const std::string& path, x509_chain& chain) {
  std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(path.c_str()), closedir);
  if (!dir) return build_error{path + ": " + std::strerror(errno)};
  while (const dirent* entry = readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (!name.ends_with(".pem") && !name.ends_with(".crt")) continue;
    x509_chain some;
    if (!add_authorities(path + "/" + entry->d_name, some)) continue;
    for (const mbedtls_x509_crt* c = some.get(); c != nullptr; c = c->next) {
      if (!contains(chain, *c) && mbedtls_x509_crt_parse_der(chain.get(), c->raw.p, c->raw.len) != 0) {
        return build_error{path + ": not enough TLS memory for all of its certificates"};
      }
    }
  }
  if (chain.get()->version == 0) return build_error{path + ": holds no CA certificate (*.pem, *.crt)"};
  return {};
}

}  // namespace

kept_sessions::~kept_sessions() = default;

int kept_sessions::resume(mbedtls_ssl_context* ssl, std::string_view host) {
  const std::lock_guard lock(mutex_);
  for (const auto& e : entries_) {
    if (e->host == host) return mbedtls_ssl_set_session(ssl, &e->session);
  }
  return 0;
}

void kept_sessions::keep(mbedtls_ssl_context* ssl, std::string_view host) {
  auto fresh = std::make_unique<entry>(host);
  if (mbedtls_ssl_get_session(ssl, &fresh->session) != 0) return;  // no memory: then the next handshake is a full one
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [host](const auto& e) { return e->host == host; });
  entries_.push_back(std::move(fresh));
  if (entries_.size() > limits::max_kept_client_sessions) entries_.pop_front();
}

client_context::client_context(std::unique_ptr<impl> state) : impl_(std::move(state)) {}
client_context::~client_context() = default;

std::size_t client_context::ca_count() const { return impl_->authority_count; }

boost::system::result<std::shared_ptr<const client_context>, build_error> client_context::build(
    const client_options& options) {
  auto state = std::make_unique<impl>();
  state->verify = options.verify;
  if (!options.ca_file.empty()) {
    if (auto ok = add_authorities(options.ca_file, state->authorities); !ok) return ok.error();
  }
  if (!options.ca_directory.empty()) {
    if (auto ok = add_directory(options.ca_directory, state->authorities); !ok) return ok.error();
  }
  for (const mbedtls_x509_crt* c = state->authorities.get(); c != nullptr && c->version != 0; c = c->next) {
    ++state->authority_count;
  }
  const bool have_authorities = state->authority_count != 0;
  const bool required = options.verify == verify_mode::required;
  if (required && !have_authorities) {
    return build_error{"TLS: verification is required, but no CA file or directory is given"};
  }
  if (auto ok = state->settings.apply(MBEDTLS_SSL_IS_CLIENT, options); !ok) return ok.error();
  mbedtls_ssl_config* config = state->settings.get();
  mbedtls_ssl_conf_authmode(config, required           ? MBEDTLS_SSL_VERIFY_REQUIRED
                                    : have_authorities ? MBEDTLS_SSL_VERIFY_OPTIONAL
                                                       : MBEDTLS_SSL_VERIFY_NONE);
  if (have_authorities) mbedtls_ssl_conf_ca_chain(config, state->authorities.get(), nullptr);
  mbedtls_ssl_conf_verify(config, forgive_dates, nullptr);
  mbedtls_ssl_conf_session_tickets(
      config, options.reuse_sessions ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
  if (options.reuse_sessions) {
    state->sessions = std::make_unique<kept_sessions>();
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(config,
                                                             MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
  }
  return std::shared_ptr<const client_context>(new client_context(std::move(state)));
}

}  // namespace sluice::tls
