// What is told about each message after its end: one log event with the verdict and the words that caused it (P5), and
// an entry in the history, and the counts of the last hour and of each sender profile; refusals and messages go on to the
// trace. The observer of proxy/net.
#pragma once
#include <atomic>

#include "firmware/gateway/records/pseudonym.hpp"
#include "firmware/gateway/records/trace_log.hpp"
#include "net/shared.hpp"
#include "status/history.hpp"
#include "status/message_meter.hpp"
#include "status/profile_counts.hpp"
#include "status/traffic.hpp"

namespace sluice::gateway {

class message_log final : public net::observer {
 public:
  message_log(status::history& past, const net::shared& all, trace_log& trace, const pseudonyms& names, status::message_meter& meter)
      : past_(past), all_(all), trace_(trace), names_(names), meter_(meter) {}
  const status::traffic& hour() const { return hour_; }
  const status::profile_counts& profiles() const { return profiles_; }

  void on_message(const net::message_event& e) override;
  void on_refusal(const net::refusal_event& e) override { trace_.on_refusal(e); }
  // What log lines tell of addresses and subjects; any thread.
  void hide(bool addresses, bool subjects) {
    hide_addresses_ = addresses;
    hide_subjects_ = subjects;
  }

 private:
  void count(const net::message_event& e);
  void remember(const net::message_event& e);
  inspect::action without_observe(const net::message_event& e) const;

  status::history& past_;
  const net::shared& all_;
  trace_log& trace_;
  const pseudonyms& names_;
  std::atomic<bool> hide_addresses_{false}, hide_subjects_{false};
  status::traffic hour_;
  status::profile_counts profiles_;
  status::message_meter& meter_;
};

}  // namespace sluice::gateway
