// The words that lures are made of, in several languages, and the brands they borrow: data, read from
// config/profiles/lexicon.txt at start. Words and phrases are folded when loaded, so that they meet folded text.
//
// File format, one entry a line: "[class]" starts a section, "[brand ID domain domain ...]" starts the names of one
// brand and tells its own domains; below stand phrases of one to five words. A word may end in '*' (any ending).
// "[hosts]" starts a list of domains on which anybody can publish; an entry with a '/' is a host and the start of a path.
// "[forms]" starts a list of such pages that honest mail often links, too, "[anonymous]" of those it hardly ever does.
// "[throwaway]" starts a list of domain endings whose names are registered to be thrown away.
// "[coins]" starts a list of ids of brands above that keep or trade coins: wallets and exchanges.
// "[ways-to-pay]" starts a list of ids of brands above that shops name where they say how to pay.
// Japanese, Chinese and Korean are written without spaces between words: there an entry is one "word" without any, found
// anywhere in a run of such letters, the longest first.
// '#' starts a comment. Lookup is one hash per word; a word that is in no phrase costs one probe.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "inspect/letter_block.hpp"

namespace sluice::inspect {

enum class word_class : std::uint8_t {
  call,      // an instruction to telephone or write
  channel,   // a support line: "helpline", "customer care number"
  charge,    // a purchase, payment, subscription
  dispute,   // cancel, refund, discrepancy
  denial,    // "if you did not make this", "not authorised"
  threat,    // blocked, suspended, unusual activity
  verify,    // verify, confirm, update, restore
  account,   // account, wallet, card: what is threatened
  crypto,    // coins, wallets, airdrops
  prize,     // winnings, rewards, bonuses
  urgent,    // now, within 24 hours
  adult,     // dating and worse
  extort,    // recordings, ransom
  fee,       // advance-fee stories: inheritance, loans, funds
  reader,    // talks to the reader: you, your, dear
  security,  // codes, passwords, sign-ins
  task,      // documents and voice messages waiting
  label,     // goes with a brand in a sender's name: support, team, inc
  sole,      // an ordinary word that is a brand when it is the whole name; the brand's id
  count_
};
inline constexpr std::size_t word_classes = static_cast<std::size_t>(word_class::count_);
const char* name_of(word_class);

// Words that are evidence in pairs only (word_pairs.hpp). Sections of the same file; their bits follow those of the classes.
enum class pair_word : std::uint8_t {
  negation,   // not, never
  deed,       // ordered, authorised, recognise: what the reader did not do
  wish,       // want, continue
  harm,       // closed, lost, stopped: what happens to a thing
  deal,       // enter, link, keep: what the reader shall do with a thing
  thing,      // mailbox, password, phrase: what gives access, beside the words of `account`
  goods,      // page, parcel, booking: what can be lost
  condition,  // if, unless
  messenger,  // telegram, signal: before a name at one
  self,       // I, my: who tells of his own trouble asks nobody to call
  hand,       // enter, give, log in with: how a secret leaves its owner
  secret,     // password, PIN, card's code
  employer,   // the mailbox or the account at work, which nobody but its owner's mail system asks for
  pay,        // pay, settle
  levy,       // customs, postage, a fine: what is to be paid first
  count_
};
inline constexpr std::size_t pair_words = static_cast<std::size_t>(pair_word::count_);
static_assert(word_classes + pair_words <= 40);

struct brand {
  std::string id;
  std::vector<std::string> domains;  // registrable domains that may speak for it
  bool coins = false;                // a wallet or an exchange
  bool pays = false;                 // a way to pay, which honest shops name
};

// A letter of a script that puts no spaces between words (kana, Han, Hangul as its jamo), in folded text; `at` is the first
// of three octets.
inline bool spaceless_letter(byte_view text, std::size_t at) {
  if (at + 3 > text.size()) return false;
  const auto a = static_cast<unsigned char>(text[at]), b = static_cast<unsigned char>(text[at + 1]);
  return (a >= 0xE4 && a <= 0xE9) || (a == 0xE3 && (b == 0x81 || b == 0x82 || b == 0x83 || b >= 0x90)) || (a == 0xE1 && b >= 0x84 && b <= 0x87);
}

class lexicon {
 public:
  static constexpr std::size_t max_words = 5;
  static constexpr std::uint16_t no_brand = 0xFFFF;

