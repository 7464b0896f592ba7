// What a run of digit groups looks like: the shapes of telephone numbers, and of what is none. Part of detect_phone.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::inspect::phone {

struct reading {
  std::size_t first = 0, last = 0;  // atoms
  std::array<char, 24> digits{};
  std::array<std::uint8_t, 24> sizes{};  // of the groups
  std::array<char, 24> seps{};           // first octet after each group but the last
  std::uint8_t n = 0, groups = 0, letters = 0, spelled = 0;
  bool plus = false;
  bool odd = false;  // separators that no one uses for telephone numbers
  bool lines = false;  // a group has a line of its own
};

inline bool boundary_at(const reading& r, std::size_t digit) {
  std::size_t sum = 0;
  for (std::size_t g = 0; g < r.groups; ++g) {
    if (sum == digit) return true;
    sum += r.sizes[g];
  }
  return false;
}

// North American Numbering Plan: [1] NXX NXX XXXX.
inline bool nanp_digits(const reading& r, std::size_t& skip) {
  skip = r.n == 11 && r.digits[0] == '1' ? 1 : 0;
  if (r.n - skip != 10) return false;
  return r.digits[skip] >= '2' && r.digits[skip + 3] >= '2';
}
inline bool toll_free(const reading& r, std::size_t skip) {
  const char a = r.digits[skip], b = r.digits[skip + 1], c = r.digits[skip + 2];
  return a == '8' && b == c && (b == '0' || (b >= '2' && b <= '8'));
}

inline bool same_size_groups(const reading& r, std::size_t size) {
  for (std::size_t g = 0; g + 1 < r.groups; ++g) {
    if (r.sizes[g] != size) return false;
  }
  return r.groups >= 3 && r.sizes[r.groups - 1u] <= size;
}

inline bool single_digits(const reading& r) {
  std::size_t single = 0;
  for (std::size_t g = 0; g < r.groups; ++g) single += r.sizes[g] == 1;
  return single + 1 >= r.groups && r.groups >= 9;
}

inline bool counting(const reading& r) {  // 1 2 3 4 5 ...
  std::size_t steps = 0;
  for (std::size_t i = 1; i < r.n; ++i) steps += r.digits[i] == r.digits[i - 1] + 1 || (r.digits[i] == '0' && r.digits[i - 1] == '9');
  return steps + 3 >= r.n;
}

inline bool one_digit_only(const reading& r) {
  for (std::size_t i = 1; i < r.n; ++i) {
    if (r.digits[i] != r.digits[0]) return false;
  }
  return true;
}

inline bool date_like(const reading& r) {
  if (r.groups < 3) return false;
  const bool year_first = r.sizes[0] == 4 && (r.digits[0] == '1' || r.digits[0] == '2') && r.sizes[1] <= 2 && r.sizes[2] <= 2;
  std::size_t third = static_cast<std::size_t>(r.sizes[0] + r.sizes[1]);
  const bool year_last = r.sizes[0] <= 2 && r.sizes[1] <= 2 && r.sizes[2] == 4 && r.n >= third + 2 &&
                         (byte_view(&r.digits[third], 2) == "19" || byte_view(&r.digits[third], 2) == "20");
  bool clock = false;
  for (std::size_t g = 0; g + 1 < r.groups; ++g) clock = clock || (r.seps[g] == ':' && r.sizes[g] <= 2 && r.sizes[g + 1] == 2);
  return year_first || year_last || clock;
}

inline bool host_address(const reading& r) {  // 192.168.100.200
  if (r.groups != 4) return false;
  for (std::size_t g = 0; g < 3; ++g) {
    if (r.seps[g] != '.') return false;
  }
  return std::all_of(r.sizes.begin(), r.sizes.begin() + 4, [](std::uint8_t s) { return s <= 3; });
}

inline bool thousands(const reading& r) {  // 1.280.000
  bool all = r.groups >= 3 && r.sizes[0] <= 3 && !r.plus;
  for (std::size_t g = 1; g < r.groups; ++g) all = all && r.sizes[g] == 3 && r.seps[g - 1] == '.';
  return all;
}

}  // namespace sluice::inspect::phone
