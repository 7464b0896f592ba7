// See fold.hpp. ASCII runs are copied; everything else goes code point by code point through utf8proc's tables and the
// look-alike table. utf8proc_decompose_char writes into a buffer of ours and allocates nothing.
#include "inspect/fold.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"
#include "inspect/code_points.hpp"
#include "inspect/han_digits.hpp"

namespace sluice::inspect {
namespace {

struct lookalike {
  std::uint32_t code;
  char text[3];
};

constexpr lookalike lookalikes[] = {
#include "inspect/confusables.inc"
};

enum class script_use : std::uint8_t { none, ascii, imitated };

// Value of a decimal digit of any script: such blocks are ten code points in a row.
int digit_value(std::int32_t c) {
  int value = 0;
  while (value < 9 && utf8proc_category(c - value - 1) == UTF8PROC_CATEGORY_ND) ++value;
  return value;
}

class folder {
 public:
  folder(byte_view source, folded& out) : source_(source.substr(0, std::min(source.size(), fold_limit))), out_(out) {}

  void run() {
    out_.size = 0;
    out_.counts = {};
    out_.any_how = 0;
    out_.raw_size = static_cast<std::uint16_t>(source_.size());
    const std::size_t plain = copy_ascii(0, source_.size());
    out_.size = static_cast<std::uint16_t>(plain);
    if (plain == source_.size()) return;
    mark_plain(0, plain);
    // The last word goes through the state machine again: what follows may belong to it.
    std::size_t word = plain;
    while (word > 0 && ascii::is_alnum(source_[word - 1])) --word;
    pos_ = word;
    out_.size = static_cast<std::uint16_t>(word);
    out_.counts.plain_ascii = false;
    base_is_ascii_ = word > 0;
    while (pos_ < source_.size() && out_.size < fold_limit) {
      const auto c = static_cast<unsigned char>(source_[pos_]);
      if (c >= 0x80) {
        wide();
        continue;
      }
      ascii_octet(static_cast<char>(c));
      ++pos_;
      if (!ascii::is_alnum(static_cast<char>(c)) && !overriding_) between_words();
    }
    end_override();
    end_word();
    if (numerals_.any()) numerals_.finish(out_);
  }

 private:
  // Copies ASCII from [from, to) as ascii_octet() would; returns where it ended.
  std::size_t copy_ascii(std::size_t from, std::size_t to) {
    constexpr std::uint64_t high = 0x8080808080808080u, blanks = 0x2020202020202020u;
    char* out = out_.text.data() + out_.size;
    std::size_t i = from;
    while (i < to) {
      std::uint64_t block;
      if (i + sizeof block <= to) {
        std::memcpy(&block, source_.data() + i, sizeof block);
        if (((block | (block - blanks)) & high) == 0) {
          std::memcpy(out, &block, sizeof block);
          out += sizeof block;
          i += sizeof block;
          continue;
        }
      }
      const char c = source_[i];
      if (static_cast<unsigned char>(c) >= 0x80) break;
      *out++ = static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
      ++i;
    }
    return i;
  }

  // Folded octets [begin, end) are the raw ones from pos_ on.
  void mark_plain(std::size_t begin, std::size_t end) {
    if (begin >= end) return;
    std::memset(out_.how.data() + begin, 0, end - begin);
    constexpr std::uint64_t each = 0x0001000100010001u;  // four of them at once; none gets as large as 0x10000
    std::uint64_t four = pos_ * each + 0x0003000200010000u;
    std::size_t i = begin;
    for (; i + 4 <= end; i += 4, four += 4 * each) std::memcpy(out_.from.data() + i, &four, sizeof four);
    for (; i < end; ++i) out_.from[i] = static_cast<std::uint16_t>(pos_ + (i - begin));
  }

  // A word has just ended and nothing is pending: whole ASCII words up to the last before the next other character are
  // copied at once.
  void between_words() {
    const std::size_t room = fold_limit - out_.size;
    const std::size_t to = std::min(source_.size(), pos_ + room);
    std::size_t end = copy_ascii(pos_, to);
    if (end < source_.size()) {
      while (end > pos_ && ascii::is_alnum(source_[end - 1])) --end;
    }
    if (end <= pos_) return;
    const std::size_t n = end - pos_;
    mark_plain(out_.size, out_.size + n);
    out_.size = static_cast<std::uint16_t>(out_.size + n);
    pos_ = end;
    base_is_ascii_ = true;
    marks_on_base_ = 0;
    after_alnum_ = ascii::is_alnum(source_[end - 1]);
  }

  void put(char c) {
    if (out_.size >= fold_limit) return;
    out_.text[out_.size] = c;
    out_.from[out_.size] = static_cast<std::uint16_t>(pos_);
    out_.how[out_.size] = how_;
    out_.any_how |= how_;
    ++out_.size;
  }

  void ascii_octet(char c) {
    if (ascii::is_alnum(c)) {
      if (pending_invisible_ != 0 && after_alnum_) ++out_.counts.split;
      flush_invisible(true);
      if (ascii::is_alpha(c)) has_ascii_ = true;
      marks_on_base_ = 0;
      base_is_ascii_ = true;
    } else {
      flush_invisible(false);
      if (c == '\n') end_override();
      end_word();
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n') c = ' ';
    }
    put(c);
  }

