// See pack_store.hpp.
#include "firmware/gateway/records/pack_store.hpp"

#include <charconv>
#include <cstring>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/gateway/records/pack_trial.hpp"
#include "firmware/profiles/profile_loader.hpp"

namespace sluice::gateway {
namespace {

constexpr const char* kept_name = "profile-pack";
constexpr const char* held_name = "profile-pack.held";  // serial of the pack whose trial failed, and what it would have held

bool read_whole(hal::files& files, const std::string& path, std::string& out, std::string& error) {
  int fd = -1;
  int failed = files.open(path.c_str(), fd);
  if (failed == 0) {
    out.assign(profiles::max_pack_bytes + 1, '\0');
    std::size_t got = 0;
    failed = files.read(fd, 0, out.data(), out.size(), got);
    out.resize(got);
    files.close(fd);
  }
  if (failed != 0) error = concat(path, ": ", std::strerror(failed));
  return failed == 0;
}

int keep(hal::files& files, const std::string& directory, const char* name, const std::string& content) {
  const std::string path = concat(directory, "/", name), next = concat(path, ".new");
  files.remove(next.c_str());
  int fd = -1;
  int error = files.create(next.c_str(), fd);
  if (error != 0) return error;
  error = files.write(fd, 0, content.data(), content.size());
  if (error == 0) error = files.sync(fd);
  files.close(fd);
  if (error == 0) error = files.rename(next.c_str(), path.c_str());
  if (error == 0) error = files.sync_directory(directory.c_str());
  return error;
}

// Signature, and that every profile is one.
bool good_pack(const std::string& content, const profiles::pack_key& key, profiles::pack& out, std::string& error) {
  if (!profiles::read_pack(content, key, out, error)) return false;
  std::vector<profiles::profile_problem> problems;
  for (const profiles::packed_profile& p : out.profiles) {
    inspect::profile made;
    if (!profiles::read_profile(p.text, concat(p.id, ".toml"), made, problems)) return error = profiles::format(problems.front()), false;
    if (made.id != p.id) return error = concat(p.id, ".toml: its id is ", made.id), false;
  }
  return true;
}

}  // namespace

pack_choice choose_pack(hal::files& files, const config::model& m) {
  pack_choice out;
  if (m.inspect.pack.empty()) return out;
  std::string text, content, kept_content, error;
  profiles::pack_key key{};
  if (!read_whole(files, m.inspect.pack_key, text, error)) return out.refused = error, out;
  if (!profiles::parse_key(text, key)) return out.refused = concat(m.inspect.pack_key, ": this is no public key (44 characters of base64)"), out;
  profiles::pack kept, offered;
  const std::string kept_path = concat(m.data_directory, "/", kept_name);
  const bool has_kept = read_whole(files, kept_path, kept_content, error) && good_pack(kept_content, key, kept, error);
  error.clear();
  bool good = read_whole(files, m.inspect.pack, content, error);
  if (good && !good_pack(content, key, offered, error)) error = concat(m.inspect.pack, ": ", error), good = false;
  if (good && has_kept && offered.serial < kept.serial) {
    error = concat(m.inspect.pack, ": its serial ", std::to_string(offered.serial), " is older than ", std::to_string(kept.serial), ", which was in force already");
    good = false;
  }
  if (good && has_kept && offered.serial == kept.serial && content != kept_content) {
    error = concat(m.inspect.pack, ": another pack with serial ", std::to_string(kept.serial), " was in force already");
    good = false;
  }
  if (good && content != kept_content) {
    const int failed = keep(files, m.data_directory, kept_name, content);
    if (failed != 0) error = concat(kept_path, ": ", std::strerror(failed)), good = false;
  }
  out.refused = error;
  if (good) {
    out.used = std::move(offered);
  } else if (has_kept) {
    out.used = std::move(kept);
  }
  return out;
}

namespace {

struct failed_trial {
  std::uint64_t serial = 0, held = 0;
};

failed_trial last_failed(hal::files& files, const std::string& data_directory) {
  std::string text, error;
  failed_trial out;
  if (!read_whole(files, concat(data_directory, "/", held_name), text, error)) return out;
  const char* end = text.data() + text.size();
  const auto serial = std::from_chars(text.data(), end, out.serial);
  if (serial.ptr != end) std::from_chars(serial.ptr + 1, end, out.held);
  return out;
}

// Whether the pack must only be observed: what its trial says, or what the one said that failed. That one counts as long as it
// is above the limit: tried again the pack would be compared with itself.
bool must_observe(hal::files& files, const config::model& m, const profiles::pack& used, const rules_in_force* now) {
  const failed_trial failed = last_failed(files, m.data_directory);
  const bool same = failed.serial == used.serial, before = same && failed.held > m.inspect.pack_new_holds;
  if (before || now == nullptr) return before;
  std::vector<profiles::profile_problem> problems;
  const auto acting = profiles::load_ruleset(m.inspect.profiles_directory, problems, &used, false);
  if (!acting) return false;  // the caller says why
  const pack_trial tried = try_rules(now->past, *now->rules, *acting, now->policy);
  const bool held = tried.held > m.inspect.pack_new_holds;
  log::line(held ? log::level::warning : log::level::info, "pack-tried")
      .with("serial", static_cast<std::int64_t>(used.serial))
      .with("messages", static_cast<std::int64_t>(tried.messages))
      .with("newly_held", static_cast<std::int64_t>(tried.held))
      .with("let_through", static_cast<std::int64_t>(tried.let_through))
      .with("limit", static_cast<std::int64_t>(m.inspect.pack_new_holds))
      .with("mode", held ? "observe" : "act")
      .with("first", sluice::view(tried.first_held));
  if (held) {
    const int error = keep(files, m.data_directory, held_name, concat(std::to_string(used.serial), " ", std::to_string(tried.held)));
    if (error != 0) log::line(log::level::warning, "pack-refused").with("why", concat(m.data_directory, "/", held_name, ": ", std::strerror(error)));
  }
  if (!held && same) files.remove(concat(m.data_directory, "/", held_name).c_str());
  return held;
}

}  // namespace

std::shared_ptr<const inspect::ruleset> load_rules(hal::files& files, const config::model& m, std::string& error, const rules_in_force* now) {
  const pack_choice chosen = choose_pack(files, m);
  if (!chosen.refused.empty()) {
    log::line line(log::level::error, "pack-refused");
    line.with("why", chosen.refused).with("serial_in_force", static_cast<std::int64_t>(chosen.used.serial));
  }
  const bool observe = m.inspect.pack_observe || (!chosen.used.profiles.empty() && must_observe(files, m, chosen.used, now));
  std::vector<profiles::profile_problem> problems;
  profiles::pack_report report;
  auto rules = profiles::load_ruleset(m.inspect.profiles_directory, problems, &chosen.used, observe, &report);
  for (const auto& p : problems) append_to(error, (error.empty() ? "" : "; "), profiles::format(p));
  if (rules && !chosen.used.profiles.empty()) {
    log::line(log::level::info, "pack")
        .with("serial", static_cast<std::int64_t>(chosen.used.serial))
        .with("mode", observe ? "observe" : "act")
        .with("added", static_cast<std::int64_t>(report.added))
        .with("replaced", static_cast<std::int64_t>(report.replaced))
        .with("left_out", static_cast<std::int64_t>(report.left_out));
  }
  return rules;
}

}  // namespace sluice::gateway
