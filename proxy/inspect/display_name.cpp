// See display_name.hpp.
#include "inspect/display_name.hpp"

#include <algorithm>
#include <iterator>

#include "core/ascii.hpp"
#include "inspect/fold.hpp"
#include "inspect/signals.hpp"

namespace sluice::inspect {
namespace {

// Letters, and none that a domain would have.
bool is_foreign_script(byte_view name) {
  constexpr std::size_t least = 4;  // octets: two letters
  std::size_t high = 0;
  for (char c : name) {
    if (ascii::is_alpha(c)) return false;
    high += static_cast<unsigned char>(c) >= 0x80;
  }
  return high >= least;
}

// "Department of ...": no letter of a name's initials.
bool is_small_word(byte_view rest) {
  static constexpr byte_view small[] = {"of ", "and ", "for ", "the ", "de ", "del ", "la ", "du ", "des "};
  return std::any_of(std::begin(small), std::end(small), [rest](byte_view word) { return ascii::istarts_with(rest, word); });
}

}  // namespace

byte_view customer_part(byte_view name) {
  for (std::size_t i = 1; i + 5 < name.size(); ++i) {
    if (ascii::istarts_with(name.substr(i), " via ")) return name.substr(0, i);
  }
  return name;
}

bool is_public_body(byte_view site) {
  static constexpr byte_view endings[] = {".gov", ".mil", ".int"}, parts[] = {".gov.", ".gob.", ".gouv.", ".govt."};
  return std::any_of(std::begin(endings), std::end(endings), [site](byte_view e) { return site.ends_with(e); }) ||
         std::any_of(std::begin(parts), std::end(parts), [site](byte_view p) { return site.find(p) != byte_view::npos; });
}

bool has_initials(byte_view name, byte_view label) {
  constexpr std::size_t least = 3;
  std::size_t found = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!ascii::is_alnum(name[i]) || (i > 0 && (ascii::is_alnum(name[i - 1]) || name[i - 1] == '\''))) continue;
    if (is_small_word(name.substr(i))) continue;
    if (found == label.size() || ascii::lower(name[i]) != label[found++]) return false;
  }
  return found == label.size() && found >= least;
}

bool cannot_compare(byte_view name, const lexicon& words) {
  const byte_view own = customer_part(name);
  if (own.empty()) return true;
  if (!is_foreign_script(own)) return false;
  folded seen;
  text_signals s;
  fold(own, seen);
  scan_text(seen, words, s);
  return s.brands.empty() && s[word_class::sole].count == 0;
}

}  // namespace sluice::inspect