  struct phrase {
    std::uint64_t key = 0;
    std::uint32_t classes = 0;  // bit per word_class, then per pair_word
    std::uint16_t brand = no_brand;
    std::uint8_t words = 0;
    std::uint8_t more = 0;  // the bits from 32 on

    std::uint64_t bits() const { return std::uint64_t{more} << 32 | classes; }
  };

  // Null with "line N: reason" in `error` when broken.
  static std::unique_ptr<const lexicon> parse(std::string_view text, std::string& error);

  static constexpr std::size_t prefix_letters = 3;  // a '*' word has at least these
  static constexpr std::size_t word_bytes = 40;     // longer words are in no phrase
  // A word as it is looked up: zero behind its end. Blocks of eight octets are hashed and compared.
  struct padded_word {
    alignas(8) std::array<char, word_bytes + 8> text;
    std::size_t size = 0;
    padded_word() = default;
    padded_word(std::uint64_t only, std::size_t letters) : size(letters) {
      std::memcpy(text.data(), &only, sizeof only);
      std::memset(text.data() + sizeof only, 0, sizeof only);
    }
    byte_view view() const { return {text.data(), size}; }
  };

  // Id of a folded, lower-case word; 0 when no phrase has it.
  std::uint16_t word(byte_view lower) const;
  std::uint16_t word(const padded_word& lower) const {
    if (lower.size == 0) return 0;
    std::uint64_t h = hash_step(hash_start, load_block(lower.text.data()));
    for (std::size_t i = 8; i < lower.size; i += 8) h = hash_step(h, load_block(lower.text.data() + i));
    if (may_have(finish(h), false)) {
      if (const std::uint16_t id = exact(lower, finish(h))) return id;
    }
    return lower.size > prefix_letters && may_start(first_letters(load_block(lower.text.data()))) ? prefix_of(lower) : std::uint16_t{0};
  }
  // The same for a word of at most eight ASCII letters.
  std::uint16_t word(const letter_block& only) const {
    const std::uint32_t h = finish(hash_step(hash_start, only.lower));
    if (may_have(h, false)) {
      if (const std::uint16_t id = exact(only.lower, only.letters, h)) return id;
    }
    return only.letters > prefix_letters && may_start(first_letters(only.lower)) ? prefix_of({only.lower, only.letters}) : std::uint16_t{0};
  }
  // The key of a phrase grows from its last word to its first.
  static constexpr std::uint64_t phrase_start = 1469598103934665603u;
  static constexpr std::uint64_t extend(std::uint64_t key, std::uint16_t id) { return (key ^ id) * 1099511628211u; }
  // The phrase of these words, or null. `key`: phrase_start, extended by each word from the last to the first.
  const phrase* find(std::uint64_t key, std::size_t words) const {
    key = finish_phrase(key);
    return (phrase_filter_[(key >> 26) & 2047] >> (key >> 20 & 63) & 1) == 0 ? nullptr : find_phrase(key, words);
  }
  static constexpr std::size_t spaceless_bytes = 39;  // longest entry of a script without spaces: 13 letters
  // Such an entry may begin with the letter (three octets) at `at`.
  bool may_start_spaceless(byte_view text, std::size_t at) const { return (spaceless_starts_[spaceless_slot(text, at) >> 6] >> (spaceless_slot(text, at) & 63) & 1) != 0; }
  // Longest phrase that ends with this word.
  std::uint8_t longest_ending(std::uint16_t id) const { return entries_[id].longest; }

  const std::vector<brand>& brands() const { return brands_; }
  // A host that anybody can put pages, forms or short links on: "[hosts]" lists them with everything below.
  bool throwaway(byte_view host) const;  // its ending stands in [throwaway]
  bool open_host(byte_view host) const;
  // The same for a path of a host ("docs.google.com/drawings/"): `target` is what stands behind the scheme.
  bool open_page(byte_view target) const;
  bool anonymous_page(byte_view target) const;  // an open page that takes anything from anybody
  bool form_page(byte_view target) const;  // an open page that honest mail often has
  // The brand whose name stands between hyphens in the registrable part of a host that is not the brand's own
  // ("paypal-refund.com"); no_brand when there is none.
  std::uint16_t borrowed_by(byte_view host) const;
  // Written in another script than Latin in the data file: reading it through look-alikes is no disguise.
  bool is_native(std::uint16_t id) const { return entries_[id].native; }
  std::size_t size() const { return entries_.size(); }
  std::size_t phrase_count() const { return phrase_count_; }

  byte_view text_of(std::uint16_t id) const { return {pool_.data() + entries_[id].offset, entries_[id].size}; }

