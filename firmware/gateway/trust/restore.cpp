#include "firmware/gateway/trust/restore.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "core/concat.hpp"
#include "quarantine/schema.hpp"
#include "status/access/store.hpp"

namespace sluice::gateway {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view staged = "/restore.staged", old = "/restore.old", journal = "/restore.journal";
constexpr std::size_t most_journal_octets = 8 * 1024, most_units = 64;

std::string words(const std::string& path, int error) { return concat(path, ": ", std::strerror(error)); }

std::string unit_of(std::string_view path) { return std::string(path.substr(0, path.find('/'))); }

bool is_wanted(const restore_options& o, std::string_view path) { return o.only.empty() || o.only.contains(section_of_path(path)); }

int remove_tree(const std::string& path) {
  std::error_code ec;
  fs::remove_all(path, ec);
  return ec.value();
}

// The folders above a file, each made durable in the one above it.
int make_folders(hal::files& files, const std::string& base, std::string_view path) {
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    const std::string folder = concat(base, "/", path.substr(0, slash));
    if (const int error = files.make_directory(folder.c_str()); error != 0) return error;
    if (const int error = files.sync_directory(folder.substr(0, folder.rfind('/')).c_str()); error != 0) return error;
  }
  return 0;
}

// Writes the files of a backup below a folder.
class stager {
 public:
  stager(hal::files& files, std::string base) : files_(files), base_(std::move(base)) {}
  ~stager() {
    if (fd_ >= 0) files_.close(fd_);
  }
  stager(const stager&) = delete;
  stager& operator=(const stager&) = delete;

  std::string begin(const std::string& path) {
    path_ = concat(base_, "/", path);
    at_ = 0;
    int error = make_folders(files_, base_, path);
    if (error == 0) error = files_.create(path_.c_str(), fd_);
    return error == 0 ? std::string() : words(path_, error);
  }
  std::string write(std::string_view piece) {
    const int error = files_.write(fd_, at_, piece.data(), piece.size());
    at_ += piece.size();
    return error == 0 ? std::string() : words(path_, error);
  }
  std::string end() {
    int error = files_.sync(fd_);
    const int closed = files_.close(std::exchange(fd_, -1));
    if (error == 0) error = closed;
    if (error == 0) error = files_.sync_directory(path_.substr(0, path_.rfind('/')).c_str());
    return error == 0 ? std::string() : words(path_, error);
  }

 private:
  hal::files& files_;
  std::string base_, path_;
  int fd_ = -1;
  std::uint64_t at_ = 0;
};

std::string refuse_newer(const backup_manifest& m) {
  if (m.format > backup_format || m.schema > static_cast<int>(quarantine::schema_steps().size()))
    return concat("this backup was made by a newer version of Sluice (", m.program, "); install that one first");
  return {};
}

std::string read_lines(backup_file& file, std::string& lines) {
  backup_lock lock;
  if (!file.rewind()) return "the file cannot be read";
  return read_backup_lock([&file](char* to, std::size_t n) { return file.read(to, n); }, lock, lines);
}

std::string put_in_place(hal::files& files, const std::string& directory, const std::string& unit) {
  const std::string from = concat(directory, staged, "/", unit), to = concat(directory, "/", unit), away = concat(directory, old, "/", unit);
  std::error_code ec;
  const bool waits = fs::exists(fs::symlink_status(from, ec));
  if (ec && ec != std::errc::no_such_file_or_directory) return words(from, ec.value());
  if (!waits) return {};  // a former run got that far
  const bool there = fs::exists(fs::symlink_status(to, ec));
  if (ec && ec != std::errc::no_such_file_or_directory) return words(to, ec.value());
  int error = 0;
  if (there) error = files.rename(to.c_str(), away.c_str());
  if (error == 0) error = files.rename(from.c_str(), to.c_str());
  if (error == 0) error = files.sync_directory(directory.c_str());
  return error == 0 ? std::string() : words(to, error);
}

}  // namespace

bool is_section(std::string_view name) {
  for (const std::string_view s : {"config", "identity", "quarantine", "baseline", "state"})
    if (s == name) return true;
  return false;
}

