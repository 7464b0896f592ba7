// The format of message files: crypto_secretstream_xchacha20poly1305 (libsodium) with a random key per message.
//
//   "SLQ1" 4 zero octets, 24 octets secretstream header, then frames: u16 LE length n of the plaintext (0..16384),
//   n + 17 octets of ciphertext. The last frame carries TAG_FINAL and nothing follows it.
//
// Reading verifies every octet: a file that was cut, torn, reordered or changed ends in errc::damaged, never in a short
// message. Frames can only be read in order (the stream's nonce depends on what came before).
#pragma once
#include <sodium/crypto_secretstream_xchacha20poly1305.h>

#include <array>
#include <cstdint>

#include "core/bytes.hpp"
#include "quarantine/errc.hpp"
#include "quarantine/limits.hpp"
#include "quarantine/volume.hpp"

namespace sluice::quarantine {

inline constexpr std::size_t file_header_bytes = 8 + crypto_secretstream_xchacha20poly1305_HEADERBYTES;
inline constexpr std::size_t frame_overhead_bytes = 2 + crypto_secretstream_xchacha20poly1305_ABYTES;

// A message key; wiped when it goes.
class message_key {
 public:
  message_key() { bytes_.fill(0); }
  message_key(const message_key&) = default;
  message_key& operator=(const message_key&) = default;
  ~message_key();
  static message_key random();
  unsigned char* data() { return bytes_.data(); }
  const unsigned char* data() const { return bytes_.data(); }
  static constexpr std::size_t size() { return crypto_secretstream_xchacha20poly1305_KEYBYTES; }

 private:
  std::array<unsigned char, crypto_secretstream_xchacha20poly1305_KEYBYTES> bytes_;
};

// Octets that `content` octets take on the medium when they are appended in full frames.
constexpr std::uint64_t sealed_size(std::uint64_t content) {
  return file_header_bytes + content + (content / frame_bytes + 1) * frame_overhead_bytes;
}

// Writes a sealed file through a descriptor that it does not own.
class sealed_writer {
 public:
  sealed_writer(volume& v, int fd, const message_key& key);
  ~sealed_writer();
  // Cuts `data` into frames and writes them at once. After an error the file must be given up.
  result<void> append(byte_view data);
  result<void> finish();  // the final frame; not yet durable
  std::uint64_t content_bytes() const { return content_bytes_; }
  std::uint64_t file_bytes() const { return file_bytes_; }

 private:
  result<void> write_frame(byte_view data, unsigned char tag);

  volume& volume_;
  crypto_secretstream_xchacha20poly1305_state state_;
  std::array<unsigned char, file_header_bytes> header_;
  int fd_;
  bool finished_ = false;
  std::uint64_t content_bytes_ = 0, file_bytes_ = 0;
};

// Reads a sealed file once, in order. Owns its descriptor. The volume must outlive it; storage thread only.
class content_reader {
 public:
  content_reader(content_reader&&) noexcept;
  content_reader& operator=(content_reader&&) noexcept;
  ~content_reader();

  // `bytes_expected` is the content's size as the index knows it; another size is errc::damaged.
  static result<content_reader> open(volume&, const std::string& path, const message_key&,
                                     std::uint64_t bytes_expected);

  // Decrypts the next frame into `out` (at least frame_bytes) and returns its size; 0 is the verified end.
  // Errors: damaged, io. What was returned before an error is genuine, but the message as a whole is not complete.
  result<std::size_t> read(byte_span out);
  std::uint64_t size() const { return expected_; }  // octets of the whole content
  std::uint64_t position() const { return content_at_; }

 private:
  content_reader(volume& v, int fd, std::uint64_t expected) : volume_(&v), fd_(fd), expected_(expected) {}
  result<std::size_t> read_frame(byte_span out);
  void close();

  volume* volume_;
  int fd_ = -1;
  crypto_secretstream_xchacha20poly1305_state state_{};
  std::uint64_t expected_, content_at_ = 0, file_at_ = 0;
  bool ended_ = false, broken_ = false;
};

}  // namespace sluice::quarantine
