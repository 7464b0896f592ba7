// Streaming decoders to UTF-8. Every decoder keeps at most one incomplete character between calls, so that the output
// does not depend on how the input is cut.
#include "mime/charset.hpp"

#include <iconv.h>

#include <cerrno>

#include <cstring>

#include "mime/utf8_buffer.hpp"

namespace sluice::mime {
namespace {

constexpr std::uint16_t tables[][128] = {
#include "mime/charset_tables.inc"
};
constexpr std::size_t windows_1252 = 15;

enum class step_result { valid, incomplete, invalid };
struct utf8_step {
  step_result result;
  std::uint8_t length;  // octets of the character, or of the maximal invalid prefix
};

unsigned char octet(byte_view in, std::size_t i) { return static_cast<unsigned char>(in[i]); }

// One character of non-empty input; a broken one spans its maximal valid prefix (Unicode 3.9, U+FFFD substitution).
utf8_step step(byte_view in) {
  const unsigned b0 = octet(in, 0);
  if (b0 < 0x80) return {step_result::valid, 1};
  if (b0 < 0xc2 || b0 > 0xf4) return {step_result::invalid, 1};
  const std::uint8_t length = b0 >= 0xf0 ? 4 : b0 >= 0xe0 ? 3 : 2;
  unsigned low = 0x80, high = 0xbf;
  if (b0 == 0xe0) low = 0xa0;
  if (b0 == 0xed) high = 0x9f;
  if (b0 == 0xf0) low = 0x90;
  if (b0 == 0xf4) high = 0x8f;
  for (std::uint8_t i = 1; i < length; ++i) {
    if (i >= in.size()) return {step_result::incomplete, i};
    const unsigned b = octet(in, i);
    if (b < low || b > high) return {step_result::invalid, i};
    low = 0x80, high = 0xbf;
  }
  return {step_result::valid, length};
}

std::size_t ascii_prefix(byte_view in) {
  std::size_t i = 0;
  for (; i + 8 <= in.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, in.data() + i, 8);
    if (word & 0x8080808080808080u) break;
  }
  while (i < in.size() && octet(in, i) < 0x80) ++i;
  return i;
}

}  // namespace

bool charset_decoder::open(const charset& set, charset_pool& pool) {
  close();
  set_ = set;
  pool_ = &pool;
  pending_size_ = bit_count_ = 0;
  bits_ = high_ = 0;
  bad_ = shifted_ = false;
  if (set.how != charset::coding::converter) return true;
  converter_ = pool.acquire(set.iconv_name);
  if (!converter_) set_ = charset{};
  return converter_ != nullptr;
}

void charset_decoder::close() {
  if (converter_) pool_->release(converter_);
  converter_ = nullptr;
}

void charset_decoder::feed(byte_view in, octet_sink& out) {
  using coding = charset::coding;
  switch (set_.how) {
    case coding::guess:
    case coding::utf8: return feed_utf8(in, out);
    case coding::single: return feed_single(in, out);
    case coding::utf7: return feed_utf7(in, out);
    case coding::converter: return feed_converter(in, out);
    default: return feed_wide(in, out);
  }
}

void charset_decoder::finish(octet_sink& out) {
  if (converter_) {  // some converters keep a character back to see whether a combining one follows
    char room[32];
    char* to = room;
    std::size_t space = sizeof room;
    ::iconv(static_cast<iconv_t>(converter_), nullptr, nullptr, &to, &space);
    if (to != room) out.put({room, static_cast<std::size_t>(to - room)});
  }
  utf8_buffer text(out);
  if (set_.how == charset::coding::guess) {
    for (std::size_t i = 0; i < pending_size_; ++i) text.put(tables[windows_1252][octet({pending_, 8}, i) - 0x80]);
  } else if (pending_size_ > 0 || high_ != 0) {
    text.put(0xfffd);
    bad_ = true;
  }
  pending_size_ = 0;
  high_ = 0;
}

