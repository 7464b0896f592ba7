// Certificates of a server and the choice between them.
#include <mbedtls/oid.h>
#include <mbedtls/platform.h>

#include <algorithm>

#include "tls/context_impl.hpp"
#include "tls/engine_hooks.hpp"

namespace sluice::tls {
namespace {

// Octets of the Certificate message's payload (RFC 8446 4.4.2; two per certificate less in TLS 1.2). mbedTLS sends a
// handshake message in one record, so this must fit into ours.
std::size_t message_bytes(const mbedtls_x509_crt& chain) {
  std::size_t n = 4 + 1 + 3;
  for (const mbedtls_x509_crt* c = &chain; c != nullptr; c = c->next) n += 3 + c->raw.len + 2;
  return n;
}

bool is_self_signed(const mbedtls_x509_crt& c) {
  return c.issuer_raw.len == c.subject_raw.len &&
         std::equal(c.issuer_raw.p, c.issuer_raw.p + c.issuer_raw.len, c.subject_raw.p);
}

// Takes what nobody needs off the end of a chain: a self-signed root, which the client has or does not trust anyway.
void drop_root(mbedtls_x509_crt& leaf) {
  if (leaf.next == nullptr) return;
  mbedtls_x509_crt* before = &leaf;
  while (before->next->next != nullptr) before = before->next;
  if (!is_self_signed(*before->next)) return;
  mbedtls_x509_crt_free(before->next);
  mbedtls_free(before->next);
  before->next = nullptr;
}

// Called for each certificate of a client's chain. Optional means that a client may have none, not a wrong one, which
// mbedTLS would let pass; an error from here ends the handshake whatever the mode.
int refuse_wrong(void*, mbedtls_x509_crt* crt, int depth, std::uint32_t* flags) {
  if (depth == 0 && mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0)
    *flags |= MBEDTLS_X509_BADCERT_KEY_USAGE;
  if (depth == 0 && mbedtls_x509_crt_check_extended_key_usage(crt, MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH)) != 0)
    *flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
  forgive_dates(nullptr, crt, depth, flags);
  return *flags == 0 ? 0 : MBEDTLS_ERR_X509_FATAL_ERROR;
}

boost::system::result<void, build_error> ask_clients(const server_options& options, server_context::impl& state) {
  if (options.ask == client_certificates::off) return {};
  if (options.client_ca.empty()) return build_error{"TLS: client certificates are asked for, but no CA is given"};
  if (auto ok = add_authorities(options.client_ca, state.authorities); !ok) return ok.error();
  const bool lists = !options.client_crl.empty();
  if (lists) {
    if (auto ok = read_revocations(options.client_crl, state.revoked); !ok) return ok.error();
  }
  mbedtls_ssl_config* config = state.settings.get();
  mbedtls_ssl_conf_ca_chain(config, state.authorities.get(), lists ? state.revoked.get() : nullptr);
  mbedtls_ssl_conf_authmode(config, options.ask == client_certificates::required ? MBEDTLS_SSL_VERIFY_REQUIRED
                                                                                 : MBEDTLS_SSL_VERIFY_OPTIONAL);
  mbedtls_ssl_conf_verify(config, options.ask == client_certificates::optional ? refuse_wrong : forgive_dates, nullptr);
  state.asks = true;
  return {};
}

boost::system::result<void, build_error> load_pairs(const server_options& options, server_context::impl& state) {
  if (options.same_pairs_as) {
    state.credentials = options.same_pairs_as->native().credentials;
    state.infos = options.same_pairs_as->native().infos;
    return {};
  }
  if (options.pairs.empty()) return build_error{"TLS: no certificate is configured"};
  if (options.pairs.size() > limits::max_key_pairs) return build_error{"TLS: too many certificates"};
  for (const key_pair& pair : options.pairs) {
    auto loaded = load_credential(pair);
    if (!loaded) return loaded.error();
    if (auto ok = check_chain_length(**loaded); !ok) return ok.error();
    state.infos.push_back((*loaded)->info);
    state.credentials.push_back(std::move(*loaded));
  }
  return {};
}

}  // namespace

boost::system::result<void, build_error> check_chain_length(credential& c) {
  drop_root(*c.chain.get());
  const std::size_t n = message_bytes(*c.chain.get());
  if (n <= limits::certificate_chain_bytes) return {};
  return build_error{c.info.source + ": the certificate chain is too long (" + std::to_string(n) + " bytes, at most " +
                     std::to_string(limits::certificate_chain_bytes) +
                     "); leave out certificates that clients do not need"};
}

credential* server_context::impl::first_of(key_type type) const {
  for (const auto& c : credentials) {
    if (c->info.type == type) return c.get();
  }
  return nullptr;
}

int server_context::impl::choose(mbedtls_ssl_context* ssl, std::string_view name) const {
  if (name.empty()) return 0;  // the configuration's own list: the first pair of each type
  bool found[2] = {false, false};
  for (const auto& c : credentials) {
    const auto matches = [name](const std::string& pattern) { return name_matches(pattern, name); };
    bool& have = found[static_cast<std::size_t>(c->info.type)];
    if (have || std::none_of(c->info.names.begin(), c->info.names.end(), matches)) continue;
    if (const int rc = mbedtls_ssl_set_hs_own_cert(ssl, c->chain.get(), c->key.get()); rc != 0) return rc;
    have = true;
  }
  if (!found[0] && !found[1]) return 0;
  // A client that cannot use the key type of the pair that matched gets the wrong name rather than no TLS: mail
  // clients mostly do not verify, and would go on in plain text.
  for (key_type type : {key_type::ecdsa, key_type::rsa}) {
    credential* other = found[static_cast<std::size_t>(type)] ? nullptr : first_of(type);
    if (other == nullptr) continue;
    if (const int rc = mbedtls_ssl_set_hs_own_cert(ssl, other->chain.get(), other->key.get()); rc != 0) return rc;
  }
  return 0;
}

server_context::server_context(std::unique_ptr<impl> state) : impl_(std::move(state)) {}
server_context::~server_context() = default;

const std::vector<certificate_info>& server_context::certificates() const { return impl_->infos; }

boost::system::result<std::shared_ptr<const server_context>, build_error> server_context::build(
    const server_options& options) {
  auto state = std::make_unique<impl>();
  if (auto ok = load_pairs(options, *state); !ok) return ok.error();
  if (auto ok = state->settings.apply(MBEDTLS_SSL_IS_SERVER, options); !ok) return ok.error();
  mbedtls_ssl_config* config = state->settings.get();
  for (key_type type : {key_type::ecdsa, key_type::rsa}) {
    credential* c = state->first_of(type);
    if (c == nullptr) continue;
    if (const int rc = mbedtls_ssl_conf_own_cert(config, c->chain.get(), c->key.get()); rc != 0) {
      return build_error{c->info.source + ": " + mbedtls_text(rc)};
    }
  }
  mbedtls_ssl_conf_cert_cb(config, choose_certificate);
  if (auto ok = ask_clients(options, *state); !ok) return ok.error();
  if (!state->asks) state->tickets = options.tickets;  // a ticket would outlive a revocation
  if (state->tickets) {
    mbedtls_ssl_conf_session_tickets_cb(config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse,
                                        state->tickets->get());
    mbedtls_ssl_conf_new_session_tickets(config, 1);
  }
  return std::shared_ptr<const server_context>(new server_context(std::move(state)));
}

}  // namespace sluice::tls
