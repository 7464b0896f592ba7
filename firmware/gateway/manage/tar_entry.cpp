#include "firmware/gateway/manage/tar_entry.hpp"

#include <array>
#include <cstdio>

namespace sluice::gateway {
namespace {

// Where the fields of a header begin and how long they are (POSIX.1, ustar interchange format).
struct field {
  std::size_t at, size;
};
constexpr field name_field{0, 100}, mode{100, 8}, owner{108, 8}, group{116, 8}, size_field{124, 12}, time_field{136, 12}, checksum{148, 8},
    kind{156, 1}, magic{257, 8}, owner_name{265, 32}, group_name{297, 32};

void put(std::string& header, field f, std::string_view text) { header.replace(f.at, text.size(), text); }

// Octal digits with a NUL behind them.
void put_number(std::string& header, field f, std::uint64_t n) {
  std::array<char, 24> digits;
  std::snprintf(digits.data(), digits.size(), "%0*llo", static_cast<int>(f.size - 1), static_cast<unsigned long long>(n));
  put(header, f, std::string_view(digits.data()).substr(0, f.size - 1));
}

}  // namespace

std::string tar_entry(std::string_view name, std::string_view content, std::int64_t modified) {
  std::string out(tar_block, '\0');
  put(out, name_field, name.substr(0, longest_tar_name));
  put_number(out, mode, 0600);
  put_number(out, owner, 0);
  put_number(out, group, 0);
  put_number(out, size_field, content.size());
  put_number(out, time_field, static_cast<std::uint64_t>(modified));
  put(out, kind, "0");
  put(out, magic, std::string_view("ustar\00000", 8));
  put(out, owner_name, "root");
  put(out, group_name, "root");
  put(out, checksum, "        ");
  unsigned sum = 0;
  for (const char c : out) sum += static_cast<unsigned char>(c);
  std::array<char, 8> text;
  std::snprintf(text.data(), text.size(), "%06o", sum);
  put(out, checksum, {text.data(), 7});
  out += content;
  out.append((tar_block - content.size() % tar_block) % tar_block, '\0');
  return out;
}

std::string tar_end() { return std::string(2 * tar_block, '\0'); }

}  // namespace sluice::gateway
