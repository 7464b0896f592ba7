// Runs the detectors over one folded text. The word scanner is here: it cuts words, looks them up, undoes what hides
// them (capital I for l, digits for letters, stretched letters, l e t t e r s p a c i n g, d.o.t.s) and matches
// phrases of up to five words over the last words seen.
#include <algorithm>
#include <bit>
#include <cstring>

#include "core/ascii.hpp"
#include "core/octet_block.hpp"
#include "inspect/contact_words.hpp"
#include "inspect/digit_words.hpp"
#include "inspect/domain.hpp"
#include "inspect/letter_block.hpp"
#include "inspect/octet_class.hpp"
#include "inspect/signals.hpp"
#include "inspect/undisguise.hpp"
#include "inspect/wallet_text.hpp"
#include "inspect/word_pairs.hpp"

namespace sluice::inspect {
namespace {

constexpr std::size_t word_limit = lexicon::word_bytes;
constexpr std::size_t context_limit = 24;
constexpr std::size_t spelled_limit = 64;  // words that are digits
constexpr std::size_t run_limit = 60;  // letters of a spaced-out run
constexpr std::size_t shortest_inner = 6, longest_inner = 16;  // letters of a word that is only a part of such a run

constexpr std::uint32_t class_bits = (1u << word_classes) - 1;
constexpr std::uint64_t dot_block = std::uint64_t{'d'} | std::uint64_t{'o'} << 8 | std::uint64_t{'t'} << 16;

bool word_octet(char c) { return octet::is(c, octet::word); }

// Behind their slash, or before it as a host of its own, stands a person, a group or a number.
bool is_chat(byte_view host, bool path) {
  static constexpr byte_view known[] = {"t.me", "telegram.me", "telegram.dog", "wa.me", "api.whatsapp.com", "chat.whatsapp.com", "line.me", "lin.ee"};
  return std::any_of(std::begin(known), std::end(known), [host, path](byte_view k) { return within(host, k) && (path || host.size() > k.size() + std::size("www")); });
}

struct known_word {
  std::uint16_t id = 0;
  extent where;
  bool disguised = false;
};

class scanner {
 public:
  scanner(const folded& view, const lexicon& words, text_signals& out) : view_(view), text_(view.view()), words_(words), out_(out), pairs_(text_), contacts_(text_) {}

  void run() {
    for (std::size_t i = plain_words(0); i < text_.size(); i = plain_words(i)) {
      const char c = text_[i];
      const unsigned kind = octet::of(c);
      if ((kind & octet::word) == 0) {
        i = between(i, c, kind);
        continue;
      }
      if ((kind & octet::high) != 0 && spaceless_letter(text_, i)) {
        i = spaceless(i);
        continue;
      }
      const bool alone = i + 1 == text_.size() || !word_octet(text_[i + 1]);
      const std::size_t run_end = alone && (kind & octet::alpha) && i >= no_run_before_ ? spaced_run(i) : i;
      if (run_end > i) hints_.everywhere = true;  // it may have joints inside
      i = run_end > i ? run_end : word(i);
    }
    const std::size_t least = contexts_.empty() ? 5 : 4;  // "call 1-800-FLOWERS"
    if (digits_ + digit_words_ >= least) find_phones(view_, {contexts_.data(), contexts_.size()}, {spelled_.data(), spelled_.size()}, out_.phones);
    contacts_.numbers(out_);
    out_.secret = pairs_.asked_secret();
    out_.employer = pairs_.asked_employer();
    out_.demanded = pairs_.demanded();
    out_.warned = pairs_.warned();
  }

  const host_hints& hints() const { return hints_; }
  bool mixed() const { return mixed_ > 1; }

