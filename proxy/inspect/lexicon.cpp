// See lexicon.hpp. Hashes are verified by comparing the text (words); phrases are known by the 64-bit key of their ids.
#include "inspect/lexicon.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "inspect/domain.hpp"
#include "inspect/fold.hpp"

namespace sluice::inspect {
namespace {

constexpr const char* class_names[word_classes + pair_words] = {"call",  "channel", "charge", "dispute", "denial", "threat", "verify", "account", "crypto",
                                                   "prize", "urgent",  "adult",  "extort",  "fee",    "reader", "security", "task", "label", "sole",
                                                   "negation", "deed", "wish", "harm", "deal", "thing", "goods", "condition", "messenger", "self", "hand", "secret", "employer", "pay", "levy"};

lexicon::padded_word padded(byte_view text) {  // at most word_bytes octets
  lexicon::padded_word made;
  made.text.fill(0);
  made.size = text.size();
  std::copy(text.begin(), text.end(), made.text.begin());
  return made;
}

byte_view next_word(byte_view& line) {
  while (!line.empty() && ascii::is_space(line.front())) line.remove_prefix(1);
  std::size_t end = 0;
  while (end < line.size() && !ascii::is_space(line[end])) ++end;
  const byte_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

}  // namespace

const char* name_of(word_class c) { return c < word_class::count_ ? class_names[static_cast<std::size_t>(c)] : "?"; }

std::uint32_t lexicon::hash(const padded_word& word, std::size_t size) {
  std::uint64_t h = hash_start;
  for (std::size_t i = 0; i < size; i += 8) {
    h = hash_step(h, load_block(word.text.data() + i) & first_octets(static_cast<unsigned>(std::min<std::size_t>(size - i, 8))));
  }
  return finish(h);
}

bool lexicon::same_text(std::uint16_t id, const padded_word& word, std::size_t size) const {
  const entry& known = entries_[id];
  if (known.size != size) return false;
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t mask = first_octets(static_cast<unsigned>(std::min<std::size_t>(size - i, 8)));
    if (load_block(pool_.data() + known.offset + i) != (load_block(word.text.data() + i) & mask)) return false;
  }
  return true;
}

std::uint16_t lexicon::probe(const padded_word& word, std::size_t size, std::uint32_t hash, bool prefix) const {
  if (!may_have(hash, prefix)) return 0;
  const std::size_t mask = word_slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const std::uint16_t id = word_slots_[i];
    if (id == 0) return 0;
    if (entries_[id].prefix == prefix && same_text(id, word, size)) return id;
  }
}

std::uint16_t lexicon::prefix_of(const padded_word& word) const {
  for (std::size_t n = word.size; n >= prefix_letters; --n) {
    if (const std::uint16_t id = probe(word, n, hash(word, n), true)) return id;
  }
  return 0;
}

std::uint16_t lexicon::word(byte_view lower) const {
  return lower.empty() || lower.size() > word_bytes ? std::uint16_t{0} : word(padded(lower));
}

const lexicon::phrase* lexicon::find_phrase(std::uint64_t key, std::size_t words) const {
  const std::size_t mask = phrase_slots_.size() - 1;
  for (std::size_t i = static_cast<std::size_t>(key) & mask;; i = (i + 1) & mask) {
    if (phrase_slots_[i].words == 0) return nullptr;
    if (phrase_slots_[i].key == key && phrase_slots_[i].words == words) return &phrase_slots_[i];
  }
}

bool lexicon::form_page(byte_view target) const {
  return std::any_of(form_pages_.begin(), form_pages_.end(), [target](const std::string& p) { return ascii::istarts_with(target, p); });
}

bool lexicon::anonymous_page(byte_view target) const {
  return std::any_of(anonymous_pages_.begin(), anonymous_pages_.end(), [target](const std::string& p) { return ascii::istarts_with(target, p); });
}

bool lexicon::throwaway(byte_view host) const {
  return std::any_of(throwaway_.begin(), throwaway_.end(), [host](const std::string& d) { return host.size() > d.size() && within(host, d); });
}

bool lexicon::open_host(byte_view host) const {
  return std::any_of(open_hosts_.begin(), open_hosts_.end(), [host](const std::string& d) { return within(host, d); });
}

bool lexicon::open_page(byte_view target) const {
  return std::any_of(open_pages_.begin(), open_pages_.end(), [target](const std::string& p) { return ascii::istarts_with(target, p); });
}

