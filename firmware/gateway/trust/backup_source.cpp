#include "firmware/gateway/trust/backup_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/concat.hpp"
#include "firmware/gateway/json_text.hpp"
#include "quarantine/schema.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t links_per_call = 256, most_depth = 6, skipped_told = 20;
constexpr int pages_per_call = 256;  // 1 MiB of index

// What belongs to this run of the program, or is made anew, or is told apart below.
bool is_left_out(const std::string& name) {
  for (const char* n : {"quarantine", "backup.tmp", "restore.staged", "restore.old", "restore.journal", "health.probe", "setup.secret", "restored"})
    if (name == n) return true;
  return name.ends_with(".lock") || name.ends_with(".new") || name.ends_with(".sock");
}

// Certificates and the configuration are often symbolic links (to the newest of a row): what they lead to is meant.
std::string target_of(const std::string& path) {
  std::error_code ec;
  const std::filesystem::path real = std::filesystem::canonical(path, ec);
  return ec ? path : real.string();
}

std::string file_meta(const std::string& name, std::uint64_t size) { return concat("{\"path\":", json_string(name), ",\"size\":", std::to_string(size), "}"); }

}  // namespace

backup_source::backup_source(hal::files& files, quarantine::store* store, backup_options options, const backup_lock& lock, const backup_key& key)
    : files_(files), store_(store), options_(std::move(options)), writer_(lock, key) {}

backup_source::~backup_source() {
  copy_.reset();
  if (mail_ != nullptr) ::closedir(mail_);
  for (const folder& f : folders_) ::closedir(f.at);
  if (fd_ >= 0) files_.close(fd_);
  clean(options_.data_directory);
}

void backup_source::clean(const std::string& data_directory) {
  std::error_code ignored;
  std::filesystem::remove_all(concat(data_directory, "/backup.tmp"), ignored);
}

std::string backup_source::fail(const std::string& what, int error) {
  error_ = concat(what, ": ", std::strerror(error));
  return {};
}

bool backup_source::push(const std::string& path, const std::string& name) {
  if (folders_.size() >= most_depth) return skip(name, "it lies too deep"), true;
  DIR* at = ::opendir(path.c_str());
  if (at == nullptr) return errno == ENOENT;
  folders_.push_back({at, path, name});
  return true;
}

void backup_source::skip(const std::string& name, const char* why) {
  ++skipped_;
  if (skipped_names_.size() < skipped_told) skipped_names_.push_back(name + ": " + why);
}

std::string backup_source::prepare() {
  clean(options_.data_directory);
  hal::volume_space space;
  std::uint64_t index = 0;
  const std::string db = concat(options_.data_directory, "/quarantine/index.db");
  files_.size_of(db.c_str(), index);
  if (files_.space_of(options_.data_directory.c_str(), space) == 0 && space.free_bytes < 2 * index + options_.free_floor_bytes) return fail("no room for a copy of the index", ENOSPC);
  for (const std::string& path : {concat(options_.data_directory, "/backup.tmp"), scratch("mail")})
    if (const int error = files_.make_directory(path.c_str()); error != 0) return fail(path, error);
  mail_ = ::opendir((concat(options_.data_directory, "/quarantine/mail")).c_str());
  phase_ = mail_ != nullptr && store_ != nullptr ? phase::link : phase::manifest;
  return {};
}

// A name that is linked already is left alone, so this may run twice over the same folder.
void backup_source::link_some(std::size_t most) {
  const std::string from = concat(options_.data_directory, "/quarantine/mail/"), to = scratch("mail/");
  for (std::size_t n = 0; n < most; ++n) {
    const dirent* entry = ::readdir(mail_);
    if (entry == nullptr) {
      phase_ = phase::copy;
      return;
    }
    const std::string name = entry->d_name;
    if (!name.ends_with(".msg") && !name.ends_with(".own")) continue;
    if (::link((concat(from, name)).c_str(), (concat(to, name)).c_str()) == 0 || errno == EEXIST || errno == ENOENT) continue;  // ENOENT: deleted meanwhile
    error_ = concat(to, name, ": ", std::strerror(errno));  // without its mail a backup is none
    return;
  }
}

