// What is known of the generations of this box, as it lies on disk: which one is confirmed, which one is being tried, and
// the last twenty with who, when and what became of them. Plain values and their text form; no files, no clock.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config::generations {

inline constexpr std::size_t most_entries = 20;            // older ones go, with their text
inline constexpr std::size_t most_name_octets = 64;        // of who
inline constexpr std::size_t most_reason_octets = 240;     // of why
inline constexpr std::size_t most_record_octets = 32 * 1024;

enum class way : std::uint8_t { file, api, page, shell, pull };  // by which a generation came
enum class result : std::uint8_t {
  trying,       // applied or about to be, not confirmed
  confirmed,
  not_applied,  // the program could not use it
  not_proven,   // a test mail failed
  no_confirm,   // nobody confirmed it in time
  taken_back,   // somebody went back
  interrupted,  // the program or the box ended while it was tried
};
std::string_view name_of(way w);
std::string_view name_of(result r);  // "not-applied"

struct entry {
  std::uint64_t number = 0, before = 0;  // before: the one that ran when it came; 0: none
  std::uint64_t serial = 0, octets = 0;
  std::int64_t taken = 0, ended = 0;     // unix seconds; ended: of the result, 0 while trying
  // While trying: not yet, but at the next start, and then to be confirmed within so many seconds; 0: now. Its place in the
  // text is that of `ended`, which a program that does not know of it passes over: it gives the candidate up, as it should.
  std::int64_t at_start_within_s = 0;
  way from = way::file;
  result what = result::trying;
  std::string hash;     // SHA-256 of its octets, hex
  std::string who, by;  // who brought it; who confirmed it or went back, empty: nobody did
  std::string why;      // a sentence, may be empty
  bool operator==(const entry&) const = default;
};

struct record {
  std::uint64_t next = 1;       // number of the next generation
  std::uint64_t confirmed = 0;  // the one that rules after a restart; 0: none yet
  std::uint64_t candidate = 0;  // the one that is tried; 0: none
  std::uint64_t serial = 0;     // highest of a confirmed one
  std::string file_hash;        // of the configuration file when it was last taken in
  std::vector<entry> entries;   // oldest first

  entry* find(std::uint64_t number);
  const entry* find(std::uint64_t number) const;
  bool operator==(const record&) const = default;
};

// With a checksum in its last line. Nothing for a text that is damaged or contradicts itself.
std::string text_of(const record& r);
std::optional<record> record_from(std::string_view text);

}  // namespace sluice::config::generations