// Valid runs are passed on without copying. In guess mode an octet that is not UTF-8 is read as windows-1252.
void charset_decoder::feed_utf8(byte_view in, octet_sink& out) {
  const bool guess = set_.how == charset::coding::guess;
  const auto broken = [&](byte_view octets) {
    bad_ = true;
    utf8_buffer text(out);
    if (!guess) return text.put(0xfffd);
    for (std::size_t i = 0; i < octets.size(); ++i) text.put(tables[windows_1252][octet(octets, i) - 0x80]);
  };
  while (pending_size_ > 0 && !in.empty()) {
    pending_[pending_size_++] = in.front();
    const byte_view held{pending_, pending_size_};
    const utf8_step now = step(held);
    if (now.result == step_result::incomplete) {
      in.remove_prefix(1);
      continue;
    }
    if (now.result == step_result::valid) {
      in.remove_prefix(1);
      out.put(held);
    } else {  // the octet just added begins something new; what was held is the broken prefix
      broken(held.substr(0, now.length));
    }
    pending_size_ = 0;
  }
  std::size_t run = 0;
  while (run < in.size()) {
    run += ascii_prefix(in.substr(run));
    if (run == in.size()) break;
    const utf8_step now = step(in.substr(run));
    if (now.result == step_result::valid) {
      run += now.length;
      continue;
    }
    if (run > 0) out.put(in.substr(0, run));
    in.remove_prefix(run);
    run = 0;
    if (now.result == step_result::incomplete) {
      std::memcpy(pending_, in.data(), in.size());
      pending_size_ = static_cast<std::uint8_t>(in.size());
      return;
    }
    broken(in.substr(0, now.length));
    in.remove_prefix(now.length);
  }
  if (run > 0) out.put(in.substr(0, run));
}

void charset_decoder::feed_single(byte_view in, octet_sink& out) {
  const auto& table = tables[set_.table];
  utf8_buffer text(out);
  while (!in.empty()) {
    const std::size_t run = ascii_prefix(in);
    text.put_run(in.substr(0, run));
    in.remove_prefix(run);
    while (!in.empty() && octet(in, 0) >= 0x80) {
      const char32_t code = table[octet(in, 0) - 0x80];
      bad_ = bad_ || code == 0xfffd;
      text.put(code);
      in.remove_prefix(1);
    }
  }
}

void charset_decoder::unit16(std::uint16_t unit, utf8_buffer& out) {
  const bool low = unit >= 0xdc00 && unit < 0xe000;
  if (high_ != 0 && low) {
    out.put(0x10000 + ((static_cast<char32_t>(high_) - 0xd800) << 10) + (unit - 0xdc00u));
    high_ = 0;
    return;
  }
  if (high_ != 0 || low) out.put(0xfffd), bad_ = true;
  high_ = 0;
  if (unit >= 0xd800 && unit < 0xdc00) high_ = unit;
  else if (!low) out.put(unit);
}

// UTF-16 and UTF-32. Without a byte order mark and without LE or BE in the name it is big-endian (RFC 2781 section 4.3).
void charset_decoder::feed_wide(byte_view in, octet_sink& out) {
  using coding = charset::coding;
  utf8_buffer text(out);
  const bool wide = set_.how == coding::utf32 || set_.how == coding::utf32le || set_.how == coding::utf32be;
  const std::size_t width = wide ? 4 : 2;
  for (const char c : in) {
    pending_[pending_size_++] = c;
    if (pending_size_ < width) continue;
    pending_size_ = 0;
    const bool little = set_.how == coding::utf16le || set_.how == coding::utf32le;
    char32_t unit = 0;
    for (std::size_t i = 0; i < width; ++i)
      unit = (unit << 8) | static_cast<unsigned char>(pending_[little ? width - 1 - i : i]);
    if (!shifted_) {
      shifted_ = true;
      if (set_.how == coding::utf16 && unit == 0xfffe) {
        set_.how = coding::utf16le;
        continue;
      }
      if (set_.how == coding::utf32 && unit == 0xfffe0000) {
        set_.how = coding::utf32le;
        continue;
      }
      if (unit == 0xfeff) continue;
    }
    if (!wide) {
      unit16(static_cast<std::uint16_t>(unit), text);
    } else {
      const bool fine = unit < 0x110000 && (unit < 0xd800 || unit > 0xdfff);
      bad_ = bad_ || !fine;
      text.put(fine ? unit : 0xfffd);
    }
  }
}

