#include "firmware/gateway/trust/backup_file_read.hpp"

#include <cerrno>
#include <cstring>

#include "core/concat.hpp"

namespace sluice::gateway {

disk_backup::disk_backup(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "rbe"), std::fclose) {
  if (!file_) error_ = errno;
}

bool disk_backup::rewind() { return file_ && std::fseek(file_.get(), 0, SEEK_SET) == 0; }

std::size_t disk_backup::read(char* to, std::size_t n) { return file_ ? std::fread(to, 1, n, file_.get()) : 0; }

std::string disk_backup::lock(backup_lock& out) {
  if (!rewind()) return concat(path_, ": ", std::strerror(error_ != 0 ? error_ : EIO));
  std::string lines;
  return read_backup_lock([this](char* to, std::size_t n) { return read(to, n); }, out, lines);
}

bool disk_backup::wants_passphrase() {
  backup_lock l;
  return lock(l).empty() && l.by_passphrase();
}

std::string disk_backup::unlock_with_passphrase(const std::string& passphrase, backup_key& key) {
  backup_lock l;
  if (std::string wrong = lock(l); !wrong.empty()) return wrong;
  if (!l.by_passphrase()) return "this backup is for a key: give it with --key-file";
  return open_lock(l, passphrase, key) ? std::string() : "the key could not be derived: not enough memory";
}

std::string disk_backup::unlock_with_key(const std::string& secret_base64, backup_key& key) {
  backup_lock l;
  if (std::string wrong = lock(l); !wrong.empty()) return wrong;
  if (l.by_passphrase()) return "this backup has a passphrase: give it with --passphrase-file";
  return open_lock_with(l, secret_base64, key) ? std::string() : concat("this is not the key that the backup was made for (", l.recipient, ")");
}

}  // namespace sluice::gateway
