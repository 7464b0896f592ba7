#include "mime/date.hpp"

#include <algorithm>
#include <array>

#include "core/ascii.hpp"
#include "core/text.hpp"

namespace sluice::mime {
namespace {

// Words of letters and digits; comments, white space and punctuation separate. A '+' or '-' belongs to what follows.
class words {
 public:
  explicit words(byte_view text) : rest_(text) {}
  byte_view next() {
    std::size_t depth = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '(') ++depth;
      else if (c == ')') depth -= depth > 0 ? 1 : 0;
      else if (depth == 0 && starts(c)) break;
      rest_.remove_prefix(c == '\\' && rest_.size() > 1 ? 2 : 1);
    }
    std::size_t n = rest_.empty() ? 0 : 1;
    while (n < rest_.size() && ascii::is_alnum(rest_[n])) ++n;
    const byte_view word = rest_.substr(0, n);
    rest_.remove_prefix(n);
    // "55.516": fractions of a second are dropped
    if (!word.empty() && ascii::is_digit(word.back()) && rest_.starts_with('.')) {
      n = 1;
      while (n < rest_.size() && ascii::is_digit(rest_[n])) ++n;
      rest_.remove_prefix(n);
    }
    return word;
  }

 private:
  bool starts(char c) const { return ascii::is_alnum(c) || ((c == '+' || c == '-') && rest_.size() > 1 && ascii::is_digit(rest_[1])); }
  byte_view rest_;
};

bool number(byte_view word, int& out) {
  if (word.empty() || word.size() > 5 || !std::all_of(word.begin(), word.end(), ascii::is_digit)) return false;
  out = 0;
  for (const char c : word) out = out * 10 + (c - '0');
  return true;
}

int month_of(byte_view word) {
  constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (word.size() < 3) return 0;
  for (std::size_t i = 0; i < 12; ++i)
    if (ascii::iequals(word.substr(0, 3), names.substr(i * 3, 3))) return static_cast<int>(i) + 1;
  return 0;
}

struct zone {
  std::string_view name;
  int hours;
};
constexpr auto zones = std::to_array<zone>({{"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}});

int offset_of(byte_view word) {
  if (word.empty()) return 0;
  const bool west = word.front() == '-';
  if (west || word.front() == '+') word.remove_prefix(1);
  int n = 0;
  if (number(word, n) && word.size() <= 4) return (west ? -1 : 1) * (n / 100 * 60 + n % 100);
  for (const zone& z : zones)
    if (word.size() >= 3 && ascii::iequals(word.substr(0, 3), z.name)) return z.hours * 60;
  return 0;
}

}  // namespace

bool parse_date(byte_view value, date_time& out) {
  fixed_vector<byte_view, 10> w;
  words all(value);
  for (byte_view word = all.next(); !word.empty() && w.size() < w.capacity(); word = all.next()) w.push_back(word);
  std::size_t i = 0;
  const auto at = [&](std::size_t k) { return k < w.size() ? w[k] : byte_view{}; };
  if (!at(0).empty() && ascii::is_alpha(at(0).front()) && month_of(at(0)) == 0) ++i;  // the day of the week
  int day = 0, month = 0, year = 0, hour = 0, minute = 0, second = 0;
  byte_view zone_word;
  month = month_of(at(i));
  if (month > 0) {  // asctime: "Feb 07 10:18:12 2003 -0800", "Sep 14 14:36:56 EDT 2018"
    if (!number(at(i + 1), day) || !number(at(i + 2), hour) || !number(at(i + 3), minute) || !number(at(i + 4), second)) return false;
    const bool zone_first = !number(at(i + 5), year);
    zone_word = zone_first ? at(i + 5) : at(i + 6);
    if (zone_first && !number(at(i + 6), year)) return false;
  } else {
    if (!number(at(i), day)) return false;
    month = month_of(at(i + 1));
    if (month == 0 && !number(at(i + 1), month)) return false;
    if (!number(at(i + 2), year) || !number(at(i + 3), hour) || !number(at(i + 4), minute)) return false;
    const bool seconds = number(at(i + 5), second);
    if (!seconds) second = 0;
    zone_word = at(i + (seconds ? 6 : 5));
  }
  if (at(i + 2).size() <= 3 && year < 1000) year += year < 50 ? 2000 : 1900;  // section 4.3
  if (year < 1900 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return false;
  out.year = static_cast<std::int16_t>(year);
  out.month = static_cast<std::uint8_t>(month);
  out.day = static_cast<std::uint8_t>(day);
  out.hour = static_cast<std::uint8_t>(hour);
  out.minute = static_cast<std::uint8_t>(minute);
  out.second = static_cast<std::uint8_t>(second);
  out.offset_minutes = static_cast<std::int16_t>(offset_of(zone_word));
  return true;
}

}  // namespace sluice::mime
