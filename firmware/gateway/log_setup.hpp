// Where events go, by [log]: the local target (log_target), the ring of the last ones, the syslog server. Owned by the app;
// set up first, taken down last. A new generation changes all of it but the ring's size.
#pragma once
#include <memory>
#include <string>

#include "config/model.hpp"
#include "core/log_ring.hpp"
#include "net/syslog_sender.hpp"

namespace sluice::gateway {

// Empty, or why [log.syslog] cannot be used: a CA file that cannot be read.
std::string check_log(const config::model& m);

class log_setup {
 public:
  ~log_setup();

  void open(const config::model& m);   // before anything else
  void apply(const config::model& m);  // the syslog server of a new generation, on the control loop; check_log() found nothing

  void start(net::worker& home, const config::model& m);  // the way to the syslog server; before the loop runs
  void stop() { syslog_.reset(); }                        // after the loop has ended, before it goes

  std::string recent() const { return recent_ ? recent_->text() : std::string(); }
  const net::syslog_sender* syslog() const { return syslog_.get(); }

 private:
  std::unique_ptr<log::ring> recent_;
  std::unique_ptr<net::syslog_sender> syslog_;
};

}  // namespace sluice::gateway
