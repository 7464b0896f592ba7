// Deadlines without a timer per session: each loop looks at its armed deadlines four times a second and cancels the
// operations of those that have passed. Arming costs two assignments, so every read and write can have one. A waiting
// operation ends with operation_aborted and the owner finds `fired()`.
#pragma once
#include <boost/intrusive/list.hpp>

#include "net/io.hpp"

namespace sluice::net {

inline constexpr std::chrono::milliseconds deadline_tick{250};

class deadline : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  // From now on operations on `socket` end when `limit` has passed, but not later than `not_after()`.
  void arm(tcp_socket& socket, std::chrono::milliseconds limit) {
    const clock::time_point now = clock::now();
    at_ = std::min(now + limit, not_after_);
    socket_ = &socket;
    fired_ = false;
  }
  void disarm() { socket_ = nullptr; }

  // A bound for a sequence of operations (end of data to our dot). max(): none.
  void set_not_after(clock::time_point t) { not_after_ = t; }
  bool past_not_after() const { return not_after_ != clock::time_point::max() && clock::now() >= not_after_; }
  bool fired() const { return fired_; }

  // The operation that waits now, if any, is to end: for eviction and shutdown.
  void fire_now() { check(clock::time_point::max()); }
  void check(clock::time_point now) {
    if (socket_ == nullptr || now < at_) return;
    fired_ = true;
    error_code ignored;
    socket_->cancel(ignored);
    socket_ = nullptr;
  }

 private:
  clock::time_point at_{}, not_after_ = clock::time_point::max();
  tcp_socket* socket_ = nullptr;
  bool fired_ = false;
};

using deadline_list = boost::intrusive::list<deadline, boost::intrusive::constant_time_size<false>>;

}  // namespace sluice::net
