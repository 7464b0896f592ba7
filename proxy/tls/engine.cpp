// See engine.hpp. mbedTLS's BIO asks for exactly the octets it needs next, which is what makes an engine without an
// input buffer possible: a record is assembled in mbedTLS's own buffer, however the octets arrive.
#include "tls/engine.hpp"

#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "core/ascii.hpp"
#include "tls/context_impl.hpp"
#include "tls/engine_hooks.hpp"
#include "tls/errc.hpp"
#include "tls/parameters.hpp"
#include "tls/record_buffers.hpp"

// Not in mbedTLS's public headers; TLS 1.2 calls it itself. In TLS 1.3 it would only be called when the session ends,
// and 4.5 KB of handshake state would stay with every session, although a server never needs it again: mbedTLS refuses
// every handshake message after the handshake. tests/unit/tls/heap_test.cpp holds the effect.
extern "C" void mbedtls_ssl_handshake_wrapup_free_hs_transform(mbedtls_ssl_context* ssl);

namespace sluice::tls {

static_assert(MBEDTLS_SSL_IN_CONTENT_LEN == limits::record_in_bytes);
static_assert(MBEDTLS_SSL_OUT_CONTENT_LEN > limits::record_out_bytes);  // a TLS 1.3 record also holds its type
static_assert(MBEDTLS_SSL_OUT_CONTENT_LEN >= limits::certificate_chain_bytes + 64);
static_assert(MBEDTLS_VERSION_NUMBER >= 0x03060600 && MBEDTLS_VERSION_NUMBER < 0x04000000);

namespace {
constexpr std::size_t record_header_bytes = 5;
}

struct engine::state {
  mbedtls_ssl_context ssl;
  std::shared_ptr<const server_context> server;
  std::shared_ptr<const client_context> client;
  heap::block name;  // SNI, host_name_bytes at most
  heap::block stash;
  std::uint16_t name_bytes = 0;
  std::uint16_t stash_begin = 0, stash_end = 0;
  std::size_t wanted = record_header_bytes;
  byte_view input;
  output_area* out = nullptr;  // lent for the call in progress
  record_buffers buffers;
  std::array<char, record_header_bytes> early{};  // was fed when there was no room for a buffer
  std::uint8_t early_bytes = 0;
  boost::system::error_code failure;
  bool ended = false;            // the transport has no more
  bool asked = false;            // mbedTLS wanted more input than there was, in the call in progress
  bool looked = false;           // the first octet was seen
  bool not_tls = false;          // ... and starts no TLS record
  bool saw_certificate = false;  // the handshake passed the server's Certificate message: not resumed
  bool closed = false;           // our close_notify is out
  bool peer_closed = false;
  bool established = false;

  state() { mbedtls_ssl_init(&ssl); }
  ~state() { mbedtls_ssl_free(&ssl); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  int set_up(const ssl_settings& settings);
  bool set_name(std::string_view host);
  int receive(unsigned char* to, std::size_t n);
  int send(const unsigned char* from, std::size_t n);
  step fail(int code, std::uint64_t refusals_before);
  step want(int code) const;
  void end_handshake();
  void keep_session();
  bool failed() const { return static_cast<bool>(failure); }
  step failed_step() const { return {status::failed, 0, failure}; }
};

namespace {

template <class State>
int on_receive(void* self, unsigned char* to, std::size_t n) {
  return static_cast<State*>(self)->receive(to, n);
}
template <class State>
int on_send(void* self, const unsigned char* from, std::size_t n) {
  return static_cast<State*>(self)->send(from, n);
}

// Lends the output area to the state for one call, and ends the loan of the input and of the record buffers with it.
template <class State>
class call {
 public:
  call(State& s, output_area& out) : s_(s) {
    s_.out = &out;
    s_.asked = false;
  }
  ~call() {
    s_.out = nullptr;
    s_.input = {};
    if (s_.established) s_.buffers.take_back(s_.ssl);
  }
  call(const call&) = delete;
  call& operator=(const call&) = delete;
  std::uint64_t refusals_before() const { return refusals_; }