std::uint16_t lexicon::borrowed_by(byte_view host) const {
  const byte_view site = registrable(host);
  const byte_view label = site.substr(0, site.find('.'));
  if (label.find('-') == byte_view::npos) return no_brand;
  std::uint16_t found = no_brand;
  bool long_company = false;  // "dhl-usa" is a country's branch more often than not
  for (std::size_t begin = 0; begin <= label.size();) {
    const std::size_t end = std::min(label.find('-', begin), label.size());
    const byte_view token = label.substr(begin, end - begin);
    begin = end + 1;
    const auto named = std::find_if(brands_.begin(), brands_.end(), [token](const brand& b) { return ascii::iequals(token, b.id); });
    if (named == brands_.end()) {
      long_company = long_company || token.size() >= 4;
    } else if (found == no_brand) {
      found = static_cast<std::uint16_t>(named - brands_.begin());
    }
  }
  if (found == no_brand || !long_company) return no_brand;
  const auto& own = brands_[found].domains;
  return std::any_of(own.begin(), own.end(), [site](const std::string& d) { return within(site, d); }) ? no_brand : found;
}

void lexicon::grow_words() {
  if (entries_.size() * 2 < word_slots_.size()) return;
  word_slots_.assign(std::max<std::size_t>(1024, word_slots_.size() * 2), 0);
  const std::size_t mask = word_slots_.size() - 1;
  for (std::size_t id = 1; id < entries_.size(); ++id) {
    const padded_word known = padded(text_of(static_cast<std::uint16_t>(id)));
    std::size_t i = hash(known, known.size) & mask;
    while (word_slots_[i] != 0) i = (i + 1) & mask;
    word_slots_[i] = static_cast<std::uint16_t>(id);
  }
}

std::uint16_t lexicon::intern(byte_view lower, bool prefix, bool native) {
  grow_words();
  const padded_word fresh = padded(lower);
  const std::uint32_t code = hash(fresh, fresh.size);
  if (const std::uint16_t known = probe(fresh, fresh.size, code, prefix)) {
    entries_[known].native = entries_[known].native || native;  // "he" and, in Cyrillic, "not"
    return known;
  }
  if (entries_.size() >= 0xFFFF) return 0;
  entry made;
  made.offset = static_cast<std::uint32_t>(pool_.size());
  made.size = static_cast<std::uint8_t>(lower.size());
  made.prefix = prefix;
  made.native = native;
  pool_.append(fresh.text.data(), (fresh.size + 7) / 8 * 8);
  const auto id = static_cast<std::uint16_t>(entries_.size());
  entries_.push_back(made);
  const std::size_t mask = word_slots_.size() - 1;
  std::size_t i = code & mask;
  while (word_slots_[i] != 0) i = (i + 1) & mask;
  word_slots_[i] = id;
  const std::uint32_t bit = filter_bit(code, prefix);
  filter_[bit >> 6] |= std::uint64_t{1} << (bit & 63);
  if (prefix) {
    const std::uint32_t start = first_letters(load_block(fresh.text.data()));
    prefix_starts_[(start >> 6) & 63] |= std::uint64_t{1} << (start & 63);
  }
  return id;
}

