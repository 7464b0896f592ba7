// The votes of the running program: its parts are watched on a thread of their own, and whoever supervises the process
// hears WATCHDOG=1 only while all of them have beaten in time, else the name of the one that has not.
//
// | part | beats | time |
// |---|---|---|
// | loop-N | the tick of each event loop | vote period |
// | storage | between jobs of the storage thread | 3 vote periods: flash may take long |
// | accept | no connection has waited since the last look without one being taken; looked at by the control loop | vote period |
// | dns-N | no question is open, or something about questions has moved | 60 s: more than all tries take |
// | config | the turn of the keeper of generations | 15 min: it proves generations by test mails |
#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/heartbeat.hpp"
#include "firmware/gateway/health/service_manager.hpp"
#include "firmware/gateway/health/vote_collector.hpp"
#include "net/server.hpp"

namespace sluice::gateway {

class votes {
 public:
  votes(net::server& server, net::shared& shared);
  ~votes();

  void start();  // the loops run
  // Loops end now, one after the other: nobody is expected to beat, and the supervisor's own limit for a stop counts.
  void stopping();
  const service_manager& manager() const { return manager_; }

 private:
  void watch();
  std::chrono::milliseconds look_period() const;
  net::awaitable<void> watch_doors();

  net::server& server_;
  net::shared& shared_;
  service_manager manager_;
  std::chrono::milliseconds period_;
  vote_collector parts_;
  heartbeat doors_;
  std::atomic<bool> stopping_{false};
  bool end_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace sluice::gateway
