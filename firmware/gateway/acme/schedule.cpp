#include "firmware/gateway/acme/schedule.hpp"

#include <algorithm>
#include <charconv>

#include "config/choices.hpp"
#include "core/concat.hpp"
#include "core/lines.hpp"
#include "firmware/gateway/acme/limits.hpp"

namespace sluice::gateway::acme {
namespace {

std::string one_line(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  return out;
}

std::int64_t number_of(std::string_view text) {
  std::int64_t v = 0;
  std::from_chars(text.data(), text.data() + text.size(), v);
  return v;
}

std::uint32_t first_bits(std::string_view hex) {
  std::uint32_t v = 0;
  std::from_chars(hex.data(), hex.data() + std::min<std::size_t>(hex.size(), 8), v, 16);
  return v;
}

// `part` of `whole`, by 32 bits of chance.
std::int64_t share(std::int64_t whole, std::uint32_t chance) { return static_cast<std::int64_t>(static_cast<double>(whole) * (static_cast<double>(chance) / 4294967296.0)); }

}  // namespace

std::string to_text(const memory& m) {
  const auto line = [](const char* key, const std::string& value) { return value.empty() ? std::string() : concat(key, " ", one_line(value), "\n"); };
  return concat(line("directory", m.account.directory_url), line("account", m.account.url), line("contact", m.account.contact), line("made-for", m.made_for),
         line("tried-for", m.tried_for), line("failures", std::to_string(m.failures)), line("tried", std::to_string(m.tried)),
         line("succeeded", std::to_string(m.succeeded)), line("next-try", std::to_string(m.next_try)), line("not-before", std::to_string(m.not_before)),
         line("not-before-of", m.not_before_of), line("error", m.error));
}

memory memory_from(std::string_view text) {
  memory m;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, space), value = line.substr(space + 1);
    if (key == "directory") m.account.directory_url = value;
    else if (key == "account") m.account.url = value;
    else if (key == "contact") m.account.contact = value;
    else if (key == "made-for") m.made_for = value;
    else if (key == "tried-for") m.tried_for = value;
    else if (key == "failures") m.failures = static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_of(value)));
    else if (key == "tried") m.tried = number_of(value);
    else if (key == "succeeded") m.succeeded = number_of(value);
    else if (key == "next-try") m.next_try = number_of(value);
    else if (key == "not-before") m.not_before = number_of(value);
    else if (key == "not-before-of") m.not_before_of = value;
    else if (key == "error") m.error = value;
  }
  return m;
}

std::string order_mark(const config::acme_settings& s) {
  std::string out = concat(s.directory, " ", config::name_of(s.key));
  std::vector<std::string> names = s.names;
  std::ranges::sort(names);
  for (const std::string& n : names) append_to(out, " ", n);
  return out;
}

std::int64_t renewal_moment(const tls::certificate_info& c) {
  const std::int64_t third = std::max<std::int64_t>(0, c.not_after - c.not_before) / 3;
  return c.not_after - third - share(third / 10, first_bits(c.sha256));
}

std::int64_t pause_after(std::uint64_t failures, std::optional<std::int64_t> left_s, std::uint32_t chance) {
  std::int64_t pause = first_pause_s;
  for (std::uint64_t i = 1; i < failures && pause < most_pause_s; ++i) pause *= 2;
  pause = std::min(pause, most_pause_s);
  // Within the last days a try per day would be too few.
  if (left_s) pause = std::clamp(*left_s / 8, std::min(first_pause_s, pause), pause);
  return pause - pause / 10 + share(pause / 5, chance);
}

plan_ahead look_ahead(const config::acme_settings& s, const memory& m, const std::optional<tls::certificate_info>& kept, bool usable, std::int64_t now) {
  plan_ahead out;
  if (!is_wanted(s)) return out;
  const std::string mark = order_mark(s);
  out.when = now;
  if (!kept) out.why = cause::first;
  else if (!usable) out.why = cause::unusable;
  else if (m.made_for != mark) out.why = cause::changed;
  else out.why = cause::renewal, out.when = renewal_moment(*kept);
  if (m.failures > 0 && m.tried_for == mark) out.when = std::max(out.when, m.next_try);
  if (m.not_before_of == s.directory) out.when = std::max(out.when, m.not_before);
  return out;
}

}  // namespace sluice::gateway::acme
