// How many steps of TLS handshakes one event loop computes in one turn. A step is what one arrival of octets lets the
// engine do, 0.5 to 2.5 ms on a fast machine and tens of milliseconds on a slow one; without a bound, a hundred clients
// that arrive together would keep every session of the loop waiting for as long as all their steps take. What is ready
// beyond the bound goes to the end of the loop's queue and is asked again in the next turn, in the order in which it
// came, so that everybody else's work is done in between.
//
// Nobody holds a place while waiting for the peer: a client that stops in its handshake costs the others nothing here
// (its memory is bounded by the heap, its time by the deadline of the handshake). Used on one thread.
#pragma once
#include <atomic>
#include <boost/asio/post.hpp>
#include <cstdint>

#include "core/stats.hpp"

namespace sluice::tls {

class handshake_turns {
 public:
  // Without these the bound is standard_steps, and what waits is not counted. Both must outlive the loop's streams.
  void bind(const std::atomic<std::uint32_t>& steps, stats& counters) {
    steps_ = &steps;
    counters_ = &counters;
  }

  // True: a step may be computed now. False: post yourself to `loop` and ask again.
  template <class Executor>
  bool take(const Executor& loop) {
    const std::uint32_t most = steps_ == nullptr ? standard_steps : steps_->load(std::memory_order_relaxed);
    if (taken_ >= most) return false;
    // The turn is over when everything that is ready now has run.
    if (taken_++ == 0) boost::asio::post(loop, [this] { taken_ = 0; });
    return true;
  }
  void count_wait() {
    if (counters_ != nullptr) counters_->add(counter::tls_handshake_waits);
  }

  static constexpr std::uint32_t standard_steps = 2;

 private:
  const std::atomic<std::uint32_t>* steps_ = nullptr;
  stats* counters_ = nullptr;
  std::uint32_t taken_ = 0;
};

}  // namespace sluice::tls
