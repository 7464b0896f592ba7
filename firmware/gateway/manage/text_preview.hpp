// A message as plain text for people: what the inspector sees of it, never markup, never anything that is loaded from
// elsewhere; and the places in it where the words of findings stand. Octets in, values out; bounded.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mime/handler.hpp"
#include "mime/walker.hpp"
#include "quarantine/message.hpp"

namespace sluice::gateway {

inline constexpr std::size_t preview_text_octets = 8 * 1024;        // of all parts together; hidden text within it
inline constexpr std::size_t preview_header_octets = 8 * 1024;      // of the original header
inline constexpr std::uint64_t preview_content_octets = 1024 * 1024;  // of the message that are looked at
inline constexpr std::size_t preview_pieces_max = 24;
inline constexpr std::size_t preview_marks_max = 64;                // in one text

struct text_piece {
  std::uint16_t part = 0;
  mime::text_kind kind = mime::text_kind::plain;
  std::string type;  // "text/html"
  std::string text;  // UTF-8 of a stranger
};

// Octets [start, start + length) of a text are the words of findings[finding].
struct text_mark {
  std::size_t start = 0, length = 0, finding = 0;
};

// Where the words of the findings stand: ASCII case is ignored, any white space is like any other. In order, apart from
// each other.
std::vector<text_mark> marks_in(std::string_view text, std::span<const quarantine::stored_finding> findings);

class text_preview final : public mime::handler {
 public:
  text_preview();
  bool wants_more() const { return !full_ && walker_.bytes() < preview_content_octets; }
  void feed(byte_view content);
  void finish();

  const std::vector<text_piece>& pieces() const { return pieces_; }
  const std::string& header() const { return header_; }  // as it came in; without its empty line
  bool header_cut() const { return header_cut_; }
  bool cut() const { return full_ || cut_; }  // there is more text than this
  const std::vector<std::string>& files() const { return files_; }  // "name (type)" of parts that carry one

 private:
  void on_part_begin(const mime::part_info& part) override;
  void on_text(std::uint16_t part, mime::text_kind kind, byte_view text) override;

  mime::charset_pool pool_;
  mime::walker walker_;
  std::vector<text_piece> pieces_;
  std::vector<std::string> files_;
  std::string header_, type_;
  std::uint64_t header_seen_ = 0;
  std::size_t used_ = 0;
  std::uint16_t part_ = 0;
  bool full_ = false, cut_ = false, header_cut_ = false;
};

}  // namespace sluice::gateway
