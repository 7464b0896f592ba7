// Amounts of money: a number next to a currency sign, an ISO 4217 code or a currency's name. "$SUSHI" is a ticker, not
// an amount (the word scanner takes it). Called by scan_text.
#include <algorithm>
#include <array>

#include "core/ascii.hpp"
#include "inspect/octet_class.hpp"
#include "inspect/signals.hpp"

namespace sluice::inspect {
namespace {

// Codes and names that stand before or after an amount; lower case. Crypto coins count as money too.
constexpr byte_view codes[] = {"usd",  "eur",    "gbp",   "inr",    "aud",  "cad",   "brl",  "mxn",  "chf",  "jpy",    "cny",  "rub",
                               "zar",  "ngn",    "pln",   "sek",    "nok",  "dkk",   "try",  "php",  "idr",  "myr",    "sgd",  "nzd",
                               "hkd",  "aed",    "sar",   "czk",    "huf",  "dollar", "dollars", "euro", "euros", "pounds", "rupees", "reais",
                               "btc",  "eth",    "usdt",  "usdc",   "weth",  "sol", "busd", "ltc",  "doge", "bnb",  "xrp",   "bitcoin", "bitcoins", "rs",  "us",  "dolares", "zl",
                               "kr",   "kroner", "kronor", "tl",    "rp",   "peso",  "pesos", "dollari", "dolar", "lei", "rupiah", "yen",  "won"};

// Names of currencies in other scripts, as they are folded: yen, yuan, won (its letters taken apart), roubles (its look-alikes
// read as Latin).
constexpr byte_view names[] = {"\xE5\x86\x86", "\xE5\x85\x83", "\xE1\x84\x8B\xE1\x85\xAF\xE1\x86\xAB", "py6"};

std::size_t name_at(byte_view text, std::size_t at) {
  for (byte_view name : names) {
    if (text.substr(at).starts_with(name)) return name.size();
  }
  return 0;
}

// Coins whose unit is worth thousands.
bool large_coin(byte_view word) {
  constexpr byte_view coins[] = {"btc", "eth", "weth", "bitcoin", "bitcoins"};
  return std::any_of(std::begin(coins), std::end(coins), [word](byte_view coin) { return ascii::iequals(word, coin); });
}
constexpr std::uint64_t large_cents = 1'000'00;

// Per first letter, the lengths that occur; bits.
constexpr std::array<std::uint16_t, 26> code_lengths = [] {
  std::array<std::uint16_t, 26> lengths{};
  for (byte_view code : codes) lengths[static_cast<std::size_t>(code[0] - 'a')] |= static_cast<std::uint16_t>(1u << code.size());
  return lengths;
}();

// They are few per letter and length: of these the places in `codes`, ordered by letter.
struct code_index {
  std::array<std::uint8_t, std::size(codes)> place{};
  std::array<std::uint8_t, 27> first{};
};
constexpr code_index by_letter = [] {
  code_index made;
  std::size_t n = 0;
  for (std::size_t letter = 0; letter < 26; ++letter) {
    made.first[letter] = static_cast<std::uint8_t>(n);
    for (std::size_t i = 0; i < std::size(codes); ++i)
      if (codes[i][0] == static_cast<char>('a' + letter)) made.place[n++] = static_cast<std::uint8_t>(i);
  }
  made.first[26] = static_cast<std::uint8_t>(n);
  return made;
}();
static_assert(by_letter.first[26] == std::size(codes));

bool is_code(byte_view word) {
  const unsigned letter = word.empty() ? 26u : static_cast<unsigned char>(octet::lower(word[0])) - unsigned{'a'};
  if (letter >= 26 || word.size() > 15 || (code_lengths[letter] >> word.size() & 1) == 0) return false;
  for (std::size_t i = by_letter.first[letter]; i < by_letter.first[letter + 1]; ++i) {
    if (ascii::iequals(word, codes[by_letter.place[i]])) return true;
  }
  return false;
}

// "1,989.50", "346,00", "1.040.666,67": the last separator with two digits behind it is the decimal one.
std::uint64_t cents_of(byte_view number) {
  std::uint64_t value = 0;
  std::size_t decimals = 0;
  const std::size_t last = number.find_last_of(".,");
  if (last != byte_view::npos && number.size() - last - 1 <= 2 && last + 1 < number.size()) decimals = number.size() - last - 1;
  for (char c : number) {
    if (ascii::is_digit(c) && value < 100'000'000'000ull) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  for (; decimals < 2; ++decimals) value *= 10;
  return value;
}

// The end of "98 000" and "1 250 000", whose first group ends at `end`: groups of three digits with a space between.
std::size_t grouped_end(byte_view text, std::size_t begin, std::size_t end) {
  if (end - begin > 3) return end;
  const auto digit = [text](std::size_t i) { return i < text.size() && ascii::is_digit(text[i]); };
  while (end < text.size() && text[end] == ' ' && digit(end + 1) && digit(end + 2) && digit(end + 3) && !digit(end + 4)) end += 4;
  return end;
}

bool sign(char c) { return c == '$' || c == mark::currency; }

}  // namespace

void find_money(const folded& view, fixed_vector<money_hit, 4>& out) {
  out.clear();
  const byte_view text = view.view();
  for (std::size_t i = 0; i < text.size() && out.size() < out.capacity();) {
    i = octet::next_digit(text, i);
    if (i == text.size()) break;
    std::size_t end = i;
    while (end < text.size() && (ascii::is_digit(text[end]) || ((text[end] == '.' || text[end] == ',') && end + 1 < text.size() && ascii::is_digit(text[end + 1])))) ++end;
    end = grouped_end(text, i, end);
    const std::size_t number_end = end;
    std::size_t begin = i;
    bool money = false, coin = false;
    std::size_t b = i;
    if (b > 0 && text[b - 1] == ' ') --b;
    if (b > 0 && sign(text[b - 1])) {
      money = true;
      begin = b - 1;
    } else if (b > 0 && ascii::is_alpha(text[b - 1])) {
      std::size_t w = b;
      while (w > 0 && ascii::is_alpha(text[w - 1])) --w;
      if ((w == 0 || !ascii::is_digit(text[w - 1])) && is_code(text.substr(w, b - w)) && b - w >= 2) {
        money = !ascii::iequals(text.substr(w, b - w), "us");
        coin = large_coin(text.substr(w, b - w));
        begin = w;
      }
    }
    std::size_t after = end;
    if (after < text.size() && text[after] == ' ') ++after;
    if (after < text.size() && sign(text[after]) && !(after + 1 < text.size() && ascii::is_alnum(text[after + 1]))) {
      money = true;
      end = after + 1;
    } else if (after < text.size() && ascii::is_alpha(text[after])) {
      std::size_t w = after;
      while (w < text.size() && ascii::is_alpha(text[w])) ++w;
      if (is_code(text.substr(after, w - after)) && !ascii::iequals(text.substr(after, w - after), "us") &&
          !ascii::iequals(text.substr(after, w - after), "rs") && !ascii::iequals(text.substr(after, w - after), "rp") && !ascii::iequals(text.substr(after, w - after), "try") &&
          (w == text.size() || !ascii::is_digit(text[w]))) {
        money = true;
        coin = coin || large_coin(text.substr(after, w - after));
        end = w;
      }
    }
    if (!money && after < text.size()) {
      const std::size_t name = name_at(text, after);
      money = name != 0;
      if (money) end = after + name;
    }
    const bool starts_word = i == 0 || !ascii::is_alpha(text[i - 1]) || begin < i;
    if (money && starts_word) {
      money_hit hit;
      hit.where = {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)};
      hit.cents = cents_of(text.substr(i, number_end - i));
      if (coin) hit.cents = std::max(hit.cents, large_cents);
      out.push_back(hit);
    }
    i = end > i ? end : i + 1;
  }
}

}  // namespace sluice::inspect
