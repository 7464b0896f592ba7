#include "status/message_meter.hpp"

#include <algorithm>

namespace sluice::status {
namespace {

message_tls tls_of(byte_view version) {
  if (version == "TLSv1.3") return message_tls::tls_1_3;
  return version.empty() ? message_tls::none : message_tls::tls_1_2;
}

template <class Array>
void add(Array& counts, std::size_t at) {
  counts[at].fetch_add(1, std::memory_order_relaxed);
}

template <std::size_t N>
std::array<std::uint64_t, N> copy(const std::array<std::atomic<std::uint64_t>, N>& from) {
  std::array<std::uint64_t, N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = from[i].load(std::memory_order_relaxed);
  return out;
}

}  // namespace

const char* name_of(message_tls v) { return v == message_tls::none ? "none" : v == message_tls::tls_1_2 ? "1.2" : "1.3"; }

void message_meter::count(const net::message_event& e) {
  if (e.probe) return;
  const auto verdict = static_cast<std::size_t>(e.verdict->act);
  add(ends_[static_cast<std::size_t>(e.end)], verdict);
  add(tls_, static_cast<std::size_t>(tls_of(e.tls_version)));
  octets_.add(octet_borders, static_cast<double>(e.octets), e.octets);
  if (e.end != net::outcome::abandoned) after_end_.add(second_borders, e.milliseconds_after_end / 1000.0, e.milliseconds_after_end);
  const inspect::findings& found = e.verdict->found;
  if (found.cause != inspect::unscanned::none) add(unscanned_, static_cast<std::size_t>(found.cause));
  for (const inspect::finding& f : found.list) {
    const auto rule = static_cast<std::size_t>(inspect::rule_named(f.rule));
    if (rule < rule_count) add(rules_, rule);
  }
  if (!found.profile.empty()) count_profile(view(found.profile), verdict);
}

void message_meter::count_profile(byte_view id, std::size_t verdict) {
  const std::lock_guard lock(profiles_mutex_);
  auto row = std::ranges::find_if(profiles_, [&](const profile_row& r) { return view(r.id) == id; });
  if (row == profiles_.end() && profiles_.size() < most_profiles) {
    profiles_.emplace_back();
    row = std::prev(profiles_.end());
    assign_cut(row->id, id);
  } else if (row == profiles_.end()) {
    if (profiles_.size() == most_profiles) {
      profiles_.emplace_back();
      assign_cut(profiles_.back().id, "other");
    }
    row = std::prev(profiles_.end());
  }
  ++row->count[verdict];
}

message_figures message_meter::figures() const {
  message_figures out;
  for (std::size_t i = 0; i < outcome_count; ++i) out.ends[i] = copy(ends_[i]);
  out.tls = copy(tls_);
  out.unscanned = copy(unscanned_);
  out.rules = copy(rules_);
  out.after_end = {copy(after_end_.buckets), static_cast<double>(after_end_.sum.load(std::memory_order_relaxed)) / 1000.0};
  out.octets = {copy(octets_.buckets), static_cast<double>(octets_.sum.load(std::memory_order_relaxed))};
  const std::lock_guard lock(profiles_mutex_);
  for (const profile_row& r : profiles_) out.profiles.emplace_back(std::string(view(r.id)), r.count);
  return out;
}

}  // namespace sluice::status
