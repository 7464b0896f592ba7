#include "firmware/gateway/records/trace_files.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

#include "core/concat.hpp"
#include "core/log.hpp"

namespace sluice::gateway {
namespace {

struct numbers : hal::files::visitor {
  std::vector<std::uint64_t> found;
  std::vector<std::string> leftovers;
  bool on_file(const char* name) override {
    const std::string_view text(name);
    std::uint64_t n = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec == std::errc() && end == text.data() + text.size() && n != 0) found.push_back(n);
    else if (text.ends_with(".new")) leftovers.emplace_back(text);
    return found.size() < 4 * trace_segments_max;
  }
};

}  // namespace

std::string trace_files::path_of(std::uint64_t number) const { return concat(directory_, "/", std::to_string(number)); }

int trace_files::open() {
  int error = files_.make_directory(directory_.c_str());
  if (error != 0) return error;
  numbers all;
  error = files_.list(directory_.c_str(), all);
  if (error != 0) return error;
  for (const std::string& name : all.leftovers) files_.remove((concat(directory_, "/", name)).c_str());
  std::sort(all.found.begin(), all.found.end());
  for (const std::uint64_t n : all.found) {
    segment s;
    s.number = n;
    next_ = n + 1;
    if (look_at(s) == 0) segments_.push_back(s);
    else files_.remove(path_of(n).c_str());  // not one whole block in it
  }
  make_room();
  return 0;
}

// What its headers say; an error when there is no block.
int trace_files::look_at(segment& s) {
  std::vector<std::uint32_t> at;
  int error = files_.size_of(path_of(s.number).c_str(), s.octets);
  if (error == 0) error = blocks_of(s.number, at);
  if (error != 0 || at.empty()) return error != 0 ? error : ENODATA;
  int fd = -1;
  error = files_.open(path_of(s.number).c_str(), fd);
  if (error != 0) return error;
  for (const std::uint32_t offset : at) {
    std::array<char, trace_header_octets> head;
    std::size_t got = 0;
    trace_block_header h;
    if (files_.read(fd, offset, head.data(), head.size(), got) != 0 || !read_trace_header({head.data(), got}, h)) break;
    if (offset == at.front()) s.first = h.first;
    s.last = h.last;
    s.addresses_hidden = s.addresses_hidden && h.addresses_hidden;
    s.subjects_hidden = s.subjects_hidden && h.subjects_hidden;
  }
  files_.close(fd);
  return 0;
}

std::uint64_t trace_files::octets() const {
  std::uint64_t sum = 0;
  for (const segment& s : segments_) sum += s.octets;
  return sum;
}

void trace_files::close() {
  if (fd_ >= 0) files_.close(fd_);
  fd_ = -1;
}

void trace_files::forget(std::size_t at) {
  if (fd_ >= 0 && at + 1 == segments_.size()) close();
  files_.remove(path_of(segments_[at].number).c_str());
  segments_.erase(segments_.begin() + static_cast<std::ptrdiff_t>(at));
}

void trace_files::make_room() {
  while (segments_.size() > 1 && (octets() > limits_.octets || segments_.size() > trace_segments_max)) forget(0);
}

void trace_files::remove_before(std::int64_t when) {
  while (!segments_.empty() && segments_.front().last < when) forget(0);
}

int trace_files::begin_segment(std::int64_t now) {
  close();
  segment s;
  s.number = next_;
  const int error = files_.create(path_of(s.number).c_str(), fd_);
  if (error != 0) return error;
  ++next_;
  began_ = now;
  blocks_ = 0;
  segments_.push_back(s);
  return files_.sync_directory(directory_.c_str());
}

int trace_files::append(trace_block& block, std::int64_t now) {
  hal::volume_space space;
  const byte_view bytes = block.finish();
  if (files_.space_of(directory_.c_str(), space) == 0 && space.free_bytes < limits_.free_floor + bytes.size()) return ENOSPC;
  const std::uint64_t segment_octets = std::max(trace_segment_least_octets, limits_.octets / 8);
  const bool full = fd_ < 0 || segments_.back().octets + bytes.size() > segment_octets || blocks_ >= trace_segment_blocks_max ||
                    now - began_ >= limits_.segment_age_s;
  int error = full ? begin_segment(now) : 0;
  if (error != 0) return error;
  segment& s = segments_.back();
  error = files_.write(fd_, s.octets, bytes.data(), bytes.size());
  if (error == 0) error = files_.sync(fd_);
  if (error != 0) {
    close();  // what is on the medium is not known: the next block begins anew
    if (s.octets == 0) forget(segments_.size() - 1);
    return error;
  }
  if (s.octets == 0) s.first = block.header().first;
  s.octets += bytes.size();
  s.last = block.header().last;
  s.addresses_hidden = s.addresses_hidden && block.header().addresses_hidden;
  s.subjects_hidden = s.subjects_hidden && block.header().subjects_hidden;
  ++blocks_;
  written_ += bytes.size();
  make_room();
  return 0;
}

