#include "net/storage_thread.hpp"

#include <pthread.h>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <memory>

namespace sluice::net {

struct storage_thread::entry {
  asio::io_context* loop = nullptr;
  // The loop must not run out of work, and end, while one of its coroutines waits for a job.
  std::unique_ptr<asio::executor_work_guard<executor>> keep;
  job_ref* job = nullptr;
  asio::any_completion_handler<void(bool)> done;
};

namespace {

// Completes a handler on its own loop; a named class because of g++ 12 (a lambda with captures would do as well here,
// outside of a co_await expression).
struct completion {
  asio::any_completion_handler<void(bool)> handler;
  bool result;
  void operator()() { std::move(handler)(result); }
};

}  // namespace

storage_thread::storage_thread(std::size_t ring_slots) : queue_(ring_slots), ring_(ring_slots) {
  // Signals belong to the loops; this thread must not be the one that gets them.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &old);
  thread_ = std::thread([this] { loop(); });
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

storage_thread::~storage_thread() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

awaitable<bool> storage_thread::run(asio::io_context& loop, job_ref job) {
  auto initiate = [this, &loop, &job](auto handler) {
    asio::any_completion_handler<void(bool)> done(std::move(handler));
    {
      std::lock_guard lock(mutex_);
      if (!stop_ && ring_.try_take(1)) {
        entry& e = queue_[(first_ + used_++) % queue_.size()];
        e.loop = &loop;
        e.keep = std::make_unique<asio::executor_work_guard<executor>>(loop.get_executor());
        e.job = &job;
        e.done = std::move(done);
      }
    }
    if (done)
      asio::post(loop, completion{std::move(done), false});
    else
      wake_.notify_one();
  };
  // g++ 12: the awaitable is made in a statement of its own, never a capturing lambda inside co_await.
  auto pending = asio::async_initiate<const asio::use_awaitable_t<executor>, void(bool)>(
      std::move(initiate), asio::use_awaitable_t<executor>{});
  co_return co_await std::move(pending);
}

void storage_thread::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (used_ == 0 && stop_) return;
    if (used_ == 0) {
      wake_.wait(lock);
      continue;
    }
    entry now = std::move(queue_[first_]);
    first_ = (first_ + 1) % queue_.size();
    --used_;
    lock.unlock();
    busy_since_ = clock::now().time_since_epoch().count();
    (*now.job)();
    busy_since_ = 0;
    ring_.give_back(1);
    asio::post(*now.loop, completion{std::move(now.done), true});
    lock.lock();
  }
}

std::chrono::milliseconds storage_thread::busy_for() const {
  const clock::rep since = busy_since_;
  if (since == 0) return std::chrono::milliseconds{0};
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now().time_since_epoch() - clock::duration(since));
}

}  // namespace sluice::net
