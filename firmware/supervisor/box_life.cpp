// What the machine of life says, done: starting and ending the service, what follows from hangs and failures, and the
// way down to a reboot.
#include <signal.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/supervisor/box.hpp"
#include "firmware/supervisor/child.hpp"
#include "hal/linux/text_file.hpp"
#include "hal/linux/tool_run.hpp"

namespace sluice::supervisor {
namespace {

constexpr milliseconds budget_limit{15'000};
constexpr unsigned memory_percent_without_budget = 75;  // of the machine's, while the service has not told its own

std::uint64_t number_after(const std::string& json, const std::string& name) {
  const std::size_t at = json.find(concat("\"", name, "\":"));
  return at == std::string::npos ? 0 : std::strtoull(json.c_str() + at + name.size() + 3, nullptr, 10);
}

std::uint64_t machine_memory(const std::string& root) {
  const std::string line = hal::first_line(concat(root, "/proc/meminfo"));  // "MemTotal:  124000 kB"
  const std::size_t digits = line.find_first_of("0123456789");
  return digits == std::string::npos ? 0 : std::strtoull(line.c_str() + digits, nullptr, 10) * 1024;
}

}  // namespace

void box::perform(const life::actions& todo) {
  for (const action& a : todo) {
    switch (a.what) {
      case action::kind::start: start_service(false); break;
      case action::kind::start_safe: start_service(true); break;
      case action::kind::ask_to_stop:
        if (child_ > 0) ::kill(child_, SIGTERM);
        break;
      case action::kind::abort:
        if (child_ > 0) ::kill(child_, SIGABRT);
        break;
      case action::kind::kill:
        if (child_ > 0) ::kill(child_, SIGKILL);
        if (limited_) empty_cgroup(options_.cgroup);
        break;
      case action::kind::well: became_well(); break;
      case action::kind::hangs:
        log::line(log::level::error, "service-stuck").with("part", a.words).with("then", options_.watchdog == "none" ? "it is killed" : "the watchdog resets the machine");
        show(hal::led_state::trouble);
        if (options_.watchdog != "none") state_.keep_reason({concat("stuck:", a.words), service_status_});
        break;
      case action::kind::recovered:
        log::line(log::level::warning, "service-recovered").with("part", a.words);
        state_.forget_reason();
        became_well();
        break;
      case action::kind::again: log::line(log::level::info, "service-ended").with("how", a.words).with("restarts", static_cast<std::int64_t>(life_.restarts())); break;
      case action::kind::failed:
        if (options_.watchdog != "none") state_.forget_reason();  // it ended before the reset came
        log::line(log::level::error, "service-ended").with("how", a.words).with("restarts", static_cast<std::int64_t>(life_.restarts()));
        show(hal::led_state::trouble);
        if (lost_its_data()) {
          go(goal::reboot, {"reboot", "the data partition has become read-only"});
          return;
        }
        break;
      case action::kind::safe_mode: log::line(log::level::error, "safe-mode").with("why", a.words); break;
      case action::kind::give_up:
        if (const std::string why = leave_this_slot(concat("crash: ", a.words)); !why.empty()) log::line(log::level::error, "slot-not-left").with("why", why);
        else go(goal::reboot, {"crash", a.words});
        break;
      case action::kind::ended: arrived(); break;
      case action::kind::reboot:
        log::line(log::level::error, "watchdog-did-not-bite").with("part", a.words);
        if (child_ > 0) ::kill(child_, SIGKILL);
        go(goal::reboot, {concat("stuck:", a.words), "the watchdog did not reset the machine"});
        arrived();
        break;
    }
  }
}

// Mounted for writing at the start, read-only now: the kernel found an error. The service cannot start on it; the next start
// of the machine checks and repairs it, or goes on from memory.
bool box::lost_its_data() const {
  struct statvfs v {};
  return goal_ == goal::serve && hal::first_line(options_.runtime_directory + "/data-state") == "ok" && ::statvfs(options_.state_directory.c_str(), &v) == 0 && (v.f_flag & ST_RDONLY) != 0;
}

// As the service's user: it reads the configuration, and a fault in that must not be root's.
std::uint64_t box::memory_of_config() const {
  std::optional<hal::tool_user> as;
  if (has_user_) as = hal::tool_user{uid_, gid_};
  const hal::tool_result r = hal::run_tool({options_.service, "budget", "--json", "--config", options_.config}, budget_limit, as);
  const std::uint64_t wanted = number_after(r.output, "cgroup_bytes"), all = machine_memory(options_.root);
  const std::uint64_t most = all == 0 ? 0 : all * memory_percent_without_budget / 100;
  return wanted == 0 ? most : wanted;
}

void box::start_service(bool safe) {
  if (limited_) {
    memory_max_ = memory_of_config();
    if (const std::string why = memory_max_ == 0 ? "nothing tells how much" : limit_cgroup(options_.cgroup, memory_max_); !why.empty())
      log::line(log::level::warning, "no-memory-limit").with("why", why);
  }
  child_plan plan;
  plan.words = {options_.service, "run", "--config", options_.config};
  if (safe) plan.words.emplace_back("--safe-mode");
  const auto period = std::chrono::duration_cast<std::chrono::microseconds>(options_.limits.vote_period).count();
  plan.environment = {"PATH=/usr/bin:/bin", concat("NOTIFY_SOCKET=", options_.notify_socket()), concat("WATCHDOG_USEC=", std::to_string(period)),
                      concat("SLUICE_SUPERVISOR=", options_.control_socket()), concat("SLUICE_CLOCK_FLOOR=", std::to_string(hw_.clock->look().floor))};
  plan.uid = uid_;
  plan.gid = gid_;
  plan.change_user = has_user_;
  const std::string data = hal::first_line(options_.runtime_directory + "/data-state");
  if (!data.empty() && data != "ok") plan.environment.push_back("SLUICE_DATA_STATE=" + data);
  if (limited_) plan.cgroup = options_.cgroup;
  service_status_.clear();
  show(safe ? hal::led_state::trouble : hal::led_state::starting);
  child_ = start_child(plan);
  if (child_ < 0) {
    perform(life_.exited(now(), std::strerror(errno)));
    return;
  }
  log::line(log::level::info, "service-started").with("pid", static_cast<std::int64_t>(child_)).with("mode", safe ? "safe" : "normal").with("memory_max", static_cast<std::int64_t>(memory_max_));
  if (slot_ && life_.restarts() == 0) life_.set_on_trial(slot_state(*slot_) == "trying" && other_state() == "good");
}

// A system that was proven before gets its tries back with each start that succeeds; one on trial only by mark-good.
void box::became_well() {
  log::line(log::level::info, "service-ready").with("mode", life_.is_safe() ? "safe" : "normal");
  show(life_.is_safe() ? hal::led_state::trouble : hal::led_state::well);
  copy_wanted_ = true;
  if (!slot_ || slot_state(*slot_) != "good") return;
  hal::boot_environment e;
  if (hw_.slots->read(e) != 0 || e.left(*slot_) >= hal::boot_tries) return;
  if (const int error = hal::give_tries(*hw_.slots, *slot_)) log::line(log::level::error, "boot-variables").with("why", std::strerror(error));
}

void box::show(hal::led_state s) { hw_.led->show(s); }

void box::go(goal g, const reset_reason& why) {
  goal_ = g;
  log::line(log::level::info, "going-down").with("to", g == goal::leave ? "end" : g == goal::reboot ? "reboot" : "factory-reset").with("why", why.what == "unknown" ? "" : concat(why.what, " ", why.detail));
  if (g != goal::leave) {
    if (const int error = state_.keep_reason(why)) log::line(log::level::error, "state-directory").with("why", std::strerror(error));
  }
  show(hal::led_state::starting);
  perform(life_.stop(now()));
}

void box::arrived() {
  keep_time(true);
  if (goal_ == goal::leave) {
    // Whoever ends the supervisor ends its watch, too; a reboot of our own leaves it armed, for a shutdown that hangs.
    if (options_.watchdog != "none") hw_.dog->disarm();
    show(hal::led_state::off);
    done_ = true;
    return;
  }
  if (goal_ == goal::factory_reset && job_now_ == job::none) {
    job_now_ = job::factory_reset;
    if (job_.start({options_.factory_reset}, now(), milliseconds(300'000))) return;
    job_now_ = job::none;
    log::line(log::level::error, "factory-reset-failed").with("why", std::strerror(errno));
  }
  if (gone_down_.count() >= 0) return;
  ::sync();
  gone_down_ = now();
  reboot_pid_ = ::fork();
  if (reboot_pid_ == 0) {
    ::setsid();
    ::closefrom(3);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execl(options_.reboot.c_str(), options_.reboot.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
}

}  // namespace sluice::supervisor
