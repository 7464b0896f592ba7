// The composition root of `sluice run`: builds every part from the configuration, starts them, applies a new
// configuration on SIGHUP, stops on SIGTERM and SIGINT. Owns everything; nothing else is global.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/baseline_file.hpp"
#include "firmware/gateway/manage.hpp"
#include "firmware/gateway/message_log.hpp"
#include "firmware/gateway/wiring.hpp"
#include "firmware/gateway/write_watch.hpp"
#include "hal/linux/files.hpp"
#include "net/release_task.hpp"
#include "net/server.hpp"
#include "status/history.hpp"

namespace sluice::gateway {

class app {
 public:
  explicit app(std::string config_file) : config_file_(std::move(config_file)) {}
  ~app();

  // Exit code of the process. Reads the configuration, binds, runs until a signal.
  int run();

 private:
  int build(const config::model& m);
  std::string open_storage(const config::model& m);
  std::string open_authentication(const config::model& m, const struct budget& sums);
  void close_storage();
  void load_capabilities();
  void save_capabilities();
  void open_baseline(const config::model& m);
  void save_baseline_now(bool last);
  net::awaitable<void> handle_signals();
  net::awaitable<void> keep_house();
  void reload();
  void announce(const config::model& m);
  std::string open_status(const config::model& m);
  status::snapshot look() const;
  void add_authentication(status::snapshot& s) const;

  std::string config_file_;
  config::model running_;
  std::uint64_t generation_ = 1;
  std::shared_ptr<tls::ticket_keys> tickets_;
  std::shared_ptr<const inspect::ruleset> rules_;
  std::unique_ptr<status::history> history_;
  std::unique_ptr<message_log> messages_;
  hal::linux_files files_;
  std::unique_ptr<quarantine::volume> volume_;
  std::unique_ptr<quarantine::store> store_;
  std::unique_ptr<quarantine::spool> spool_;
  std::unique_ptr<net::shared> shared_;
  std::unique_ptr<baseline_saver> learned_;
  int baseline_lock_ = -1;
  std::unique_ptr<net::server> server_;
  std::unique_ptr<net::release_task> releases_;
  std::unique_ptr<management> status_;
  std::shared_ptr<const tls::server_context> certificates_;
  gauge* dns_heap_ = nullptr;
  std::int64_t started_ = 0;
  std::uint64_t budget_bytes_ = 0;
  std::uint64_t saved_capabilities_ = 0;
  write_watch writes_;
};

}  // namespace sluice::gateway
