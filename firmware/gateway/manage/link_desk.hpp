// The listener of the links in digests and notices: a server of its own with the one path /q/{token}. GET shows and
// changes nothing, so that programs which follow links do no harm; POST with the token of the page acts, once. No cookies,
// no tokens in the log or the audit, slots and a rate limit of its own.
//
// On the control loop; what touches the quarantine runs on the storage thread.
#pragma once
#include <memory>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/records/digest_plan.hpp"
#include "net/worker.hpp"
#include "quarantine/told.hpp"
#include "status/access/service.hpp"
#include "status/http/server.hpp"
#include "status/links/key_file.hpp"
#include "status/links/visits.hpp"

namespace sluice::gateway {

// Everybody is a stranger here; what was done is audited without the link that did it.
class link_gate : public status::gate {
 public:
  explicit link_gate(status::access_service& access) : access_(access) {}
  bool has_people() const override { return false; }
  status::admission who_is(const status::credentials&) override { return {}; }
  std::string entrance(const status::web_request&) override { return {}; }
  bool same_site(const status::credentials&, const status::web_request&) override { return true; }
  net::awaitable<void> done(const status::web_request& q, std::string what, unsigned status) override;

 private:
  status::access_service& access_;
};

struct link_figures {
  std::uint64_t shown = 0, done = 0, refused = 0;
};

class link_desk {
 public:
  link_desk(net::worker& home, const config::model& m, status::access_service& access, const status::kept_link_keys& keys);

  std::string listen() { return server_.listen(); }
  void start() { server_.start(); }
  void stop() { server_.stop(); }
  void use_certificates(std::shared_ptr<const tls::server_context> context) { server_.use_certificates(std::move(context)); }
  void reconfigure(const config::model& m);
  std::uint16_t port() const { return server_.port(); }
  const gauge& slots() const { return server_.slots(); }
  std::uint64_t refused_requests() const { return visits_.refused(); }
  const link_figures& figures() const { return figures_; }

 private:
  struct looked;
  net::awaitable<status::web_reply> show(const status::web_request& q);
  net::awaitable<status::web_reply> act(const status::web_request& q);
  net::awaitable<looked> look(const status::web_request& q);

  net::worker& home_;
  const status::kept_link_keys& keys_;
  std::shared_ptr<const digest_plan> plan_;
  status::visits visits_;
  link_figures figures_;
  link_gate gate_;
  status::web_routes routes_;
  status::web_server server_;  // first to go
};

}  // namespace sluice::gateway
