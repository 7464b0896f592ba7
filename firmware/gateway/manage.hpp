// Management of a running program: the route table, the gate and the server, put together. Each group of routes has a
// file of its own, manage_NAME.cpp with add_NAME_routes(); to add one, declare it there and call it in manage.cpp.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/helper_process.hpp"
#include "hal/include/hal/files.hpp"
#include "net/server.hpp"
#include "status/access/service.hpp"
#include "status/http/server.hpp"
#include "status/snapshot.hpp"

namespace sluice::gateway {

using snapshot_source = std::function<status::snapshot()>;

// What the groups of routes need of the running program; outlives the server.
struct manage_parts {
  net::server& server;
  hal::files& files;
  snapshot_source look;
};

class management {
 public:
  // Opens what `m` asks for. `error` is set, and nothing usable returned, when that is impossible.
  static std::unique_ptr<management> open(const config::model& m, manage_parts parts, std::string& error);
  ~management();

  void use_certificates(std::shared_ptr<const tls::server_context> context) { server_->use_certificates(std::move(context)); }
  std::string listen() { return server_->listen(); }  // empty, or why not
  void start();
  void reconfigure(const config::model& m);  // on the loop
  status::access_service& access() { return *access_; }
  helper_process& helper() { return helper_; }
  void stop() { server_->stop(); }
  std::uint16_t port() const { return server_->port(); }
  const gauge& slots() const { return server_->slots(); }
  const gauge& bodies() const { return server_->bodies(); }
  const gauge& streams() const { return streams_; }

 private:
  explicit management(manage_parts parts);

  manage_parts parts_;
  helper_process helper_;
  std::unique_ptr<status::access_service> access_;
  gauge streams_;
  status::web_routes routes_;
  std::unique_ptr<status::web_server> server_;  // first to go
};

// manage_status.cpp: the overview, the style sheet, metrics, the report, health.
void add_status_routes(status::web_routes& routes, snapshot_source look);

// manage_events.cpp: /api/v1/events, /health/ready, /health/mail-path.
struct event_parts {
  net::server& server;
  hal::files& files;
  status::access_service& access;
  snapshot_source look;
  std::function<std::string()> numbers;  // one JSON object: what the page shows live
  std::string data_directory;
  std::uint64_t free_minimum_bytes = 0;
};
std::string live_numbers(const status::snapshot& s);
void add_event_routes(status::web_routes& routes, event_parts parts, gauge& streams);

}  // namespace sluice::gateway
