// Backups of the running box as downloads: one at a time, a piece per storage job, so that mail goes on beside it.
#pragma once
#include <memory>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/trust/backup_source.hpp"
#include "firmware/gateway/generations/helper_process.hpp"
#include "net/server.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

class backup_desk {
 public:
  backup_desk(net::server& server, hal::files& files, helper_process& helper, std::string config_file, const config::model& m);

  void reconfigure(const config::model& m);
  net::awaitable<status::web_reply> by_recipient();
  net::awaitable<status::web_reply> by_passphrase(std::string passphrase);
  bool has_recipient() const { return !recipient_file_.empty(); }

 private:
  struct download;
  net::awaitable<status::web_reply> begin(backup_lock lock, backup_key key);
  static net::awaitable<std::string> next(std::shared_ptr<download> d);
  net::awaitable<void> drop(std::unique_ptr<backup_source> source);

  net::server& server_;
  hal::files& files_;
  helper_process& helper_;
  backup_options options_;
  std::string recipient_file_;
  bool busy_ = false;
};

void add_backup_routes(status::web_routes& routes, backup_desk& desk);  // manage_backup.cpp

}  // namespace sluice::gateway
