// See baseline.hpp.
#include "inspect/baseline.hpp"

#include <algorithm>

namespace sluice::inspect {
namespace {

constexpr std::size_t least_text = 6;          // sampled pieces before a text is compared
constexpr std::size_t new_text_percent = 10;   // known pieces of a text that is called new: fewer
constexpr std::uint32_t surprising_share = 5;  // a sender whose every fifth mail brings something new: news is usual there

novelty differences(const baseline_entry& e, const sender_traits& m) {
  novelty out;
  out.known = true;
  // What this sender never had at all (links in plain text mail) is as new as another one.
  out.link = std::any_of(m.links.begin(), m.links.end(), [&e](std::uint32_t h) { return !e.links.contains(h); });
  out.name = m.name != 0 && !e.names.contains(m.name);
  if (m.text.size() >= least_text) {
    const auto known = static_cast<std::size_t>(std::count_if(m.text.begin(), m.text.end(), [&e](std::uint32_t h) { return e.text.contains(h); }));
    out.text = known * 100 < m.text.size() * new_text_percent;
  }
  return out;
}

}  // namespace

bool baseline_entry::established() const { return messages >= baseline_table::established_messages && days >= baseline_table::established_days; }

baseline_table::baseline_table(std::size_t domains, std::uint64_t secret) : secret_(secret), entries_((domains + ways - 1) / ways * ways) {}

std::size_t baseline_table::bucket_of(byte_view domain) const {
  std::uint64_t h = secret_ ^ 14695981039346656037ull;
  for (const char c : domain) {
    h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    h ^= h >> 29;
  }
  h *= 0xbf58476d1ce4e5b9ull;
  h ^= h >> 32;
  return static_cast<std::size_t>(h % (entries_.size() / ways)) * ways;
}

bool baseline_table::forget_names(byte_view domain) {
  const baseline_entry* known = find(domain);
  if (known == nullptr) return false;
  entries_[static_cast<std::size_t>(known - entries_.data())].names = {};
  ++changes_;
  return true;
}

const baseline_entry* baseline_table::find(byte_view domain) const {
  if (entries_.empty() || domain.empty()) return nullptr;
  const std::size_t bucket = bucket_of(domain);
  for (std::size_t i = bucket; i < bucket + ways; ++i) {
    if (entries_[i].name() == domain) return &entries_[i];
  }
  return nullptr;
}

// The sender's place; of a new one a free place, that of the newcomer least heard of, or that of an established sender
// that has not written for long. Null: every place is an established sender's.
baseline_entry* baseline_table::place_for(byte_view domain, std::uint32_t day) {
  if (entries_.empty() || domain.empty() || domain.size() >= sizeof(baseline_entry::domain)) return nullptr;
  const std::size_t bucket = bucket_of(domain);
  baseline_entry* victim = nullptr;
  for (std::size_t i = bucket; i < bucket + ways; ++i) {
    baseline_entry& e = entries_[i];
    if (e.name() == domain) return &e;
    const bool replaceable = !e.established() || e.last_day + forgotten_days < day;
    if (!replaceable) continue;
    const auto weight = [](const baseline_entry& x) { return std::pair(x.name().empty() ? 0u : x.days + 1u, x.last_day); };
    if (victim == nullptr || weight(e) < weight(*victim)) victim = &e;
  }
  if (victim == nullptr) return nullptr;
  *victim = {};
  std::copy(domain.begin(), domain.end(), victim->domain.begin());
  victim->first_day = day;
  return victim;
}

novelty baseline_table::compare(const sender_traits& m) const {
  const baseline_entry* e = find(m.domain);
  if (e == nullptr || !e->established() || e->surprising * surprising_share > e->messages) return {};
  return differences(*e, m);
}

void baseline_table::learn(const sender_traits& m, std::uint32_t day) {
  baseline_entry* e = place_for(m.domain, day);
  if (e == nullptr) return;
  const bool surprise = e->established() && differences(*e, m).count() != 0;
  const bool fresh = e->messages == 0;
  if (e->messages != 0xFFFFFFFF) ++e->messages;
  if (fresh || e->last_day != day) {
    if (e->days != 0xFFFF) ++e->days;
    e->last_day = std::max(e->last_day, day);
    ++changes_;
  }
  if (surprise && e->surprising != 0xFFFF) ++e->surprising;
  if (e->surprising > 0 && e->messages % 64 == 0) --e->surprising;  // old surprises fade
  bool news = false;
  for (const std::uint32_t h : m.links) news = e->links.add(h) || news;
  news = e->names.add(m.name) || news;
  for (const std::uint32_t h : m.text) news = e->text.add(h) || news;
  if (news) ++changes_;
  ++refreshes_;
}

bool baseline_table::merge(const baseline_entry& entry) {
  baseline_entry* e = place_for(entry.name(), entry.last_day);
  if (e == nullptr) return false;
  if (entry.messages >= e->messages) *e = entry;
  ++changes_;
  return true;
}

std::size_t baseline_table::used() const {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [](const baseline_entry& e) { return !e.name().empty(); }));
}

}  // namespace sluice::inspect
