#include "quarantine/volume.hpp"

#include <sodium/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/concat.hpp"
#include "quarantine/limits.hpp"
#include "quarantine/sealed_file.hpp"

namespace sluice::quarantine {
namespace {

// Removes what nobody owns. Entries found while a directory is read may be removed (POSIX readdir).
class leftover_remover : public hal::files::visitor {
 public:
  leftover_remover(hal::files& fs, const std::string& directory) : fs_(fs), directory_(directory) {}
  bool on_file(const char* name) override {
    if (std::string_view(name).ends_with(".part") && fs_.remove((concat(directory_, '/', name)).c_str()) == 0) ++removed;
    return true;
  }
  std::uint32_t removed = 0;

 private:
  hal::files& fs_;
  const std::string& directory_;
};

}  // namespace

volume::volume(hal::files& fs, options&& o) : fs_(fs), options_(std::move(o)) {
  mail_directory_ = concat(options_.directory, "/mail");
}

volume::~volume() {
  if (lock_fd_ >= 0) fs_.close(lock_fd_);
}

result<std::unique_ptr<volume>> volume::open(hal::files& fs, options o, std::string* why) {
  std::unique_ptr<volume> v(new volume(fs, std::move(o)));
  const result<void> prepared = sodium_init() < 0 ? v->fail(errc::io, "libsodium has no random source") : v->prepare();
  if (!prepared) {
    if (why != nullptr) *why = v->last_error_;
    return prepared.error();
  }
  return v;
}

result<void> volume::prepare() {
  scratch_.resize(frame_bytes + 2 * frame_overhead_bytes + file_header_bytes);
  const char* const top = options_.directory.c_str();
  std::uint64_t bytes = 0;
  if (options_.as == role::guest) {
    const int error = fs_.size_of((concat(options_.directory, "/index.db")).c_str(), bytes);
    if (error == ENOENT || error == ENOTDIR) return fail(errc::not_initialised, options_.directory);
    if (error != 0) return fail_errno(error, options_.directory);
    return {};
  }
  if (fs_.size_of(top, bytes) == ENOENT) {
    if (const int error = fs_.make_directory(top)) return fail_errno(error, options_.directory);
    const std::string parent = concat(options_.directory, "/..");
    if (const int error = fs_.sync_directory(parent.c_str())) return fail_errno(error, parent);
  }
  const std::string lock_path = concat(options_.directory, "/lock");
  if (const int error = fs_.lock(lock_path.c_str(), lock_fd_)) {
    return error == EWOULDBLOCK ? fail(errc::in_use, lock_path) : fail_errno(error, lock_path);
  }
  if (const int error = fs_.make_directory(mail_directory_.c_str())) return fail_errno(error, mail_directory_);
  leftover_remover remover(fs_, mail_directory_);
  if (const int error = fs_.list(mail_directory_.c_str(), remover)) return fail_errno(error, mail_directory_);
  leftovers_removed_ = remover.removed;
  if (const int error = fs_.sync_directory(top)) return fail_errno(error, options_.directory);
  return {};
}

std::string volume::message_path(std::string_view id) const {
  std::string path = mail_directory_;
  path.append(1, '/').append(id).append(".msg");
  return path;
}

std::string volume::own_path(std::string_view id) const {
  std::string path = mail_directory_;
  path.append(1, '/').append(id).append(".own");
  return path;
}

std::string volume::next_part_path() {
  // The owner removed every .part at start, so a counter is unique; guests, who queue own mail, have their process's id.
  const std::string of = options_.as == role::owner ? "" : concat("guest", std::to_string(::getpid()), "-");
  return concat(mail_directory_, '/', of, std::to_string(++part_counter_), ".part");
}

result<void> volume::check_space(std::uint64_t bytes) {
  hal::volume_space space;
  if (const int error = fs_.space_of(mail_directory_.c_str(), space)) return fail_errno(error, mail_directory_);
  if (space.free_bytes < options_.free_floor_bytes || space.free_bytes - options_.free_floor_bytes < bytes ||
      space.free_files < 16) {
    return fail(errc::disk_full, concat(mail_directory_, ": ", std::to_string(space.free_bytes), " bytes free, floor ",
                                     std::to_string(options_.free_floor_bytes)));
  }
  return {};
}

errc volume::fail(errc code, std::string_view what) {
  last_error_.assign(make_error_code(code).message()).append(": ").append(what);
  return code;
}

errc volume::fail_errno(int error, std::string_view what) {
  const errc code = from_errno(error);
  last_error_.assign(what).append(": ").append(std::strerror(error));
  return code;
}

}  // namespace sluice::quarantine
