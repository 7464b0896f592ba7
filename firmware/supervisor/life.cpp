#include "firmware/supervisor/life.hpp"

#include <algorithm>

namespace sluice::supervisor {

const char* name_of(phase p) {
  switch (p) {
    case phase::ended: return "ended";
    case phase::waiting: return "waiting";
    case phase::starting: return "starting";
    case phase::running: return "running";
    case phase::stuck: return "stuck";
    case phase::stopping: return "stopping";
  }
  return "";
}

action life::start(milliseconds now) {
  phase_ = phase::starting;
  since_ = now;
  has_child_ = true;
  is_killed_ = false;
  stuck_part_.clear();
  return {safe_ ? action::kind::start_safe : action::kind::start, {}};
}

life::actions life::begin(milliseconds now, bool safe) {
  safe_ = safe;
  return {start(now)};
}

void life::hang(milliseconds now, const std::string& part, actions& out) {
  phase_ = phase::stuck;
  since_ = now;
  stuck_part_ = part;
  out.push_back({action::kind::hangs, part});
  if (!has_watchdog_) out.push_back({action::kind::abort, {}});
}

life::actions life::heard(milliseconds now, const notice& n) {
  actions out;
  if (!has_child_ || phase_ == phase::stopping) return out;
  if (n.ready && phase_ == phase::starting) {
    phase_ = phase::running;
    since_ = voted_ = now;
    out.push_back({action::kind::well, {}});
  }
  if (n.stuck && (phase_ == phase::running || phase_ == phase::starting)) hang(now, *n.stuck, out);
  else if (n.alive && phase_ == phase::running) voted_ = now;
  else if (n.alive && phase_ == phase::stuck && has_watchdog_ && stuck_part_ != "start") {
    // A medium that took long, say. The reset has not come, and it is not needed any more.
    phase_ = phase::running;
    since_ = voted_ = now;
    out.push_back({action::kind::recovered, stuck_part_});
  }
  return out;
}

milliseconds life::pause() const {
  milliseconds out = limits_.first_pause;
  for (std::size_t i = 1; i < failures_.size() && out < limits_.longest_pause; ++i) out *= 2;
  return std::min(out, limits_.longest_pause);
}

life::actions life::exited(milliseconds now, const std::string& how, bool asks_again) {
  actions out;
  has_child_ = false;
  if (phase_ == phase::stopping) {
    if (anew_) {
      anew_ = false;
      out.push_back(start(now));
      return out;
    }
    phase_ = phase::ended;
    out.push_back({action::kind::ended, {}});
    return out;
  }
  // Only from one that ran: whatever ends before it is ready has to wait, and counts.
  if (asks_again && phase_ == phase::running) {
    out.push_back({action::kind::again, how});
    out.push_back(start(now));
    return out;
  }
  last_failure_ = phase_ == phase::stuck ? "stuck:" + stuck_part_ : how;
  ++restarts_;
  std::erase_if(failures_, [&](milliseconds t) { return now - t > limits_.failure_window; });
  failures_.push_back(now);
  if (failures_.size() > 64) failures_.erase(failures_.begin());
  out.push_back({action::kind::failed, last_failure_});
  const bool too_many = failures_.size() >= limits_.failures_to_safe_mode;
  if (too_many && on_trial_) {
    on_trial_ = false;  // told once
    out.push_back({action::kind::give_up, last_failure_});
  }
  if (too_many && !safe_) {
    safe_ = true;
    out.push_back({action::kind::safe_mode, last_failure_});
  }
  phase_ = phase::waiting;
  since_ = now;
  return out;
}

life::actions life::tick(milliseconds now) {
  actions out;
  switch (phase_) {
    case phase::ended: break;
    case phase::waiting:
      if (now - since_ >= pause()) out.push_back(start(now));
      break;
    case phase::starting:
      if (now - since_ > limits_.start_limit) hang(now, "start", out);
      break;
    case phase::running:
      if (now - voted_ > limits_.vote_period) hang(now, "process", out);
      break;
    case phase::stuck:
      if (!has_watchdog_ && !is_killed_ && now - since_ > limits_.abort_limit) {
        is_killed_ = true;
        out.push_back({action::kind::kill, {}});
      }
      if (has_watchdog_ && now - since_ > limits_.bite_limit) {
        since_ = now;
        out.push_back({action::kind::reboot, stuck_part_});
      }
      break;
    case phase::stopping:
      if (!is_killed_ && now - since_ > limits_.stop_limit) {
        is_killed_ = true;
        out.push_back({action::kind::kill, {}});
      }
      break;
  }
  return out;
}

life::actions life::stop(milliseconds now) {
  anew_ = false;
  if (!has_child_) {
    phase_ = phase::ended;
    return {{action::kind::ended, {}}};
  }
  if (phase_ == phase::stopping) return {};
  phase_ = phase::stopping;
  since_ = now;
  return {{action::kind::ask_to_stop, {}}};
}

life::actions life::leave_safe_mode(milliseconds now) {
  safe_ = false;
  failures_.clear();
  if (phase_ == phase::ended) return {};
  if (!has_child_) return {start(now)};
  if (phase_ == phase::stopping) return {};
  phase_ = phase::stopping;
  since_ = now;
  anew_ = true;
  return {{action::kind::ask_to_stop, {}}};
}

}  // namespace sluice::supervisor
