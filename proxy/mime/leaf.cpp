#include "mime/leaf.hpp"

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"
#include "mime/encoded_word.hpp"

namespace sluice::mime {
namespace {

class text_sink final : public octet_sink {
 public:
  text_sink(handler& out, std::uint16_t part, text_kind kind, bool& seen) : out_(out), part_(part), kind_(kind), seen_(seen) {}
  void put(byte_view utf8) override {
    if (!seen_ && kind_ != text_kind::conditional) seen_ = !ascii::trim(utf8).empty();
    out_.on_text(part_, kind_, utf8);
  }

 private:
  handler& out_;
  std::uint16_t part_;
  text_kind kind_;
  bool& seen_;
};

// From the charset decoder into a reader, which reports to `Out`.
template <class Reader, class Out>
class into final : public octet_sink {
 public:
  into(Reader& reader, Out& out) : reader_(reader), out_(out) {}
  void put(byte_view utf8) override { reader_.feed(utf8, out_); }

 private:
  Reader& reader_;
  Out& out_;
};

bool base64_char(char c) { return ascii::is_alnum(c) || c == '+' || c == '/' || c == '='; }

// What a beginning looks like: base64 has no blanks inside its lines and some length, quoted-printable has "=XX" or "=" at
// line ends, uuencode begins with its header line.
transfer looks_like(byte_view text) {
  if (text.starts_with("begin ")) return transfer::uuencode;
  std::size_t letters = 0, escapes = 0;
  bool base64 = true, upper = false, lower = false;
  const auto hex = [&](std::size_t i) {
    const char c = i < text.size() ? ascii::lower(text[i]) : ' ';
    return ascii::is_digit(c) || (c >= 'a' && c <= 'f');
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '=' && ((hex(i + 1) && hex(i + 2)) || (i + 1 < text.size() && (text[i + 1] == '\r' || text[i + 1] == '\n')))) ++escapes;
    upper = upper || (c >= 'A' && c <= 'Z');
    lower = lower || (c >= 'a' && c <= 'z');
    if (base64_char(c)) ++letters;
    else if (c != '\r' && c != '\n') base64 = false;
  }
  if (base64 && letters >= 24 && upper && lower) return transfer::base64;
  return escapes > 0 ? transfer::quoted_printable : transfer::identity;
}

}  // namespace

leaf::leaf(const leaf_context& context, const part_header& header, std::uint64_t offset)
    : context_(context), offset_(offset), part_(header.info.index), parent_(header.info.parent), depth_(header.info.depth),
      kind_(header.kind), doubtful_(header.doubtful_encoding), also_bytes_((header.also_bytes || context.opts.bytes_of_text) && !header.surroundings),
      plain_kind_(header.surroundings ? text_kind::conditional : text_kind::plain) {
  decoder_.open(header.how);
  if ((doubtful_ || header.how == transfer::identity) && !header.surroundings) stage_ = stage::probe;
  if (kind_ == body_kind::multipart || kind_ == body_kind::message) kind_ = body_kind::text;
  if (kind_ == body_kind::bytes) return;
  if (kind_ == body_kind::tnef) {
    reader_.emplace<tnef_reader>(context_.pool);
    return;
  }
  if (!charset_.open(find_charset(view(header.info.charset)), context_.pool)) report(anomaly::converter_exhausted);
  if (kind_ == body_kind::html) reader_.emplace<html_reader>().start();
  else if (kind_ == body_kind::calendar) reader_.emplace<calendar_reader>().start();
  else if (!header.surroundings) reader_.emplace<uu_watch>().start();
}

void leaf::report(anomaly a) {
  const std::uint32_t bit = 1u << static_cast<unsigned>(a);
  if (reported_ & bit) return;
  reported_ |= bit;
  context_.out.on_anomaly(part_, a, offset_);
}

// Whether enough of a non-text part has been seen is decided between blocks of its raw octets, so that the result does not
// depend on how the input is cut.
void leaf::feed(byte_view raw) {
  constexpr std::uint64_t block = 1024;
  if (plain_kind_ == text_kind::conditional) look_for_cr(raw);
  if (kind_ != body_kind::bytes) {
    raw_ += raw.size();
    return decode(raw);
  }
  while (!raw.empty()) {
    const auto n = stage_ == stage::pass ? raw.size() : static_cast<std::size_t>(std::min<std::uint64_t>(raw.size(), block - raw_ % block));
    raw_ += n;
    decode(raw.substr(0, n));
    raw.remove_prefix(n);
    if (raw_ % block == 0 && decoded_ >= context_.opts.sniff_bytes && stage_ == stage::decode) {
      stage_ = stage::pass;
      passed_from_ = raw_;
    }
  }
}

