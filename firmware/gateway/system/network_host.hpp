// The network of the machine as a part of the generation: stands between generation_keeper and generation_runner, and has
// the supervisor make the network of a generation before the runner makes the rest, or the former one when it comes back.
//
// On the medium beside the configuration file: `network.applied`, what the machine has (the image reads it at boot), and
// `network.changing` while that may not be true: after a cut in between the next start makes the network of the generation
// that rules then once more.
#pragma once
#include <string>

#include "firmware/gateway/generations/generation_host.hpp"
#include "firmware/gateway/system/supervisor_client.hpp"
#include "hal/include/hal/files.hpp"
#include "net/worker.hpp"

namespace sluice::gateway {

class network_host final : public generation_host {
 public:
  network_host(hal::files& files, const supervisor_client& box, const std::string& config_file);

  // Before anything runs, with the generation that rules: empty, or why the network may be another one.
  std::string begin(const config::model& m);
  void attach(net::worker& home, generation_host& inner);

  net::awaitable<fit> fits_beside(const config::model& next) override;
  net::awaitable<std::string> apply(const config::model& next, std::uint64_t generation) override;
  net::awaitable<proof> prove() override;
  void restart() override;
  void settled() override;

  const std::string& applied() const { return applied_; }  // the file's text; empty: never touched

 private:
  std::string wanted(const config::model& m) const;
  int write_down(const std::string& text);
  net::awaitable<std::string> make(std::string text);

  hal::files& files_;
  const supervisor_client& box_;
  std::string file_, mark_;
  net::worker* home_ = nullptr;
  generation_host* inner_ = nullptr;
  std::string applied_;
};

// The Ethernet interfaces of this machine without VLANs and bridges, by name.
std::vector<std::string> ethernets_of(const std::string& sys_class_net);

}  // namespace sluice::gateway
