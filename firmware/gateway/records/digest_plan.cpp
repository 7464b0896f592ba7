#include "firmware/gateway/records/digest_plan.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice::gateway {
namespace {

constexpr std::int64_t day_s = 86'400;

std::int64_t seconds_of(std::chrono::milliseconds ms) { return std::chrono::duration_cast<std::chrono::seconds>(ms).count(); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), ascii::lower);
  return out;
}

// "07:30", as the configuration's reader has checked it.
std::int64_t second_of_day(std::string_view clock) {
  const auto two = [&](std::size_t at) { return (clock[at] - '0') * 10 + (clock[at + 1] - '0'); };
  return two(0) * std::int64_t{3600} + two(3) * std::int64_t{60};
}

const digest_plan::recipient* find(const digest_plan& p, std::string_view address) {
  const auto at = std::ranges::find_if(p.recipients, [&](const auto& r) { return ascii::iequals(r.address, address); });
  return at == p.recipients.end() ? nullptr : &*at;
}

}  // namespace

bool digest_plan::wants_digest(std::string_view address) const {
  const recipient* r = find(*this, address);
  return r == nullptr || r->digest;
}

bool digest_plan::wants_notice(std::string_view address) const {
  const recipient* r = find(*this, address);
  return r == nullptr || r->notice;
}

digest_plan plan_of(const config::model& m) {
  const config::digest_settings& d = m.digest;
  digest_plan out;
  for (const config::digest_domain& one : d.domains) {
    digest_plan::domain to{one.domain, {}, seconds_of(one.interval), one.notice, one.notice_rules};
    for (const std::string& clock : one.times) to.times_s.push_back(second_of_day(clock));
    std::ranges::sort(to.times_s);
    out.domains.push_back(std::move(to));
  }
  for (const config::digest_recipient& r : d.recipients) out.recipients.push_back({lower(r.address), r.digest, r.notice});
  out.rows = d.rows;
  out.notices_per_hour = d.notices_per_recipient_per_hour;
  out.links = d.link_listen.is_set();
  out.link_url = d.link_url;
  out.link_lifetime_s = seconds_of(d.link_lifetime);
  out.operator_rules = d.operator_rules;
  out.hostname = m.hostname;
  out.from = m.own_mail.from;
  return out;
}

std::int64_t last_moment(const digest_plan::domain& d, std::int64_t now) {
  if (d.times_s.empty()) return now - now % std::max<std::int64_t>(1, d.interval_s);
  const std::int64_t today = now - now % day_s;
  const auto after = std::ranges::upper_bound(d.times_s, now - today);
  return after == d.times_s.begin() ? today - day_s + d.times_s.back() : today + *std::prev(after);
}

bool notice_fits(const digest_plan::domain& d, const std::vector<std::string>& rules) {
  if (d.notice_rules.empty()) return true;
  const auto asked_for = [&](const std::string& rule) { return std::ranges::find(d.notice_rules, rule) != d.notice_rules.end(); };
  return std::ranges::any_of(rules, asked_for);
}

}  // namespace sluice::gateway
