#include "firmware/supervisor/box.hpp"

#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <vector>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/supervisor/child.hpp"
#include "hal/linux/text_file.hpp"

namespace sluice::supervisor {
namespace {

constexpr milliseconds turn{250}, time_period{3'600'000}, feed_at_least{1'000};
constexpr milliseconds copy_limit{60'000};
constexpr milliseconds going_down{60'000};  // fed so long after the reboot was asked for; then the watchdog may help

}  // namespace

box::box(const options& o, hardware h)
    : options_(o), hw_(std::move(h)), state_(o.state_directory), life_(o.limits, o.watchdog != "none"), press_(std::chrono::seconds(o.button_seconds)) {}

box::~box() {
  if (signals_ >= 0) ::close(signals_);
}

milliseconds box::now() const {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::seconds(t.tv_sec) + milliseconds(t.tv_nsec / 1'000'000);
}

// Who it runs as, and where it speaks: without these there is nothing to supervise. Everything else may be missing.
std::string box::open() {
  if (::geteuid() == 0) {
    const passwd* p = ::getpwnam(options_.user.c_str());
    if (p == nullptr) return concat("no user ", options_.user);
    uid_ = p->pw_uid;
    gid_ = p->pw_gid;
    has_user_ = uid_ != 0;
  } else {
    uid_ = ::geteuid();
    gid_ = ::getegid();
  }
  if (::mkdir(options_.runtime_directory.c_str(), 0755) != 0 && errno != EEXIST) return concat(options_.runtime_directory, ": ", std::strerror(errno));
  if (const std::string why = notices_.open(options_.notify_socket(), uid_, gid_); !why.empty()) return why;
  if (const std::string why = control_.open(options_.control_socket(), uid_, gid_); !why.empty()) return why;
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return signals_ < 0 ? std::strerror(errno) : "";
}

void box::open_watchdog() {
  if (options_.watchdog == "none") return;
  const int error = hw_.dog->open(options_.watchdog_timeout_s);
  const hal::watchdog_facts& f = hw_.dog->facts();
  if (error == 0) {
    log::line(log::level::info, "watchdog").with("device", f.name).with("what", f.identity).with("timeout_s", static_cast<std::int64_t>(f.timeout_s));
    return;
  }
  log::line(log::level::error, "watchdog-missing").with("device", options_.watchdog).with("why", std::strerror(error));
  options_.watchdog = "none";
  life_ = life(options_.limits, false);
}

// Before anything is judged by it: a box without a clock chip goes on from the time it last knew.
void box::set_clock() {
  const hal::clock_facts f = hw_.clock->look();
  if (hal::judge_clock(f) != hal::clock_state::behind) return;
  const int error = hw_.clock->set(f.floor);
  log::line(log::level::warning, "clock-set").with("from", f.now).with("to", f.floor).with("why", error == 0 ? "it was earlier than this box can be" : std::strerror(error));
}

int box::run() {
  if (const std::string why = open(); !why.empty()) {
    log::line(log::level::error, "supervisor-failed").with("why", why);
    return 4;
  }
  hal::write_text("/proc/self/oom_score_adj", "-900");
  if (const std::string why = state_.open(); !why.empty()) log::line(log::level::error, "state-directory").with("why", why);
  release_ = read_release(options_.release_file);
  slot_ = hw_.slots->current();
  open_watchdog();
  set_clock();
  const std::string about = concat(std::to_string(std::time(nullptr)), " ", (slot_ ? std::string(1, *slot_) : "-"), " ", (release_.version.empty() ? "-" : release_.version));
  boot_facts facts = facts_from(hal::read_text(concat(options_.runtime_directory, "/boot-facts")).value_or(""));
  if (hw_.dog->facts().was_reset) facts.watchdog = hw_.dog->facts().was_reset;
  reset_ = state_.take_reason(options_.runtime_directory, facts, about);
  log::line(log::level::info, "supervisor").with("slot", slot_ ? std::string(1, *slot_) : "").with("version", release_.version).with("reset_reason", reset_.what).with("reset_detail", reset_.detail);
  if (hw_.button->open() != 0) log::line(log::level::warning, "reset-button").with("why", std::strerror(errno));
  if (options_.cgroup != "none") {
    empty_cgroup(options_.cgroup);  // of a supervisor that was killed
    const std::string why = make_cgroup(options_.cgroup);
    limited_ = why.empty();
    if (!limited_) log::line(log::level::warning, "no-memory-limit").with("why", why);
  }
  timed_ = now();
  perform(life_.begin(now(), false));
  while (!done_) loop_once();
  return 0;
}

void box::loop_once() {
  std::vector<pollfd> watched{{signals_, POLLIN, 0}, {notices_.descriptor(), POLLIN, 0}, {control_.descriptor(), POLLIN, 0}};
  if (hw_.button->descriptor() >= 0) watched.push_back({hw_.button->descriptor(), POLLIN, 0});
  if (job_.descriptor() >= 0) watched.push_back({job_.descriptor(), POLLIN, 0});
  for (const client& c : control_.clients()) watched.push_back({c.fd, static_cast<short>(POLLIN | (c.unsaid.empty() ? 0 : POLLOUT)), 0});
  // A client that closed its side while its job runs is always readable: the turn, not the poll, sets the pace then.
  for (pollfd& p : watched)
    for (const client& c : control_.clients())
      if (p.fd == c.fd && c.asked) p.events = c.unsaid.empty() ? 0 : POLLOUT;
  ::poll(watched.data(), watched.size(), static_cast<int>(turn.count()));
  hear_signals();
  hear_notices();
  hear_button();
  hear_job();
  keep_copy();
  control_.accept(now());
  for (client& c : control_.clients()) {
    control_.push(c);
    if (const auto line = control_.read(c)) answer(c, *line);
  }
  control_.sweep(now());
  perform(life_.tick(now()));
  feed();
  keep_time(false);
  if (gone_down_.count() >= 0 && now() - gone_down_ > going_down && options_.watchdog == "none") done_ = true;
}

void box::hear_signals() {
  signalfd_siginfo s{};
  while (::read(signals_, &s, sizeof s) == static_cast<ssize_t>(sizeof s)) {
    if (s.ssi_signo == SIGHUP && child_ > 0) ::kill(child_, SIGHUP);
    if (s.ssi_signo == SIGTERM || s.ssi_signo == SIGINT) {
      if (goal_ == goal::serve) go(goal::leave, {});
      else if (gone_down_.count() >= 0) done_ = true;  // the reboot that we asked for
    }
  }
  reap();
}

// Children of children come here, too, when the service started them and is gone.
void box::reap() {
  int status = 0;
  pid_t pid = 0;
  while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == child_) {
      hear_notices();  // its last words
      child_ = -1;
      if (limited_) empty_cgroup(options_.cgroup);
      perform(life_.exited(now(), how_it_ended(status), asks_to_start_again(status)));
    } else if (pid == job_.pid()) {
      hear_job();
      job_.ended();
      job_ended(status);
    } else if (pid == copy_.pid()) {
      [[maybe_unused]] const auto said = copy_.lines();
      copy_.ended();
      const bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if (!good || !copy_.last_line().empty()) log::line(good ? log::level::info : log::level::warning, good ? "copy-kept" : "copy-not-kept").with("what", copy_.last_line());
    } else if (pid == reboot_pid_ && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
      log::line(log::level::error, "reboot-failed").with("why", how_it_ended(status));
    }
  }
}

void box::hear_notices() {
  while (const auto text = notices_.next(child_)) {
    const notice n = read_notice(*text);
    if (n.status) service_status_ = *n.status;
    if (n.confirmed) copy_wanted_ = true;
    if (n.memory_bytes && limited_ && *n.memory_bytes != memory_max_) {
      memory_max_ = *n.memory_bytes;
      if (const std::string why = limit_cgroup(options_.cgroup, memory_max_); !why.empty()) log::line(log::level::warning, "no-memory-limit").with("why", why);
    }
    perform(life_.heard(now(), n));
  }
}

void box::hear_button() {
  while (const auto e = hw_.button->next()) press_.edge(*e);
  switch (press_.look(now())) {
    case hal::press_judge::verdict::nothing: break;
    case hal::press_judge::verdict::held: show(hal::led_state::reset); break;
    case hal::press_judge::verdict::let_go: show(life_.is_safe() ? hal::led_state::trouble : life_.now() == phase::running ? hal::led_state::well : hal::led_state::starting); break;
    case hal::press_judge::verdict::factory:
      log::line(log::level::warning, "factory-reset").with("by", "button");
      if (goal_ == goal::serve) go(goal::factory_reset, {"button", "factory reset"});
      break;
  }
}

void box::feed() {
  if (options_.watchdog == "none" || !life_.may_feed()) return;
  if (gone_down_.count() >= 0 && now() - gone_down_ > going_down) return;
  const milliseconds period = std::max<milliseconds>(feed_at_least, std::chrono::seconds(hw_.dog->facts().timeout_s) / 6);
  if (now() - fed_ < period) return;
  fed_ = now();
  const int error = hw_.dog->feed();
  if (error != 0 && !dog_failed_) log::line(log::level::error, "watchdog-missing").with("device", options_.watchdog).with("why", std::strerror(error));
  dog_failed_ = error != 0;
}

// Asked for often; the script writes only when something differs.
void box::keep_copy() {
  copy_.look_at_clock(now());
  if (!copy_wanted_ || copy_.is_running() || goal_ != goal::serve || options_.keep_copy == "none") return;
  copy_wanted_ = false;
  if (!copy_.start({options_.keep_copy, "save"}, now(), copy_limit)) log::line(log::level::warning, "copy-not-kept").with("what", std::strerror(errno));
}

void box::keep_time(bool last) {
  if (!last && now() - timed_ < time_period) return;
  timed_ = now();
  state_.keep_time(hw_.clock->look().now);
  copy_wanted_ = true;  // accounts and certificates change without a confirm
}

}  // namespace sluice::supervisor
