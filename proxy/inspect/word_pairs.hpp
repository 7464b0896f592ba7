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

constexpr std::uint32_t lexicon_bit(word_class c) { return 1u << static_cast<unsigned>(c); }
constexpr std::uint32_t lexicon_bit(pair_word p) { return 1u << (word_classes + static_cast<std::size_t>(p)); }

class word_pairs {
 public:
  explicit word_pairs(byte_view text) : text_(text) {}

  // `classes`: the phrase's bits; `word`: number of its last word in the text. `say(word_class, extent, disguised)` is called
  // for what is said now.
  template <typename Say>
  void hear(std::uint32_t classes, std::uint16_t word, extent where, bool disguised, Say&& say) {
    if ((classes & any_role) == 0) return;
    std::uint32_t heard = 0;
    for (std::uint32_t rest = classes & any_role; rest != 0; rest &= rest - 1) heard |= roles_of[static_cast<std::size_t>(std::countr_zero(rest))];
    for (std::uint32_t rest = heard; rest != 0; rest &= rest - 1) last_[static_cast<std::size_t>(std::countr_zero(rest))] = {word, where, disguised};
    const auto pair = [&](role a, role b, std::uint16_t gap, std::uint16_t address_gap, word_class what) {
      if ((heard & (1u << a | 1u << b | 1u << address)) == 0) return;
      if (near_either(a, b, address, address_gap)) alone(a, b, gap, what, say);
    };
    pair(deed, negation, 4, 8, word_class::denial);
    pair(wish, negation, 3, 6, word_class::dispute);
    pair(harm, property, 5, 6, word_class::threat);
    if ((heard & (1u << hand | 1u << secret)) != 0 && near(hand, secret, 5) && !(near(negation, hand, 4) && last_[negation].where.begin < last_[hand].where.begin)) {
      const extent both = {std::min(last_[hand].where.begin, last_[secret].where.begin), std::max(last_[hand].where.end, last_[secret].where.end)};
      if (secret_.empty() && in_one_sentence(both)) secret_ = both;
    }
    // "Pay the customs of 38.90": a small sum before the parcel, the prize, the refund.
    if ((heard & (1u << hand | 1u << levy)) != 0 && !(near(negation, hand, 4) && last_[negation].where.begin < last_[hand].where.begin)) alone(hand, levy, 7, word_class::fee, say);
    if (forbidden()) {
      if (near(deal, access, 4)) warned_ = true;
    } else {
      pair(deal, access, 4, 6, word_class::verify);
    }
  }

  // "Enter your mailbox password": what is asked for, or empty.
  extent asked_secret() const { return secret_; }

  // The text tells the reader what not to do with what gives access.
  bool warned() const { return warned_; }

 private:
  enum role : std::size_t { negation, deed, wish, harm, deal, access, property, address, hand, secret, levy, role_count };
  static constexpr std::size_t roles = role_count;

  static constexpr std::array<std::uint32_t, roles> played_by = {
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
      lexicon_bit(pair_word::levy)};

  static constexpr std::uint32_t any_role = [] {
    std::uint32_t all = 0;
    for (const std::uint32_t one : played_by) all |= one;
    return all;
  }();

  // By bit of a phrase: the roles that it plays.
  static constexpr std::array<std::uint16_t, 32> roles_of = [] {
    std::array<std::uint16_t, 32> made{};
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
  // "Never enter your phrase": a warning.
  bool forbidden() const { return near(negation, deal, 4) && last_[negation].where.begin < last_[deal].where.begin; }
  bool near_either(role a, role b, role c, std::uint16_t gap) const { return near(a, c, gap) || near(b, c, gap); }

  // Said by the two without anybody being addressed.
  template <typename Say>
  void alone(role a, role b, std::uint16_t gap, word_class what, Say&& say) {
    if (!near(a, b, gap)) return;
    const extent both = {std::min(last_[a].where.begin, last_[b].where.begin), std::max(last_[a].where.end, last_[b].where.end)};
    if (!in_one_sentence(both)) return;
    say(what, both, last_[a].disguised || last_[b].disguised);
    last_[a].word = 0;  // once
  }

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
  extent secret_;
};

}  // namespace sluice::inspect
