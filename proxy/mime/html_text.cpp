// The text side of html_reader: white space, lines, pieces, comments that Outlook reads, drawings of table cells.
#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"
#include "core/octet_block.hpp"
#include "core/utf8.hpp"
#include "mime/html_reader.hpp"

namespace sluice::mime {
namespace {

constexpr std::size_t room_bytes = 2048;

constexpr auto make_blanks() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view(" \t\n\r\f")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto blanks = make_blanks();
bool inks(char c) { return static_cast<unsigned char>(c) > 0x20 && c != '\xC2' && c != '\xA0'; }  // not a blank, nor half of U+00A0
bool blank(char c) { return blanks[static_cast<unsigned char>(c)]; }

}  // namespace

void html_reader::start() {
  tokenizer_.start();
  elements_.clear();
  rules_.clear();
  sheet_.start();
  raw_ = html_tag::other;
  kind_ = room_kind_ = text_kind::visible;
  anchor_open_ = false;
  anchor_.clear();
  base_.clear();
  remark_ = remark::begin;
  remark_word_.clear();
  in_remark_ = remark_skip_ = false;
  lines_ = {};
  cells_ = {};
}

void html_reader::feed(byte_view utf8, html_sink& out) {
  char room[room_bytes];
  out_ = &out;
  room_ = room;
  tokenizer_.feed(utf8, *this);
  flush();
  room_ = nullptr;
}

void html_reader::finish(html_sink& out) {
  char room[room_bytes];
  out_ = &out;
  room_ = room;
  tokenizer_.finish(*this);
  close_anchor();
  flush();
  room_ = nullptr;
}

void html_reader::flush() {
  if (used_ > 0) out_->html_text(room_kind_, {room_, used_});
  used_ = 0;
}

void html_reader::characters(byte_view text) {
  if (in_remark_) {
    if (!remark_skip_) put(text_kind::conditional, text);
    return;
  }
  switch (raw_) {
    case html_tag::style: return sheet_.feed(text, rules_, declarations_);
    case html_tag::script: return;
    case html_tag::title: return put(text_kind::title, text);
    case html_tag::iframe:
    case html_tag::noframes:
    case html_tag::noembed: return put(text_kind::hidden, text);
    default:
      if (cells_.all != 0 && cells_.all != 0xFFFF && std::any_of(text.begin(), text.end(), inks)) cells_ = {};
      return put(kind_, text);
  }
}

// White space is collapsed; a blank is written when something follows on the line.
void html_reader::put(text_kind kind, byte_view text) {
  if (kind != room_kind_) {
    flush();
    room_kind_ = kind;
  }
  const bool keep_lines = elements_.current().preformatted || raw_ == html_tag::xmp || raw_ == html_tag::textarea;
  while (!text.empty()) {
    // A piece grows by one blank at most, so that it needs no test for room inside.
    const byte_view piece = utf8::cut(text, room_bytes / 2);
    text.remove_prefix(piece.size());
    if (used_ + piece.size() + 1 > room_bytes) flush();
    const std::size_t before = used_;
    if (!keep_lines) {
      put_collapsed(lines_[static_cast<std::size_t>(kind)], piece);
    } else {
      put_lines(kind, piece);
    }
    const bool seen = kind == text_kind::visible || kind == text_kind::doubtful || anchor_look_ == text_kind::hidden;
    if (anchor_open_ && seen) show({room_ + before, used_ - before});
  }
}

// An anchor's text, in one line.
void html_reader::show(byte_view piece) {
  if (shown_.empty() && piece.starts_with(' ')) piece.remove_prefix(1);
  while (!piece.empty() && shown_.size() < shown_.capacity()) {
    const std::size_t end = std::min(piece.find('\n'), piece.size());
    append_cut(shown_, piece.substr(0, end));
    if (end == piece.size()) return;
    if (!shown_.empty() && shown_.back() != ' ') append_cut(shown_, " ");
    piece.remove_prefix(end + 1);
  }
}

void html_reader::put_collapsed(line& now, byte_view piece) {
  const char* p = piece.data();
  const char* const end = p + piece.size();
  char* to = room_ + used_;
  bool begun = now.begun, waiting = now.blank;
  while (p != end) {
    if (blank(*p)) {
      waiting = true;
      ++p;
      continue;
    }
    if (waiting && begun) *to++ = ' ';
    waiting = false;
    begun = true;
    while (end - p >= 8) {  // words are short: mostly one block each
      const std::uint64_t block = octet_block::load(p), marks = octet_block::below(block, 0x21);
      const std::size_t n = marks == 0 ? 8 : octet_block::before(marks);
      std::memcpy(to, &block, sizeof block);
      to += n;
      p += n;
      if (marks != 0) break;
    }
    while (p != end && !blank(*p)) *to++ = *p++;
  }
  now.begun = begun;
  now.blank = waiting;
  used_ = static_cast<std::size_t>(to - room_);
}

// Preformatted text keeps its lines.
void html_reader::put_lines(text_kind kind, byte_view piece) {
  while (!piece.empty()) {
    const std::size_t end = std::min(piece.find('\n'), piece.size());
    put_collapsed(lines_[static_cast<std::size_t>(kind)], piece.substr(0, end));
    if (end == piece.size()) return;
    end_line(kind);
    piece.remove_prefix(end + 1);
  }
}

void html_reader::new_line(text_kind kind) {
  if (anchor_open_) show("\n");
  end_line(kind);
}

void html_reader::end_line(text_kind kind) {
  line& now = lines_[static_cast<std::size_t>(kind)];
  now.blank = false;
  if (!now.begun) return;
  now.begun = false;
  if (kind != room_kind_) {
    flush();
    room_kind_ = kind;
  }
  if (used_ == room_bytes) flush();
  room_[used_++] = '\n';
}

// Browsers never show comments; Outlook reads "<!--[if mso]> ... <![endif]-->" as markup. Its text and targets are
// reported without regard to its styles.
void html_reader::comment(byte_view text, bool last) {
  if (in_remark_) return;
  while (!text.empty() && remark_ != remark::plain) {
    if (remark_ == remark::text) {
      in_remark_ = true;
      remark_tokens_.feed(text, *this);
      in_remark_ = false;
      break;
    }
    const char c = text.front();
    text.remove_prefix(1);
    if (remark_ == remark::condition) {
      if (c != '>') continue;
      remark_ = remark::text;
      remark_tokens_.start();
    } else if (!ascii::is_space(c) || !remark_word_.empty()) {
      remark_word_.push_back(ascii::lower(c));
      if (remark_word_.size() == 3) remark_ = view(remark_word_) == "[if" ? remark::condition : remark::plain;
    }
  }
  if (!last) return;
  if (remark_ == remark::text) {
    in_remark_ = true;
    remark_tokens_.finish(*this);
    in_remark_ = remark_skip_ = false;
    new_line(text_kind::conditional);
  }
  remark_ = remark::begin;
  remark_word_.clear();
}

// The smallest QR code has 21 x 21 modules, about half of them dark.
void html_reader::count_cell(const html_style& look) {
  constexpr std::uint16_t all = 400, dark = 120, changes = 120;
  constexpr int dark_sum = 3 * 96;
  const color& c = look.background;
  const bool is_dark = c.is == color::state::known && c.r + c.g + c.b < dark_sum;
  if (cells_.all == 0xFFFF) return;
  ++cells_.all;
  cells_.dark = static_cast<std::uint16_t>(cells_.dark + (is_dark ? 1 : 0));
  cells_.changes = static_cast<std::uint16_t>(cells_.changes + (is_dark != cells_.last_dark ? 1 : 0));
  cells_.last_dark = is_dark;
  if (cells_.all < all || cells_.dark < dark || cells_.changes < changes) return;
  out_->html_drawn();
  cells_.all = 0xFFFF;
}

}  // namespace sluice::mime
