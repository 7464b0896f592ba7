// The verbs of images: install, mark-good, mark-bad, and what is known of both systems.
//
// install: the updater first tells what the bundle is (its signature is checked by that), then anti-rollback is judged,
// then it installs. The bundle was uploaded by the service; it becomes root's before it is read, so that nobody can
// change what was checked.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/supervisor/box.hpp"

namespace sluice::supervisor {
namespace {

constexpr milliseconds inspect_limit{120'000}, install_limit{1'800'000};

// A plain file in the one folder for it. Empty, or why not.
std::string take_over(const std::string& path, const std::string& folder) {
  const std::string name = path.starts_with(concat(folder, "/")) ? path.substr(folder.size() + 1) : "";
  if (name.empty() || name[0] == '.' || name.find('/') != std::string::npos) return concat("a bundle lies in ", folder);
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return std::strerror(errno);
  struct stat st {};
  std::string why;
  if (::fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1) why = "not a plain file";
  else if (::geteuid() == 0 && (::fchown(fd, 0, 0) != 0 || ::fchmod(fd, 0600) != 0)) why = std::strerror(errno);
  ::close(fd);
  return why;
}

// "rollback-index=7" in the manifest's build, or meta.sluice of updaters that have it. Empty: it does not tell.
std::string index_of(const std::string& facts) {
  const std::string meta = shell_value(facts, "RAUC_META_SLUICE_ROLLBACK_INDEX");
  if (!meta.empty()) return meta;
  const std::string build = shell_value(facts, "RAUC_MF_BUILD"), word = "rollback-index=";
  const std::size_t at = build.find(word);
  return at == std::string::npos ? "" : build.substr(at + word.size(), build.find_first_not_of("0123456789", at + word.size()) - at - word.size());
}

}  // namespace

std::string box::slot_state(char slot) const {
  const slot_record r = state_.slot(slot);
  return r.state == "good" && r.version == (release_.version.empty() ? "-" : encoded(release_.version)) ? "good" : "trying";
}

// By what was installed there, and whether the boot loader would still start it.
std::string box::other_state() const {
  if (!slot_) return "empty";
  const char other = hal::other_slot(*slot_);
  const slot_record r = state_.slot(other);
  hal::boot_environment e;
  const bool starts = hw_.slots->read(e) == 0 && e.lists(other) && e.left(other) > 0;
  if (r.state == "bad") return "bad";
  if (starts) return "good";
  return r.state.empty() ? "empty" : "bad";
}

void box::install(client& c, const request& q) {
  if (!slot_) return control_.say(c, error_line("no-slots", "this system has no second slot"), true);
  if (job_now_ != job::none) return control_.say(c, error_line("busy", "something else is at work"), true);
  const std::string path = q.value("path");
  if (const std::string why = take_over(path, options_.update_directory); !why.empty()) return control_.say(c, error_line("bad-path", why), true);
  bundle_ = path;
  bundle_version_.clear();
  if (start_job(c, job::inspect_bundle, {options_.rauc, "info", "--output-format=shell", path}, inspect_limit))
    control_.say(c, progress_line(0, "checking the bundle"), false);
}

void box::bundle_inspected(int code) {
  const std::string facts = job_.output(), index = index_of(facts);
  bundle_version_ = shell_value(facts, "RAUC_MF_VERSION");
  if (code != 0 || bundle_version_.empty()) {
    log::line(log::level::error, "update-failed").with("version", bundle_version_).with("why", job_.last_line());
    return finish_job(error_line("bundle", job_.last_line().empty() ? "the updater does not take it" : job_.last_line()));
  }
  const std::string compatible = shell_value(facts, "RAUC_MF_COMPATIBLE");
  if (!release_.compatible.empty() && compatible != release_.compatible)
    return finish_job(error_line("compatible", concat("the bundle is for ", compatible, ", this box is ", release_.compatible)));
  // A bundle whose manifest does not tell is judged by the updater's own pre-install handler, which sees its content.
  if (!index.empty() && std::strtoull(index.c_str(), nullptr, 10) < state_.rollback_index()) {
    log::line(log::level::error, "update-failed").with("version", bundle_version_).with("why", "rollback");
    return finish_job(error_line("rollback", concat("the bundle has rollback index ", index, ", this box takes ", std::to_string(state_.rollback_index()), " and above")));
  }
  // From here on the other system is being overwritten: whatever it was, it is not that any more.
  state_.set_slot(hal::other_slot(*slot_), {bundle_version_, "bad"});
  struct stat st {};
  bundle_bytes_ = ::stat(bundle_.c_str(), &st) == 0 ? static_cast<std::uint64_t>(st.st_size) : 0;
  job_told_ = false;
  if (!job_.start({options_.rauc, "install", bundle_}, now(), install_limit)) return finish_job(error_line("failed", std::strerror(errno)));
  job_now_ = job::install;
  log::line(log::level::info, "update-begun").with("version", bundle_version_);
}

// The order matters: tries first, so that a cut leaves a system that starts; the index last, for it cannot be taken back.
void box::mark_good(client& c) {
  if (!slot_) return control_.say(c, error_line("no-slots", "this system has no second slot"), true);
  if (job_now_ != job::none) return control_.say(c, error_line("busy", "something else is at work"), true);
  int error = hal::give_tries(*hw_.slots, *slot_);
  if (error == 0) error = state_.set_slot(*slot_, {release_.version, "good"});
  if (error == 0) error = state_.raise_rollback_index(release_.rollback_index);
  if (error != 0) return control_.say(c, error_line("failed", std::strerror(error)), true);
  life_.set_on_trial(false);
  copy_wanted_ = true;  // the rollback index
  log::line(log::level::info, "slot-good").with("slot", std::string(1, *slot_)).with("version", release_.version).with("rollback_index", static_cast<std::int64_t>(state_.rollback_index()));
  control_.say(c, ok_line({{"rollback_index", std::to_string(state_.rollback_index())}}), true);
}

std::string box::leave_this_slot(const std::string& why) {
  if (!slot_) return "this system has no second slot";
  if (other_state() != "good") return concat("the other system is ", other_state());
  if (const int error = hal::leave_slot(*hw_.slots, *slot_)) return std::strerror(error);
  state_.set_slot(*slot_, {release_.version, "bad"});
  log::line(log::level::error, "slot-bad").with("slot", std::string(1, *slot_)).with("version", release_.version).with("why", why);
  return {};
}

void box::mark_bad(client& c, const request& q) {
  if (job_now_ != job::none) return control_.say(c, error_line("busy", "something else is at work"), true);
  const std::string reason = q.value("reason");
  if (const std::string why = leave_this_slot(reason); !why.empty()) return control_.say(c, error_line("not-left", why), true);
  control_.say(c, ok_line({}), true);
  go(goal::reboot, {"update", concat("taken back: ", reason)});
}

}  // namespace sluice::supervisor
