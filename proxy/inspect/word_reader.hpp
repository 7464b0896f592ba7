// Cuts visible text into words for comparing it with templates. Text comes in any pieces; what comes out is the same
// however it was cut. A word is a run of letters and digits, ASCII letters in lower case; scripts without spaces give one
// word per code point. Words with digits, and addresses (with :// or @), vary between mails of one template: they come
// as `varies` with one hash for all.
//
// The hashes are part of the profile format (version 1): they may not change, or skeletons must be learned anew.
#pragma once
#include <array>
#include <cstdint>

#include "core/ascii.hpp"
#include "core/bytes.hpp"

namespace sluice::inspect {

struct word {
  std::uint32_t hash = 0;
  byte_view text;  // as hashed; valid during the call
  bool varies = false;
};

inline constexpr std::uint32_t varying_hash = 0x23u;
inline constexpr std::size_t chunk_bytes = 64;  // longest run of text without a space that is looked at; of longer ones its beginning

inline std::uint32_t mix_hash(std::uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  return h ^ (h >> 16);
}

class word_reader {
 public:
  void reset() { size_ = 0, overflow_ = false; }

  template <class Use>
  void feed(byte_view text, Use use) {
    for (const char c : text) {
      if (ascii::is_space(c) || c == '\0') {
        flush(use);
      } else if (size_ < chunk_.size()) {
        chunk_[size_++] = c;
      } else if (static_cast<unsigned char>(c) >= 0xE0 && wide()) {
        flush(use);  // text of a script without spaces goes on; cut before a code point
        chunk_[size_++] = c;
      } else {
        overflow_ = true;
      }
    }
  }
  template <class Use>
  void finish(Use use) {
    flush(use);
  }

 private:
  bool wide() const {
    std::size_t high = 0;
    for (std::size_t i = 0; i < size_; ++i) high += static_cast<unsigned char>(chunk_[i]) >= 0x80;
    return high * 2 > size_;
  }

  // U+2E80 and up within the basic plane, without surrogates and the private area: written without spaces.
  static bool own_word(byte_view at) {
    const auto a = static_cast<unsigned char>(at[0]);
    return at.size() >= 3 && a >= 0xE2 && a <= 0xED && (a != 0xE2 || static_cast<unsigned char>(at[1]) >= 0xBA);
  }

  template <class Use>
  void flush(Use use) {
    const byte_view all(chunk_.data(), size_);
    const bool overflow = overflow_;
    size_ = 0;
    overflow_ = false;
    if (all.empty()) return;
    if ((overflow && !wide_of(all)) || all.find("://") != byte_view::npos || all.find('@') != byte_view::npos) {
      use(word{varying_hash, all.substr(0, 24), true});
      return;
    }
    std::size_t at = 0;
    while (at < all.size()) at = one(all, at, use);
  }

  static bool wide_of(byte_view text) {
    std::size_t high = 0;
    for (const char c : text) high += static_cast<unsigned char>(c) >= 0x80;
    return high * 2 > text.size();
  }

  static bool letter(char c) { return ascii::is_alnum(c) || static_cast<unsigned char>(c) >= 0x80; }

  template <class Use>
  std::size_t one(byte_view all, std::size_t at, Use& use) {
    if (own_word(all.substr(at))) {
      emit(all.substr(at, 3), false, use);
      return at + 3;
    }
    // U+00A0..U+00BF and U+2000..U+2E7F are spaces, quotes, dashes, arrows: no letters.
    const auto a = static_cast<unsigned char>(all[at]);
    if (a == 0xE2) return at + 3;
    if (a == 0xC2) return at + 2;
    if (!letter(all[at])) return at + 1;
    std::size_t end = at;
    bool digits = false;
    while (end < all.size() && letter(all[end]) && static_cast<unsigned char>(all[end]) != 0xE2 && static_cast<unsigned char>(all[end]) != 0xC2 && !own_word(all.substr(end))) {
      digits = digits || (all[end] >= '0' && all[end] <= '9');
      ++end;
    }
    emit(all.substr(at, end - at), digits, use);
    return end;
  }

  template <class Use>
  void emit(byte_view text, bool digits, Use& use) {
    if (digits) return use(word{varying_hash, text, true});
    std::array<char, chunk_bytes> lower;
    std::uint32_t h = 2166136261u;
    for (std::size_t i = 0; i < text.size(); ++i) {
      lower[i] = ascii::lower(text[i]);
      h = (h ^ static_cast<unsigned char>(lower[i])) * 16777619u;
    }
    use(word{mix_hash(h) | 0x80u, {lower.data(), text.size()}, false});
  }

  std::array<char, chunk_bytes> chunk_;
  std::uint8_t size_ = 0;
  bool overflow_ = false;
};

inline constexpr std::size_t shingle_words = 3;

// Hash of three words in a row; never 0.
inline std::uint32_t shingle_hash(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  const std::uint32_t h = mix_hash(a * 3u + mix_hash(b + 0x9e3779b9u) * 5u + mix_hash(c ^ 0x5bd1e995u) * 7u);
  return h == 0 ? 1u : h;
}

}  // namespace sluice::inspect
