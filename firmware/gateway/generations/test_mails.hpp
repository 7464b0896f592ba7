// The test mails of a generation (design.md, P7): a clean and a scam one through each listener, the real path up to the
// verdict, the mail server behind asked up to RCPT. One run at a time; on the control loop. Nothing of them stays in
// history, counters, baseline, limits or quarantine.
#pragma once
#include <memory>
#include <optional>

#include "config/model.hpp"
#include "firmware/gateway/generations/test_mail_judge.hpp"
#include "net/server.hpp"

namespace sluice::gateway {

class test_mails {
 public:
  explicit test_mails(net::server& server) : server_(server), home_(*server.workers().front()) { home_.watch(until_); }

  // `before`: the generation before, whose mail servers are asked when ours say no; null: there is none. Nothing when a
  // run is under way already.
  net::awaitable<std::optional<test_report>> run(std::shared_ptr<const net::settings> rules, const config::model& m, std::uint64_t generation,
                                                 std::shared_ptr<const net::settings> before);

  const std::optional<test_report>& last() const { return last_; }  // the last run's
  bool running() const { return running_; }
  std::uint64_t runs() const { return runs_; }
  std::uint64_t failures() const { return failures_; }

 private:
  net::awaitable<void> send_all(std::shared_ptr<const net::settings> rules, test_report& out, net::milliseconds timeout,
                                net::clock::time_point last);
  net::awaitable<downstream_word> ask(std::shared_ptr<const net::settings> rules, std::string recipient, net::clock::time_point last);

  net::server& server_;
  net::worker& home_;
  net::deadline until_;
  std::optional<test_report> last_;
  bool running_ = false;
  std::uint64_t runs_ = 0, failures_ = 0;
};

// probe.recipient, or postmaster of the first domain.
std::string test_recipient(const config::model& m);

}  // namespace sluice::gateway