// RFC 2152. Octets outside of a base64 run stand for themselves.
void charset_decoder::feed_utf7(byte_view in, octet_sink& out) {
  utf8_buffer text(out);
  for (const char c : in) {
    const auto b = static_cast<unsigned char>(c);
    if (!shifted_) {
      if (c == '+') shifted_ = true, bits_ = bit_count_ = 0, pending_size_ = 0;
      else if (b < 0x80) text.put(b);
      else text.put(0xfffd), bad_ = true;
      continue;
    }
    int value = -1;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    else if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
    else if (c >= '0' && c <= '9') value = c - '0' + 52;
    else if (c == '+') value = 62;
    else if (c == '/') value = 63;
    if (value >= 0) {
      bits_ = (bits_ << 6) | static_cast<std::uint32_t>(value);
      bit_count_ = static_cast<std::uint8_t>(bit_count_ + 6);
      pending_size_ = 1;  // something stands between '+' and its end
      if (bit_count_ >= 16) {
        bit_count_ = static_cast<std::uint8_t>(bit_count_ - 16);
        unit16(static_cast<std::uint16_t>(bits_ >> bit_count_), text);
      }
      continue;
    }
    shifted_ = false;
    if (high_ != 0) text.put(0xfffd), bad_ = true, high_ = 0;
    if (pending_size_ == 0 && c == '-') text.put('+');  // "+-"
    else if (c != '-') text.put(b < 0x80 ? static_cast<char32_t>(b) : 0xfffd);
    pending_size_ = 0;
  }
}

void charset_decoder::feed_converter(byte_view in, octet_sink& out) {
  char room[1024];
  const auto convert = [&](byte_view octets, std::size_t& used) {
    char* from = const_cast<char*>(octets.data());
    std::size_t left = octets.size();
    int failure = 0;
    do {
      char* to = room;
      std::size_t space = sizeof room;
      failure = ::iconv(static_cast<iconv_t>(converter_), &from, &left, &to, &space) == static_cast<std::size_t>(-1) ? errno : 0;
      if (to != room) out.put({room, static_cast<std::size_t>(to - room)});
    } while (failure == E2BIG);
    used = octets.size() - left;
    return failure;
  };
  const auto broken = [&] {
    bad_ = true;
    utf8_buffer(out).put(0xfffd);
  };
  std::size_t used = 0;
  while (pending_size_ > 0 && !in.empty()) {
    pending_[pending_size_++] = in.front();
    in.remove_prefix(1);
    while (pending_size_ > 0) {
      const int failure = convert({pending_, pending_size_}, used);
      std::size_t drop = used;
      if (failure == EILSEQ || (failure == EINVAL && pending_size_ - used == sizeof pending_)) broken(), drop = used + 1;
      if (drop == 0) break;
      pending_size_ = static_cast<std::uint8_t>(pending_size_ - drop);
      std::memmove(pending_, pending_ + drop, pending_size_);
    }
  }
  while (!in.empty()) {
    const int failure = convert(in, used);
    in.remove_prefix(used);
    if (failure == 0) break;
    if (failure == EINVAL && in.size() < sizeof pending_) {
      std::memcpy(pending_, in.data(), in.size());
      pending_size_ = static_cast<std::uint8_t>(in.size());
      break;
    }
    broken();
    in.remove_prefix(1);
  }
}

}  // namespace sluice::mime
