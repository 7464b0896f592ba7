// The generation_host of the running program: a model becomes the running configuration without a restart and without
// dropping a session, and the one before it comes back the same way.
//
// At most two generations are alive: the running one, and either the one kept for going back (between apply() and
// settled()) or a former one that still has sessions; in both cases a further one is refused as busy. The kept one keeps
// everything it needs, contexts, rules, addresses and its share of memory, so that going back cannot fail.
//
// generation_runner.cpp decides and keeps; generation_switch.cpp does the steps; live_fit.cpp says what is impossible.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/gauge.hpp"
#include "firmware/gateway/records/baseline_file.hpp"
#include "firmware/gateway/records/pack_store.hpp"
#include "firmware/gateway/generations/generation_host.hpp"
#include "firmware/gateway/generations/test_mails.hpp"
#include "firmware/gateway/wiring.hpp"
#include "hal/include/hal/files.hpp"
#include "net/server.hpp"

namespace sluice::gateway {

class management;

// All that makes up one generation.
struct live_generation {
  std::uint64_t number = 1;
  config::model model;
  std::shared_ptr<tls::ticket_keys> tickets;
  std::shared_ptr<const net::settings> settings;
  std::shared_ptr<const tls::server_context> https;  // null without a status page
};

// Reads everything that the model names, the slow part: certificates, profiles, CA files. False with a reason. Beside a
// running generation (`now`) a profile pack is tried before it acts.
bool build_generation(hal::files& files, const config::model& m, std::shared_ptr<tls::ticket_keys> tickets,
                      live_generation& out, std::string& error, const rules_in_force* now = nullptr);
std::shared_ptr<tls::ticket_keys> make_tickets(const config::model& m);

struct runner_parts {
  hal::files& files;
  net::shared& shared;
  net::server& server;
  baseline_saver& learned;
  gauge& dns_heap;
  const status::history& past;
  std::function<void(const config::model&)> also;  // what other parts take from a generation; cannot fail
  std::function<void()> restart;                   // of the program
};

class generation_runner final : public generation_host {
 public:
  // `first` is in force already.
  generation_runner(runner_parts parts, live_generation first);
  ~generation_runner() override;

  net::awaitable<fit> fits_beside(const config::model& next) override;
  net::awaitable<std::string> apply(const config::model& next, std::uint64_t generation) override;
  net::awaitable<proof> prove() override;
  void restart() override;
  void settled() override;

  const live_generation& running() const { return running_; }
  const live_generation* kept() const { return kept_.get(); }
  void use_status(management* status) { status_ = status; }  // null: gone

  // Without judging a generation by it: nothing when a run is under way.
  net::awaitable<std::optional<test_report>> send_test_mails();
  net::awaitable<void> send_them_regularly();  // until the process stops
  const test_mails& tests() const { return tests_; }

 private:
  std::string busy();
  net::awaitable<std::string> build(const config::model& next, live_generation& out);
  std::string addresses_problem(const config::model& next) const;
  net::awaitable<std::string> go_back();

  // generation_switch.cpp
  net::awaitable<std::string> enter(const live_generation& to, const live_generation& from, bool back);
  net::awaitable<std::string> change_authentication(const config::model& to, const config::model& from);
  net::awaitable<std::string> change_storage(const config::model& to);
  void set_gauges(const config::model& to);

  runner_parts parts_;
  management* status_ = nullptr;
  const std::uint64_t reserved_sessions_;
  live_generation running_;
  test_mails tests_;
  std::unique_ptr<live_generation> kept_;      // to go back to
  std::unique_ptr<live_generation> prepared_;  // by fits_beside(), for the apply() that follows soon
  net::clock::time_point prepared_at_{};
  struct former {
    std::uint64_t number;
    std::weak_ptr<const net::settings> settings;
  };
  std::uint64_t built_;  // settings built so far: tells their kept connections apart
  std::vector<former> former_;  // left behind, with sessions
};

std::string report_json(const test_report& r);  // manage_test_mail.cpp

}  // namespace sluice::gateway
