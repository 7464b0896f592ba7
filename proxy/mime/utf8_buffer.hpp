// Collects UTF-8 on the stack and pushes it on in pieces that end between characters.
#pragma once
#include <algorithm>
#include <cstring>

#include "mime/sink.hpp"

namespace sluice::mime {

class utf8_buffer {
 public:
  explicit utf8_buffer(octet_sink& out) : out_(out) {}
  ~utf8_buffer() { flush(); }
  utf8_buffer(const utf8_buffer&) = delete;
  utf8_buffer& operator=(const utf8_buffer&) = delete;

  void put(char32_t code) {
    if (size_ + 4 > sizeof text_) flush();
    size_ += encode(code, text_ + size_);
  }

  // Whole characters only (ASCII here).
  void put_run(byte_view run) {
    while (!run.empty()) {
      if (size_ == sizeof text_) flush();
      const std::size_t n = std::min(run.size(), sizeof text_ - size_);
      std::memcpy(text_ + size_, run.data(), n);
      size_ += n;
      run.remove_prefix(n);
    }
  }

  // One octet of UTF-8 text whose other octets come with it; never flushed in between.
  void put_octet(char c) {
    const bool start = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (size_ == sizeof text_ || (start && size_ + 4 > sizeof text_)) flush();
    text_[size_++] = c;
  }

  void flush() {
    if (size_ > 0) out_.put({text_, size_});
    size_ = 0;
  }

  // Writes 1..4 octets; surrogates and what is above U+10FFFF must not come in.
  static std::size_t encode(char32_t code, char* to) {
    const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) return to[0] = static_cast<char>(code), 1;
    if (code < 0x800) return to[0] = static_cast<char>(0xc0 | (code >> 6)), to[1] = tail(0), 2;
    if (code < 0x10000) return to[0] = static_cast<char>(0xe0 | (code >> 12)), to[1] = tail(6), to[2] = tail(0), 3;
    return to[0] = static_cast<char>(0xf0 | (code >> 18)), to[1] = tail(12), to[2] = tail(6), to[3] = tail(0), 4;
  }

 private:
  octet_sink& out_;
  std::size_t size_ = 0;
  char text_[1024];
};

}  // namespace sluice::mime
