// sluice profile pack: signed profile packs: keys, build, verify, show. Called by cmd_profile.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "firmware/gateway/commands.hpp"
#include "firmware/gateway/profile_pack.hpp"
#include "firmware/gateway/terminal.hpp"
#include "firmware/profiles/pack.hpp"
#include "firmware/profiles/profile_loader.hpp"

namespace sluice::gateway {
namespace {

struct pack_options {
  std::string path, key, output;
  std::uint64_t serial = 0;
};

int complain(const std::string& what, int code) {
  std::fprintf(stderr, "sluice: %s\n", printable(what).c_str());
  return code;
}

bool slurp(const std::string& path, std::string& out) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  out.assign(std::istreambuf_iterator<char>(in), {});
  return !in.bad();
}

// A new file, readable by its owner alone.
bool write_new(const std::string& path, const std::string& text, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return false;
  const bool good = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return ::close(fd) == 0 && good;
}

int keys(const pack_options& o) {
  profiles::pack_secret secret;
  profiles::pack_key key;
  if (!profiles::make_pack_keys(secret, key)) return complain("the crypto library could not start", exit_code::failed);
  if (!write_new(o.path, profiles::format_key(secret) + "\n", 0600)) return complain("cannot write " + o.path + ": " + std::strerror(errno), exit_code::failed);
  if (!write_new(o.path + ".pub", profiles::format_key(key) + "\n", 0644)) return complain("cannot write " + o.path + ".pub: " + std::strerror(errno), exit_code::failed);
  std::printf("%s\n", profiles::format_key(key).c_str());
  return exit_code::ok;
}

int build(const pack_options& o) {
  std::string text, error;
  profiles::pack_secret secret;
  if (!slurp(o.key, text)) return complain(o.key + " cannot be read", exit_code::failed);
  if (!profiles::parse_key(text, secret)) return complain(o.key + ": this is no key of sluice profile pack keys", exit_code::bad_config);
  profiles::pack made;
  made.serial = o.serial;
  made.made = std::time(nullptr);
  std::error_code failed;
  std::vector<std::filesystem::path> files;
  for (auto it = std::filesystem::directory_iterator(o.path, failed); !failed && it != std::filesystem::directory_iterator(); it.increment(failed)) {
    if (it->path().extension() == ".toml") files.push_back(it->path());
  }
  if (failed) return complain(o.path + ": " + failed.message(), exit_code::failed);
  std::sort(files.begin(), files.end());
  std::vector<profiles::profile_problem> problems;
  for (const auto& file : files) {
    profiles::packed_profile one;
    inspect::profile parsed;
    if (!slurp(file.string(), one.text)) return complain(file.string() + " cannot be read", exit_code::failed);
    one.id = file.stem().string();
    if (profiles::read_profile(one.text, file.string(), parsed, problems) && parsed.id != one.id) problems.push_back({file.string(), 0, 0, "its id is not its file's name"});
    made.profiles.push_back(std::move(one));
  }
  for (const auto& p : problems) complain(profiles::format(p), 0);
  if (!problems.empty()) return exit_code::bad_config;
  const std::string file = profiles::build_pack(made, secret, error);
  if (file.empty()) return complain(o.path + ": " + error, exit_code::bad_config);
  if (!write_new(o.output, file, 0644)) return complain("cannot write " + o.output + ": " + std::strerror(errno), exit_code::failed);
  std::printf("%s: serial %llu, %zu profiles, %zu octets, key %s\n", printable(o.output).c_str(), static_cast<unsigned long long>(o.serial), made.profiles.size(), file.size(),
              profiles::format_key(profiles::key_of(secret)).c_str());
  return exit_code::ok;
}

int look(const pack_options& o, bool list) {
  std::string text, content, error;
  profiles::pack_key key;
  if (!slurp(o.key, text)) return complain(o.key + " cannot be read", exit_code::failed);
  if (!profiles::parse_key(text, key)) return complain(o.key + ": this is no public key (44 characters of base64)", exit_code::bad_config);
  if (!slurp(o.path, content)) return complain(o.path + " cannot be read", exit_code::failed);
  profiles::pack got;
  if (!profiles::read_pack(content, key, got, error)) return complain(o.path + ": " + error, exit_code::negative);
  std::vector<profiles::profile_problem> problems;
  for (const profiles::packed_profile& p : got.profiles) {
    inspect::profile made;
    profiles::read_profile(p.text, p.id + ".toml", made, problems);
    if (list) std::printf("%-26s %6zu octets  %s\n", p.id.c_str(), p.text.size(), printable(made.name).c_str());
  }
  for (const auto& p : problems) complain(profiles::format(p), 0);
  if (!problems.empty()) return exit_code::bad_config;
  const std::time_t made = static_cast<std::time_t>(got.made);
  std::tm when{};
  gmtime_r(&made, &when);
  char day[32];
  std::strftime(day, sizeof day, "%Y-%m-%d %H:%M", &when);
  std::printf("signature good, serial %llu, made %s UTC, %zu profiles, %zu octets\n", static_cast<unsigned long long>(got.serial), day, got.profiles.size(), content.size());
  return exit_code::ok;
}

}  // namespace

void add_profile_pack_command(CLI::App& profile, command_result& result) {
  auto o = std::make_shared<pack_options>();
  CLI::App* top = profile.add_subcommand("pack", "signed packs of profiles, apart from firmware");
  top->require_subcommand(1);
  CLI::App* c = top->add_subcommand("keys", "make a signing key; its public half goes to FILE.pub and standard output");
  c->add_option("FILE", o->path, "new file for the secret key")->required();
  c->callback([o, &result] { result.code = keys(*o); });
  c = top->add_subcommand("build", "sign the profiles of a directory");
  c->add_option("DIR", o->path, "directory of .toml files")->required();
  c->add_option("--key", o->key, "secret key of pack keys")->required()->type_name("FILE");
  c->add_option("--serial", o->serial, "number of this pack; boxes refuse a lower one than they had")->required();
  c->add_option("-o,--output", o->output, "new file")->required()->type_name("FILE");
  c->callback([o, &result] { result.code = build(*o); });
  for (const bool list : {false, true}) {
    c = list ? top->add_subcommand("show", "verify a pack and list its profiles") : top->add_subcommand("verify", "check signature and profiles of a pack");
    c->add_option("FILE", o->path, "the pack")->required();
    c->add_option("--trust", o->key, "file with the public key")->required()->type_name("FILE");
    c->callback([o, list, &result] { result.code = look(*o, list); });
  }
  top->footer(
      "Example: sluice profile pack build profiles/ --key pack.key --serial 12 --output profiles.pack\n"
      "Exit status: 0, 1 the signature is wrong, 2 wrong usage, 3 a profile or key is wrong, 4 a file could not be read or written.");
}

}  // namespace sluice::gateway
