// sluice profile pack: signed profile packs: keys, build, verify, show. The command line is in cmd_profile.cpp.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/records/profile_pack.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/profiles/pack.hpp"
#include "firmware/profiles/profile_loader.hpp"

namespace sluice::gateway {
namespace {

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

}  // namespace

int pack_keys(const pack_options& o) {
  profiles::pack_secret secret;
  profiles::pack_key key;
  if (!profiles::make_pack_keys(secret, key)) return complain("the crypto library could not start", exit_code::failed);
  if (!write_new(o.path, concat(profiles::format_key(secret), "\n"), 0600)) return complain(concat("cannot write ", o.path, ": ", std::strerror(errno)), exit_code::failed);
  if (!write_new(concat(o.path, ".pub"), concat(profiles::format_key(key), "\n"), 0644)) return complain(concat("cannot write ", o.path, ".pub: ", std::strerror(errno)), exit_code::failed);
  std::printf("%s\n", profiles::format_key(key).c_str());
  return exit_code::ok;
}

int pack_build(const pack_options& o) {
  std::string text, error;
  profiles::pack_secret secret;
  if (!slurp(o.key, text)) return complain(concat(o.key, " cannot be read"), exit_code::failed);
  if (!profiles::parse_key(text, secret)) return complain(concat(o.key, ": this is no key of sluice profile pack keys"), exit_code::bad_config);
  profiles::pack made;
  made.serial = o.serial;
  made.made = std::time(nullptr);
  std::error_code failed;
  std::vector<std::filesystem::path> files;
  for (auto it = std::filesystem::directory_iterator(o.path, failed); !failed && it != std::filesystem::directory_iterator(); it.increment(failed)) {
    if (it->path().extension() == ".toml") files.push_back(it->path());
  }
  if (failed) return complain(concat(o.path, ": ", failed.message()), exit_code::failed);
  std::sort(files.begin(), files.end());
  std::vector<profiles::profile_problem> problems;
  for (const auto& file : files) {
    profiles::packed_profile one;
    inspect::profile parsed;
    if (!slurp(file.string(), one.text)) return complain(concat(file.string(), " cannot be read"), exit_code::failed);
    one.id = file.stem().string();
    if (profiles::read_profile(one.text, file.string(), parsed, problems) && parsed.id != one.id) problems.push_back({file.string(), 0, 0, "its id is not its file's name"});
    made.profiles.push_back(std::move(one));
  }
  for (const auto& p : problems) complain(profiles::format(p), 0);
  if (!problems.empty()) return exit_code::bad_config;
  const std::string file = profiles::build_pack(made, secret, error);
  if (file.empty()) return complain(concat(o.path, ": ", error), exit_code::bad_config);
  if (!write_new(o.output, file, 0644)) return complain(concat("cannot write ", o.output, ": ", std::strerror(errno)), exit_code::failed);
  std::printf("%s: serial %llu, %zu profiles, %zu octets, key %s\n", printable(o.output).c_str(), static_cast<unsigned long long>(o.serial), made.profiles.size(), file.size(),
              profiles::format_key(profiles::key_of(secret)).c_str());
  return exit_code::ok;
}

int pack_look(const pack_options& o, bool list) {
  std::string text, content, error;
  profiles::pack_key key;
  if (!slurp(o.key, text)) return complain(concat(o.key, " cannot be read"), exit_code::failed);
  if (!profiles::parse_key(text, key)) return complain(concat(o.key, ": this is no public key (44 characters of base64)"), exit_code::bad_config);
  if (!slurp(o.path, content)) return complain(concat(o.path, " cannot be read"), exit_code::failed);
  profiles::pack got;
  if (!profiles::read_pack(content, key, got, error)) return complain(concat(o.path, ": ", error), exit_code::negative);
  std::vector<profiles::profile_problem> problems;
  for (const profiles::packed_profile& p : got.profiles) {
    inspect::profile made;
    profiles::read_profile(p.text, concat(p.id, ".toml"), made, problems);
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

}  // namespace sluice::gateway