  // Invisible characters count only when they stand inside a word or number; emoji sequences and joiners of scripts
  // that need them do not.
  void flush_invisible(bool alnum) {
    how_ = 0;
    if (pending_invisible_ != 0 && alnum && after_alnum_) {
      out_.counts.invisible = static_cast<std::uint16_t>(out_.counts.invisible + pending_invisible_);
      how_ = how::hidden;
    }
    pending_invisible_ = 0;
    after_alnum_ = alnum;
  }

  void end_word() {
    if (imitated_ != 0) {
      out_.counts.lookalike = static_cast<std::uint16_t>(out_.counts.lookalike + imitated_);
      if (has_ascii_) ++out_.counts.mixed_words;
    }
    imitated_ = 0;
    has_ascii_ = false;
  }

  void wide() {
    std::int32_t code = 0;
    const auto used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(source_.data() + pos_),
                                       static_cast<utf8proc_ssize_t>(source_.size() - pos_), &code);
    if (used <= 0) {
      flush_invisible(false);
      put(mark::symbol);
      ++pos_;
      return;
    }
    one(static_cast<std::uint32_t>(code));
    pos_ += static_cast<std::size_t>(used);
  }

  void one(std::uint32_t code) {
    if (is_bidi_control(code)) return bidi(code);
    if (is_invisible(code)) {
      if (code == 0x2028 || code == 0x2029) {
        flush_invisible(false);
        end_word();
        return put('\n');
      }
      if (after_alnum_) ++pending_invisible_;
      return;
    }
    if (code == 0x20E3) {  // keycap: the digit is out already
      ++out_.counts.styled;
      note(how::styled);
      pending_invisible_ = 0;
      return;
    }
    if (is_phone_sign(code)) return sign(mark::phone);
    if (is_pointer(code)) return sign(mark::pointer);
    decomposed(code);
  }

  void bidi(std::uint32_t code) {
    ++out_.counts.bidi;
    if (code == 0x202E) {
      end_override();
      override_from_ = out_.size;
      overriding_ = true;
    } else if (code == 0x202C || code == 0x2069) {
      end_override();
    }
  }

  // Puts an overridden run in the order in which it is shown. The folded text is nearly always ASCII here; longer
  // sequences are kept together.
  void end_override() {
    if (!overriding_) return;
    overriding_ = false;
    if (out_.size - override_from_ < 2) return;
    for (std::size_t i = override_from_; i < out_.size; ++i) out_.how[i] |= how::reversed;
    out_.any_how |= how::reversed;
    ++out_.counts.overridden;
    const std::size_t from = override_from_;
    std::reverse(out_.text.begin() + static_cast<std::ptrdiff_t>(from), out_.text.begin() + out_.size);
    std::reverse(out_.from.begin() + static_cast<std::ptrdiff_t>(from), out_.from.begin() + out_.size);
    std::reverse(out_.how.begin() + static_cast<std::ptrdiff_t>(from), out_.how.begin() + out_.size);
    for (std::size_t i = from; i < out_.size;) {  // repair UTF-8 sequences, which are backwards now
      std::size_t end = i;
      while (end < out_.size && (static_cast<unsigned char>(out_.text[end]) & 0xC0) == 0x80) ++end;
      if (end > i && end < out_.size) {
        std::reverse(out_.text.begin() + static_cast<std::ptrdiff_t>(i), out_.text.begin() + static_cast<std::ptrdiff_t>(end + 1));
      }
      i = end + 1;
    }
  }

  void sign(char c) {
    flush_invisible(false);
    end_word();
    put(c);
  }

