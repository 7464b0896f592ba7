// Charset names as mail clients read them (the aliases of the WHATWG Encoding Standard and of IANA, so that latin1 means
// windows-1252), and a streaming decoder to UTF-8. UTF-8, UTF-16, UTF-32, UTF-7 and the single-octet sets are decoded
// here; CJK goes through iconv with a converter of the pool. Called by the walker and by the RFC 2047/2231 decoders.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "mime/charset_pool.hpp"
#include "mime/sink.hpp"

namespace sluice::mime {

struct charset {
  enum class coding : std::uint8_t {
    guess,  // UTF-8 where the octets are valid UTF-8, windows-1252 elsewhere: what clients show for undeclared 8-bit text
    utf8, single, utf16, utf16le, utf16be, utf32, utf32le, utf32be, utf7, converter
  };
  coding how = coding::guess;
  std::uint8_t table = 0;            // of charset_tables.inc, when how is single
  const char* iconv_name = nullptr;  // when how is converter
  bool known = true;                 // false: the name is not known, the text is guessed
};

// `name` in any case, with or without quotes. An empty name is known and guessed.
charset find_charset(byte_view name);

class charset_decoder {
 public:
  charset_decoder() = default;
  ~charset_decoder() { close(); }
  charset_decoder(const charset_decoder&) = delete;
  charset_decoder& operator=(const charset_decoder&) = delete;

  // False when the pool has no converter: the text is guessed then.
  bool open(const charset&, charset_pool&);
  void close();  // gives the converter back

  void feed(byte_view in, octet_sink& out);  // `out` gets UTF-8, cut only between characters
  void finish(octet_sink& out);              // an incomplete character becomes U+FFFD

  bool bad_octets() const { return bad_; }  // something was not valid in the charset so far

 private:
  void feed_utf8(byte_view in, octet_sink& out);
  void feed_single(byte_view in, octet_sink& out);
  void feed_wide(byte_view in, octet_sink& out);
  void feed_utf7(byte_view in, octet_sink& out);
  void feed_converter(byte_view in, octet_sink& out);
  void unit16(std::uint16_t unit, class utf8_buffer& out);

  charset set_;
  charset_pool* pool_ = nullptr;
  void* converter_ = nullptr;
  char pending_[8] = {};
  std::uint8_t pending_size_ = 0;
  bool bad_ = false, shifted_ = false;  // shifted_: inside a base64 run of UTF-7, or past the byte order mark
  std::uint8_t bit_count_ = 0;
  std::uint32_t bits_ = 0;
  std::uint16_t high_ = 0;  // waiting high surrogate
};

}  // namespace sluice::mime
