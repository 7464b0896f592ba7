// Commands to a downstream, written into a caller's buffer; several may be collected for one write (RFC 2920). Maps the
// parameters of an envelope to what the downstream offers. No octet that ends or splits a line can get through: a value
// with a control character is refused, whatever its origin. Called by relay.
#pragma once
#include "smtp/command.hpp"
#include "smtp/extension_set.hpp"

namespace sluice::smtp {

// What the envelope needs and the downstream lacks: utf8_unsupported, eight_bit_unsupported or none. DSN parameters
// are dropped silently when it lacks DSN, SIZE likewise.
cause missing_for(const mail_command& mail, const extension_set& downstream);

class command_writer {
 public:
  explicit command_writer(byte_span out) : out_(out) {}

  // Each appends one command with CRLF; false (and nothing appended) when it does not fit or holds an octet that a
  // command cannot carry.
  bool ehlo(byte_view name);
  bool helo(byte_view name);
  bool mail(const mail_command& mail, const extension_set& downstream);
  bool rcpt(const rcpt_command& rcpt, const extension_set& downstream);
  bool data() { return word("DATA"); }
  bool rset() { return word("RSET"); }
  bool noop() { return word("NOOP"); }
  bool quit() { return word("QUIT"); }
  bool starttls() { return word("STARTTLS"); }
  // Only attributes that are both known and taken by the downstream; xtext, IPv6 addresses tagged, `unavailable` as
  // "[UNAVAILABLE]". True also when there is nothing to say: then nothing is appended.
  bool xclient(const client_info& client, const extension_set& downstream);
  bool xforward(const client_info& client, const extension_set& downstream);

  byte_view text() const { return {out_.data(), size_}; }
  void clear() { size_ = 0; }

 private:
  bool word(byte_view verb);
  bool put(byte_view text);        // any octet
  bool put_token(byte_view text);  // no control characters, no blanks
  bool put_path(const path& p);
  bool finish(std::size_t begin, bool good);
  bool attributes(byte_view verb, const client_info& client, std::uint16_t wanted);

  byte_span out_;
  std::size_t size_ = 0;
};

}  // namespace sluice::smtp
