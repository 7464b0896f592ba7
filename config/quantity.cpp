// Sizes, rates and durations: a number directly followed by its unit. Every way people get that wrong (no unit, a unit
// of another kind, KB for kB or KiB, fractions) is answered with what to write.
#include <array>
#include <limits>
#include <span>

#include "config/ascii.hpp"
#include "config/value_text.hpp"

namespace sluice::config {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t k = 1000;
constexpr std::array<unit, 9> size_units{{{"B", 1},
                                          {"kB", k},
                                          {"MB", k* k},
                                          {"GB", k* k* k},
                                          {"TB", k* k* k* k},
                                          {"KiB", kib},
                                          {"MiB", mib},
                                          {"GiB", gib},
                                          {"TiB", 1024 * gib}}};
constexpr std::array<unit, 5> duration_units{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

struct family {
  std::string_view name;      // "size"
  std::string_view expected;  // "a size"
  std::string_view units;     // for people
  std::string_view example;
  std::span<const unit> table;
};
constexpr family sizes{"size", "a size", "B, kB, MB, GB, TB, KiB, MiB, GiB, TiB", "32MiB", size_units};
constexpr family durations{"duration", "a duration", "ms, s, m, h, d", "30s", duration_units};

const unit* find(std::span<const unit> table, std::string_view name) {
  for (const unit& u : table)
    if (u.name == name) return &u;
  return nullptr;
}

// The unit somebody probably meant: "K", "KB", "mb", "sec", "min", "hours", "days".
std::string_view meant(const family& f, std::string_view name) {
  struct slip {
    std::string_view written, right;
  };
  static constexpr std::array<slip, 24> slips{
      {{"k", "KiB"},     {"kb", "KiB"},  {"kib", "KiB"},   {"m", "MiB"},   {"mb", "MB"},  {"mib", "MiB"},
       {"g", "GiB"},     {"gb", "GB"},   {"gib", "GiB"},   {"t", "TiB"},   {"tb", "TB"},  {"tib", "TiB"},
       {"byte", "B"},    {"bytes", "B"}, {"b", "B"},       {"sec", "s"},   {"secs", "s"}, {"second", "s"},
       {"seconds", "s"}, {"min", "m"},   {"minutes", "m"}, {"hours", "h"}, {"day", "d"},  {"days", "d"}}};
  for (const slip& s : slips)
    if (ascii::same_but_case(s.written, name) && find(f.table, s.right)) return s.right;
  return {};
}

parsed<std::uint64_t> wrong_unit(const family& f, const family& other, std::string_view text, std::string_view number,
                                 std::string_view name) {
  parsed<std::uint64_t> r;
  const std::string example = "write for example " + quoted(f.example) + "; units are " + std::string(f.units);
  const std::string_view better = meant(f, name);
  if (name.empty()) {
    r.wrong = quoted(text) + " has no unit";
    r.remedy = example;
  } else if (find(other.table, name)) {
    r.wrong = quoted(text) + " is " + std::string(other.expected) + ", expected is " + std::string(f.expected);
    r.remedy = example;
  } else if (!better.empty()) {
    r.wrong = quoted(name) + " is not a unit of " + std::string(f.expected);
    r.remedy = "write " + quoted(std::string(number) + std::string(better));
  } else {
    r.wrong = quoted(text) + " is not " + std::string(f.expected);
    r.remedy = example;
  }
  return r;
}

parsed<std::uint64_t> parse_quantity(const family& f, const family& other, std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && ascii::is_digit(text[digits])) ++digits;
  const std::string_view number = text.substr(0, digits);
  std::string_view name = text.substr(digits);
  if (name.starts_with(' ')) name.remove_prefix(1);
  parsed<std::uint64_t> r;
  if (number.empty()) return wrong_unit(f, f, text, number, "?");
  const unit* u = find(f.table, name);
  if (u == nullptr && (name.starts_with('.') || name.starts_with(','))) {
    r.wrong = quoted(text) + " is a fraction, expected is a whole number with its unit";
    r.remedy = "use the next smaller unit; units are " + std::string(f.units);
    return r;
  }
  if (u == nullptr) return wrong_unit(f, other, text, number, name);
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();  // also the range of std::chrono counts
  for (char c : number) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (r.value > (most / u->factor - digit) / 10) {
      r.value = 0;
      r.wrong = quoted(text) + " is too large";
      return r;
    }
    r.value = r.value * 10 + digit;
  }
  r.value *= u->factor;
  return r;
}

std::string format_quantity(std::span<const unit> table, std::uint64_t value) {
  const unit* best = &table.front();
  std::uint64_t shown = value;
  for (const unit& u : table)
    if (value != 0 && value % u.factor == 0 && value / u.factor < shown) {
      best = &u;
      shown = value / u.factor;
    }
  return std::to_string(shown) + std::string(best->name);
}

}  // namespace

parsed<std::uint64_t> parse_size(std::string_view text) { return parse_quantity(sizes, durations, text); }

parsed<std::uint64_t> parse_rate(std::string_view text) {
  if (!text.ends_with("/s"))
    return {0, quoted(text) + " is not a rate, expected is a size per second", "write for example \"256B/s\""};
  return parse_size(text.substr(0, text.size() - 2));
}

parsed<milliseconds> parse_duration(std::string_view text) {
  auto r = parse_quantity(durations, sizes, text);
  return {milliseconds(static_cast<std::int64_t>(r.value)), std::move(r.wrong), std::move(r.remedy)};
}

std::string format_size(std::uint64_t bytes) { return format_quantity(size_units, bytes); }
std::string format_rate(std::uint64_t bytes_per_second) { return format_size(bytes_per_second) + "/s"; }
std::string format_duration(milliseconds value) {
  if (value.count() == 0) return "0s";
  return format_quantity(duration_units, static_cast<std::uint64_t>(value.count()));
}

}  // namespace sluice::config
