#include "firmware/gateway/manage/text_preview.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/utf8.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t files_max = 16, words_least = 3;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// How many octets of `text` the words take when they begin there; 0: they don't.
std::size_t words_at(std::string_view text, std::string_view words) {
  std::size_t at = 0;
  for (std::size_t w = 0; w < words.size();) {
    if (is_space(words[w])) {
      const std::size_t before = at;
      while (at < text.size() && is_space(text[at])) ++at;
      if (at == before) return 0;
      while (w < words.size() && is_space(words[w])) ++w;
      continue;
    }
    if (at >= text.size() || ascii::lower(text[at]) != ascii::lower(words[w])) return 0;
    ++at, ++w;
  }
  return at;
}

}  // namespace

std::vector<text_mark> marks_in(std::string_view text, std::span<const quarantine::stored_finding> findings) {
  std::vector<text_mark> out;
  for (std::size_t at = 0; at < text.size() && out.size() < preview_marks_max;) {
    text_mark best{at, 0, 0};
    for (std::size_t i = 0; i < findings.size(); ++i) {
      const std::string_view words = ascii::trim(findings[i].words);
      if (words.size() < words_least) continue;
      const std::size_t n = words_at(text.substr(at), words);
      if (n > best.length) best = {at, n, i};
    }
    if (best.length > 0) out.push_back(best);
    at += std::max<std::size_t>(best.length, 1);
  }
  return out;
}

text_preview::text_preview() : walker_(*this, mime::options{}, pool_) {}

void text_preview::feed(byte_view content) {
  if (!walker_.header_done()) {
    const std::size_t room = preview_header_octets - std::min(preview_header_octets, header_.size());
    header_.append(content.substr(0, room));
  }
  walker_.feed(content);
  header_seen_ = walker_.header_bytes();
}

void text_preview::finish() {
  walker_.finish();
  header_seen_ = walker_.header_bytes();
  header_cut_ = header_seen_ > header_.size();
  header_.resize(std::min<std::size_t>(header_.size(), header_seen_));
  while (header_.ends_with('\n') || header_.ends_with('\r')) header_.pop_back();
  for (text_piece& p : pieces_) p.text = std::string(ascii::trim(p.text));
  std::erase_if(pieces_, [](const text_piece& p) { return p.text.empty(); });
}

void text_preview::on_part_begin(const mime::part_info& part) {
  part_ = part.index;
  type_ = part.type.empty() ? std::string("text/plain") : std::string(sluice::view(part.type));
  if (!part.file_name.empty() && files_.size() < files_max) files_.push_back(std::string(sluice::view(part.file_name)) + " (" + type_ + ")");
}

void text_preview::on_text(std::uint16_t part, mime::text_kind kind, byte_view text) {
  const auto same = [&](const text_piece& p) { return p.part == part && p.kind == kind; };
  auto piece = std::ranges::find_if(pieces_, same);
  if (piece == pieces_.end()) {
    if (ascii::trim(text).empty()) return;
    if (pieces_.size() == preview_pieces_max) {
      cut_ = true;
      return;
    }
    pieces_.push_back({part, kind, part == part_ ? type_ : std::string(), {}});
    piece = std::prev(pieces_.end());
  }
  // Hidden text gets a quarter at most: padding that nobody or not everybody sees must not push out what is shown.
  const bool hidden = kind == mime::text_kind::hidden || kind == mime::text_kind::conditional || kind == mime::text_kind::doubtful;
  std::size_t room = preview_text_octets - std::min(preview_text_octets, used_);
  if (hidden) room = std::min(room, preview_text_octets / 4 - std::min(preview_text_octets / 4, piece->text.size()));
  const std::string_view fits = utf8::cut(text, room);
  for (const char c : fits) {
    if (c == '\r') continue;
    if (c == '\n' && piece->text.ends_with("\n\n")) continue;
    if (c == ' ' && (piece->text.empty() || piece->text.ends_with(' ') || piece->text.ends_with('\n'))) continue;
    piece->text += c;
    ++used_;
  }
  cut_ = cut_ || fits.size() < text.size();
  full_ = full_ || (!hidden && fits.size() < text.size());
}

}  // namespace sluice::gateway
