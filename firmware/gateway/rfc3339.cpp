// RFC 3339; see rfc3339.hpp.
#include "firmware/gateway/rfc3339.hpp"

#include <charconv>
#include <chrono>

namespace sluice::gateway {
namespace {

bool take_number(std::string_view& text, std::size_t digits, int low, int high, int& out) {
  if (text.size() < digits) return false;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + digits, out);
  if (bad != std::errc{} || end != text.data() + digits || out < low || out > high) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

bool parse_rfc3339(std::string_view text, std::int64_t& out) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, offset_hour = 0, offset_minute = 0;
  if (!take_number(text, 4, 1, 9999, year) || !take(text, "-") || !take_number(text, 2, 1, 12, month) || !take(text, "-") ||
      !take_number(text, 2, 1, 31, day) || !take(text, "Tt ") || !take_number(text, 2, 0, 23, hour) || !take(text, ":") ||
      !take_number(text, 2, 0, 59, minute) || !take(text, ":") || !take_number(text, 2, 0, 60, second))
    return false;
  if (take(text, ".")) {
    if (text.empty()) return false;
    while (take(text, "0123456789")) {
    }
  }
  int sign = 0;
  if (take(text, "+")) sign = 1;
  else if (take(text, "-")) sign = -1;
  else if (!take(text, "Zz")) return false;
  if (sign != 0 && (!take_number(text, 2, 0, 23, offset_hour) || !take(text, ":") || !take_number(text, 2, 0, 59, offset_minute)))
    return false;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!text.empty() || !date.ok()) return false;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  out = days * 86400 + hour * 3600 + minute * 60 + second - sign * (offset_hour * 3600 + offset_minute * 60);
  return true;
}

}  // namespace sluice::gateway
