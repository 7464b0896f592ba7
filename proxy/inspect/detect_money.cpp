// Amounts of money: a number next to a currency sign, an ISO 4217 code or a currency's name. "$SUSHI" is a ticker, not
// an amount (the word scanner takes it). Called by scan_text.
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
                               "btc",  "eth",    "usdt",  "usdc",   "weth",  "sol", "busd", "ltc",  "doge", "bnb",  "xrp",   "bitcoin", "bitcoins", "rs",  "us",  "dolares", "zl"};

// Per first letter, the lengths that occur; bits.
constexpr std::array<std::uint16_t, 26> code_lengths = [] {
  std::array<std::uint16_t, 26> lengths{};
  for (byte_view code : codes) lengths[static_cast<std::size_t>(code[0] - 'a')] |= static_cast<std::uint16_t>(1u << code.size());
  return lengths;
}();

bool is_code(byte_view word) {
  const unsigned letter = word.empty() ? 26u : static_cast<unsigned char>(octet::lower(word[0])) - unsigned{'a'};
  if (letter >= 26 || word.size() > 15 || (code_lengths[letter] >> word.size() & 1) == 0) return false;
  for (byte_view code : codes) {
    if (ascii::iequals(word, code)) return true;
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
    std::size_t begin = i;
    bool money = false;
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
          !ascii::iequals(text.substr(after, w - after), "rs") && !ascii::iequals(text.substr(after, w - after), "try") &&
          (w == text.size() || !ascii::is_digit(text[w]))) {
        money = true;
        end = w;
      }
    }
    const bool starts_word = i == 0 || !ascii::is_alpha(text[i - 1]) || begin < i;
    if (money && starts_word) {
      money_hit hit;
      hit.where = {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)};
      hit.cents = cents_of(text.substr(i, text.find_first_not_of("0123456789.,", i) == byte_view::npos ? byte_view::npos : text.find_first_not_of("0123456789.,", i) - i));
      out.push_back(hit);
    }
    i = end > i ? end : i + 1;
  }
}

}  // namespace sluice::inspect
