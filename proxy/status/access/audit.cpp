#include "status/access/audit.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "core/concat.hpp"
#include "status/access/store.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

constexpr std::string_view line_start = "{\"serial\":";
constexpr std::string_view name_start = "audit.";
constexpr std::size_t text_octets = 120;

std::string cut(std::string_view text) { return json(text.substr(0, text_octets)); }

class segment_names : public hal::files::visitor {
 public:
  std::vector<std::uint64_t> found;
  bool on_file(const char* name) override {
    const std::string_view n(name);
    std::uint64_t number = 0;
    if (!n.starts_with(name_start)) return true;
    const auto r = std::from_chars(n.data() + name_start.size(), n.data() + n.size(), number);
    if (r.ec == std::errc() && r.ptr == n.data() + n.size()) found.push_back(number);
    return found.size() < 4 * audit_segments;
  }
};

// Whole lines, last first.
std::vector<std::string_view> lines_backwards(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::ranges::reverse(out);
  return out;
}

}  // namespace

std::string audit_line(std::uint64_t serial, const audit_entry& e) {
  return concat(line_start, std::to_string(serial), ",\"time\":", json(utc(e.unix_seconds)), ",\"who\":", cut(e.who),
         ",\"via\":", cut(e.via), ",\"address\":", cut(e.address), ",\"what\":", cut(e.what), ",\"target\":", cut(e.target),
         ",\"result\":", std::to_string(e.result), "}");
}

std::uint64_t serial_of(std::string_view line) {
  std::uint64_t out = 0;
  if (!line.starts_with(line_start) || !line.ends_with('}')) return 0;
  const auto r = std::from_chars(line.data() + line_start.size(), line.data() + line.size(), out);
  return r.ec == std::errc() ? out : 0;
}

audit_log::~audit_log() {
  if (fd_ >= 0) files_.close(fd_);
}

std::string audit_log::path_of(std::uint64_t segment) const { return concat(directory_, "/", name_start, std::to_string(segment)); }

std::vector<std::uint64_t> audit_log::segments() {
  segment_names names;
  files_.list(directory_.c_str(), names);
  std::ranges::sort(names.found);
  return names.found;
}

// The serial goes on where the newest readable line ends.
int audit_log::open() {
  const auto all = segments();
  segment_ = all.empty() ? 0 : all.back();
  const auto newest = page(0, 1);
  serial_ = newest.empty() ? 0 : serial_of(newest.front());
  return 0;
}

int audit_log::begin_segment() {
  if (fd_ >= 0) files_.close(fd_);
  fd_ = -1;
  size_ = 0;
  const int error = files_.create(path_of(segment_ + 1).c_str(), fd_);
  if (error != 0) return error;
  ++segment_;
  files_.sync_directory(directory_.c_str());
  const auto all = segments();
  std::uint64_t sum = audit_segment_octets;  // of the new one, in time
  for (std::size_t kept = 1, i = all.size() - std::min<std::size_t>(all.size(), 1); i-- > 0; ++kept) {
    std::uint64_t octets = 0;
    files_.size_of(path_of(all[i]).c_str(), octets);
    sum += octets;
    if (kept >= audit_segments || sum > audit_octets) files_.remove(path_of(all[i]).c_str());
  }
  return 0;
}

int audit_log::append(const audit_entry& e) {
  const std::string line = concat(audit_line(serial_ + 1, e), "\n");
  if (fd_ < 0 || size_ + line.size() > audit_segment_octets) {
    const int error = begin_segment();
    if (error != 0) return error;
  }
  int error = files_.write(fd_, size_, line.data(), line.size());
  if (error == 0) error = files_.sync(fd_);
  if (error != 0) {  // what lies there now is unknown: the next entry begins a segment
    files_.close(fd_);
    fd_ = -1;
    return error;
  }
  size_ += line.size();
  ++serial_;
  return 0;
}

std::vector<std::string> audit_log::page(std::uint64_t before, std::size_t limit) {
  std::vector<std::string> out;
  limit = std::min(limit, audit_page_entries);
  auto all = segments();
  std::ranges::reverse(all);
  for (const std::uint64_t number : all) {
    std::string text;
    if (read_file(files_, path_of(number), audit_segment_octets, text) != 0) continue;
    for (const std::string_view line : lines_backwards(text)) {
      const std::uint64_t serial = serial_of(line);
      if (serial == 0 || (before != 0 && serial >= before)) continue;
      if (out.size() == limit) return out;
      out.emplace_back(line);
    }
  }
  return out;
}

}  // namespace sluice::status
