// sluice backup: takes a backup of the running program and looks at once whether it can be restored.
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "core/concat.hpp"
#include "firmware/gateway/trust/backup_file_read.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/control_client.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/secret_input.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

using status::http::verb;
struct backup_words {
  std::string config = "/etc/sluice/sluice.toml", output, passphrase_file, make_key;
  bool recipient = false;
};

int cannot(const std::string& what) {
  std::fprintf(stderr, "sluice: %s\n", printable(what).c_str());
  return exit_code::failed;
}

bool write_new(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool good = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  return good;
}

int make_key(const std::string& path) {
  std::string open, secret;
  make_recipient(open, secret);
  if (!write_new(path, concat(secret, "\n"))) return cannot(concat(path, ": ", std::strerror(errno)));
  sodium_memzero(secret.data(), secret.size());
  std::printf("%s\n", open.c_str());
  std::fprintf(stderr, "Keep %s away from the box; the line above belongs into the file of backup.recipient_key.\n", printable(path).c_str());
  return exit_code::ok;
}

int fetch(const backup_words& o, const std::string& directory, const std::string& body) {
  const std::string part = concat(o.output, ".part");
  ::unlink(part.c_str());
  const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return cannot(concat(part, ": ", std::strerror(errno)));
  int error = 0;
  const auto take = [&](std::string_view piece) {
    while (!piece.empty() && error == 0) {
      const ssize_t n = ::write(fd, piece.data(), piece.size());
      if (n < 0 && errno != EINTR) error = errno;
      if (n > 0) piece.remove_prefix(static_cast<std::size_t>(n));
    }
    return error == 0;
  };
  const control_reply answer = ask_control(directory, body.empty() ? verb::get : verb::post, "/api/v1/backup", body, take);
  if (error == 0 && ::fsync(fd) != 0) error = errno;
  ::close(fd);
  if (answer.good() && error == 0) return exit_code::ok;
  ::unlink(part.c_str());
  return cannot(error != 0 ? concat(part, ": ", std::strerror(error)) : words_of(answer));
}

// A file that arrived is worth nothing before it was read: the passphrase is at hand, so this is done now.
int check_and_name(const backup_words& o, const std::string& passphrase) {
  const std::string part = concat(o.output, ".part");
  restore_report report;
  if (!o.recipient) {
    disk_backup file(part);
    backup_key key{};
    std::string wrong = file.unlock_with_passphrase(passphrase, key);
    if (wrong.empty()) wrong = verify_backup(file, key, {}, report);
    sodium_memzero(key.data(), key.size());
    if (!wrong.empty()) {
      ::unlink(part.c_str());
      return cannot(concat("the backup is not usable: ", wrong));
    }
  }
  if (::rename(part.c_str(), o.output.c_str()) != 0) return cannot(concat(o.output, ": ", std::strerror(errno)));
  if (o.recipient) std::printf("%s: written; only the owner of the key can read it\n", printable(o.output).c_str());
  else
    std::printf("%s: %llu files, %llu octets, read back and whole\n", printable(o.output).c_str(), static_cast<unsigned long long>(report.whole.files),
                static_cast<unsigned long long>(report.whole.octets));
  return exit_code::ok;
}

int run(const backup_words& o) {
  if (sodium_init() < 0) return cannot("libsodium could not start");
  if (!o.make_key.empty()) return make_key(o.make_key);
  if (o.output.empty()) {
    std::fputs("sluice: say where to with --output FILE\n", stderr);
    return exit_code::usage;
  }
  int code = exit_code::ok;
  const auto m = load_config(o.config, false, code);
  if (!m) return code;
  std::string passphrase, body;
  if (!o.recipient) {
    auto given = read_secret("passphrase", o.passphrase_file, true);
    if (!given) return exit_code::usage;
    passphrase = std::move(*given);
    body = concat("{\"passphrase\":", json_string(passphrase), "}");
  }
  code = fetch(o, m->data_directory, body);
  sodium_memzero(body.data(), body.size());
  if (code == exit_code::ok) code = check_and_name(o, passphrase);
  sodium_memzero(passphrase.data(), passphrase.size());
  return code;
}

}  // namespace

void add_backup_command(CLI::App& app, command_result& result) {
  auto o = std::make_shared<backup_words>();
  CLI::App* c = app.add_subcommand("backup", "write everything that makes this box itself into one encrypted file");
  c->add_option("-o,--output", o->output, "file to write");
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
  auto* phrase = c->add_option("--passphrase-file", o->passphrase_file, "file with the passphrase in its first line; - is standard input");
  c->add_flag("--recipient", o->recipient, "encrypt to backup.recipient_key instead of asking for a passphrase")->excludes(phrase);
  c->add_option("--make-key", o->make_key, "make a pair of keys: the secret one goes to this file, the public one to standard output");
  c->footer("Example: sluice backup --output mx1.sluice-backup\n"
            "Exit status: 0, 2 wrong usage, 3 bad configuration, 4 no program runs, or the file could not be written.");
  c->callback([o, &result] { result.code = run(*o); });
}

}  // namespace sluice::gateway
