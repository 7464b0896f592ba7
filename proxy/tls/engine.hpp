// One TLS session without I/O: octets in, octets out, no socket and no clock. stream.hpp joins it to a socket.
//
// It keeps memory low by not buffering: the engine says how many octets of ciphertext it would take now
// (`input_wanted`: 5 for a record header, then that record's rest) and always consumes all that it is fed, so the
// caller never holds left-over ciphertext. What it wants to send goes to an output area that is lent for one call; what
// the socket did not take of it is kept by `stash` until it has gone out.
//
// Every call returns a `step`. Whatever it says, octets in the output area must be sent before the caller waits for
// input or gives up: after a failure they hold the alert for the peer. A failed session stays failed.
#pragma once
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "tls/context.hpp"
#include "tls/heap.hpp"

namespace sluice::tls {

enum class status : std::uint8_t {
  done,         // finished; `n` octets of plaintext were read or written
  want_input,   // feed up to input_wanted() octets of ciphertext, then call again
  want_output,  // the output area is full: send it, then call again with a fresh one
  eof,          // the peer has closed its side in order (close_notify)
  failed,       // see `ec`
};

struct step {
  status what = status::failed;
  std::size_t n = 0;
  boost::system::error_code ec;
};

// Where a call puts ciphertext; lent for that call.
struct output_area {
  byte_span room;
  std::size_t used = 0;
  byte_view filled() const { return {room.data(), used}; }
};

enum class verify_result : std::uint8_t { not_checked, ok, failed };

class engine {
 public:
  engine() noexcept = default;  // holds no session; every call fails with errc::not_started
  explicit engine(std::shared_ptr<const server_context> context) noexcept;
  // `host` is the name sent as SNI and, in required mode, the name that the certificate must carry. An IP address is
  // never sent as SNI in opportunistic mode. May be empty in opportunistic mode.
  engine(std::shared_ptr<const client_context> context, std::string_view host) noexcept;
  ~engine();
  engine(engine&&) noexcept;
  engine& operator=(engine&&) noexcept;

  // Ciphertext from the peer; at most input_wanted() octets. The view is read by the next call below and must live
  // until that call returns.
  std::size_t input_wanted() const noexcept;
  void feed(byte_view ciphertext) noexcept;
  void feed_end() noexcept;  // the transport has ended

  step handshake(output_area& out) noexcept;
  // Waits for a record and gives up to to.size() octets of it (> 0). n == 0 never comes with `done`.
  step read(byte_span to, output_area& out) noexcept;
  // Takes as much of `data` as records fit into the area; `want_output` if not even one does. Empty data: done, 0.
  step write(byte_view data, output_area& out) noexcept;
  // Sends close_notify; does not wait for the peer's.
  step close(output_area& out) noexcept;

  // Plaintext is ready: the next read needs no input.
  bool has_plaintext() const noexcept;

  // Keeps what the socket did not take. False: heap used up; the session has failed.
  bool stash(byte_view rest) noexcept;
  byte_view stashed() const noexcept;
  void consume_stash(std::size_t n) noexcept;  // frees the buffer with its last octet

  // Facts for logs and header fields; empty or default before the handshake is done.
  bool established() const noexcept;
  bool is_client() const noexcept;
  const char* version() const noexcept;       // "TLSv1.3"
  const char* cipher_suite() const noexcept;  // IANA name
  unsigned cipher_bits() const noexcept;
  std::string_view server_name() const noexcept;  // SNI asked for (server) or sent (client)
  std::string_view alpn() const noexcept;
  bool resumed() const noexcept;
  // Names in the client's certificate, when this server asks for one and it was right; otherwise none.
  std::vector<std::string> client_names() const;
  verify_result peer_verified() const noexcept;
  // Why the peer's certificate is not right, as text for the log: "expired; name mismatch". Empty when it is.
  std::string_view verify_text(byte_span scratch) const noexcept;

 private:
  friend struct engine_access;  // mbedTLS's callbacks
  struct state;
  struct state_deleter {
    void operator()(state* s) const noexcept;
  };
  std::unique_ptr<state, state_deleter> state_;
  boost::system::error_code start_error_;
};

}  // namespace sluice::tls