  void decomposed(std::uint32_t code) {
    utf8proc_int32_t parts[24];
    int boundary = 0;
    auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), parts, 24,
                                         static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT), &boundary);
    if (count <= 0 || count > 24) return sign(mark::symbol);
    const bool styled = is_styled(code);
    for (utf8proc_ssize_t i = 0; i < count; ++i) element(static_cast<std::uint32_t>(parts[i]), styled, count == 1);
  }

  void element(std::uint32_t code, bool styled, bool alone) {
    if (code < 0x80) {
      const char c = static_cast<char>(code);
      ascii_octet(c);
      if (ascii::is_alnum(c) && styled) {
        ++out_.counts.styled;
        note(how::styled);
      }
      return;
    }
    const auto kind = utf8proc_category(static_cast<utf8proc_int32_t>(code));
    switch (kind) {
      case UTF8PROC_CATEGORY_MN:
      case UTF8PROC_CATEGORY_ME:
      case UTF8PROC_CATEGORY_MC:
        // Accents of letters that exist with them come out of a decomposition (alone is false); a mark of its own after
        // an ASCII letter, or a third one, is what hides words from filters. (Vietnamese letters have two.)
        ++marks_on_base_;
        if (base_is_ascii_ && (alone || marks_on_base_ > 2)) {
          ++out_.counts.marks;
          note(how::marked);
        }
        return;
      case UTF8PROC_CATEGORY_ND:
        flush_invisible(true);
        ++out_.counts.styled;
        put(static_cast<char>('0' + digit_value(static_cast<std::int32_t>(code))));
        return note(how::styled);
      case UTF8PROC_CATEGORY_ZS: return ascii_octet(' ');
      case UTF8PROC_CATEGORY_PD: return ascii_octet('-');
      case UTF8PROC_CATEGORY_PS: return ascii_octet('(');
      case UTF8PROC_CATEGORY_PE: return ascii_octet(')');
      case UTF8PROC_CATEGORY_PI:
      case UTF8PROC_CATEGORY_PF: return ascii_octet(code == 0x2019 || code == 0x2018 ? '\'' : '"');
      case UTF8PROC_CATEGORY_SC: return sign(mark::currency);
      default: break;
    }
    if (code == 0xB7 || code == 0x2022 || code == 0x30FB || code == 0x2219 || code == 0x22C5) return ascii_octet('.');
    if (code == 0x3002 || code == 0xFF0E || code == 0xFF61) return ascii_octet('.');
    if (code >= 0x3007 && code <= 0x96F6 && han_digit(code) != 0 && !overriding_ && (code != 0x3007 || numerals_.ends_at(out_.size))) {
      const std::size_t before = out_.size;
      letter(code);
      if (out_.size == before + 3u) numerals_.take(out_);
      return;
    }
    const byte_view same = lookalike_of(code);
    if (!same.empty()) return latin(code) ? plain(same) : imitate(same);
    if (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO) return letter(code);
    sign(mark::symbol);
  }

  // Letters with strokes and ligatures of languages in Latin script are read as their base letter; they imitate nothing.
  static bool latin(std::uint32_t code) { return code < 0x250 || (code >= 0x1E00 && code <= 0x1EFF); }

  void plain(byte_view same) {
    flush_invisible(true);
    marks_on_base_ = 0;
    base_is_ascii_ = false;
    has_ascii_ = true;
    for (char c : same) put(c);
  }

  void imitate(byte_view same) {
    if (pending_invisible_ != 0 && after_alnum_) ++out_.counts.split;
    flush_invisible(true);
    ++imitated_;
    marks_on_base_ = 0;
    base_is_ascii_ = false;
    for (char c : same) {
      put(c);
      note(how::lookalike);
    }
  }

  void note(std::uint8_t bit) {
    if (out_.size == 0) return;
    out_.how[out_.size - 1u] |= bit;
    out_.any_how |= bit;
  }

  void letter(std::uint32_t code) {
    flush_invisible(true);
    marks_on_base_ = 0;
    base_is_ascii_ = false;
    const auto small = utf8proc_tolower(static_cast<utf8proc_int32_t>(code));
    if (small != static_cast<utf8proc_int32_t>(code)) {  // reads as the small letter does, or no word would be found with a capital
      const byte_view same = lookalike_of(static_cast<std::uint32_t>(small));
      for (char c : same) {
        put(c);
        note(how::lookalike);
      }
      if (!same.empty()) return;
    }
    utf8proc_uint8_t octets[4];
    const auto n = utf8proc_encode_char(small, octets);
    if (out_.size + static_cast<std::size_t>(n) > fold_limit) return;
    for (utf8proc_ssize_t i = 0; i < n; ++i) put(static_cast<char>(octets[i]));
  }

  byte_view source_;
  folded& out_;
  han_run numerals_;
  std::size_t pos_ = 0;
  std::size_t override_from_ = 0;
  std::uint16_t imitated_ = 0;
  std::uint16_t pending_invisible_ = 0;
  std::uint16_t marks_on_base_ = 0;
  std::uint8_t how_ = 0;  // for the next octet put
  bool overriding_ = false;
  bool after_alnum_ = false;
  bool has_ascii_ = false;
  bool base_is_ascii_ = false;
};

}  // namespace

byte_view lookalike_of(std::uint32_t code_point) {
  const auto* found = std::lower_bound(std::begin(lookalikes), std::end(lookalikes), code_point,
                                       [](const lookalike& entry, std::uint32_t code) { return entry.code < code; });
  if (found == std::end(lookalikes) || found->code != code_point) return {};
  return found->text;
}

byte_view folded::raw(byte_view source, std::size_t begin, std::size_t end) const {
  if (begin >= size || end <= begin) return {};
  if (counts.plain_ascii) return source.substr(begin, std::min<std::size_t>(end, size) - begin);
  std::size_t lo = from[begin], hi = from[begin];
  for (std::size_t i = begin; i < end && i < size; ++i) {
    lo = std::min<std::size_t>(lo, from[i]);
    hi = std::max<std::size_t>(hi, from[i]);
  }
  ++hi;  // to the end of the last code point and of what hangs on it
  while (hi < source.size() && (static_cast<unsigned char>(source[hi]) & 0xC0) == 0x80) ++hi;
  return source.substr(lo, hi - lo);
}

void fold(byte_view source, folded& out) { folder(source, out).run(); }

}  // namespace sluice::inspect
