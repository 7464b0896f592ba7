// Runs the detectors over one folded text. The word scanner is here: it cuts words, looks them up, undoes what hides
// them (capital I for l, digits for letters, stretched letters, l e t t e r s p a c i n g, d.o.t.s) and matches
// phrases of up to five words over the last words seen.
#include <algorithm>

#include "core/ascii.hpp"
#include "inspect/digit_words.hpp"
#include "inspect/octet_class.hpp"
#include "inspect/signals.hpp"

namespace sluice::inspect {
namespace {

constexpr std::size_t word_limit = lexicon::word_bytes;
constexpr std::size_t context_limit = 24;
constexpr std::size_t spelled_limit = 64;  // words that are digits
constexpr std::size_t run_limit = 60;  // letters of a spaced-out run

bool word_octet(char c) { return octet::is(c, octet::word); }

struct known_word {
  std::uint16_t id = 0;
  extent where;
  bool disguised = false;
};

class scanner {
 public:
  scanner(const folded& view, const lexicon& words, text_signals& out) : view_(view), text_(view.view()), words_(words), out_(out) {}

  void run() {
    std::size_t i = 0;
    while (i < text_.size()) {
      const char c = text_[i];
      if (!word_octet(c)) {
        if (c == ' ' && i + 1 < text_.size() && text_[i + 1] == ' ') {
          i = spaces(i);
          continue;
        }
        if (octet::is(c, octet::joint) && joins_host(text_, i)) joint(i);
        if (c == mark::phone) context({static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i + 1)});
        if (c == '\n') recent_count_ = 0;
        ++i;
        continue;
      }
      const bool alone = i + 1 == text_.size() || !word_octet(text_[i + 1]);
      const std::size_t run_end = alone && ascii::is_alpha(c) ? spaced_run(i) : i;
      if (run_end > i) hints_.everywhere = true;  // it may have joints inside
      i = run_end > i ? run_end : word(i);
    }
    if (digits_ + digit_words_ >= 5) find_phones(view_, {contexts_.data(), contexts_.size()}, {spelled_.data(), spelled_.size()}, out_.phones);
  }

  const host_hints& hints() const { return hints_; }

 private:
  void joint(std::size_t at) {
    if (hints_.joints.size() < hints_.joints.capacity()) {
      hints_.joints.push_back(static_cast<std::uint16_t>(at));
    } else {
      hints_.everywhere = true;
    }
  }

  std::size_t spaces(std::size_t begin) {
    std::size_t end = begin;
    while (end < text_.size() && text_[end] == ' ') ++end;
    out_.spaces_run = std::max(out_.spaces_run, static_cast<std::uint16_t>(end - begin));
    return end;
  }

  void context(extent e) {
    if (contexts_.size() < contexts_.capacity()) contexts_.push_back(e);
  }

  // Reads the word at `begin`; returns its end.
  std::size_t word(std::size_t begin) {
    ++out_.words;
    std::uint32_t h = lexicon::hash_start;
    std::size_t n = 0, i = begin;
    unsigned kinds = 0;
    bool stretched = false;
    for (; i < text_.size(); ++i) {
      const char c = text_[i];
      const unsigned kind = octet::of(c);
      if ((kind & octet::word) == 0) break;
      kinds |= kind;
      if (kind & octet::apostrophe) continue;
      if (n == word_limit) return skip_word(i);
      digits_ += kind & octet::digit;
      const char l = octet::lower(c);
      lower_[n] = l;
      hashes_[n] = h = lexicon::hash_step(h, l);
      if (n >= 2 && l == lower_[n - 1] && l == lower_[n - 2]) stretched = true;
      ++n;
    }
    if (n != 0) look_up({lower_, n}, begin, i, kinds, stretched);
    return i;
  }

  std::size_t skip_word(std::size_t i) {
    while (i < text_.size() && word_octet(text_[i])) ++i;
    forget();
    return i;
  }

