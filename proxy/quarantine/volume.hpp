// The quarantine's place on the data partition: directories, the owner's lock, the free-space floor and the one scratch
// buffer that every encrypted read and write goes through. Shared by spool and store; belongs to the storage thread.
//
//   DIR/lock         held by the daemon as long as it lives (role::owner)
//   DIR/master.key   wraps the message keys (see keys.hpp)
//   DIR/index.db     SQLite
//   DIR/mail/ID.msg  content of message ID, encrypted
//   DIR/mail/ID.own  mail of our own that waits, encrypted
//   DIR/mail/N.part  belongs to nobody yet: spooled, or being put; the owner removes all of them at start
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hal/include/hal/files.hpp"
#include "quarantine/errc.hpp"

namespace sluice::quarantine {

enum class role : std::uint8_t {
  owner,  // the daemon: creates, migrates, cleans up. One per directory.
  guest,  // the command line: uses what is there, beside a running daemon or without one
};

class volume {
 public:
  struct options {
    std::string directory;                              // created by the owner, its parent must exist
    std::uint64_t free_floor_bytes = 16 * 1024 * 1024;  // nothing is written that would leave less free space
    role as = role::owner;
  };

  // `fs` must outlive the volume. Errors: in_use, not_initialised, disk_full, read_only, io; `why` gets the words.
  static result<std::unique_ptr<volume>> open(hal::files& fs, options, std::string* why = nullptr);
  ~volume();
  volume(const volume&) = delete;
  volume& operator=(const volume&) = delete;

  hal::files& fs() { return fs_; }
  role as() const { return options_.as; }
  const std::string& directory() const { return options_.directory; }
  const std::string& mail_directory() const { return mail_directory_; }
  std::string message_path(std::string_view id) const;  // DIR/mail/ID.msg
  std::string own_path(std::string_view id) const;      // DIR/mail/ID.own
  std::string next_part_path();                         // a new name, DIR/mail/N.part
  std::uint32_t leftovers_removed() const { return leftovers_removed_; }

  // disk_full when writing `bytes` would pass the floor.
  result<void> check_space(std::uint64_t bytes);
  std::uint64_t bytes_written() const { return bytes_written_; }  // message files only, since open
  void count_written(std::uint64_t n) { bytes_written_ += n; }

  // One frame of ciphertext; valid during a single call of a reader or writer.
  std::vector<char>& scratch() { return scratch_; }

  // Keeps the words for the log (which file, which call, strerror) and returns the code.
  errc fail(errc, std::string_view what);
  errc fail_errno(int error, std::string_view what);
  const std::string& last_error() const { return last_error_; }
  void restore_error(const std::string& words) { last_error_ = words; }  // after cleaning up behind a failure

 private:
  volume(hal::files& fs, options&& o);
  result<void> prepare();

  hal::files& fs_;
  options options_;
  std::string mail_directory_, last_error_;
  std::vector<char> scratch_;
  std::uint64_t bytes_written_ = 0, part_counter_ = 0;
  std::uint32_t leftovers_removed_ = 0;
  int lock_fd_ = -1;
};

}  // namespace sluice::quarantine
