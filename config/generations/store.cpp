#include "config/generations/store.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "config/toml_reader.hpp"

namespace sluice::config::generations {
namespace {

std::string text_name(std::uint64_t number) { return std::to_string(number) + ".toml"; }

// "12.toml" -> 12; 0 for every other name.
std::uint64_t number_of(std::string_view name) {
  std::uint64_t n = 0;
  const auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), n);
  return ec == std::errc{} && std::string_view(end) == ".toml" && std::string_view(end).size() == 5 ? n : 0;
}

class name_list : public hal::files::visitor {
 public:
  static constexpr std::size_t most = 4 * most_entries;  // what is beyond them is removed at the next start
  bool on_file(const char* name) override {
    names.emplace_back(name);
    return names.size() < most;
  }
  std::vector<std::string> names;
};

}  // namespace

int store::open(record& out, found& what) {
  out = {};
  what = found::nothing;
  if (const int error = files_.make_directory(directory_.c_str()); error != 0) return error;
  std::string text;
  const int error = read_file("state", most_record_octets, text);
  if (error != 0 && error != ENOENT && error != EFBIG) return error;
  if (error != ENOENT) {
    auto read = error == 0 ? record_from(text) : std::nullopt;
    what = read ? found::record : found::damaged;
    if (read) out = std::move(*read);
    else files_.rename(path("state").c_str(), path("state.damaged").c_str());
  }
  remove_leftovers(out);
  return 0;
}

// Also sees to it that no number is given twice, whatever became of the record.
void store::remove_leftovers(record& r) {
  name_list all;
  files_.list(directory_.c_str(), all);
  for (const std::string& name : all.names) {
    const std::uint64_t number = number_of(name);
    if (number >= r.next) r.next = number + 1;
    if (name.ends_with(".new") || (number != 0 && r.find(number) == nullptr)) files_.remove(path(name).c_str());
  }
}

int store::replace(const std::string& name, std::string_view text) {
  const std::string to = path(name), next = to + ".new";
  int fd = -1;
  files_.remove(next.c_str());
  int error = files_.create(next.c_str(), fd);
  if (error != 0) return error;
  error = files_.write(fd, 0, text.data(), text.size());
  if (error == 0) error = files_.sync(fd);
  const int closed = files_.close(fd);
  if (error == 0) error = closed;
  if (error == 0) error = files_.rename(next.c_str(), to.c_str());
  if (error == 0) error = files_.sync_directory(directory_.c_str());
  if (error != 0) files_.remove(next.c_str());
  return error;
}

int store::read_file(const std::string& name, std::size_t limit, std::string& out) {
  std::uint64_t size = 0;
  int error = files_.size_of(path(name).c_str(), size);
  if (error != 0) return error;
  if (size > limit) return EFBIG;
  int fd = -1;
  error = files_.open(path(name).c_str(), fd);
  if (error != 0) return error;
  out.resize(static_cast<std::size_t>(size));
  std::size_t got = 0;
  error = files_.read(fd, 0, out.data(), out.size(), got);
  out.resize(got);
  files_.close(fd);
  return error;
}

int store::keep(std::uint64_t number, std::string_view text) { return replace(text_name(number), text); }
int store::save(const record& r) { return replace("state", text_of(r)); }
int store::read(std::uint64_t number, std::string& text) { return read_file(text_name(number), max_file_bytes, text); }
void store::drop(std::uint64_t number) { files_.remove(path(text_name(number)).c_str()); }

}  // namespace sluice::config::generations
