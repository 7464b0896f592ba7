// The view Profiles: what is known of each notification sender, what was seen of it here, and what is usual for it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "inspect/ruleset.hpp"
#include "status/http/route.hpp"
#include "status/profile_counts.hpp"

namespace sluice::status {

// A domain of the profile in the learned baseline.
struct known_domain {
  std::string domain;
  std::int64_t first = 0, last = 0;  // UTC seconds, to the day
  std::uint32_t messages = 0, days = 0, surprising = 0;
  std::size_t links = 0, names = 0, texts = 0;
  bool established = false;
};

struct pack_in_force {
  std::uint64_t serial = 0;
  std::int64_t made = 0;
  unsigned profiles = 0;
};

struct profile_row {
  const inspect::profile* sender = nullptr;
  profile_count seen;
};

inline constexpr std::size_t profiles_per_page = 50;

struct profile_list {
  std::vector<profile_row> all;
  std::size_t from = 0;  // the first one shown
  std::string wanted;    // part of a name or id; empty: all
};

std::string profiles_page(const profile_list& list, const std::optional<pack_in_force>& pack, const principal& who);
std::string profile_page(const profile_row& row, const std::vector<known_domain>& baseline, const principal& who);
std::string profiles_json(const profile_list& list);
std::string profile_detail_json(const profile_row& row, const std::vector<known_domain>& baseline);

}  // namespace sluice::status
