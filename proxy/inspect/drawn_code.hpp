// Finds QR codes drawn with block characters: several lines one below the other that hold nothing but blocks, squares and
// blanks, and change between them often. Progress bars and rulers change once or twice. A few octets of state, the same
// result however the text is cut (between code points). Called by message_inspector for visible text; codes drawn with
// table cells are found by mime's html_reader.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::inspect {

class drawn_code {
 public:
  static constexpr std::uint16_t rows = 9;      // half blocks draw the smallest code (21 modules) in 11 lines
  static constexpr std::uint16_t marks = 8;     // of a line
  static constexpr std::uint16_t changes = 5;   // from one character to another one, in a line

  void clear() { *this = {}; }
  bool found() const { return found_; }

  void feed(byte_view text) {
    if (found_) return;
    if (line_.marks == 0 && text.find('\xE2') == byte_view::npos) return skip(text);
    for (std::size_t i = 0; i < text.size();) i += one(text.substr(i));
  }

 private:
  struct line {
    std::uint16_t marks = 0, changes = 0;
    std::uint32_t last = 0;
    bool other = false;
  };

  // No block in it: all that counts is what the last line begins with, and that other lines ended.
  void skip(byte_view text) {
    const std::size_t end = text.rfind('\n');
    if (end != byte_view::npos) {
      bool empty = !line_.other;
      empty = empty && text.substr(0, end).find_first_not_of(" \n") == byte_view::npos;
      if (!empty) rows_ = 0;
      line_ = {};
      text.remove_prefix(end + 1);
    }
    line_.other = line_.other || text.find_first_not_of(' ') != byte_view::npos;
  }

  std::size_t one(byte_view rest) {
    const auto octet = [&](std::size_t i) { return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u; };
    if (rest[0] == '\n') {
      end_line();
      return 1;
    }
    if (rest[0] == ' ' || (octet(0) == 0xC2 && octet(1) == 0xA0)) {
      if (line_.marks > 0) count(' ');
      return rest[0] == ' ' ? 1 : 2;
    }
    const std::uint32_t code = octet(0) << 16 | octet(1) << 8 | octet(2);
    // U+2580..U+25FF (blocks, squares) and U+2B1B, U+2B1C (large squares)
    const bool block = (code >= 0xE29680 && code <= 0xE297BF) || code == 0xE2AC9B || code == 0xE2AC9C;
    if (!block) {
      line_.other = true;
      return 1;
    }
    ++line_.marks;
    count(code);
    return 3;
  }

  void count(std::uint32_t code) {
    if (code != line_.last && line_.changes < 0xFFFF) ++line_.changes;
    line_.last = code;
  }

  void end_line() {
    const bool empty = line_.marks == 0 && !line_.other;
    const bool row = !line_.other && line_.marks >= marks && line_.changes >= changes;
    if (row) {
      found_ = ++rows_ >= rows;
    } else if (!empty) {
      rows_ = 0;
    }
    line_ = {};
  }

  line line_;
  std::uint16_t rows_ = 0;
  bool found_ = false;
};

}  // namespace sluice::inspect
