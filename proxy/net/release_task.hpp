// Delivers what was released from the quarantine: straight to the route's hosts, never through a listener, with the
// original octets below our header fields. 4xx and connection trouble are tried again by the store's schedule, 5xx ends
// as refused with the reply (design section 7). Mail of our own goes the same way, without those fields. One delivery at a
// time, on the control loop.
#pragma once
#include "net/downstream.hpp"
#include "net/worker.hpp"

namespace sluice::net {

class release_task {
 public:
  explicit release_task(worker& home) : home_(home), all_(home.all()) { home_.watch(until_); }

  awaitable<void> run();  // until the process stops
  void wake();            // on the loop: something may be due

 private:
  struct delivery_state;
  awaitable<bool> deliver_one();  // false: nothing was due
  awaitable<void> deliver(delivery_state& d);
  awaitable<bool> connect(delivery_state& d);
  awaitable<bool> send_envelope(delivery_state& d);
  awaitable<smtp::cause> send_trace(delivery_state& d);
  awaitable<bool> send_content(delivery_state& d);
  awaitable<bool> find_removed_fields(delivery_state& d);
  static byte_view take_passing(delivery_state& d);
  awaitable<bool> read_block(delivery_state& d);
  void answer_open(delivery_state& d, const answer& a);

  worker& home_;
  shared& all_;
  deadline until_;
  std::unique_ptr<timer> timer_;
};

}  // namespace sluice::net
