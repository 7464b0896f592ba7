// One thread for everything that can wait for the flash: spool, quarantine, SQLite. Event loops hand it jobs and await
// their end; jobs run one after the other. The ring is bounded: when it is full, run() answers false and the caller
// gives a temporary reply.
#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "core/gauge.hpp"
#include "net/io.hpp"

namespace sluice::net {

// A non-owning reference to a callable; the caller keeps the callable alive until run() has returned.
class job_ref {
 public:
  template <class F>
  explicit job_ref(F& f) : object_(&f), call_([](void* o) { (*static_cast<F*>(o))(); }) {}
  void operator()() const { call_(object_); }

 private:
  void* object_;
  void (*call_)(void*);
};

class storage_thread {
 public:
  explicit storage_thread(std::size_t ring_slots);
  ~storage_thread();  // finishes the jobs that were accepted

  // Runs `job` on the storage thread and resumes the caller on its own loop. False: ring full, the job did not run.
  // Not cancellable: a job that has begun decides who owns a message.
  awaitable<bool> run(asio::io_context& loop, job_ref job);

  // Time the job in progress has taken so far; zero when idle. For the supervisor and the status page.
  std::chrono::milliseconds busy_for() const;
  const gauge& ring() const { return ring_; }

 private:
  struct entry;
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<entry> queue_;  // ring of fixed size
  std::size_t first_ = 0, used_ = 0;
  gauge ring_;
  bool stop_ = false;
  std::atomic<clock::rep> busy_since_{0};
  std::thread thread_;
};

}  // namespace sluice::net
