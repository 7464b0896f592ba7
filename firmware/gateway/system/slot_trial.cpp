#include "firmware/gateway/system/slot_trial.hpp"

#include <ctime>

#include "core/log.hpp"

namespace sluice::gateway {
namespace {

using state = slot_trial::view::state;
constexpr std::chrono::milliseconds between_runs{10'000}, between_asks{2'000}, step{250};

}  // namespace

std::string_view name_of(state s) {
  switch (s) {
    case state::unknown: return "unknown";
    case state::none: return "none";
    case state::trying: return "trying";
    case state::good: return "good";
    case state::bad: return "bad";
  }
  return "";
}

net::awaitable<bool> slot_trial::pause(std::chrono::milliseconds time) {
  net::timer wait(home_.loop().get_executor());
  for (const auto until = net::clock::now() + time; net::clock::now() < until && !decided_ && !home_.all().stopping;) {
    wait.expires_after(step);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
  }
  co_return !decided_ && !home_.all().stopping;
}

void slot_trial::marked_by_hand(bool good) {
  decided_ = true;
  view_.at = good ? state::good : state::bad;
  view_.text = "by hand";
}

// Empty when there is nobody to ask, or the program stops.
net::awaitable<named_values> slot_trial::ask_status() {
  for (;;) {
    std::string verb = "status";
    named_values none;
    supervisor_answer a = co_await box_.ask(home_.loop(), std::move(verb), std::move(none));
    if (a.good) co_return std::move(a.values);
    const bool again = co_await pause(between_asks);
    if (!again) co_return named_values();
  }
}

net::awaitable<void> slot_trial::run() {
  if (!box_.exists()) {
    view_.at = state::none;
    co_return;
  }
  const named_values status = co_await ask_status();
  if (status.empty()) co_return;
  if (value_of(status, "slot_state") != "trying" || value_of(status, "safe_mode") == "1") {
    view_.at = state::none;
    co_return;
  }
  view_.at = state::trying;
  view_.since = std::time(nullptr);
  const auto began = net::clock::now();
  uplink_note before;
  auto work = [&] { before = memory_.read(); };
  const net::job_ref job(work);
  [[maybe_unused]] const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  log::line(log::level::info, "slot-trial").with("slot", value_of(status, "slot")).with("version", value_of(status, "version")).with("reached_before", before.known && before.reached ? "yes" : "no");
  trial_facts facts;
  facts.reached_before = before.known && before.reached;
  trial_word word;
  for (;;) {
    const config::model& m = live_.running().model;
    facts.any_mail = !m.listeners.empty();
    facts.allowed = std::chrono::duration_cast<std::chrono::seconds>(m.update.trial_time);
    if (facts.any_mail) {
      const std::optional<test_report> r = co_await live_.send_test_mails();
      if (home_.all().stopping || decided_) co_return;
      if (r) {
        facts.sent = true;
        facts.own_fault = r->to_blame;
        facts.downstream_away = r->downstream.asked && !r->downstream.accepted;
        facts.text = view_.text = r->text;
      }
    }
    facts.since = std::chrono::duration_cast<std::chrono::seconds>(net::clock::now() - began);
    word = judge_trial(facts);
    if (word.what != trial_end::go_on) break;
    const auto left = facts.allowed - facts.since;
    const bool again = co_await pause(std::min<std::chrono::milliseconds>(between_runs, left));
    if (!again) co_return;
  }
  co_await tell(std::move(word));
}

// Until the supervisor has taken it: it may be busy for a while.
net::awaitable<void> slot_trial::tell(trial_word word) {
  const bool good = word.what == trial_end::good;
  view_.text = word.why;
  log::line(good ? log::level::info : log::level::error, good ? "slot-proven" : "slot-not-proven").with("why", word.why);
  for (std::string last;;) {
    std::string verb = good ? "mark-good" : "mark-bad";
    named_values values;
    if (!good) values.emplace_back("reason", word.why.substr(0, 300));
    const supervisor_answer a = co_await box_.ask(home_.loop(), std::move(verb), std::move(values));
    if (decided_) co_return;
    if (a.good) break;
    if (a.text != last) log::line(log::level::error, "slot-not-marked").with("why", a.text);
    last = a.text;
    const bool again = co_await pause(between_runs);
    if (!again) co_return;
  }
  view_.at = good ? state::good : state::bad;
}

}  // namespace sluice::gateway
