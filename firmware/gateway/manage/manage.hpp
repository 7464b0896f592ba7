// Management of a running program: the route table, the gate and the server, put together. Each group of routes has a
// file of its own, manage_NAME.cpp with add_NAME_routes(); to add one, declare it there and call it in manage.cpp.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/acme/service.hpp"
#include "firmware/gateway/trust/backup_desk.hpp"
#include "firmware/gateway/trust/certificate_desk.hpp"
#include "firmware/gateway/manage/desk.hpp"
#include "firmware/gateway/generations/helper_process.hpp"
#include "firmware/gateway/records/own_mailer.hpp"
#include "firmware/gateway/records/message_log.hpp"
#include "hal/include/hal/files.hpp"
#include "inspect/ruleset.hpp"
#include "net/server.hpp"
#include "status/access/service.hpp"
#include "status/http/server.hpp"
#include "status/snapshot.hpp"

namespace sluice::gateway {

class generation_keeper;
class generation_runner;
using snapshot_source = std::function<status::snapshot()>;

// What the groups of routes need of the running program; outlives the server.
struct manage_parts {
  net::server& server;
  hal::files& files;
  snapshot_source look;
  generation_runner& live;
  generation_keeper& generations;
  const status::history& past;
  const message_log& seen;
  std::function<std::shared_ptr<const inspect::ruleset>()> rules;  // in force
  class list_store& lists;
  class trace_log& trace;
  class privacy_keeper& privacy;
  certificate_host& certificates;
  std::string config_file;
  class appliance& box;
  std::function<config::model()> config;  // in force
  std::function<std::string()> events;    // the last ones, for the support bundle
};

class management {
 public:
  // Opens what `m` asks for. `error` is set, and nothing usable returned, when that is impossible.
  static std::unique_ptr<management> open(const config::model& m, manage_parts parts, std::string& error);
  ~management();

  void use_certificates(std::shared_ptr<const tls::server_context> context) { server_->use_certificates(std::move(context)); }
  std::string listen() { return server_->listen(); }  // empty, or why not
  void start();
  // All on the loop. A generation with another address: it listens there as well, until the one or the other is settled.
  void reconfigure(const config::model& to, const config::model& from);
  std::string add_address(const config::endpoint& at);        // empty, or why not; nothing for "off"
  std::string try_address(const config::endpoint& at) const;  // whether it is free
  void settle(const config::model& m);
  status::access_service& access() { return *access_; }
  status::web_routes& routes() { return routes_; }
  helper_process& helper() { return helper_; }
  own_mailer& mailer() { return *mailer_; }  // reports, digests, notices
  const acme::service& acme_service() const { return *acme_; }
  void stop() {
    acme_->stop();
    server_->stop();
  }
  std::uint16_t port() const { return server_->port(); }
  const gauge& slots() const { return server_->slots(); }
  const gauge& bodies() const { return server_->bodies(); }
  const gauge& streams() const { return streams_; }
  const desk& quarantine_desk() const { return *desk_; }

 private:
  explicit management(manage_parts parts);

  manage_parts parts_;
  helper_process helper_;
  std::unique_ptr<own_mailer> mailer_;
  std::unique_ptr<desk> desk_;
  std::unique_ptr<status::access_service> access_;
  std::unique_ptr<certificate_desk> certificates_;
  std::unique_ptr<acme::service> acme_;  // uses certificates_
  std::unique_ptr<backup_desk> backup_;
  gauge streams_, bundles_{1};
  status::web_routes routes_;
  std::unique_ptr<status::web_server> server_;  // first to go
};

// manage_status.cpp: the overview, the style sheet, metrics, the report, health.
void add_status_routes(status::web_routes& routes, snapshot_source look, const status::history& past);

// manage_messages.cpp: /messages and what the API says of them. manage_profiles.cpp: /profiles.
void add_message_routes(status::web_routes& routes, const manage_parts& parts);
void add_profile_routes(status::web_routes& routes, const manage_parts& parts);
// manage_system.cpp: /system with its forms, /system/audit. `box`: the sections about the box itself, finished HTML.
using box_sections = std::function<net::awaitable<std::string>(const status::principal& who)>;
void add_system_routes(status::web_routes& routes, snapshot_source look, status::access_service& access, box_sections box);

// manage_test_mail.cpp: /api/v1/test-mail.
void add_test_mail_routes(status::web_routes& routes, generation_runner& live);

// manage_events.cpp: /api/v1/events, /health/ready, /health/mail-path.
struct event_parts {
  net::server& server;
  hal::files& files;
  status::access_service& access;
  snapshot_source look;
  std::function<std::string()> numbers;  // one JSON object: what the page shows live
  std::string data_directory;
  std::uint64_t free_minimum_bytes = 0;
  generation_runner& live;
};
std::string live_numbers(const status::snapshot& s);
void add_event_routes(status::web_routes& routes, event_parts parts, gauge& streams);

}  // namespace sluice::gateway