 private:
  // Most of a text: words of two to eight ASCII letters with one octet between them that means nothing. Returns where
  // something else stands.
  std::size_t plain_words(std::size_t i) {
    const byte_view text = text_;
    while (i + 10 <= text.size()) {  // the octet behind the blank behind the word is read, too
      const std::uint64_t octets = load_block(text.data() + i);
      const letter_block block(octets);
      const std::size_t end = i + block.letters;
      if (block.letters < 2 || word_octet(text[end])) break;
      ++out_.words;
      plain_word(octets, block, {static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(end)});
      i = end;
      if (text[i] == ' ' && text[i + 1] != ' ') ++i;
    }
    return i;
  }

  void plain_word(std::uint64_t octets, const letter_block& block, extent where) {
    if (starts_digit_word(block.lower)) {
      word_ = {block.lower, block.letters};
      spelled(word_.view(), where);
    }
    if (block.lower == dot_block) hints_.everywhere = true;
    const std::uint16_t id = words_.word(block);
    if (id != 0) return known_as(id, where.begin, where.end);
    const bool stretched = inspect::has_triple(block.lower, block.letters);
    if (stretched || (capitals_i(octets, block.letters) && inner_capital_i(where.begin, where.end))) return unknown(where, false, stretched);
    forget();
  }

  // There is one behind the first letter.
  static bool capitals_i(std::uint64_t octets, unsigned letters) { return (zero_octets(octets ^ 'I' * block_ones) & first_octets(letters) & ~std::uint64_t{0xFF}) != 0; }

  // In no phrase as it stands: maybe it hides one that is.
  void unknown(extent where, bool digit, bool stretched) {
    known({undisguise(text_.substr(where.begin, static_cast<std::size_t>(where.end - where.begin)), words_, digit, stretched), where, true});
  }

  // An octet that is of no word; returns where to go on.
  std::size_t between(std::size_t i, char c, unsigned kind) {
    if (c == ' ') return i + 1 < text_.size() && text_[i + 1] == ' ' ? spaces(i) : i + 1;
    if (c == '\n') forget();
    if ((kind & octet::joint) != 0 && may_join(i) && joins_host(text_, i)) joint(i);
    if (c == mark::phone) context({static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i + 1)});
    return i + 1;
  }

  // Most dots and commas end a sentence or a part of it.
  bool may_join(std::size_t i) const { return i + 1 < text_.size() && ((text_[i + 1] != ' ' && text_[i + 1] != '\n') || (i > 0 && text_[i - 1] == ' ')); }

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

  // Reads the word at `begin`; returns its end. ASCII letters go eight at a time.
  std::size_t word(std::size_t begin) {
    ++out_.words;
    std::size_t n = 0;
    while (begin + n + 8 <= text_.size() && n + 8 <= word_limit) {
      const letter_block block(load_block(text_.data() + begin + n));
      std::memcpy(word_.text.data() + n, &block.lower, 8);
      n += block.letters;
      if (block.letters == 8) continue;
      if (word_octet(text_[begin + n])) break;  // a digit, an apostrophe, another script
      word_.size = n;
      look_up(begin, begin + n, octet::alpha);
      return begin + n;
    }
    return slow_word(begin);
  }

  bool has_triple() const {
    for (std::size_t i = 2; i < word_.size; ++i)
      if (word_.text[i] == word_.text[i - 1] && word_.text[i] == word_.text[i - 2]) return true;
    return false;
  }

  std::size_t slow_word(std::size_t begin) {
    std::size_t n = 0, i = begin;
    unsigned kinds = 0;
    for (; i < text_.size(); ++i) {
      const char c = text_[i];
      const unsigned kind = octet::of(c);
      if ((kind & octet::word) == 0 || ((kind & octet::high) != 0 && spaceless_letter(text_, i))) break;
      kinds |= kind;
      if (kind & octet::apostrophe) continue;
      if (n == word_limit) return skip_word(i);
      digits_ += kind & octet::digit;
      word_.text[n++] = octet::lower(c);
    }
    std::memset(word_.text.data() + n, 0, 8);
    word_.size = n;
    mixed_ += n > 2 && (kinds & octet::digit) != 0 && (kinds & octet::alpha) != 0;
    if (n != 0) look_up(begin, i, kinds);
    return i;
  }