 private:
  State& s_;
  std::uint64_t refusals_ = heap::refusals_here();
};

bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

int engine::state::set_up(const ssl_settings& settings) {
  if (const int rc = mbedtls_ssl_setup(&ssl, settings.get()); rc != 0) return rc;
  mbedtls_ssl_set_bio(&ssl, this, on_send<state>, on_receive<state>, nullptr);
  mbedtls_ssl_set_user_data_p(&ssl, this);
  return 0;
}

bool engine::state::set_name(std::string_view host) {
  if (host.empty() || host.size() > limits::host_name_bytes) return true;
  name.reset(static_cast<char*>(heap::allocate(host.size() + 1)));
  if (!name) return false;
  std::transform(host.begin(), host.end(), name.get(), ascii::lower);
  name_bytes = static_cast<std::uint16_t>(host.size());
  return true;
}

int engine::state::receive(unsigned char* to, std::size_t n) {
  if (early_bytes != 0) {
    n = std::min<std::size_t>(n, early_bytes);
    std::memcpy(to, early.data(), n);
    early_bytes = static_cast<std::uint8_t>(early_bytes - n);
    std::memmove(early.data(), early.data() + n, early_bytes);
    return static_cast<int>(n);
  }
  if (input.empty()) {
    wanted = n;
    asked = true;
    return ended ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
  }
  if (!looked) {  // RFC 8446 5.1: alert (21) or handshake (22) is all that a peer can begin with
    looked = true;
    not_tls = input.front() != 21 && input.front() != 22;
  }
  n = std::min(n, input.size());
  std::memcpy(to, input.data(), n);
  input.remove_prefix(n);
  wanted = record_header_bytes;  // corrected when mbedTLS asks for more
  return static_cast<int>(n);
}

int engine::state::send(const unsigned char* from, std::size_t n) {
  const std::size_t room = out == nullptr ? 0 : out->room.size() - out->used;
  if (room == 0) return MBEDTLS_ERR_SSL_WANT_WRITE;
  n = std::min(n, room);
  std::memcpy(out->room.data() + out->used, from, n);
  out->used += n;
  return static_cast<int>(n);
}

step engine::state::fail(int code, std::uint64_t refusals_before) {
  failure = from_mbedtls(code);
  if (heap::refusals_here() != refusals_before)
    failure = errc::out_of_memory;
  else if (not_tls && !established)
    failure = errc::not_tls;
  return failed_step();
}

step engine::state::want(int code) const {
  return {code == MBEDTLS_ERR_SSL_WANT_WRITE ? status::want_output : status::want_input, 0, {}};
}

void engine::state::end_handshake() {
  established = true;
  const bool is_12 = mbedtls_ssl_get_version_number(&ssl) == MBEDTLS_SSL_VERSION_TLS1_2;
  if (server && !is_12) {
    mbedtls_ssl_handshake_wrapup_free_hs_transform(&ssl);
    mbedtls_free(ssl.MBEDTLS_PRIVATE(transform));  // empty: TLS 1.3 keeps its keys elsewhere
    ssl.MBEDTLS_PRIVATE(transform) = nullptr;
  }
  if (client && is_12) keep_session();  // TLS 1.3 tickets come later (see read)
}

void engine::state::keep_session() {
  const auto& sessions = client->native().sessions;
  if (sessions && name_bytes != 0) sessions->keep(&ssl, {name.get(), name_bytes});
}

void engine::state_deleter::operator()(state* s) const noexcept {
  s->~state();
  heap::release(s);
}

engine::engine(std::shared_ptr<const server_context> context) noexcept {
  void* place = heap::allocate(sizeof(state));
  if (place != nullptr) state_.reset(new (place) state);
  if (!state_ || state_->set_up(context->native().settings) != 0) {
    start_error_ = errc::out_of_memory;
    state_.reset();
    return;
  }
  state_->server = std::move(context);
}

engine::engine(std::shared_ptr<const client_context> context, std::string_view host) noexcept {
  void* place = heap::allocate(sizeof(state));
  if (place != nullptr) state_.reset(new (place) state);
  const client_context::impl& shared = context->native();
  if (!state_ || state_->set_up(shared.settings) != 0 || !state_->set_name(host)) {
    start_error_ = errc::out_of_memory;
    state_.reset();
    return;
  }
  // RFC 6066 3: no literal addresses in SNI. mbedTLS verifies against the name it sends, so in required mode an
  // address is sent all the same.
  const bool send_name = state_->name_bytes != 0 && (shared.verify == verify_mode::required || !is_address(host));
  int rc = mbedtls_ssl_set_hostname(&state_->ssl, send_name ? state_->name.get() : nullptr);
  if (rc == 0 && shared.sessions && state_->name_bytes != 0) {
    rc = shared.sessions->resume(&state_->ssl, {state_->name.get(), state_->name_bytes});
  }
  if (rc != 0) {
    start_error_ = errc::out_of_memory;
    state_.reset();
    return;
  }
  if (shared.verify == verify_mode::required && state_->name_bytes == 0) {
    state_->failure = errc::certificate_rejected;  // no name to verify: never connect
  }
  state_->client = std::move(context);
}

engine::~engine() = default;
engine::engine(engine&&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;

std::size_t engine::input_wanted() const noexcept { return state_ ? state_->wanted : 0; }

void engine::feed(byte_view ciphertext) noexcept {
  if (state_) state_->input = ciphertext;
}

void engine::feed_end() noexcept {
  if (state_) state_->ended = true;
}

int choose_certificate(mbedtls_ssl_context* ssl) {
  std::size_t n = 0;
  const unsigned char* sni = mbedtls_ssl_get_hs_sni(ssl, &n);
  return engine_access::choose(mbedtls_ssl_get_user_data_p(ssl), {reinterpret_cast<const char*>(sni), sni ? n : 0});
}

int engine_access::choose(void* self, std::string_view sni) {
  auto& s = *static_cast<engine::state*>(self);
  if (!s.set_name(sni)) return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  return s.server->native().choose(&s.ssl, {s.name.get(), s.name_bytes});
}

step engine::handshake(output_area& out) noexcept {
  if (!state_) return {status::failed, 0, start_error_ ? start_error_ : make_error_code(errc::not_started)};
  state& s = *state_;
  if (s.failed()) return s.failed_step();
  const call scope(s, out);
  // Not mbedtls_ssl_is_handshake_over: that is already true when a TLS 1.3 server has yet to send its ticket.
  while (s.ssl.MBEDTLS_PRIVATE(state) != MBEDTLS_SSL_HANDSHAKE_OVER) {
    const int rc = mbedtls_ssl_handshake_step(&s.ssl);
    if (s.ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CERTIFICATE) s.saw_certificate = true;
    if (rc == 0) continue;
    if (rc == MBEDTLS_ERR_SSL_WANT_READ && !s.asked) continue;
    if (rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE) return s.want(rc);
    return s.fail(rc, scope.refusals_before());
  }
  if (!s.established) s.end_handshake();
  return {status::done, 0, {}};
}

step engine::read(byte_span to, output_area& out) noexcept {
  if (!state_) return {status::failed, 0, make_error_code(errc::not_started)};
  state& s = *state_;
  if (s.failed()) return s.failed_step();
  if (!s.established) return {status::failed, 0, make_error_code(errc::not_started)};
  if (s.peer_closed) return {status::eof, 0, {}};
  if (to.empty()) return {status::done, 0, {}};
  const call scope(s, out);
  if (s.input.empty() && s.early_bytes == 0 && !s.ended && !s.buffers.has_input(s.ssl)) {
    s.wanted = record_header_bytes;  // between two records: nothing to read, and no buffers to do it with
    return {status::want_input, 0, {}};
  }
  if (!s.buffers.lend(s.ssl)) {
    if (!s.buffers.has_input(s.ssl) && !s.input.empty()) {  // the beginning of a header, then: no more was wanted
      s.early_bytes = static_cast<std::uint8_t>(std::min(s.input.size(), s.early.size()));
      std::memcpy(s.early.data(), s.input.data(), s.early_bytes);
    }
    return {status::failed, 0, errc::no_room_now};
  }
  for (;;) {
    s.asked = false;
    const int rc = mbedtls_ssl_read(&s.ssl, reinterpret_cast<unsigned char*>(to.data()), to.size());
    if (rc > 0) return {status::done, static_cast<std::size_t>(rc), {}};
    switch (rc) {
      case 0:  // the transport's end, or an empty record (RFC 8446 5.1 allows them)
        if (s.asked && s.ended) return s.fail(MBEDTLS_ERR_SSL_CONN_EOF, scope.refusals_before());
        break;
      case MBEDTLS_ERR_SSL_WANT_READ:  // also said after a record without data: then there may be more
        if (s.asked) return s.want(rc);
        break;
      case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET:
        if (s.client) s.keep_session();
        break;
      case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        s.peer_closed = true;
        return {status::eof, 0, {}};
      case MBEDTLS_ERR_SSL_WANT_WRITE:
        return s.want(rc);
      default:
        return s.fail(rc, scope.refusals_before());
    }
  }
}

step engine::write(byte_view data, output_area& out) noexcept {
  if (!state_) return {status::failed, 0, make_error_code(errc::not_started)};
  state& s = *state_;
  if (s.failed()) return s.failed_step();
  if (!s.established) return {status::failed, 0, make_error_code(errc::not_started)};
  if (s.closed) return {status::failed, 0, make_error_code(errc::closed)};
  const call scope(s, out);
  if (!s.buffers.lend_output(s.ssl)) return {status::failed, 0, errc::no_room_now};
  std::size_t taken = 0;
  while (taken != data.size()) {
    // A record is begun only if all of it fits: after WANT_WRITE mbedTLS would insist on the same data again, and
    // silently drop other data.
    const std::size_t n = std::min(data.size() - taken, limits::record_out_bytes);
    if (out.room.size() - out.used < n + limits::record_overhead_bytes) break;
    const int rc = mbedtls_ssl_write(&s.ssl, reinterpret_cast<const unsigned char*>(data.data() + taken), n);
    if (rc <= 0) return s.fail(rc == 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : rc, scope.refusals_before());
    taken += static_cast<std::size_t>(rc);
  }
  return {taken == 0 && !data.empty() ? status::want_output : status::done, taken, {}};
}

step engine::close(output_area& out) noexcept {
  if (!state_) return {status::failed, 0, make_error_code(errc::not_started)};
  state& s = *state_;
  if (s.failed()) return s.failed_step();
  if (s.closed || !s.established) return {status::done, 0, {}};
  const call scope(s, out);
  if (out.room.size() - out.used < limits::record_overhead_bytes) return {status::want_output, 0, {}};
  if (!s.buffers.lend_output(s.ssl)) return {status::failed, 0, errc::no_room_now};
  if (const int rc = mbedtls_ssl_close_notify(&s.ssl); rc != 0) return s.fail(rc, scope.refusals_before());
  s.closed = true;
  return {status::done, 0, {}};
}

bool engine::has_plaintext() const noexcept { return state_ && mbedtls_ssl_get_bytes_avail(&state_->ssl) != 0; }

bool engine::stash(byte_view rest) noexcept {
  if (!state_) return false;
  state& s = *state_;
  s.stash.reset(static_cast<char*>(heap::allocate(rest.size())));
  s.stash_begin = s.stash_end = 0;
  if (!s.stash || rest.size() > limits::gather_out_bytes) {
    s.failure = errc::out_of_memory;
    return false;
  }
  std::memcpy(s.stash.get(), rest.data(), rest.size());
  s.stash_end = static_cast<std::uint16_t>(rest.size());
  return true;
}

byte_view engine::stashed() const noexcept {
  if (!state_ || state_->stash_begin == state_->stash_end) return {};
  return {state_->stash.get() + state_->stash_begin, static_cast<std::size_t>(state_->stash_end - state_->stash_begin)};
}

void engine::consume_stash(std::size_t n) noexcept {
  state_->stash_begin = static_cast<std::uint16_t>(state_->stash_begin + n);
  if (state_->stash_begin == state_->stash_end) state_->stash.reset();
}

bool engine::established() const noexcept { return state_ && state_->established; }
bool engine::is_client() const noexcept { return state_ && state_->client != nullptr; }

const char* engine::version() const noexcept { return established() ? mbedtls_ssl_get_version(&state_->ssl) : ""; }

const char* engine::cipher_suite() const noexcept {
  return established() ? suite_name(mbedtls_ssl_get_ciphersuite_id_from_ssl(&state_->ssl)) : "";
}

unsigned engine::cipher_bits() const noexcept {
  return established() ? suite_key_bits(mbedtls_ssl_get_ciphersuite_id_from_ssl(&state_->ssl)) : 0;
}

std::string_view engine::server_name() const noexcept {
  return state_ && state_->name ? std::string_view(state_->name.get(), state_->name_bytes) : std::string_view();
}

std::string_view engine::alpn() const noexcept {
  const char* name = established() ? mbedtls_ssl_get_alpn_protocol(&state_->ssl) : nullptr;
  return name == nullptr ? std::string_view() : std::string_view(name);
}

bool engine::resumed() const noexcept { return established() && !state_->saw_certificate; }

std::vector<std::string> engine::client_names() const {
  if (!established() || !state_->server || !state_->server->native().asks) return {};
  const mbedtls_x509_crt* peer = mbedtls_ssl_get_peer_cert(&state_->ssl);
  if (peer == nullptr || mbedtls_ssl_get_verify_result(&state_->ssl) != 0) return {};
  return holder_names(*peer);
}

verify_result engine::peer_verified() const noexcept {
  if (!is_client() || state_->client->ca_count() == 0) return verify_result::not_checked;
  const std::uint32_t flags = mbedtls_ssl_get_verify_result(&state_->ssl);
  if (flags == 0xffffffffU || (flags & MBEDTLS_X509_BADCERT_SKIP_VERIFY) != 0) return verify_result::not_checked;
  return flags == 0 ? verify_result::ok : verify_result::failed;
}

std::string_view engine::verify_text(byte_span scratch) const noexcept {
  if (peer_verified() != verify_result::failed || scratch.empty()) return {};
  const int n =
      mbedtls_x509_crt_verify_info(scratch.data(), scratch.size(), "", mbedtls_ssl_get_verify_result(&state_->ssl));
  if (n <= 0) return {};
  const std::size_t used = std::min(static_cast<std::size_t>(n), scratch.size());
  std::replace(scratch.data(), scratch.data() + used, '\n', ';');
  return byte_view(scratch.data(), used).substr(0, used - 1);
}

}  // namespace sluice::tls