// Around the parts of a multipart a bare CR may be the line end before a delimiter for some clients.
void leaf::look_for_cr(byte_view raw) {
  for (const char c : raw) {
    if (last_cr_ && c == '-') report(anomaly::bare_cr);
    last_cr_ = c == '\r';
  }
}

void leaf::probe(byte_view& raw) {
  const std::size_t n = std::min(raw.size(), sizeof hold_ - held_);
  std::memcpy(hold_ + held_, raw.data(), n);
  held_ = static_cast<std::uint16_t>(held_ + n);
  raw.remove_prefix(n);
  if (held_ == sizeof hold_) decide();
}

// Under a doubtful declaration the content decides. A clean "7bit" is believed for text, beside a second reading, but not
// for attachments, which some clients decode by their looks.
void leaf::decide() {
  const byte_view text{hold_, held_};
  const transfer like = looks_like(text);
  if (doubtful_) {
    if (like != transfer::identity) decoder_.open(like);
  } else if (like == transfer::base64 || (like == transfer::uuencode && kind_ == body_kind::bytes)) {
    report(anomaly::ambiguous_encoding);
    if (kind_ == body_kind::bytes) decoder_.open(like);
    else open_second_reading(like);
  }
  stage_ = stage::decode;
  held_ = 0;
  decode(text);
}

// Where raw octets wait until both readings take their turn.
std::span<char> leaf::block() {
  if (auto* twice = std::get_if<read_twice>(&reader_)) return twice->raw;
  return hold_;  // HTML and calendars: their readers have the room
}

uu_watch* leaf::watch() {
  if (auto* twice = std::get_if<read_twice>(&reader_)) return &twice->watch;
  return std::get_if<uu_watch>(&reader_);
}

void leaf::open_second_reading(transfer how) {
  part_info info{};
  second_part_ = info.index = context_.next_part++;
  info.parent = parent_;
  info.depth = depth_;
  assign_cut(info.type, "text/plain");
  assign_cut(info.encoding, how == transfer::base64 ? "base64" : "x-uuencode");
  info.reading_of = part_;
  second_.open(how);
  second_charset_.open(charset{}, context_.pool);
  if (std::holds_alternative<uu_watch>(reader_)) reader_.emplace<read_twice>().watch.start();
  context_.out.on_part_begin(info);
}

namespace {

class second_sink final : public octet_sink {
 public:
  second_sink(charset_decoder& charset, octet_sink& text, std::uint64_t& count) : charset_(charset), text_(text), count_(count) {}
  void put(byte_view octets) override {
    count_ += octets.size();
    charset_.feed(octets, text_);
  }

 private:
  charset_decoder& charset_;
  octet_sink& text_;
  std::uint64_t& count_;
};

}  // namespace

void leaf::decode(byte_view raw) {
  if (stage_ == stage::probe) probe(raw);
  if (stage_ != stage::decode || raw.empty()) return;
  if (second_part_ == part_info::no_part) {
    decoder_.feed(raw, *this);
    return flaws();
  }
  while (!raw.empty()) {
    const auto room = block().subspan(held_);
    const std::size_t n = std::min(raw.size(), room.size());
    std::memmove(room.data(), raw.data(), n);  // at first it is its own beginning
    held_ = static_cast<std::uint16_t>(held_ + n);
    raw.remove_prefix(n);
    if (held_ == block().size()) read_both();
  }
}

void leaf::read_both() {
  const byte_view raw{block().data(), held_};
  held_ = 0;
  decoder_.feed(raw, *this);
  bool seen = true;
  text_sink to_text(context_.out, second_part_, text_kind::plain, seen);
  second_sink to_charset(second_charset_, to_text, second_decoded_);
  second_.feed(raw, to_charset);
  flaws();
}

void leaf::flaws() {
  if (decoder_.flawed()) {
    // In text a stray '=' is shown as it is by all clients; a file's octets depend on it.
    const bool quoted = decoder_.how() == transfer::quoted_printable;
    if (!quoted) report(anomaly::bad_base64);
    else if (kind_ == body_kind::bytes) report(anomaly::bad_quoted_printable);
  }
  if (charset_.bad_octets()) report(anomaly::bad_charset_bytes);
  if (const auto* html = std::get_if<html_reader>(&reader_); html && html->too_deep()) report(anomaly::html_too_deep);
}

// Non-text octets up to the sniff limit; behind it the part is passed over.
void leaf::sniff(byte_view decoded) {
  const std::uint64_t limit = context_.opts.sniff_bytes;
  if (decoded_ < limit) {
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(limit - decoded_, decoded.size()));
    context_.out.on_bytes(part_, decoded_, decoded.substr(0, room));
  }
  decoded_ += decoded.size();
}