 private:
  struct entry {
    std::uint32_t offset = 0;
    std::uint8_t size = 0;
    std::uint8_t longest = 0;  // words of the longest phrase that ends here
    bool prefix = false;       // written with '*'
    bool native = false;       // not written in ASCII letters
  };

  std::uint16_t intern(byte_view lower, bool prefix, bool native);
  static constexpr std::uint64_t hash_start = 0x9E3779B97F4A7C15u;
  static constexpr std::uint64_t hash_step(std::uint64_t h, std::uint64_t block) {
    h = (h ^ block) * 0xD6E8FEB86659FD93u;
    return h ^ (h >> 32);
  }
  static constexpr std::uint32_t finish(std::uint64_t h) { return static_cast<std::uint32_t>(h ^ (h >> 17)); }
  static constexpr std::uint64_t finish_phrase(std::uint64_t key) { return key ^ (key >> 29); }
  static std::uint32_t hash(const padded_word& word, std::size_t size);  // of the first `size` octets
  static std::uint32_t first_letters(std::uint64_t start) { return finish(hash_step(hash_start, start & first_octets(prefix_letters))); }
  bool same_text(std::uint16_t id, const padded_word& word, std::size_t size) const;
  std::uint16_t probe(const padded_word& word, std::size_t size, std::uint32_t hash, bool prefix) const;
  // The entry that is this word; its hash is that of the whole word. The second: of at most eight octets.
  std::uint16_t exact(const padded_word& word, std::uint32_t hash) const {
    return exact(load_block(word.text.data()), word.size, hash, [&](std::uint16_t id) { return word.size <= 8 || same_text(id, word, word.size); });
  }
  std::uint16_t exact(std::uint64_t start, std::size_t size, std::uint32_t hash) const {
    return exact(start, size, hash, [](std::uint16_t) { return true; });
  }
  template <typename Rest>
  std::uint16_t exact(std::uint64_t start, std::size_t size, std::uint32_t hash, Rest same_rest) const {
    const std::size_t mask = word_slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const std::uint16_t id = word_slots_[i];
      if (id == 0) return 0;
      const entry& known = entries_[id];
      if (known.size == size && !known.prefix && load_block(pool_.data() + known.offset) == start && same_rest(id)) return id;
    }
  }
  std::uint16_t prefix_of(const padded_word& word) const;  // the longest '*' entry that the word starts with
  const phrase* find_phrase(std::uint64_t key, std::size_t words) const;
  static constexpr std::uint32_t filter_bit(std::uint32_t hash, bool prefix) { return (hash ^ (prefix ? 0x9E37u : 0u)) & 0xFFFFu; }
  bool may_have(std::uint32_t hash, bool prefix) const {
    const std::uint32_t bit = filter_bit(hash, prefix);
    return (filter_[bit >> 6] >> (bit & 63) & 1) != 0;
  }
  static std::size_t spaceless_slot(byte_view text, std::size_t at) {
    const auto octet = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[at + i])); };
    return ((octet(0) & 15) << 12 | (octet(1) & 63) << 6 | (octet(2) & 63)) * 2654435761u >> 7 & 4095;
  }
  bool may_start(std::uint32_t hash) const { return (prefix_starts_[(hash >> 6) & 63] >> (hash & 63) & 1) != 0; }
  bool add_phrase(byte_view line, std::uint64_t classes, std::uint16_t brand, std::string& error);
  void index_phrases(std::vector<phrase>& list);
  void grow_words();

  std::string pool_;                         // words, each padded with zero octets to blocks of eight
  std::vector<entry> entries_{1};            // [0] is "no word"
  std::vector<std::uint16_t> word_slots_;    // open addressing, ids
  std::vector<phrase> phrase_slots_;         // open addressing
  std::vector<phrase> pending_;              // while parsing
  std::vector<brand> brands_;
  std::vector<std::string> open_hosts_, open_pages_, form_pages_, anonymous_pages_, throwaway_;
  std::array<std::uint64_t, 64> prefix_starts_{};  // bit per hash of the first three letters of a '*' word
  std::array<std::uint64_t, 64> spaceless_starts_{};  // bit per first letter of an entry of a script without spaces
  std::array<std::uint64_t, 2048> phrase_filter_{};  // bit per key of a phrase
  std::array<std::uint64_t, 1024> filter_{};       // bit per hash of a word: most words of a mail are in no phrase
  std::size_t phrase_count_ = 0;
};

}  // namespace sluice::inspect