bool lexicon::add_phrase(byte_view line, std::uint64_t classes, std::uint16_t brand_index, std::string& error) {
  std::array<std::uint16_t, max_words> ids{};
  std::size_t n = 0;
  static thread_local folded view;  // too large for small stacks at this depth; load time only
  for (byte_view word = next_word(line); !word.empty(); word = next_word(line)) {
    const bool prefix = word.back() == '*';
    if (prefix) word.remove_suffix(1);
    fold(word, view);
    std::string lower;
    for (char c : view.view()) {
      if (c != '\'') lower.push_back(ascii::lower(c));
    }
    if (n == max_words) return error = "more than 5 words", false;
    if (lower.empty() || lower.size() > 40) return error = "a word is empty or longer than 40 octets", false;
    if (prefix && lower.size() < prefix_letters) return error = "a word with * needs three letters", false;
    const bool native = view.counts.lookalike > 0 || std::any_of(lower.begin(), lower.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    ids[n] = intern(lower, prefix, native);
    if (ids[n] == 0) return error = "more than 65534 words", false;
    ++n;
    if (!spaceless_letter(lower, 0)) continue;
    if (lower.size() > spaceless_bytes) return error = "more than 13 letters without a space", false;
    spaceless_starts_[spaceless_slot(lower, 0) >> 6] |= std::uint64_t{1} << (spaceless_slot(lower, 0) & 63);
  }
  phrase made;
  std::uint64_t key = phrase_start;
  for (std::size_t i = n; i > 0; --i) key = extend(key, ids[i - 1]);
  made.key = finish_phrase(key);
  made.classes = static_cast<std::uint32_t>(classes);
  made.more = static_cast<std::uint8_t>(classes >> 32);
  made.brand = brand_index;
  made.words = static_cast<std::uint8_t>(n);
  pending_.push_back(made);
  entry& last = entries_[ids[n - 1]];
  last.longest = std::max(last.longest, made.words);
  return true;
}

void lexicon::index_phrases(std::vector<phrase>& list) {
  std::size_t slots = 1024;
  while (slots * 3 < list.size() * 4) slots *= 2;  // at most three quarters full: the table is the largest part of the rules
  phrase_slots_.assign(slots, phrase{});
  for (const phrase& made : list) {
    phrase_filter_[(made.key >> 26) & 2047] |= std::uint64_t{1} << (made.key >> 20 & 63);
    std::size_t i = static_cast<std::size_t>(made.key) & (slots - 1);
    while (phrase_slots_[i].words != 0 && phrase_slots_[i].key != made.key) i = (i + 1) & (slots - 1);
    if (phrase_slots_[i].words == 0) {
      phrase_slots_[i] = made;
      ++phrase_count_;
    } else {  // the same phrase in two sections: both classes
      phrase_slots_[i].classes |= made.classes;
      phrase_slots_[i].more = static_cast<std::uint8_t>(phrase_slots_[i].more | made.more);
      if (phrase_slots_[i].brand == no_brand) phrase_slots_[i].brand = made.brand;
    }
  }
}

std::unique_ptr<const lexicon> lexicon::parse(std::string_view text, std::string& error) {
  std::unique_ptr<lexicon> made(new lexicon);
  made->grow_words();
  std::uint64_t classes = 0;
  std::uint16_t brand_index = no_brand;
  std::vector<std::string>* endings = nullptr;
  bool hosts = false;
  bool brand::* kind = nullptr;  // what the ids below are
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = ascii::trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::string where = concat("line ", std::to_string(number), ": ");
    if (line.front() == '[') {
      if (line.back() != ']') return error = concat(where, "the section has no ]"), nullptr;
      byte_view inside = line.substr(1, line.size() - 2);
      const byte_view name = next_word(inside);
      classes = 0;
      brand_index = no_brand;
      hosts = name == "hosts";
      kind = name == "coins" ? &brand::coins : name == "ways-to-pay" ? &brand::pays : nullptr;
      endings = name == "throwaway" ? &made->throwaway_ : name == "forms" ? &made->form_pages_ : name == "anonymous" ? &made->anonymous_pages_ : nullptr;
      if (hosts || kind != nullptr || endings != nullptr) continue;
      if (name == "brand") {
        brand_index = static_cast<std::uint16_t>(made->brands_.size());
        made->brands_.push_back({std::string(next_word(inside)), {}, false, false});
        for (byte_view d = next_word(inside); !d.empty(); d = next_word(inside)) made->brands_.back().domains.emplace_back(d);
        if (made->brands_.back().id.empty()) return error = concat(where, "a brand needs an id"), nullptr;
        continue;
      }
      for (std::size_t i = 0; i < std::size(class_names); ++i) {
        if (name == class_names[i]) classes = std::uint64_t{1} << i;
      }
      if (classes == 0) return error = concat(where, "unknown class ", name), nullptr;
      continue;
    }
    if (endings != nullptr) {
      endings->emplace_back(line);
      continue;
    }
    if (kind != nullptr) {
      const auto named = std::find_if(made->brands_.begin(), made->brands_.end(), [line](const brand& b) { return b.id == line; });
      if (named == made->brands_.end()) return error = where + "no brand " + std::string(line) + " above", nullptr;
      (*named).*kind = true;
      continue;
    }
    if (hosts) {
      (line.find('/') == byte_view::npos ? made->open_hosts_ : made->open_pages_).emplace_back(line);
      continue;
    }
    if (classes == 0 && brand_index == no_brand) return error = concat(where, "a phrase before the first section"), nullptr;
    std::string reason;
    if (!made->add_phrase(line, classes, brand_index, reason)) return error = concat(where, reason), nullptr;
  }
  made->index_phrases(made->pending_);
  made->pending_.clear();
  made->pending_.shrink_to_fit();
  return made;
}

}  // namespace sluice::inspect
