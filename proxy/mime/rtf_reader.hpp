// The text that Outlook shows of an RTF body, while it streams: paragraphs and cells as white space, tables of fonts and
// colours and pictures left out, text marked as hidden as such, and so the targets of links. Of HTML that is wrapped in RTF
// (MS-OXRTFEX) the HTML as it is written. 8-bit text is read as windows-1252.
#pragma once
#include <array>
#include <cstdint>

#include "core/text.hpp"
#include "mime/limits.hpp"
#include "mime/sink.hpp"

namespace sluice::mime {

class utf8_buffer;

class rtf_reader {
 public:
  void start() { *this = {}; }

  // Text goes to `shown`, what a reader does not see to `hidden`; UTF-8, whole characters.
  void feed(byte_view rtf, octet_sink& shown, octet_sink& hidden);

 private:
  enum class state : std::uint8_t { text, control, word, number, hex, binary };
  struct group {
    bool skipped = false;  // a destination that is not text
    bool hidden = false;
    bool wrapping = false;  // \htmlrtf: only for readers without HTML
    std::uint8_t fallback = 1;  // \uc: characters that stand for one \u
  };
  struct targets {
    utf8_buffer &shown, &hidden;
  };

  void octet(char c, targets out);
  void begin_group();
  void end_group();
  void control(char c, targets out);
  void word_ended(targets out);
  void unicode(std::int32_t value, targets out);
  void put(char32_t code, targets out);

  std::array<group, limits::rtf_depth> outer_{};
  group now_;
  state state_ = state::text;
  bool ignorable_ = false;  // \* was seen
  bool negative_ = false, has_number_ = false;
  std::uint8_t depth_ = 0;
  std::uint16_t beyond_ = 0;  // groups deeper than are kept
  std::uint8_t skip_ = 0;     // characters that stand for a \u
  std::uint16_t high_ = 0;    // a high surrogate that waits
  std::uint32_t number_ = 0;
  fixed_string<12> word_;
};

}  // namespace sluice::mime