int trace_files::blocks_of(std::uint64_t number, std::vector<std::uint32_t>& out) {
  out.clear();
  std::uint64_t size = 0;
  int fd = -1;
  int error = files_.size_of(path_of(number).c_str(), size);
  if (error == 0) error = files_.open(path_of(number).c_str(), fd);
  if (error != 0) return error;
  for (std::uint64_t at = 0; at < size && at < UINT32_MAX && out.size() < trace_segment_blocks_max;) {
    std::array<char, trace_header_octets> head;
    std::size_t got = 0;
    trace_block_header h;
    error = files_.read(fd, at, head.data(), head.size(), got);
    if (error != 0 || !read_trace_header({head.data(), got}, h)) break;
    out.push_back(static_cast<std::uint32_t>(at));
    at += h.octets;
  }
  files_.close(fd);
  return error;
}

byte_view trace_files::read_block(std::uint64_t number, std::uint32_t offset, byte_span room, int* failed) {
  int fd = -1;
  int error = files_.open(path_of(number).c_str(), fd);
  std::size_t got = 0;
  if (error == 0) {
    error = files_.read(fd, offset, room.data(), std::min(room.size(), trace_block_octets), got);
    files_.close(fd);
  }
  if (failed != nullptr) *failed = error;
  if (error != 0) return {};
  const byte_view bytes(room.data(), got);
  trace_block_header h;
  if (is_whole_block(bytes) && read_trace_header(bytes, h)) return bytes.substr(0, h.octets);
  ++damaged_;
  return {};
}

int trace_files::rewrite(std::uint64_t number, const changer& change, bool hides_addresses, bool hides_subjects) {
  const auto known = std::find_if(segments_.begin(), segments_.end(), [number](const segment& s) { return s.number == number; });
  if (known == segments_.end()) return ENOENT;
  if (fd_ >= 0 && known + 1 == segments_.end()) close();
  std::vector<std::uint32_t> at;
  int error = blocks_of(number, at);
  if (error != 0) return error;
  const std::string path = path_of(number), next = concat(path, ".new");
  int fd = -1;
  files_.remove(next.c_str());
  error = files_.create(next.c_str(), fd);
  if (error != 0) return error;
  const auto room = std::make_unique<std::array<char, trace_block_octets>>();
  const auto block = std::make_unique<trace_block>();
  segment s;
  s.number = number;
  bool any = false;
  std::int64_t damaged = 0;
  std::uint64_t come_to = 0;
  const std::uint64_t before = known->octets;
  const auto put = [&](bool addresses, bool subjects) {
    if (block->empty() || error != 0) return;
    block->hide(addresses, subjects);
    const byte_view bytes = block->finish();
    error = files_.write(fd, s.octets, bytes.data(), bytes.size());
    if (s.octets == 0) s.first = block->header().first;
    s.last = block->header().last;
    s.octets += bytes.size();
    s.addresses_hidden = s.addresses_hidden && addresses;
    s.subjects_hidden = s.subjects_hidden && subjects;
    block->clear();
  };
  for (const std::uint32_t offset : at) {
    const byte_view bytes = read_block(number, offset, *room, &error);
    if (error != 0) break;  // it may be readable the next time: the segment stays as it is
    trace_block_header h;
    if (bytes.empty() || !read_trace_header(bytes, h)) {
      ++damaged;
      any = true;
      continue;
    }
    come_to = offset + h.octets;
    const bool addresses = h.addresses_hidden || hides_addresses, subjects = h.subjects_hidden || hides_subjects;
    any = any || addresses != h.addresses_hidden || subjects != h.subjects_hidden;
    trace_block_reader in(bytes);
    for (trace_record r; in.next(r);) {
      bool changed = false;
      const bool kept = change(r, changed);
      any = any || changed || !kept;
      if (!kept || block->add(r)) continue;
      put(addresses, subjects);
      block->add(r);
    }
    put(addresses, subjects);
  }
  if (error == 0) error = files_.sync(fd);
  const int closed = files_.close(fd);
  if (error == 0) error = closed;
  if (error == 0 && any) error = files_.rename(next.c_str(), path.c_str());
  if (error == 0 && any) error = files_.sync_directory(directory_.c_str());
  if (error != 0 || !any) files_.remove(next.c_str());
  if (error != 0 || !any) return error;
  written_ += s.octets;
  // They are not kept aside: nobody can tell whose addresses are in them, and their time is over.
  if (damaged > 0 || come_to < before)
    log::line(log::level::warning, "trace-damaged")
        .with("segment", static_cast<std::int64_t>(number))
        .with("blocks_dropped", damaged)
        .with("octets_behind", static_cast<std::int64_t>(before - std::min(before, come_to)));
  if (s.octets == 0) forget(static_cast<std::size_t>(known - segments_.begin()));
  else *known = s;
  return 0;
}

}  // namespace sluice::gateway
