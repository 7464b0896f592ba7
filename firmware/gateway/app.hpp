// The composition root of `sluice run`: builds every part from the configuration, starts them, applies a new
// configuration on SIGHUP, stops on SIGTERM and SIGINT. Owns everything; nothing else is global.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/records/baseline_file.hpp"
#include "firmware/gateway/records/digest_service.hpp"
#include "firmware/gateway/generations/generation_keeper.hpp"
#include "firmware/gateway/generations/generation_pull.hpp"
#include "firmware/gateway/generations/generation_runner.hpp"
#include "firmware/gateway/trust/certificate_desk.hpp"
#include "firmware/gateway/trust/expiry_mail.hpp"
#include "firmware/gateway/trust/expiry_watch.hpp"
#include "firmware/gateway/records/list_store.hpp"
#include "firmware/gateway/health/machine_watch.hpp"
#include "firmware/gateway/health/votes.hpp"
#include "firmware/gateway/log_setup.hpp"
#include "firmware/gateway/manage/manage.hpp"
#include "firmware/gateway/records/message_log.hpp"
#include "firmware/gateway/records/privacy_keeper.hpp"
#include "firmware/gateway/sandbox/sandbox.hpp"
#include "firmware/gateway/store_watch.hpp"
#include "firmware/gateway/system/appliance.hpp"
#include "firmware/gateway/wiring.hpp"
#include "firmware/gateway/write_watch.hpp"
#include "hal/linux/files.hpp"
#include "net/release_task.hpp"
#include "net/server.hpp"
#include "status/history.hpp"

namespace sluice::gateway {

// Beside those of all commands (commands.hpp): whoever manages the program starts it again at once. The same number is in
// firmware/supervisor/child.hpp and in the package's unit.
inline constexpr int exit_start_again = 5;

struct run_options {
  std::string config_file;
  bool safe_mode = false, sandbox = true;
};

class app : public certificate_host {
 public:
  explicit app(run_options options) : config_file_(std::move(options.config_file)), safe_(options.safe_mode), sandboxed_(options.sandbox), box_(files_, config_file_) {}
  ~app() override;

  // Exit code of the process. Reads the configuration, binds, runs until a signal, or until a generation asks for a start.
  int run();

  // ---- certificate_host ----
  std::vector<tls::certificate_info> certificates() const override;
  net::awaitable<std::string> renew_certificates() override;
  void tell_expiries();
  net::awaitable<void> mail_expiries();

 private:
  int build(const config::model& m, std::uint64_t number);
  int start_again();
  int fail(const char* what, const std::string& why, int code);
  std::string open_storage(const config::model& m);
  std::string open_authentication(const config::model& m, const struct budget& sums);
  void close_storage();
  void load_capabilities(const config::model& m);
  void save_capabilities(const std::string& directory);
  void open_baseline(const config::model& m);
  void save_baseline_now(bool last);
  void open_desk(const config::model& m);        // lists, trace, privacy
  void use_desk_settings(const config::model& m);  // of a new generation
  net::awaitable<void> handle_signals();
  net::awaitable<void> keep_house();
  const config::model& running() const { return live_->running().model; }
  void announce(const config::model& m);
  std::string open_status(const config::model& m);
  std::string open_digests(const config::model& m);
  status::snapshot look() const;
  void add_authentication(status::snapshot& s) const;
  void add_observations(status::snapshot& s) const;

  void start_votes(const config::model& m);
  void tell_manager(const config::model& m) const;  // what the generation in force may take

  std::string config_file_;
  bool safe_, sandboxed_;
  bool again_ = false;  // ends to be started again
  sandbox_state sandbox_;
  log_setup logs_;
  std::string failure_;  // why it did not start
  std::unique_ptr<status::history> history_;
  std::unique_ptr<message_log> messages_;
  hal::linux_files files_;
  appliance box_;
  std::unique_ptr<quarantine::volume> volume_;
  std::unique_ptr<quarantine::store> store_;
  std::unique_ptr<quarantine::spool> spool_;
  std::unique_ptr<net::shared> shared_;
  std::unique_ptr<baseline_saver> learned_;
  std::unique_ptr<list_store> lists_;
  pseudonyms names_;
  std::unique_ptr<trace_log> trace_;
  std::unique_ptr<privacy_keeper> privacy_;
  int baseline_lock_ = -1;
  std::unique_ptr<net::server> server_;
  std::unique_ptr<net::release_task> releases_;
  std::unique_ptr<generation_runner> live_;
  generation_keeper generations_{files_};
  std::unique_ptr<management> status_;
  std::unique_ptr<digest_service> digests_;  // uses status_
  std::unique_ptr<generation_puller> puller_;
  gauge* dns_heap_ = nullptr;
  std::int64_t started_ = 0;
  std::uint64_t saved_capabilities_ = 0;
  std::unique_ptr<votes> votes_;
  std::unique_ptr<machine_watch> machine_;
  write_watch writes_;
  expiry_watch expiries_;
  std::unique_ptr<expiry_mailer> expiry_mails_;
  hal::device_health device_;  // as of the last look, every few seconds
  hal::volume_space data_space_;
  store_watch held_;
  status::message_meter meter_;
};

}  // namespace sluice::gateway
