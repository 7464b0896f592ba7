// sluice restore: a backup becomes the data directory of this box.
#include <sodium.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "core/concat.hpp"
#include "firmware/gateway/trust/backup_file_read.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/secret_input.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "hal/linux/files.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

struct restore_words {
  std::string file, passphrase_file, key_file, config;
  restore_options what;
  std::vector<std::string> only;
  bool verify = false;
};

int cannot(const std::string& what) {
  std::fprintf(stderr, "sluice: %s; nothing was changed\n", printable(what).c_str());
  return exit_code::failed;
}

std::string unlock(const restore_words& o, disk_backup& file, backup_key& key) {
  if (!o.key_file.empty()) {
    std::ifstream in(o.key_file);
    std::string secret;
    if (!std::getline(in, secret)) return concat(o.key_file, ": cannot be read");
    std::string wrong = file.unlock_with_key(secret, key);
    sodium_memzero(secret.data(), secret.size());
    return wrong;
  }
  if (!file.wants_passphrase()) return file.unlock_with_passphrase({}, key);  // says why not
  auto passphrase = read_secret("passphrase", o.passphrase_file, false);
  if (!passphrase) return "there is no passphrase";
  std::string wrong = file.unlock_with_passphrase(*passphrase, key);
  sodium_memzero(passphrase->data(), passphrase->size());
  return wrong;
}

// The configuration file lies outside of the data directory: it is put there only where it was asked for.
int put_config(const restore_words& o) {
  const std::string from = concat(o.what.data_directory, "/restored/sluice.toml");
  if (o.config.empty()) {
    if (std::filesystem::exists(from)) std::printf("its configuration file is %s\n", printable(from).c_str());
    return exit_code::ok;
  }
  std::error_code ec;
  if (std::filesystem::exists(o.config)) std::filesystem::rename(o.config, concat(o.config, ".before-restore"), ec);
  if (!ec) std::filesystem::copy_file(from, o.config, ec);
  if (ec) {
    std::fprintf(stderr, "sluice: %s: %s; the configuration file is %s\n", printable(o.config).c_str(), ec.message().c_str(), printable(from).c_str());
    return exit_code::failed;
  }
  return exit_code::ok;
}

int run(restore_words& o) {
  if (sodium_init() < 0) return cannot("libsodium could not start");
  for (const std::string& s : o.only) {
    if (!is_section(s)) return std::fprintf(stderr, "sluice: --only takes config, identity, quarantine, baseline and state\n"), exit_code::usage;
    o.what.only.insert(s);
  }
  if (!o.verify && o.what.data_directory.empty()) return std::fprintf(stderr, "sluice: say where to with --data-directory DIR, or --verify\n"), exit_code::usage;
  hal::linux_files files;
  disk_backup file(o.file);
  backup_key key{};
  restore_report report;
  if (std::string wrong = unlock(o, file, key); !wrong.empty()) return cannot(wrong);
  if (std::string wrong = verify_backup(file, key, o.what, report); !wrong.empty()) return cannot(concat(o.file, ": ", wrong));
  std::printf("%s: of %s, made %s by version %s, %llu files, %llu octets\n", printable(o.file).c_str(), printable(report.manifest.hostname).c_str(),
              status::utc(report.manifest.created).c_str(), printable(report.manifest.program).c_str(), static_cast<unsigned long long>(report.whole.files),
              static_cast<unsigned long long>(report.whole.octets));
  if (o.verify) return exit_code::ok;
  if (::mkdir(o.what.data_directory.c_str(), 0700) != 0 && errno != EEXIST) return cannot(concat(o.what.data_directory, ": ", std::strerror(errno)));
  if (std::string wrong = in_use(files, o.what.data_directory); !wrong.empty()) return cannot(wrong);
  std::string wrong = stage_restore(file, files, key, o.what, report);
  sodium_memzero(key.data(), key.size());
  if (!wrong.empty()) {
    const bool begun = std::filesystem::exists(concat(o.what.data_directory, "/restore.journal"));
    if (!begun) return cannot(wrong);
    std::fprintf(stderr, "sluice: %s; the rest is done at the next start, or by this command again\n", printable(wrong).c_str());
    return exit_code::failed;
  }
  std::printf("%s: %llu files restored\n", printable(o.what.data_directory).c_str(), static_cast<unsigned long long>(report.restored.files));
  return put_config(o);
}

}  // namespace

void add_restore_command(CLI::App& app, command_result& result) {
  auto o = std::make_shared<restore_words>();
  CLI::App* c = app.add_subcommand("restore", "make a backup the data directory of this box");
  c->add_option("FILE", o->file, "of sluice backup")->required();
  c->add_option("-d,--data-directory", o->what.data_directory, "directory to restore to; what it has is replaced, and no Sluice may run with it");
  c->add_option("--only", o->only, "parts: config, identity, quarantine, baseline, state; may be given several times")->delimiter(',');
  auto* phrase = c->add_option("--passphrase-file", o->passphrase_file, "file with the passphrase in its first line; - is standard input");
  c->add_option("--key-file", o->key_file, "file with the secret key, for a backup that was made for one")->excludes(phrase);
  c->add_option("-c,--config", o->config, "where to write the configuration file; one that is there is kept beside it");
  c->add_flag("--verify", o->verify, "read the whole file, say whether it is whole and genuine, and change nothing");
  c->footer("Example: sluice restore mx1.sluice-backup --data-directory /var/lib/sluice --config /etc/sluice/sluice.toml\n"
            "Exit status: 0, 2 wrong usage, 4 the file is not whole, or could not be restored.");
  c->callback([o, &result] { result.code = run(*o); });
}

}  // namespace sluice::gateway
