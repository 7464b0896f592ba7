#include "config/check_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "config/value_text.hpp"

namespace sluice::config {
namespace {

class file_checker {
 public:
  file_checker(const positions& where, std::vector<problem>& problems) : where_(where), problems_(problems) {}

  void readable(const std::string& key, const std::string& file, bool is_secret = false) {
    if (file.empty()) return;
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return report(key, "cannot read " + quoted(file, 200) + ": " + std::strerror(errno));
    struct stat info {};
    const bool regular = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    close(fd);
    if (!regular)
      report(key, quoted(file, 200) + " is not a file");
    else if (is_secret && (info.st_mode & (S_IRWXG | S_IRWXO) & ~static_cast<mode_t>(S_IRGRP)) != 0)
      report(key, quoted(file, 200) + " is a secret that every user of this machine can read", "chmod 600 it", true);
  }

  // A directory that `is_ours` may be missing: it is made at the first start, if the one above it allows that.
  void directory(const std::string& key, const std::string& path, bool is_ours) {
    if (path.empty()) return;
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) {
      const int error = errno;
      const std::string above = path.substr(0, std::max<std::size_t>(1, path.rfind('/')));
      const bool can_make = is_ours && error == ENOENT && access(above.c_str(), W_OK | X_OK) == 0;
      if (can_make) return report(key, quoted(path, 200) + " is made at the first start", {}, true);
      return report(key, quoted(path, 200) + ": " + std::strerror(error), is_ours ? "create it: mkdir -p " + path : "");
    }
    if (!S_ISDIR(info.st_mode)) return report(key, quoted(path, 200) + " is not a directory");
    if (access(path.c_str(), is_ours ? R_OK | W_OK | X_OK : R_OK | X_OK) != 0)
      report(key, "cannot " + std::string(is_ours ? "write to " : "read ") + quoted(path, 200) + ": " +
                      std::strerror(errno));
  }

 private:
  void report(const std::string& key, std::string what, std::string remedy = {}, bool is_note = false) {
    problems_.push_back({where_.find(key), key, std::move(what), std::move(remedy), is_note});
  }

  const positions& where_;
  std::vector<problem>& problems_;
};

}  // namespace

void check_files(const model& m, const positions& where, std::vector<problem>& problems) {
  file_checker check(where, problems);
  check.directory("data_directory", m.data_directory, true);
  check.directory("inspect.profiles_directory", m.inspect.profiles_directory, false);
  check.readable("status.token_file", m.status.token_file, true);
  for (std::size_t i = 0; i < m.tls.certificates.size(); ++i) {
    const std::string path = "tls.certificates[" + std::to_string(i + 1) + "]";
    check.readable(path + ".certificate", m.tls.certificates[i].certificate);
    check.readable(path + ".key", m.tls.certificates[i].key, true);
  }
  check.readable("status.client_ca", m.status.client_ca);
  check.readable("status.client_crl", m.status.client_crl);
  check.readable("backup.recipient_key", m.backup.recipient_key);
  check.readable("auth.seal_key", m.auth.seal_key, true);
  check.readable("log.syslog.ca_file", m.log.syslog.ca_file);
  check.readable("tls.acme.ca_file", m.tls.acme.ca_file);
  check.readable("tls.acme.account_binding", m.tls.acme.account_binding, true);
  check.readable("management.pull.ca_file", m.management.pull.ca_file);
  for (std::size_t i = 0; i < m.routes.size(); ++i)
    check.readable("route[" + std::to_string(i + 1) + "].ca_file", m.routes[i].ca_file);
}

}  // namespace sluice::config
