// Digests and notices in the running program: the secret of the links, their listener, the task that writes the mails, and
// what an operator can ask for. Put together here; the parts are digest_writer, digest_text, link_desk.
//
// On the control loop; blocking work runs on the storage thread.
#pragma once
#include <memory>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/records/digest_plan.hpp"
#include "firmware/gateway/records/digest_writer.hpp"
#include "firmware/gateway/manage/link_desk.hpp"
#include "hal/include/hal/files.hpp"
#include "net/worker.hpp"
#include "status/access/service.hpp"

namespace sluice::gateway {

class digest_service {
 public:
  // Before the start. Null with a reason when the listener or the secret cannot be had. The arguments outlive it.
  static std::unique_ptr<digest_service> open(const config::model& m, net::worker& home, hal::files& files, status::access_service& access,
                                              std::string& error);

  void add_routes(status::web_routes& routes);  // of the management server
  void start();  // with the loop
  void stop();
  void reconfigure(const config::model& m);
  const link_desk* links() const { return links_.get(); }

 private:
  digest_service(const config::model& m, net::worker& home, hal::files& files);
  net::awaitable<void> run();
  void follow_certificates();
  net::awaitable<told_step> step();
  net::awaitable<status::web_reply> tell(const status::web_request& q);
  net::awaitable<status::web_reply> send_now(const status::web_request& q);
  net::awaitable<status::web_reply> rotate(const status::web_request& q);
  net::awaitable<status::web_reply> requests(const status::web_request& q);

  net::worker& home_;
  status::link_key_file key_file_;
  status::kept_link_keys keys_;
  std::shared_ptr<const digest_plan> plan_;
  digest_writer writer_;
  told_step last_ = told_step::idle;
  bool stepping_ = false, rotating_ = false;  // a mail is being written; a new key is being made
  std::int64_t warned_ = 0;
  std::unique_ptr<link_desk> links_;
};

// What queue_digest does in the running program: a complete message into the store's outbox for own mail.
queue_digest queue_into(net::shared& all);

}  // namespace sluice::gateway