void leaf::put(byte_view decoded) {
  if (kind_ == body_kind::bytes) return sniff(decoded);
  if (also_bytes_) sniff(decoded);
  else decoded_ += decoded.size();
  if (auto* file = std::get_if<tnef_reader>(&reader_)) return file->feed(decoded, *this);
  if (auto* html = std::get_if<html_reader>(&reader_)) {
    into sink(*html, static_cast<html_sink&>(*this));
    return charset_.feed(decoded, sink);
  }
  if (auto* calendar = std::get_if<calendar_reader>(&reader_)) {
    text_sink to_text(context_.out, part_, text_kind::calendar, context_.text_seen);
    into sink(*calendar, static_cast<octet_sink&>(to_text));
    return charset_.feed(decoded, sink);
  }
  text_sink to_text(context_.out, part_, plain_kind_, context_.text_seen);
  uu_watch* const files = watch();
  if (files == nullptr) return charset_.feed(decoded, to_text);
  while (!decoded.empty()) {  // a file begins and ends between its lines, however the input is cut
    const byte_view piece = decoded.substr(0, files->undisturbed(decoded));
    charset_.feed(piece, to_text);
    files->feed(piece, *this);
    decoded.remove_prefix(piece.size());
  }
}

void leaf::html_text(text_kind kind, byte_view utf8) {
  if (!context_.text_seen && kind == text_kind::visible) context_.text_seen = !ascii::trim(utf8).empty();
  context_.out.on_text(part_, kind, utf8);
}

void leaf::html_link(link::origin from, byte_view target, byte_view shown, text_kind look) {
  context_.out.on_link({part_, target, shown, from, look == text_kind::hidden, look == text_kind::conditional || look == text_kind::doubtful});
}

void leaf::uu_begin(byte_view name, bool readable) {
  report(anomaly::embedded_file);
  if (!readable) report(anomaly::unknown_encoding);
  open_file(name, readable ? "x-uuencode" : "x-yenc");
}

void leaf::tnef_text(byte_view utf8) {
  text_sink to_text(context_.out, part_, text_kind::plain, context_.text_seen);
  to_text.put(utf8);
}

void leaf::open_file(byte_view name, byte_view encoding) {
  part_info info{};
  file_part_ = info.index = context_.next_part++;
  info.parent = part_;
  info.depth = static_cast<std::uint8_t>(depth_ + 1);
  assign_cut(info.type, "application/octet-stream");
  assign_cut(info.encoding, encoding);
  char room[256];
  assign_cut(info.file_name, {room, decode_words(name, room, context_.pool).size});
  file_decoded_ = 0;
  context_.out.on_part_begin(info);
}

void leaf::uu_octets(byte_view octets) {
  if (file_decoded_ < context_.opts.sniff_bytes) {
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(context_.opts.sniff_bytes - file_decoded_, octets.size()));
    context_.out.on_bytes(file_part_, file_decoded_, octets.substr(0, room));
  }
  file_decoded_ += octets.size();
}

void leaf::uu_end() {
  context_.out.on_part_end(file_part_, file_decoded_);
  file_part_ = part_info::no_part;
}

void leaf::finish() {
  if (stage_ == stage::probe) decide();
  if (second_part_ != part_info::no_part) read_both();
  if (stage_ != stage::pass) decoder_.finish(*this);
  if (second_part_ != part_info::no_part) {
    bool seen = true;
    text_sink to_text(context_.out, second_part_, text_kind::plain, seen);
    second_sink to_charset(second_charset_, to_text, second_decoded_);
    second_.finish(to_charset);
    second_charset_.finish(to_text);
    context_.out.on_part_end(second_part_, second_decoded_);
  }
  if (auto* file = std::get_if<tnef_reader>(&reader_)) {
    file->finish(*this);
  } else if (auto* html = std::get_if<html_reader>(&reader_)) {
    into sink(*html, static_cast<html_sink&>(*this));
    charset_.finish(sink);
    html->finish(*this);
  } else if (auto* calendar = std::get_if<calendar_reader>(&reader_)) {
    text_sink to_text(context_.out, part_, text_kind::calendar, context_.text_seen);
    into sink(*calendar, static_cast<octet_sink&>(to_text));
    charset_.finish(sink);
    calendar->finish(to_text);
  } else if (kind_ != body_kind::bytes) {
    text_sink to_text(context_.out, part_, plain_kind_, context_.text_seen);
    charset_.finish(to_text);
    if (uu_watch* const files = watch()) files->finish(*this);
  }
  flaws();
  charset_.close();
  second_charset_.close();
  // What was passed over is estimated: base64 in lines of 76 characters is 57 octets of 78.
  if (stage_ != stage::pass) return;
  const std::uint64_t passed = raw_ - passed_from_;
  decoded_ += decoder_.how() == transfer::base64 ? passed * 57 / 78 : passed;
}

}  // namespace sluice::mime