  void look_up(byte_view lower, std::size_t begin, std::size_t end, unsigned kinds, bool stretched) {
    const bool digit = (kinds & octet::digit) != 0;
    const bool odd = digit || stretched || (kinds & octet::capital_i);
    std::uint16_t id = words_.word(lower, hashes_);
    if (!digit && may_be_digit_word(lower)) spelled(lower, {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)});
    if (lower == "dot") hints_.everywhere = true;
    if (id == 0 && !odd) return forget();
    const extent where{static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)};
    const std::uint8_t done = view_.how_of(begin, end);
    bool disguised = (done & (how::lookalike | how::hidden | how::marked | how::reversed | how::styled)) != 0;
    if (id != 0 && words_.is_native(id) && done == how::lookalike) disguised = false;
    if (id == 0 && (kinds & octet::high) == 0 && (digit || stretched || ((kinds & octet::capital_i) && inner_capital_i(begin, end)))) {
      id = undisguise(begin, end, digit, stretched);
      disguised = true;
    }
    known({id, where, disguised});
  }

  void spelled(byte_view lower, extent where) {
    const std::size_t digits = spelled_digits(lower);
    if (digits == 0) return;
    digit_words_ += digits;
    if (spelled_.size() < spelled_.capacity()) spelled_.push_back(where);
  }

  // A capital I behind a small letter is read as l.
  bool inner_capital_i(std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin + 1; i < end; ++i) {
      if (text_[i] == 'I' && ascii::is_alpha(text_[i - 1]) && ascii::lower(text_[i - 1]) == text_[i - 1]) return true;
    }
    return false;
  }

  // Reads digits as the letters they stand for, capital I inside a word as l, and stretched letters once.
  std::uint16_t undisguise(std::size_t begin, std::size_t end, bool digit, bool stretched) const {
    std::size_t letters = 0;
    for (std::size_t i = begin; i < end; ++i) letters += ascii::is_alpha(text_[i]);
    if (letters < 2) return 0;
    for (int variant = 0; variant < (digit ? 2 : 1); ++variant) {
      char lower[word_limit];
      std::size_t n = 0;
      for (std::size_t i = begin; i < end; ++i) {
        char c = text_[i];
        if (c == '\'') continue;
        if (c == 'I' && i > begin) {
          c = 'l';
        } else {
          c = letter_for(ascii::lower(c), variant);
        }
        if (stretched && n >= 2 && c == lower[n - 1] && c == lower[n - 2]) continue;
        lower[n++] = c;
      }
      if (const std::uint16_t id = words_.word({lower, n})) return id;
    }
    return 0;
  }

  static char letter_for(char c, int variant) {
    switch (c) {
      case '0': return 'o';
      case '1': return variant == 0 ? 'l' : 'i';
      case '3': return 'e';
      case '4': return 'a';
      case '5': return 's';
      case '7': return 't';
      case '8': return 'b';
      default: return c;
    }
  }

  // "C a l l", "P.a.y.P.a.l": single letters with one octet between them. Returns the end of the run when it was read as
  // words, else `begin`.
  std::size_t spaced_run(std::size_t begin) {
    char lower[run_limit];
    std::uint16_t at[run_limit];
    std::size_t n = 0, i = begin, end = begin;
    const char separator = begin + 1 < text_.size() ? text_[begin + 1] : 0;
    while (i < text_.size() && n < run_limit && ascii::is_alnum(text_[i])) {
      if (i + 1 < text_.size() && word_octet(text_[i + 1])) break;  // a longer word starts
      lower[n] = ascii::lower(text_[i]);
      at[n] = static_cast<std::uint16_t>(i);
      ++n;
      end = i + 1;
      if (end >= text_.size() || text_[end] != separator || separator == '\n') break;
      i = end + 1;
    }
    if (n < 4) return begin;
    // The whole run, or without one letter at either end ("a c a l l").
    for (std::size_t skip = 0; skip < 3; ++skip) {
      const std::size_t from = skip == 1 ? 1 : 0, to = skip == 2 ? n - 1 : n;
      const std::uint16_t id = words_.word({lower + from, to - from});
      if (id != 0 && to - from >= 4) {
        ++out_.words;
        known({id, {at[from], static_cast<std::uint16_t>(at[to - 1] + 1)}, true});
        return end;
      }
    }
    if (n < 8) return begin;
    bool any = false;
    for (std::size_t p = 0; p + 6 <= n; ++p) {
      for (std::size_t len = std::min<std::size_t>(n - p, 16); len >= 6; --len) {
        const std::uint16_t id = words_.word({lower + p, len});
        if (id == 0) continue;
        ++out_.words;
        known({id, {at[p], static_cast<std::uint16_t>(at[p + len - 1] + 1)}, true});
        any = true;
        p += len - 1;
        break;
      }
    }
    return any ? end : begin;
  }

  void forget() { recent_count_ = 0; }

  void known(const known_word& word) {
    if (word.id == 0) return forget();
    if (recent_count_ == recent_.size()) {
      std::copy(recent_.begin() + 1, recent_.end(), recent_.begin());
      --recent_count_;
    }
    recent_[recent_count_++] = word;
    const std::size_t most = std::min<std::size_t>(words_.longest_ending(word.id), recent_count_);
    std::uint16_t ids[lexicon::max_words];
    for (std::size_t n = 1; n <= most; ++n) {
      bool disguised = false;
      for (std::size_t k = 0; k < n; ++k) {
        const known_word& part = recent_[recent_count_ - n + k];
        ids[k] = part.id;
        disguised = disguised || part.disguised;
      }
      if (const lexicon::phrase* found = words_.find(ids, n)) {
        hit(*found, {recent_[recent_count_ - n].where.begin, word.where.end}, disguised);
      }
    }
  }

  void hit(const lexicon::phrase& found, extent where, bool disguised) {
    if (disguised) {
      ++out_.disguised_words;
      if (out_.disguised_first.empty()) out_.disguised_first = where;
    }
    for (std::size_t c = 0; c < word_classes; ++c) {
      if ((found.classes >> c & 1) == 0) continue;
      class_hit& one = out_.classes[c];
      ++one.count;
      if (disguised) ++one.disguised;
      if (one.first.empty() || found.words > one.words) {
        one.first = where;
        one.words = found.words;
      }
    }
    if (found.classes & (1u << static_cast<unsigned>(word_class::call) | 1u << static_cast<unsigned>(word_class::channel))) context(where);
    if (found.brand != lexicon::no_brand) brand_found(found, where, disguised);
  }

  void brand_found(const lexicon::phrase& found, extent where, bool disguised) {
    for (brand_hit& known_brand : out_.brands) {
      if (known_brand.brand == found.brand) {
        known_brand.words = std::max(known_brand.words, found.words);
        known_brand.disguised = known_brand.disguised || disguised;
        return;
      }
    }
    if (out_.brands.size() < out_.brands.capacity()) out_.brands.push_back({found.brand, where, found.words, disguised});
  }

  host_hints hints_;
  char lower_[word_limit];
  std::uint32_t hashes_[word_limit];
  const folded& view_;
  byte_view text_;
  const lexicon& words_;
  text_signals& out_;
  std::array<known_word, lexicon::max_words> recent_{};
  std::size_t recent_count_ = 0;
  fixed_vector<extent, context_limit> contexts_;
  fixed_vector<extent, spelled_limit> spelled_;
  std::size_t digits_ = 0;
  std::size_t digit_words_ = 0;
};

}  // namespace

void scan_text(const folded& view, const lexicon& words, text_signals& out) {
  out = {};
  out.counts = view.counts;
  if (view.counts.plain_ascii) {
    out.code_points = view.size;
  } else {
    for (char c : view.view()) out.code_points = static_cast<std::uint16_t>(out.code_points + ((static_cast<unsigned char>(c) & 0xC0) != 0x80));
  }
  out.spaces_run = view.view().find(' ') != byte_view::npos;
  scanner scan(view, words, out);
  scan.run();
  find_money(view, out.money);
  find_hosts(view, scan.hints(), out.hosts);
  for (const host_hit& hit : out.hosts) {
    std::size_t before = hit.where.begin;
    while (before > 0 && (view.text[before - 1] == ' ' || view.text[before - 1] == mark::symbol)) --before;
    if (before > 0 && view.text[before - 1] == mark::pointer) ++out.pointed;
  }
  find_wallets(view, out.wallets);
}

}  // namespace sluice::inspect