std::string verify_backup(backup_file& file, const backup_key& key, const restore_options& o, restore_report& out) {
  std::string lines, path;
  out = {};
  if (std::string wrong = read_lines(file, lines); !wrong.empty()) return wrong;
  std::set<std::string> units;
  backup_events events;
  events.on_manifest = [&](const backup_manifest& m) { return out.manifest = m, refuse_newer(m); };
  events.on_file = [&](const std::string& p, std::uint64_t size) -> std::string {
    if (!is_wanted(o, p)) return {};
    units.insert(unit_of(p));
    ++out.restored.files;
    out.restored.octets += size;
    return units.size() > most_units ? "the backup has more parts than this version knows" : "";
  };
  events.on_piece = [](std::string_view) { return std::string(); };
  events.on_file_end = [] { return std::string(); };
  std::string wrong = read_backup([&file](char* to, std::size_t n) { return file.read(to, n); }, lines, key, events, out.whole);
  if (wrong.empty() && out.restored.files == 0) wrong = "the backup has nothing of what is asked for";
  return wrong;
}

std::string stage_restore(backup_file& file, hal::files& files, const backup_key& key, const restore_options& o, restore_report& out) {
  const std::string base = concat(o.data_directory, staged);
  if (std::string wrong = finish_restore(files, o.data_directory); !wrong.empty()) return wrong;
  for (const std::string& leftover : {base, concat(o.data_directory, old)})
    if (const int error = remove_tree(leftover); error != 0) return words(leftover, error);
  hal::volume_space space;
  if (files.space_of(o.data_directory.c_str(), space) == 0 && space.free_bytes < out.restored.octets + out.restored.octets / 16)
    return words(o.data_directory, ENOSPC);
  for (const std::string& folder : {base, concat(o.data_directory, old)})
    if (const int error = files.make_directory(folder.c_str()); error != 0) return words(folder, error);
  std::string lines;
  if (std::string wrong = read_lines(file, lines); !wrong.empty()) return wrong;
  stager stage(files, base);
  bool wanted = false;
  std::set<std::string> units;
  backup_events events;
  events.on_manifest = [](const backup_manifest& m) { return refuse_newer(m); };
  events.on_file = [&](const std::string& path, std::uint64_t) -> std::string {
    wanted = is_wanted(o, path);
    if (wanted) units.insert(unit_of(path));
    return wanted ? stage.begin(path) : std::string();
  };
  events.on_piece = [&](std::string_view piece) { return wanted ? stage.write(piece) : std::string(); };
  events.on_file_end = [&] { return wanted ? stage.end() : std::string(); };
  std::string wrong = read_backup([&file](char* to, std::size_t n) { return file.read(to, n); }, lines, key, events, out.whole);
  if (!wrong.empty()) return remove_tree(base), wrong;
  int error = files.sync_directory(base.c_str());
  if (error == 0) error = files.sync_directory(o.data_directory.c_str());
  std::string text;
  for (const std::string& unit : units) append_to(text, unit, "\n");
  if (error == 0) error = status::replace_file(files, concat(o.data_directory, journal), text);
  return error == 0 ? finish_restore(files, o.data_directory) : words(o.data_directory, error);
}

std::string finish_restore(hal::files& files, const std::string& data_directory) {
  std::string text, unit;
  const std::string path = concat(data_directory, journal);
  int error = status::read_file(files, path, most_journal_octets, text);
  if (error == ENOENT) return {};
  if (error != 0) return words(path, error);
  error = files.make_directory((concat(data_directory, old)).c_str());
  if (error != 0) return words(concat(data_directory, old), error);
  std::istringstream units(text);
  while (std::getline(units, unit)) {
    if (!is_backup_path(unit) || unit.find('/') != std::string::npos) return concat(path, ": is damaged");
    if (std::string wrong = put_in_place(files, data_directory, unit); !wrong.empty()) return wrong;
  }
  error = files.remove(path.c_str());
  if (error == 0) error = files.sync_directory(data_directory.c_str());
  if (error != 0) return words(path, error);
  remove_tree(concat(data_directory, staged));  // what cannot be removed takes room and nothing else
  remove_tree(concat(data_directory, old));
  return {};
}

std::string in_use(hal::files& files, const std::string& data_directory) {
  for (const char* name : {"/quarantine/lock", "/baseline.lock"}) {
    const std::string path = concat(data_directory, name);
    std::uint64_t size = 0;
    if (files.size_of(path.c_str(), size) != 0) continue;
    int fd = -1;
    const int error = files.lock(path.c_str(), fd);
    if (error == EWOULDBLOCK || error == EAGAIN) return concat("Sluice runs with ", data_directory, "; stop it first");
    if (error != 0) return words(path, error);
  }  // the locks are kept until this process ends: nothing starts meanwhile
  return {};
}

}  // namespace sluice::gateway
