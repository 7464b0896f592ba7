// A backup in a file, for the commands that read one.
#pragma once
#include <cstdio>
#include <memory>
#include <string>

#include "firmware/gateway/trust/restore.hpp"

namespace sluice::gateway {

class disk_backup : public backup_file {
 public:
  explicit disk_backup(const std::string& path);
  bool rewind() override;
  std::size_t read(char* to, std::size_t n) override;

  // Empty, or why not: it cannot be read, it is no backup, or the secret does not fit its kind.
  std::string unlock_with_passphrase(const std::string& passphrase, backup_key& key);
  std::string unlock_with_key(const std::string& secret_base64, backup_key& key);
  bool wants_passphrase();

 private:
  std::string lock(backup_lock& out);

  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  int error_ = 0;
};

}  // namespace sluice::gateway
