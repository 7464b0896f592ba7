// Builds the skeletons of a profile from genuine samples: what their texts have in common, per language, and how far
// each of them is covered by the others (the yardstick that body-foreign uses). Whole messages in memory; for the
// command line, not for mail on its way.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/skeleton.hpp"

namespace sluice::profiles {

inline constexpr std::size_t max_samples = 4000;           // per run
inline constexpr std::size_t max_learned_shingles = 8192;  // per profile: 44 KiB of its file

struct sample {
  std::string name;  // file, for messages
  std::string from, sender;
  std::string language;
  std::string day;                        // of its Date field, as it is written there
  std::vector<std::string> texts;         // of each visible text part
  std::vector<std::string> link_domains;  // registrable, once each
  std::vector<std::uint32_t> shingles;    // ascending, once each
};

sample read_sample(std::string_view message, std::string name);

struct left_out {
  std::string name;
  std::uint32_t percent = 0;  // covered by the others
};

struct learned_skeleton {
  std::string language;
  std::vector<std::uint32_t> shingles;
  std::uint32_t samples = 0;  // different texts; of a sender whose mail hardly varies each counts once for every day it came
  std::uint32_t floor = 0, longest = 0;
  std::vector<left_out> least;  // the samples that set the floor, worst first, at most 3
};

// Samples with the same text are learned from once. A language with fewer than two samples gives nothing.
std::vector<learned_skeleton> learn(std::vector<sample> samples);

// [[skeleton]] tables in TOML.
std::string format_skeletons(const std::vector<learned_skeleton>& learned);
// `profile_text` without its [[skeleton]] tables and what follows them, so that new ones can be appended.
std::string without_skeletons(std::string_view profile_text);

}  // namespace sluice::profiles
