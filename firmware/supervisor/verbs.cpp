// What may be asked on the control socket, and the long ones among it: one at a time, whoever asks meanwhile is told.
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/supervisor/box.hpp"
#include "firmware/supervisor/child.hpp"
#include "hal/include/hal/block_storage.hpp"
#include "hal/linux/block_storage.hpp"
#include "hal/linux/text_file.hpp"

namespace sluice::supervisor {
namespace {

constexpr milliseconds network_limit{120'000};

// The kernel's command line says how the system was started: the boot script writes there what it has checked.
std::string boot_word(const std::string& root, const std::string& name) {
  const std::string line = concat(" ", hal::first_line(concat(root, "/proc/cmdline")), " ");
  const std::size_t at = line.find(concat(" ", name, "="));
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 2;
  return line.substr(from, line.find(' ', from) - from);
}

}  // namespace

void box::answer(client& c, const std::string& line) {
  const auto q = read_request(line);
  if (!q) return control_.say(c, error_line("bad-request", "VERB key=value ..., values percent-encoded"), true);
  dispatch(c, *q);
}

void box::dispatch(client& c, const request& q) {
  if (q.verb == "status") return status(c);
  if (goal_ != goal::serve) return control_.say(c, error_line("going-down", "the box is about to restart"), true);
  if (q.verb == "install") return install(c, q);
  if (q.verb == "mark-good") return mark_good(c);
  if (q.verb == "mark-bad") return mark_bad(c, q);
  if (q.verb == "reboot") return reboot(c, q);
  if (q.verb == "network") return network(c, q);
  if (q.verb == "factory-reset") {
    if (job_now_ != job::none) return control_.say(c, error_line("busy", "something else is at work"), true);
    control_.say(c, ok_line({}), true);
    log::line(log::level::warning, "factory-reset").with("by", "request");
    return go(goal::factory_reset, {"reboot", "factory reset"});
  }
  if (q.verb == "safe-mode" && q.words.size() == 1 && q.words[0] == "leave") {
    control_.say(c, ok_line({}), true);
    return perform(life_.leave_safe_mode(now()));
  }
  control_.say(c, error_line("unknown-verb", q.verb), true);
}

void box::status(client& c) {
  hal::boot_environment e;
  const bool known = slot_ && hw_.slots->read(e) == 0;
  const hal::watchdog_facts& dog = hw_.dog->facts();
  const hal::volume_state root = hal::linux_block_storage(options_.root).volume_of("/");
  const bool verity = root.device.starts_with("/dev/dm-") || root.device.starts_with("/dev/mapper/");
  const std::string verified = boot_word(options_.root, "sluice.verified");
  named_values v{{"slot", slot_ ? std::string(1, *slot_) : "none"}};
  if (slot_) v.emplace_back("other", std::string(1, hal::other_slot(*slot_)));
  v.emplace_back("slot_state", slot_ ? slot_state(*slot_) : "unknown");
  v.emplace_back("tries_left", known ? std::to_string(e.left(*slot_)) : "unknown");
  v.emplace_back("version", release_.version.empty() ? "unknown" : release_.version);
  if (slot_) {
    v.emplace_back("other_version", state_.slot(hal::other_slot(*slot_)).version);
    v.emplace_back("other_state", other_state());
  }
  v.emplace_back("rollback_index", std::to_string(state_.rollback_index()));
  v.emplace_back("reset_reason", reset_.what);
  v.emplace_back("reset_detail", reset_.detail);
  v.emplace_back("board", !hw_.identity.model.empty() ? hw_.identity.model : release_.board);
  v.emplace_back("serial", hw_.identity.serial);
  v.emplace_back("watchdog", options_.watchdog == "none" ? "none" : concat(dog.name, ",timeout=", std::to_string(dog.timeout_s)));
  v.emplace_back("safe_mode", life_.is_safe() ? "1" : "0");
  v.emplace_back("restarts", std::to_string(life_.restarts()));
  v.emplace_back("rootfs", verity ? "verity" : "plain");
  v.emplace_back("boot_verified", verified == "yes" || verified == "no" ? verified : "unknown");
  v.emplace_back("install", job_now_ == job::install || job_now_ == job::inspect_bundle ? concat("running ", std::to_string(job_percent_)) : "idle");
  v.emplace_back("phase", name_of(life_.now()));
  v.emplace_back("last_failure", life_.last_failure());
  v.emplace_back("memory_max", limited_ ? std::to_string(memory_max_) : "none");
  v.emplace_back("clock", std::string(hal::name_of(hal::judge_clock(hw_.clock->look()))));
  v.emplace_back("keys", release_.keys);
  v.emplace_back("data", hal::first_line(concat(options_.runtime_directory, "/data-state")));  // of whoever mounted it
  v.emplace_back("status", service_status_);
  control_.say(c, ok_line(v), true);
}

void box::reboot(client& c, const request& q) {
  if (job_now_ != job::none) return control_.say(c, error_line("busy", "something else is at work"), true);
  control_.say(c, ok_line({}), true);
  go(goal::reboot, reason_of_request(q.value("reason")));
}

void box::network(client& c, const request& q) {
  const std::string path = q.value("path");
  if (path.empty() || path[0] != '/' || path.find("/../") != std::string::npos) return control_.say(c, error_line("bad-path", path), true);
  start_job(c, job::network, {options_.apply_network, path}, network_limit);
}

bool box::start_job(client& c, job what, const std::vector<std::string>& words, milliseconds longest) {
  if (job_now_ != job::none) {
    control_.say(c, error_line("busy", "something else is at work"), true);
    return false;
  }
  if (!job_.start(words, now(), longest)) {
    control_.say(c, error_line("failed", std::strerror(errno)), true);
    return false;
  }
  job_now_ = what;
  job_percent_ = 0;
  job_error_.clear();
  asker_fd_ = c.fd;
  return true;
}

client* box::asker() {
  for (client& c : control_.clients())
    if (c.fd == asker_fd_ && !c.closing) return &c;
  return nullptr;  // it left; the job goes on, `status` tells how far
}

void box::hear_job() {
  job_.look_at_clock(now());
  for (const std::string& line : job_.lines()) {
    if (job_now_ == job::install) {
      if (const auto p = read_progress(line)) {
        job_percent_ = p->percent;
        job_told_ = true;
        if (client* c = asker()) control_.say(*c, progress_line(p->percent, p->text), false);
      }
      else if (client* c = asker()) control_.say(*c, progress_line(job_percent_, line), false);
      if (line.starts_with("LastError: ")) job_error_ = line.substr(11);
    }
  }
  if (job_now_ == job::install && !job_told_) estimate_progress();
}

// An updater that runs without a bus tells its steps, not how far it is: what it has written against what there is to
// write. The last part is the medium's own (sync), so it never says 100.
void box::estimate_progress() {
  constexpr std::uint64_t step_percent = 5, most_percent = 95;
  const std::string io = hal::read_text(concat("/proc/", std::to_string(job_.pid()), "/io")).value_or("");
  const std::size_t at = io.find("wchar: ");
  if (bundle_bytes_ == 0 || at == std::string::npos) return;
  const std::uint64_t percent = std::min<std::uint64_t>(most_percent, std::strtoull(io.c_str() + at + 7, nullptr, 10) * 100 / bundle_bytes_);
  if (percent < job_percent_ + step_percent) return;
  job_percent_ = static_cast<unsigned>(percent);
  if (client* c = asker()) control_.say(*c, progress_line(job_percent_, "writing"), false);
}

void box::finish_job(const std::string& reply) {
  job_now_ = job::none;
  if (client* c = asker()) control_.say(*c, reply, true);
  asker_fd_ = -1;
}

void box::job_ended(int wait_status) {
  const bool good = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
  const std::string why = job_error_.empty() ? job_.last_line().empty() ? how_it_ended(wait_status) : job_.last_line() : job_error_;
  switch (job_now_) {
    case job::none: return;
    case job::inspect_bundle: return bundle_inspected(good ? 0 : 1);
    case job::install:
      log::line(good ? log::level::info : log::level::error, good ? "update-installed" : "update-failed").with("version", bundle_version_).with("why", good ? "" : why);
      if (good && slot_) state_.set_slot(hal::other_slot(*slot_), {bundle_version_, "installed"});
      return finish_job(good ? ok_line({{"version", bundle_version_}}) : error_line("install", why));
    case job::network:
      log::line(good ? log::level::info : log::level::error, good ? "network-applied" : "network-failed").with("why", good ? "" : why);
      return finish_job(good ? ok_line({}) : error_line("network", why));
    case job::factory_reset:
      log::line(good ? log::level::info : log::level::error, good ? "factory-reset-done" : "factory-reset-failed").with("why", good ? "" : why);
      return arrived();
  }
}

}  // namespace sluice::supervisor
