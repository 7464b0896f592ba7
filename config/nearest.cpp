#include "config/nearest.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "config/ascii.hpp"

namespace sluice::config {
namespace {

constexpr std::size_t max_word = 48;  // longer ones are no slips of a key

std::string folded(std::string_view word) {
  std::string out;
  for (char c : word)
    if (c != '-' && c != '_') out += ascii::lower(c);
  return out;
}

// Optimal string alignment distance: insertions, deletions, replacements, swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  using row = std::array<std::size_t, max_word + 1>;
  row before{}, previous{}, current{};
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before = previous;
    previous = current;
  }
  return previous[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view written, std::span<const std::string_view> known) {
  std::string_view best;
  if (written.size() > max_word) return best;
  const std::string word = folded(written);
  constexpr std::size_t least_beginning = 3;  // "warn" for "warning"
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (std::string_view candidate : known) {
    const std::string known_word = folded(candidate.substr(0, max_word));
    const bool is_beginning = word.size() >= least_beginning && known_word.starts_with(word);
    const std::size_t d = is_beginning ? 0 : distance(word, known_word);
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  }
  return best;
}

}  // namespace sluice::config
