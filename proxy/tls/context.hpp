// What sessions share: certificates, keys, policy. A context is built once, checked while it is built, and immutable
// from then on; sessions hold it by shared_ptr, so a reload just hands new sessions a new one. A context that cannot be
// built is an error with text, and the caller keeps the one it has.
//
// Server: several certificate/key pairs, chosen by the client's SNI (RFC 6066 3) and signature algorithms; sessions are
// resumed by tickets alone (RFC 5077, RFC 8446 4.6.1), the server keeps no state for them. Client: opportunistic or
// verified. TLS 1.2 and 1.3 only, (EC)DHE only. No mbedTLS header is needed here.
#pragma once
#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/limits.hpp"

namespace sluice::tls {

// Why a context could not be built: names the file (or "PEM text") and the reason, for the operator.
struct build_error {
  std::string text;
};
[[noreturn]] void throw_exception_from_error(const build_error& e, const boost::source_location& where);

// PEM, either as a path or as the text itself (recognised by a leading "-----BEGIN"). The certificate's issuer chain
// follows it in the same file.
struct key_pair {
  std::string certificate;
  std::string key;
};

enum class key_type : std::uint8_t { ecdsa, rsa };
enum class date_state : std::uint8_t { valid, not_yet_valid, expired };

// One loaded certificate, for the status page and for warnings. Times are seconds since 1970 (UTC).
struct certificate_info {
  std::string source;              // the path, or "PEM text"
  std::string subject, issuer;     // as mbedTLS prints them: "CN=mx.example.org"
  std::vector<std::string> names;  // DNS names of the subjectAltName, lower case; the CN where there are none
  key_type type = key_type::ecdsa;
  unsigned key_bits = 0;
  std::int64_t not_before = 0, not_after = 0;
  std::string serial;  // hex digits
  std::string sha256;  // fingerprint, 64 hex digits
  date_state state(std::int64_t now) const {
    return now < not_before ? date_state::not_yet_valid : now > not_after ? date_state::expired : date_state::valid;
  }
};

enum class version : std::uint8_t { tls12, tls13 };
enum class group : std::uint8_t { x25519, secp256r1, secp384r1 };
enum class cipher_order : std::uint8_t {
  automatic,  // AES-128-GCM first where the CPU has AES instructions, ChaCha20-Poly1305 otherwise
  aes_first,
  chacha_first,
};

// Keys that seal resumption tickets; common to all event loops and handed from one generation's context to the next, so
// that a reload does not cost every client a full handshake. A new key every lifetime, the former one still opens.
class ticket_keys;
boost::system::result<std::shared_ptr<ticket_keys>, build_error> make_ticket_keys(
    std::uint32_t lifetime_s = limits::ticket_lifetime_s);

// Whether a server asks its clients for a certificate. In both asking modes a certificate that does not verify (another
// CA, dates, purpose, revoked) ends the handshake.
enum class client_certificates : std::uint8_t { off, optional, required };

class server_context;

struct server_options {
  std::vector<key_pair> pairs;    // at least one; the first of each key type serves clients whose name matches none
  std::shared_ptr<const server_context> same_pairs_as;  // instead of `pairs`: they are loaded once for both contexts
  std::vector<std::string> alpn;  // offered protocols in order of preference; empty: the extension is ignored
  version min_version = version::tls12;
  version max_version = version::tls13;
  cipher_order ciphers = cipher_order::automatic;
  std::vector<group> groups;             // these first, the others after them; default: the cheapest for us first
  std::shared_ptr<ticket_keys> tickets;  // null: no resumption, and always null when clients are asked
  client_certificates ask = client_certificates::off;
  std::string client_ca;   // PEM bundle, path or text; asking modes need it
  std::string client_crl;  // PEM, path or text; empty: nothing is revoked. One that is too old revokes everything
};

class server_context {
 public:
  static boost::system::result<std::shared_ptr<const server_context>, build_error> build(const server_options& options);
  ~server_context();
  server_context(const server_context&) = delete;
  server_context& operator=(const server_context&) = delete;

  const std::vector<certificate_info>& certificates() const;

  struct impl;
  const impl& native() const { return *impl_; }  // for engine.cpp

 private:
  explicit server_context(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

enum class verify_mode : std::uint8_t {
  opportunistic,  // any certificate will do; with CAs given, the outcome is still recorded for the log
  required,       // chain, dates and host name must be right, otherwise errc::certificate_rejected
};

struct client_options {
  verify_mode verify = verify_mode::opportunistic;
  std::string ca_file;       // PEM bundle, path or text
  std::string ca_directory;  // every readable PEM file in it; required mode needs one of the two
  std::vector<std::string> alpn;
  version min_version = version::tls12;
  version max_version = version::tls13;
  cipher_order ciphers = cipher_order::automatic;
  std::vector<group> groups;
  bool reuse_sessions = false;  // keep the last ticket of up to limits::max_kept_client_sessions hosts
};

class client_context {
 public:
  static boost::system::result<std::shared_ptr<const client_context>, build_error> build(const client_options& options);
  ~client_context();
  client_context(const client_context&) = delete;
  client_context& operator=(const client_context&) = delete;

  std::size_t ca_count() const;

  struct impl;
  const impl& native() const { return *impl_; }  // for engine.cpp

 private:
  explicit client_context(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

}  // namespace sluice::tls
