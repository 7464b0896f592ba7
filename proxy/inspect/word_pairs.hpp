// Words that say something only together, near each other and in one sentence: "did not ... order", "your mailbox ...
// closed", "enter your ... phrase". A list of phrases cannot hold all the ways to say that; two short lists can. Each word
// alone is everywhere and counts for nothing.
//
// Fed by the word scanner with every phrase of the lexicon as it is met; tells what a pair says as a hit of one of the
// ordinary classes. "Never enter your phrase" is none. Fixed state, no heap.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "inspect/signals.hpp"

namespace sluice::inspect {

constexpr std::uint64_t lexicon_bit(word_class c) { return std::uint64_t{1} << static_cast<unsigned>(c); }
constexpr std::uint64_t lexicon_bit(pair_word p) { return std::uint64_t{1} << (word_classes + static_cast<std::size_t>(p)); }

class word_pairs {
 public:
  explicit word_pairs(byte_view text) : text_(text) {}

  // `classes`: the phrase's bits; `word`: number of its last word in the text. `say(word_class, extent, disguised)` is called
  // for what is said now.
  template <typename Say>
  void hear(std::uint64_t classes, std::uint16_t word, extent where, bool disguised, Say&& say) {
    if ((classes & any_role) == 0) return;
    std::uint32_t heard = 0;
    for (std::uint64_t rest = classes & any_role; rest != 0; rest &= rest - 1) heard |= roles_of[static_cast<std::size_t>(std::countr_zero(rest))];
    for (std::uint32_t rest = heard; rest != 0; rest &= rest - 1) last_[static_cast<std::size_t>(std::countr_zero(rest))] = {word, where, disguised};
    const auto pair = [&](role a, role b, std::uint16_t gap, std::uint16_t address_gap, word_class what) {
      if ((heard & (1u << a | 1u << b | 1u << address)) == 0) return;
      if (!near(a, b, gap) || !near_either(a, b, address, address_gap)) return;
      const extent both = {std::min(last_[a].where.begin, last_[b].where.begin), std::max(last_[a].where.end, last_[b].where.end)};
      if (!in_one_sentence(both)) return;
      say(what, both, last_[a].disguised || last_[b].disguised);
      last_[a].word = 0;  // once
    };
    pair(deed, negation, 4, 8, word_class::denial);
    pair(wish, negation, 3, 6, word_class::dispute);
    pair(harm, property, 5, 6, word_class::threat);
    hear_asked(heard, secret, 5, secret_);
    hear_asked(heard, employer, 9, employer_);  // "enter your address at work together with its password"
    hear_demand(heard, word);
    if (forbidden()) {
      if (near(deal, access, 4)) warned_ = true;
    } else {
      pair(deal, access, 4, 6, word_class::verify);
    }
  }

  // "Enter your mailbox password": what is asked for, or empty.
  extent asked_secret() const { return secret_; }

  // "Log in with your work mailbox": the same for what belongs to the reader's work.
  extent asked_employer() const { return employer_; }

  // "Pay the customs of 38.90", a small sum before the parcel, the prize, the refund; or empty.
  extent demanded() const { return demanded_; }

  // The text tells the reader what not to do with what gives access.
  bool warned() const { return warned_; }

 private:
  enum role : std::size_t { negation, deed, wish, harm, deal, access, property, address, hand, secret, employer, pay, levy, role_count };
  static constexpr std::size_t roles = role_count;

  static constexpr std::array<std::uint64_t, roles> played_by = {
      lexicon_bit(pair_word::negation),
      lexicon_bit(pair_word::deed),
      lexicon_bit(pair_word::wish),
      lexicon_bit(pair_word::harm) | lexicon_bit(word_class::threat),
      lexicon_bit(pair_word::deal) | lexicon_bit(word_class::verify),
      lexicon_bit(pair_word::thing) | lexicon_bit(word_class::account) | lexicon_bit(word_class::security),
      lexicon_bit(pair_word::thing) | lexicon_bit(pair_word::goods) | lexicon_bit(word_class::account),
      lexicon_bit(pair_word::condition) | lexicon_bit(word_class::reader),
      lexicon_bit(pair_word::hand),
      lexicon_bit(pair_word::secret),
      lexicon_bit(pair_word::employer),
      lexicon_bit(pair_word::pay),
      lexicon_bit(pair_word::levy)};

