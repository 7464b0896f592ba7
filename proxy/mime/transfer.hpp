// Streaming decoders of content transfer encodings (RFC 2045 section 6, and uuencode), lenient as mail clients are.
// Flaws that make clients disagree are remembered, not refused. Called by the walker.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "mime/sink.hpp"

namespace sluice::mime {

enum class transfer : std::uint8_t { identity, base64, quoted_printable, uuencode };

class transfer_decoder {
 public:
  void open(transfer);
  void feed(byte_view raw, octet_sink& out);  // any cut; CRLF or LF
  void finish(octet_sink& out);               // what an incomplete end still says

  transfer how() const { return how_; }
  // Clients disagree on something seen so far: junk or padding inside base64, a broken "=" in quoted-printable, a
  // uuencoded line of a wrong length.
  bool flawed() const { return flawed_; }

 private:
  void feed_base64(byte_view raw, octet_sink& out);
  void base64_slow(char c, char* to, std::size_t& size);
  void base64_behind_end(char c, octet_sink& out);
  void base64_trailer(octet_sink& out);
  void feed_quoted(byte_view raw, octet_sink& out);
  void feed_uu(byte_view raw, octet_sink& out);
  void uu_line(octet_sink& out);

  transfer how_ = transfer::identity;
  bool flawed_ = false, padded_ = false, odd_line_ = false;  // odd_line_: base64, a line ended inside of a quantum
  std::uint8_t count_ = 0;   // base64: characters of the open quantum; quoted: octets of an open "=.." sequence
  std::uint8_t held_ = 0;    // octets in hold_
  std::uint32_t bits_ = 0;
  char hold_[96] = {};       // quoted: white space that may end a line, or an open "="; uuencode: the line
};

}  // namespace sluice::mime
