// Finds QR codes drawn with characters: several lines one below the other that hold nothing but blocks, squares, circles,
// Braille dots or '#', and blanks, and change between them often. Progress bars and rulers change once or twice. Also in
// quoted lines ("> "). A few octets of state, the same result however the text is cut (between code points). Called by
// message_inspector for visible text; codes drawn with table cells are found by mime's html_reader.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::inspect {

class drawn_code {
 public:
  // The smallest code has 21 modules: 11 lines of half blocks, 6 of Braille (four dots high), 21 of squares.
  static constexpr std::uint16_t height = 18;
  static constexpr std::uint16_t rows = height / 2;  // of blocks
  static constexpr std::uint16_t marks = 8;          // of a line
  static constexpr std::uint16_t changes = 5;        // from one character to another one, in a line

  void clear() { *this = {}; }
  bool found() const { return found_; }

  void feed(byte_view text) {
    for (std::size_t i = 0; i < text.size() && !found_;) {
      const char c = text[i];
      line_.other = line_.other || (c > '>' && c < 0x7F);  // most lines
      if (line_.other) {
        if ((i = text.find('\n', i)) == byte_view::npos) return;
        end_line();
        ++i;
        continue;
      }
      i += one(text.substr(i));
    }
  }

 private:
  struct line {
    std::uint16_t marks = 0, changes = 0;
    std::uint32_t last = 0;
    std::uint8_t high = 0;  // what a line of the marks counts for
    bool other = false, hash = false;
  };

  std::size_t one(byte_view rest) {
    const auto octet = [&](std::size_t i) { return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u; };
    const unsigned first = octet(0);
    switch (first) {
      case '\n': end_line(); return 1;
      case '\r': return 1;
      case ' ': return blank(1);
      case '#': line_.hash = true; return mark(first, 1, 1);
      case '>': return line_.marks == 0 ? 1 : other();
      case 0xC2: return octet(1) == 0xA0 ? blank(2) : other();
      case 0xE2:
      case 0xE3:
      case 0xEF: return wide(first << 16 | octet(1) << 8 | octet(2));
      case 0xF0: return picture(octet(1) << 16 | octet(2) << 8 | octet(3));
      default: return other();
    }
  }

  std::size_t wide(std::uint32_t code) {
    if (code == 0xEFB88F) return 3;  // how the character before it is drawn
    if ((code >= 0xE28080 && code <= 0xE2808B) || code == 0xE280AF || code == 0xE38080) return blank(3);
    if (code >= 0xE29680 && code <= 0xE297BF) return mark(code, 3, 2);  // U+2580..U+25FF: blocks, squares, circles
    if (code >= 0xE2A080 && code <= 0xE2A3BF) return mark(code, 3, 3);  // U+2800..U+28FF: Braille
    // U+26AA, U+26AB: circles; U+2B1B, U+2B1C, U+2B24: large squares, a circle
    const bool large = code == 0xE29AAA || code == 0xE29AAB || code == 0xE2AC9B || code == 0xE2AC9C || code == 0xE2ACA4;
    return large ? mark(code, 3, 1) : other();
  }

  // What follows 0xF0: U+1F532..U+1F535 and U+1F7E0..U+1F7EB are squares and circles, U+1FB00.. blocks in six parts.
  std::size_t picture(std::uint32_t code) {
    if (code >= 0x9FAC80 && code <= 0x9FAEAF) return mark(code, 4, 3);
    return (code >= 0x9F94B2 && code <= 0x9F94B5) || (code >= 0x9F9FA0 && code <= 0x9F9FAB) ? mark(code, 4, 1) : other();
  }

  std::size_t blank(std::size_t size) {
    if (line_.marks > 0) count(' ');
    return size;
  }

  std::size_t mark(std::uint32_t code, std::size_t size, std::uint8_t high) {
    if (line_.marks < 0xFFFF) ++line_.marks;
    line_.high = high;
    count(code);
    return size;
  }

  std::size_t other() {
    line_.other = true;
    return 1;
  }

  void count(std::uint32_t code) {
    if (code != line_.last && line_.changes < 0xFFFF) ++line_.changes;
    line_.last = code;
  }

  void end_line() {
    const bool empty = line_.marks == 0 && !line_.other;
    const bool row = !line_.other && line_.marks >= marks && line_.changes >= changes;
    if (row) {
      high_ = static_cast<std::uint16_t>(high_ + line_.high);
      found_ = high_ >= height;
      letters_ = line_.hash;
    } else if (!empty || letters_) {  // words drawn with '#' have lines between them
      high_ = 0;
    }
    line_ = {};
  }

  line line_;
  std::uint16_t high_ = 0;  // of the lines so far
  bool found_ = false, letters_ = false;
};

}  // namespace sluice::inspect