  static constexpr std::uint64_t any_role = [] {
    std::uint64_t all = 0;
    for (const std::uint64_t one : played_by) all |= one;
    return all;
  }();

  // By bit of a phrase: the roles that it plays.
  static constexpr std::array<std::uint16_t, 40> roles_of = [] {
    std::array<std::uint16_t, 40> made{};
    for (std::size_t bit = 0; bit < made.size(); ++bit)
      for (std::size_t r = 0; r < roles; ++r)
        if ((played_by[r] >> bit & 1) != 0) made[bit] = static_cast<std::uint16_t>(made[bit] | 1u << r);
    return made;
  }();

  struct heard_at {
    std::uint16_t word = 0;  // 0: not heard
    extent where;
    bool disguised = false;
  };

  bool near(role a, role b, std::uint16_t gap) const {
    if (last_[a].word == 0 || last_[b].word == 0) return false;
    // One phrase that plays both roles says it by itself already.
    if (last_[a].where.begin < last_[b].where.end && last_[b].where.begin < last_[a].where.end) return false;
    return std::max(last_[a].word, last_[b].word) - std::min(last_[a].word, last_[b].word) <= gap;
  }
  // "Enter your password", and no "never" before it.
  void hear_asked(std::uint32_t heard, role what, std::uint16_t gap, extent& out) {
    if (!out.empty() || (heard & (1u << hand | 1u << what)) == 0 || !near(hand, what, gap)) return;
    if (near(negation, hand, 4) && last_[negation].where.begin < last_[hand].where.begin) return;
    const extent both = {std::min(last_[hand].where.begin, last_[what].where.begin), std::max(last_[hand].where.end, last_[what].where.end)};
    if (in_one_sentence(both)) out = both;
  }
  // "You need not pay customs", "оплатить не нужно" demands nothing; "Do not delay, pay it" does.
  void hear_demand(std::uint32_t heard, std::uint16_t word) {
    constexpr std::uint16_t gap = 7, denied_before = 4, denied_behind = 2;
    if ((heard & 1u << negation) != 0 && !demanded_.empty() && word - demanded_word_ <= denied_behind && in_one_sentence({demanded_.begin, last_[negation].where.end})) demanded_ = {};
    if ((heard & (1u << pay | 1u << levy)) == 0 || !demanded_.empty() || !near(pay, levy, gap)) return;
    const extent both = {std::min(last_[pay].where.begin, last_[levy].where.begin), std::max(last_[pay].where.end, last_[levy].where.end)};
    if (!in_one_sentence(both) || denied(pay, denied_before) || denied(levy, denied_before)) return;
    demanded_ = both;
    demanded_word_ = word;
  }

  // A negation before it, no comma between the two.
  bool denied(role what, std::uint16_t gap) const {
    if (!near(negation, what, gap) || last_[negation].where.end > last_[what].where.begin) return false;
    return text_.substr(last_[negation].where.end, static_cast<std::size_t>(last_[what].where.begin - last_[negation].where.end)).find(',') == byte_view::npos;
  }

  // "Never enter your phrase": a warning.
  bool forbidden() const { return near(negation, deal, 4) && last_[negation].where.begin < last_[deal].where.begin; }
  bool near_either(role a, role b, role c, std::uint16_t gap) const { return near(a, c, gap) || near(b, c, gap); }

  bool in_one_sentence(extent e) const {
    const byte_view between = text_.substr(e.begin, static_cast<std::size_t>(e.end - e.begin));
    for (std::size_t i = 0; i + 1 < between.size(); ++i) {
      const char c = between[i];
      if (c == '\n' || ((c == '.' || c == '!' || c == '?' || c == ';') && between[i + 1] == ' ')) return false;
    }
    return true;
  }

  byte_view text_;
  std::array<heard_at, roles> last_{};
  bool warned_ = false;
  extent secret_, employer_, demanded_;
  std::uint16_t demanded_word_ = 0;
};

}  // namespace sluice::inspect