std::string backup_source::begin_file(const std::string& path, const std::string& name) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};  // gone since it was listed
  if (!S_ISREG(info.st_mode)) return skip(name, "it is no plain file"), std::string();
  if (!is_backup_path(name)) return skip(name, "its name is too long or no text"), std::string();
  if (const int error = files_.open(path.c_str(), fd_); error != 0) return error == ENOENT ? std::string() : fail(path, error);
  size_ = static_cast<std::uint64_t>(info.st_size);
  at_ = 0;
  name_ = name;
  return writer_.record('F', file_meta(name, size_));
}

std::string backup_source::go_on() {
  if (at_ == size_) {
    files_.close(fd_);
    fd_ = -1;
    ++count_;
    octets_ += size_;
    return writer_.end_of_file();
  }
  std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(backup_piece_octets, size_ - at_)), '\0');
  std::size_t got = 0;
  const int error = files_.read(fd_, at_, piece.data(), piece.size(), got);
  if (error != 0 || got != piece.size()) return fail(concat(name_, " became shorter while it was read"), error != 0 ? error : EAGAIN);
  at_ += got;
  return writer_.piece(piece);
}

// One entry of the folder in hand: a file begins, a folder is gone into, or the next one is looked at.
std::string backup_source::walk() {
  folder& f = folders_.back();
  const dirent* entry = ::readdir(f.at);
  if (entry == nullptr) {
    ::closedir(f.at);
    folders_.pop_back();
    return {};
  }
  const std::string name = entry->d_name, path = concat(f.path, "/", name);
  if (name == "." || name == ".." || (phase_ == phase::own_files && f.name.empty() && is_left_out(name)) || name.ends_with(".new")) return {};
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (S_ISDIR(info.st_mode)) {
    const std::string below = concat(f.name, name, "/");
    return push(path, below) ? std::string() : fail(path, errno);
  }
  return begin_file(path, concat(f.name, name));
}

// The files that are not in a folder to be walked: the quarantine's key, the configuration, what it names.
std::string backup_source::extra_file() {
  const std::size_t n = extra_++;
  if (n == 0) return begin_file(concat(options_.data_directory, "/quarantine/master.key"), "quarantine/master.key");
  if (n == 1) return begin_file(scratch("index.db"), "quarantine/index.db");
  if (n == 2) return begin_file(target_of(options_.config_file), "restored/sluice.toml");
  if (n - 3 < options_.referenced.size()) return begin_file(target_of(options_.referenced[n - 3]), concat("restored/files", options_.referenced[n - 3]));
  phase_ = phase::end;
  return {};
}

std::string backup_source::next(std::int64_t now) {
  if (!error_.empty()) return {};
  if (fd_ >= 0) return go_on();
  switch (phase_) {
    case phase::prepare: return prepare();
    case phase::link: return link_some(links_per_call), std::string();
    case phase::copy: {
      if (!copy_) {
        auto begun = store_->begin_copy(scratch("index.db"));
        if (!begun) return error_ = concat("the index cannot be copied: ", begun.error().message()), std::string();
        copy_ = std::move(*begun);
      }
      const auto complete = copy_->step(pages_per_call);
      if (!complete) return error_ = concat("the index cannot be copied: ", complete.error().message()), std::string();
      if (!*complete) return {};
      copy_.reset();
      ::rewinddir(mail_);  // what came since; nothing comes now, this is the storage thread
      link_some(SIZE_MAX);
      phase_ = phase::manifest;
      return {};
    }
    case phase::manifest: {
      phase_ = phase::own_files;
      if (!push(options_.data_directory, "")) return fail(options_.data_directory, errno);
      const std::string meta = concat("{\"format\":", std::to_string(backup_format), ",\"program\":", json_string(options_.program), ",\"schema\":",
                               std::to_string(quarantine::schema_steps().size()), ",\"created\":", std::to_string(now), ",\"hostname\":", json_string(options_.hostname), "}");
      return concat(writer_.prologue(), writer_.record('M', meta));
    }
    case phase::own_files:
      if (!folders_.empty()) return walk();
      phase_ = phase::message_files;
      return push(scratch("mail"), "quarantine/mail/") ? std::string() : fail("backup.tmp/mail", errno);
    case phase::message_files:
      if (!folders_.empty()) return walk();
      phase_ = phase::extra;
      return {};
    case phase::extra: return extra_file();
    case phase::end: phase_ = phase::done; return writer_.last(count_, octets_);
    case phase::done: break;
  }
  return {};
}

}  // namespace sluice::gateway
