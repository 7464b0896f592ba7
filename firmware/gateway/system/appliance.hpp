// The part of the running program that is about the box: its supervisor, its two systems and the trial of a new one, its
// network, updates. Without a supervisor it says that this is no appliance, and does nothing. On the control loop.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/system/network_host.hpp"
#include "firmware/gateway/system/slot_trial.hpp"
#include "firmware/gateway/system/supervisor_client.hpp"
#include "firmware/gateway/system/update_desk.hpp"
#include "firmware/gateway/system/uplink_memory.hpp"
#include "hal/include/hal/files.hpp"
#include "net/server.hpp"

namespace sluice::gateway {

class appliance {
 public:
  appliance(hal::files& files, const std::string& config_file) : files_(files), network_(files, box_, config_file) {}

  bool is_one() const { return box_.exists(); }
  void begin(const config::model& m) { network_.begin(m); }  // before anything listens
  // With the program built. All of them outlive run().
  void attach(net::server& server, generation_runner& live);
  net::awaitable<void> run();          // until the program stops
  void detach();                       // its server and generations are about to go

  generation_host& generations() { return network_; }  // stands before generation_runner
  const std::string& network() const { return network_.applied(); }
  update_desk& updates() { return *updates_; }
  const slot_trial& trial() const { return *trial_; }
  void use_audit(std::function<net::awaitable<void>(status::web_request, std::string, unsigned)> audit) { audit_ = std::move(audit); }

  net::awaitable<supervisor_answer> ask(std::string verb, named_values values);
  // What the supervisor says of the box; kept for a moment, so that a page costs one question at most.
  net::awaitable<supervisor_answer> facts();
  // Notes first how the mail server behind was doing, for the slot that comes up.
  net::awaitable<supervisor_answer> reboot(std::string reason);
  net::awaitable<supervisor_answer> mark(bool good, std::string reason);
  // How safe mode is left, and a factory reset.
  net::awaitable<supervisor_answer> leave_safe_mode();
  net::awaitable<supervisor_answer> factory_reset();

 private:
  bool reaches_downstream() const;
  net::awaitable<void> note(bool at_once);

  hal::files& files_;
  supervisor_client box_{supervisor_socket()};
  network_host network_;
  std::unique_ptr<uplink_memory> memory_;
  std::unique_ptr<slot_trial> trial_;
  std::unique_ptr<update_desk> updates_;
  std::function<net::awaitable<void>(status::web_request, std::string, unsigned)> audit_;
  net::server* server_ = nullptr;
  generation_runner* live_ = nullptr;
  std::optional<supervisor_answer> facts_;
  net::clock::time_point facts_at_{};
};

}  // namespace sluice::gateway