  // A run of letters without spaces between words: the longest entry at each letter.
  std::size_t spaceless(std::size_t begin) {
    std::size_t i = begin;
    bool gap = false;  // letters of no entry: they count as one word
    while (spaceless_letter(text_, i)) {
      std::size_t end = i;
      if (words_.may_start_spaceless(text_, i)) {
        while (end - i < lexicon::spaceless_bytes && spaceless_letter(text_, end)) end += 3;
        while (end > i && !known_entry(i, end)) end -= 3;
      }
      if (end > i) {
        gap = false;
        ++out_.words;
        i = end;
        continue;
      }
      out_.words = static_cast<std::uint16_t>(out_.words + !gap);
      gap = true;
      forget();
      i += 3;
    }
    return i;
  }

  bool known_entry(std::size_t begin, std::size_t end) {
    const std::uint16_t id = words_.word(text_.substr(begin, end - begin));
    if (id != 0) known_as(id, begin, end);
    return id != 0;
  }

  std::size_t skip_word(std::size_t i) {
    while (i < text_.size() && word_octet(text_[i])) ++i;
    forget();
    return i;
  }

  void known_as(std::uint16_t id, std::size_t begin, std::size_t end) {
    if (view_.any_how == 0) return known({id, {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)}, false});
    const std::uint8_t done = view_.how_of(begin, end);
    bool disguised = (done & (how::lookalike | how::hidden | how::marked | how::reversed | how::styled)) != 0;
    if (done == how::lookalike && words_.is_native(id)) disguised = false;
    known({id, {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)}, disguised});
  }

  // Any word; `kinds` of all its octets.
  void look_up(std::size_t begin, std::size_t end, unsigned kinds) {
    const bool digit = (kinds & octet::digit) != 0, stretched = has_triple();
    const std::uint16_t id = words_.word(word_);
    const std::uint64_t start = load_block(word_.text.data());
    if (!digit && may_be_digit_word(start)) spelled(word_.view(), {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)});
    if (start == dot_block) hints_.everywhere = true;
    if (id != 0) return known_as(id, begin, end);
    if ((kinds & octet::high) != 0 || (!digit && !stretched && !inner_capital_i(begin, end))) return forget();
    unknown({static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)}, digit, stretched);
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
    for (std::size_t p = 0; p + shortest_inner <= n; ++p) {
      for (std::size_t len = std::min<std::size_t>(n - p, longest_inner); len >= shortest_inner; --len) {
        const std::uint16_t id = words_.word({lower + p, len});
        if (id == 0) continue;
        ++out_.words;
        known({id, {at[p], static_cast<std::uint16_t>(at[p + len - 1] + 1)}, true});
        any = true;
        p += len - 1;
        break;
      }
    }
    if (any) return end;
    // Nothing begins in it again but what lies at its end: a word behind the limit, or a short one that the run ends with.
    no_run_before_ = at[n == run_limit ? n + 1 - longest_inner : n - 7];
    return begin;
  }

  void forget() { recent_count_ = 0; }

  void known(const known_word& word) {
    if (word.id == 0) return forget();
    recent_[next_++ % recent_.size()] = word;
    recent_count_ = std::min(recent_count_ + 1, lexicon::max_words);
    const std::size_t most = std::min<std::size_t>(words_.longest_ending(word.id), recent_count_);
    std::uint64_t key = lexicon::phrase_start;
    bool disguised = false;
    for (std::size_t n = 1; n <= most; ++n) {
      const known_word& first = recent_[(next_ - n) % recent_.size()];
      key = lexicon::extend(key, first.id);
      disguised = disguised || first.disguised;
      if (const lexicon::phrase* found = words_.find(key, n)) hit(*found, {first.where.begin, word.where.end}, disguised);
    }
  }

  void hit(const lexicon::phrase& found, extent where, bool disguised) {
    disguised = disguised && ((found.classes & class_bits) != 0 || found.brand != lexicon::no_brand);  // words of pairs are short and common
    if (disguised) {
      ++out_.disguised_words;
      if (out_.disguised_first.empty()) out_.disguised_first = where;
    }
    if ((found.classes & class_bits) != 0) {
      const std::uint8_t words = said_in(found, where);
      for (std::uint32_t rest = found.classes & class_bits; rest != 0; rest &= rest - 1) heard(static_cast<word_class>(std::countr_zero(rest)), where, words, disguised);
    }
    contacts_.hear(found.bits(), where, out_);
    pairs_.hear(found.bits(), out_.words, where, disguised, [this](word_class what, extent both, bool hidden) {
      if (out_[what].words < 2) heard(what, both, 2, hidden);  // else a phrase said so
    });
    if (found.classes & (1u << static_cast<unsigned>(word_class::call) | 1u << static_cast<unsigned>(word_class::channel))) context(where);
    if (found.brand != lexicon::no_brand) brand_found(found, where, disguised);
  }

  void heard(word_class what, extent where, std::uint8_t words, bool disguised) {
    const bool reason = what == word_class::denial || what == word_class::dispute;
    if (reason && contacts_.said_of_self(where)) return;
    class_hit& one = out_.classes[static_cast<std::size_t>(what)];
    ++one.count;
    if (disguised) ++one.disguised;
    if (one.first.empty() || words > one.words) {
      one.first = where;
      one.words = words;
    }
    const bool offer = what == word_class::dispute && contacts_.is_offer(where);
    if (reason && !offer && out_.reasons.size() < out_.reasons.capacity()) out_.reasons.push_back({what, words, where.begin});
  }

  // Words of the phrase; what is written without spaces is measured: four letters say what two words say.
  std::uint8_t said_in(const lexicon::phrase& found, extent where) const {
    if (found.words > 1 || !spaceless_letter(text_, where.begin)) return found.words;
    const int letters = (where.end - where.begin) / 3;
    return letters >= 7 ? 3 : letters >= 4 ? 2 : 1;
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
  lexicon::padded_word word_;
  const folded& view_;
  byte_view text_;
  const lexicon& words_;
  text_signals& out_;
  word_pairs pairs_;
  contact_words contacts_;
  std::array<known_word, 8> recent_{};  // a ring, of which the last max_words are looked at
  std::size_t next_ = 0, recent_count_ = 0;
  std::size_t no_run_before_ = 0;
  static_assert(lexicon::max_words <= 8);
  fixed_vector<extent, context_limit> contexts_;
  fixed_vector<extent, spelled_limit> spelled_;
  std::size_t digits_ = 0;
  std::size_t digit_words_ = 0;
  std::size_t mixed_ = 0;  // words of digits and letters, as wallets have several in their pieces
};

}  // namespace

void scan_text(const folded& view, const lexicon& words, text_signals& out) {
  out = {};
  out.counts = view.counts;
  out.code_points = view.counts.plain_ascii ? view.size : static_cast<std::uint16_t>(octet_block::count_code_points(view.view()));
  out.spaces_run = view.view().find(' ') != byte_view::npos;
  scanner scan(view, words, out);
  scan.run();
  find_money(view, out.money);
  find_hosts(view, scan.hints(), out.hosts);
  for (const host_hit& hit : out.hosts) {
    const byte_view host = view.view().substr(hit.host.begin, static_cast<std::size_t>(hit.host.end - hit.host.begin));
    if (!hit.mail && is_chat(host, hit.path)) out.chat_link = hit.where;
    std::size_t before = hit.where.begin;
    while (before > 0 && (view.text[before - 1] == ' ' || view.text[before - 1] == mark::symbol)) --before;
    if (before > 0 && view.text[before - 1] == mark::pointer) ++out.pointed;
  }
  find_wallets(view, out.wallets);
  if (scan.mixed()) find_split_wallets(view, out.wallets);
  if (!out.has(word_class::crypto)) drop_unchecked(view, out.wallets);
}

}  // namespace sluice::inspect
