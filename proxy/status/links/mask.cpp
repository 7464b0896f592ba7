#include "status/links/mask.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "core/utf8.hpp"
#include "inspect/signals.hpp"

namespace sluice::status {
namespace {

using inspect::extent;
using inspect::folded;

constexpr std::size_t digits_hidden = 7;   // a run of so many digits, whatever stands between them
constexpr std::size_t gap_max = 4;         // octets between two digits of a run
constexpr std::size_t code_octets = 25;    // a word of letters and digits of this length
constexpr std::string_view number_text = "[number hidden]", link_text = "[link hidden]", address_text = "[address hidden]",
                           wallet_text = "[wallet hidden]", code_text = "[code hidden]";

struct piece {
  std::size_t begin = 0, end = 0;  // of the raw text
  std::string_view instead;
};

bool is_shown(char32_t c) {
  return !(c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x34f || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff) || (c >= 0xfe00 && c <= 0xfe0f));
}

// One line of characters that are seen; broken octets become question marks. Digits in a right-to-left run were found by
// the detectors before this.
std::string plain_line(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const utf8::decoded c = utf8::decode(text);
    if (!c.valid) out += '?';
    else if (is_shown(c.code)) out += text.substr(0, c.length);
    else if (c.code < 0x21 && !out.empty() && out.back() != ' ') out += ' ';
    text.remove_prefix(c.length);
  }
  std::string narrow;
  for (const char c : out)
    if (c != ' ' || (!narrow.empty() && narrow.back() != ' ')) narrow += c;
  while (narrow.ends_with(' ')) narrow.pop_back();
  return narrow;
}

class masker {
 public:
  masker(std::string_view source, const inspect::lexicon& words) : source_(source) {
    inspect::fold(source_, *view_);
    inspect::scan_text(*view_, words, *signals_);
  }

  // Replaces what was found; false: nothing was.
  bool run(std::string& out) {
    for (const auto& w : signals_->wallets) add(w.where, wallet_text);
    for (const auto& h : signals_->hosts) add(h.where, h.mail ? address_text : link_text);
    for (const auto& p : signals_->phones) add(p.where, number_text);
    add_schemes();
    add_codes();
    add_digit_runs();
    if (pieces_.empty()) return false;
    out = replaced();
    return true;
  }

 private:
  void add(extent e, std::string_view instead) {
    if (e.empty()) return;
    const byte_view raw = view_->raw(source_, e.begin, e.end);
    if (raw.empty()) return;
    const auto begin = static_cast<std::size_t>(raw.data() - source_.data());
    pieces_.push_back({begin, begin + raw.size(), instead});
  }

  template <class Is>
  void add_words(Is is, std::string_view instead) {
    const byte_view text = view_->view();
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = i;
      while (end < text.size() && text[end] != ' ' && text[end] != '\n') ++end;
      if (end > i && is(text.substr(i, end - i))) add({static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(end)}, instead);
      i = end + 1;
    }
  }

  void add_schemes() {
    add_words([](byte_view w) { return w.find("://") != byte_view::npos || ascii::istarts_with(w, "www."); }, link_text);
  }

  void add_codes() {
    const auto is_code = [](byte_view w) {
      std::size_t letters = 0, digits = 0;
      for (const char c : w) {
        letters += ascii::is_alpha(c) ? 1 : 0;
        digits += ascii::is_digit(c) ? 1 : 0;
      }
      return letters + digits >= code_octets && letters > 0 && digits > 1;
    };
    add_words(is_code, code_text);
  }

  void add_digit_runs() {
    const byte_view text = view_->view();
    std::size_t begin = 0, end = 0, digits = 0;
    const auto finish = [&] {
      if (digits >= digits_hidden) add({static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)}, number_text);
      digits = 0;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (ascii::is_digit(c)) {
        if (digits == 0 || i - end > gap_max) {
          finish();
          begin = i;
        }
        ++digits;
        end = i + 1;
      } else if (ascii::is_alpha(c) && digits > 0 && std::string_view("oOlISBZ").find(c) == std::string_view::npos) {
        finish();  // a letter that is not taken for a digit ends the run
      }
    }
    finish();
  }

  std::string replaced() {
    std::ranges::sort(pieces_, {}, &piece::begin);
    std::string out;
    std::size_t at = 0;
    for (const piece& p : pieces_) {
      if (p.begin < at) {  // overlaps the one before, whose text stands already
        at = std::max(at, p.end);
        continue;
      }
      out += source_.substr(at, p.begin - at);
      out += p.instead;
      at = p.end;
    }
    out += source_.substr(std::min(at, source_.size()));
    return out;
  }

  std::string_view source_;
  std::unique_ptr<folded> view_ = std::make_unique<folded>();
  std::unique_ptr<inspect::text_signals> signals_ = std::make_unique<inspect::text_signals>();
  std::vector<piece> pieces_;
};

std::string harmless_address(std::string_view address) {
  const std::size_t at = address.rfind('@');
  std::string local, domain;
  for (const char c : plain_line(address.substr(0, at))) local += c;
  std::size_t digits = static_cast<std::size_t>(std::ranges::count_if(local, ascii::is_digit));
  if (digits > 4)
    std::ranges::replace_if(local, ascii::is_digit, '#');
  if (at == std::string_view::npos) return local;
  for (const char c : plain_line(address.substr(at + 1))) {
    if (c == '.') domain += "[.]";
    else domain += c;
  }
  digits = static_cast<std::size_t>(std::ranges::count_if(domain, ascii::is_digit));
  if (digits > 6) std::ranges::replace_if(domain, ascii::is_digit, '#');
  return concat(local, " at ", domain);
}

}  // namespace

std::string masked(std::string_view text, const inspect::lexicon& words) {
  std::string out(utf8::cut(text, masked_octets_max));
  for (std::size_t round = 0; round < mask_rounds; ++round) {
    std::string next;
    if (!masker(out, words).run(next)) break;
    out = utf8::cut(next, mask_work_octets);
    if (round + 1 == mask_rounds) return "[hidden]";
  }
  out = plain_line(out);
  // What only became a number or link when the unseen characters went.
  std::string last;
  if (masker(out, words).run(last)) out = std::move(last);
  return out;
}

std::string masked_sender(std::string_view from, const inspect::lexicon& words) {
  from = utf8::cut(from, masked_octets_max);
  const std::size_t open = from.rfind('<'), close = from.rfind('>');
  const bool two = open != std::string_view::npos && close != std::string_view::npos && close > open;
  if (!two) return from.find('@') != std::string_view::npos && from.find(' ') == std::string_view::npos ? harmless_address(from) : masked(from, words);
  std::string_view name = ascii::trim(from.substr(0, open));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  const std::string address = harmless_address(from.substr(open + 1, close - open - 1)), shown = masked(name, words);
  return shown.empty() ? address : concat(shown, " (", address, ")");
}

}  // namespace sluice::status
