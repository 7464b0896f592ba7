// See baseline_file.hpp. Layout: 8 octets "SLBASE1\n", secret, number of entries, octets per entry (u64 each), entries
// that are in use as they lie in memory, a 64-bit checksum of everything before it. Little-endian, as the boxes are.
#include "firmware/gateway/records/baseline_file.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <vector>

#include "core/concat.hpp"

namespace sluice::gateway {
namespace {

using inspect::baseline_entry;
static_assert(std::is_trivially_copyable_v<baseline_entry> && std::endian::native == std::endian::little);

constexpr char magic[8] = {'S', 'L', 'B', 'A', 'S', 'E', '1', '\n'};
constexpr std::size_t head_octets = 32, piece_entries = 32;
constexpr std::int64_t day_s = 86400;

std::string path_in(const std::string& directory) { return concat(directory, "/baseline"); }

std::uint64_t checksum(std::uint64_t h, const char* data, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) h = (h ^ static_cast<unsigned char>(data[i])) * 1099511628211ull;
  return h;
}
constexpr std::uint64_t checksum_start = 14695981039346656037ull;

struct header {
  std::uint64_t secret = 0, entries = 0, entry_octets = 0;
};

// Reads the whole file piece by piece; `use` gets each entry. Nothing is used before the checksum was right, so it is
// gone through twice.
template <class Use>
baseline_state read(hal::files& files, const std::string& directory, header& head, Use use) {
  int fd = -1;
  const int error = files.open(path_in(directory).c_str(), fd);
  if (error == ENOENT) return baseline_state::missing;
  if (error != 0) return baseline_state::unreadable;
  char raw[head_octets];
  std::size_t got = 0;
  baseline_state state = baseline_state::damaged;
  std::vector<char> piece(sizeof(baseline_entry));
  if (files.read(fd, 0, raw, sizeof raw, got) == 0 && got == sizeof raw && std::memcmp(raw, magic, sizeof magic) == 0) {
    std::memcpy(&head, raw + 8, sizeof head);
    std::uint64_t size = 0;
    const bool fits = files.size_of(path_in(directory).c_str(), size) == 0 && head.entry_octets == sizeof(baseline_entry) && head.entries < (1u << 24) &&
                      size == head_octets + head.entries * head.entry_octets + 8;
    std::uint64_t sum = checksum(checksum_start, raw, sizeof raw), stored = 0;
    bool good = fits;
    for (std::uint64_t i = 0; good && i < head.entries; ++i) {
      good = files.read(fd, head_octets + i * piece.size(), piece.data(), piece.size(), got) == 0 && got == piece.size();
      sum = checksum(sum, piece.data(), piece.size());
    }
    good = good && files.read(fd, head_octets + head.entries * piece.size(), reinterpret_cast<char*>(&stored), sizeof stored, got) == 0 && got == sizeof stored && stored == sum;
    for (std::uint64_t i = 0; good && i < head.entries; ++i) {
      good = files.read(fd, head_octets + i * piece.size(), piece.data(), piece.size(), got) == 0 && got == piece.size();
      baseline_entry e;
      std::memcpy(&e, piece.data(), sizeof e);
      e.domain.back() = 0;
      if (good) use(e);
    }
    if (good) state = baseline_state::good;
  }
  files.close(fd);
  return state;
}

}  // namespace

bool baseline_secret(hal::files& files, const std::string& directory, std::uint64_t& secret) {
  header head;
  if (read(files, directory, head, [](const baseline_entry&) {}) != baseline_state::good) return false;
  secret = head.secret;
  return true;
}

baseline_state load_baseline(hal::files& files, const std::string& directory, net::baseline& out) {
  header head;
  return read(files, directory, head, [&out](const baseline_entry& e) { out.with([&e](inspect::baseline_table& t) { t.merge(e); }); });
}

int save_baseline(hal::files& files, const std::string& directory, const net::baseline& from) {
  const std::string path = path_in(directory), next = concat(path, ".new");
  files.remove(next.c_str());
  int fd = -1;
  int error = files.create(next.c_str(), fd);
  if (error != 0) return error;
  header head;
  head.entry_octets = sizeof(baseline_entry);
  std::vector<baseline_entry> piece;
  piece.reserve(piece_entries);
  // Entries first: how many there are and the sum over header and entries are known at the end. The sum runs in file
  // order, so the header is counted again with the final number: the entries' copy is read back.
  std::uint64_t offset = head_octets;
  for (std::size_t begin = 0; error == 0 && begin < from.capacity(); begin += piece_entries) {
    piece.clear();
    from.with([&](const inspect::baseline_table& t) {
      head.secret = t.secret();
      const auto all = t.entries().subspan(begin, std::min(piece_entries, t.entries().size() - begin));
      for (const baseline_entry& e : all) {
        if (!e.name().empty()) piece.push_back(e);
      }
    });
    const std::size_t octets = piece.size() * sizeof(baseline_entry);
    if (octets != 0) error = files.write(fd, offset, reinterpret_cast<const char*>(piece.data()), octets);
    offset += octets;
    head.entries += piece.size();
  }
  char raw[head_octets];
  std::memcpy(raw, magic, sizeof magic);
  std::memcpy(raw + 8, &head, sizeof head);
  std::uint64_t sum = checksum(checksum_start, raw, sizeof raw);
  std::vector<char> back(sizeof(baseline_entry));
  for (std::uint64_t i = 0; error == 0 && i < head.entries; ++i) {
    std::size_t got = 0;
    error = files.read(fd, head_octets + i * back.size(), back.data(), back.size(), got);
    if (error == 0 && got != back.size()) error = EIO;
    sum = checksum(sum, back.data(), back.size());
  }
  if (error == 0) error = files.write(fd, 0, raw, sizeof raw);
  if (error == 0) error = files.write(fd, offset, reinterpret_cast<const char*>(&sum), sizeof sum);
  if (error == 0) error = files.sync(fd);
  files.close(fd);
  if (error == 0) error = files.rename(next.c_str(), path.c_str());
  if (error == 0) error = files.sync_directory(directory.c_str());
  return error;
}

void baseline_saver::started(const net::baseline& from, std::int64_t now) {
  saved_at_ = now;
  from.with([this](const inspect::baseline_table& t) {
    changes_ = t.changes();
    refreshes_ = t.refreshes();
  });
}

int baseline_saver::run(const net::baseline& from, std::int64_t now, bool last) {
  std::uint64_t changes = 0, refreshes = 0;
  std::size_t used = 0;
  from.with([&](const inspect::baseline_table& t) {
    changes = t.changes();
    refreshes = t.refreshes();
    used = t.used();
  });
  const bool due = (changes != changes_ && (last || now - saved_at_ >= interval_s_)) || (refreshes != refreshes_ && (last || now - saved_at_ >= std::max(interval_s_, day_s)));
  if (from.capacity() == 0 || !due) return 0;
  saved_at_ = now;  // a failing disk is not tried more often either
  const int error = save_baseline(files_, directory_, from);
  if (error != 0) return error;
  changes_ = changes;
  refreshes_ = refreshes;
  written_ += head_octets + used * sizeof(baseline_entry) + 8;
  return 0;
}

}  // namespace sluice::gateway
