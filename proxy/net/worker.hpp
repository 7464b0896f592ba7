// One event loop: its thread's io_context, its sessions, its idle downstream connections, its deadlines. Everything of
// a session happens on the loop that adopted it; loops share only what is in `shared`.
#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <list>
#include <memory>
#include <vector>

#include "net/auth_service.hpp"
#include "net/deadline.hpp"
#include "net/downstream_pool.hpp"
#include "net/io.hpp"
#include "mime/charset_pool.hpp"
#include "net/shared.hpp"
#include "tls/stream.hpp"

namespace sluice::net {

class mail_session;

// An inspector with the generation whose rules and names it refers to.
struct inspector_lease {
  std::shared_ptr<const settings> rules;
  std::unique_ptr<inspect::message_inspector> inspector;
};

class worker {
 public:
  explicit worker(shared& all);
  ~worker();

  void run();  // until stop() and the end of all sessions
  // From any thread. Takes over an accepted socket; the slot and the client's place are already taken.
  void adopt(int socket, int family, std::shared_ptr<const settings> rules, std::size_t listener,
             client_table::key client, asio::ip::tcp::endpoint peer, bool probe);
  // From any thread: ends the session with the weakest claim on its slot, the one that is silent the longest of those.
  void evict_one();
  // From any thread: 421 to the idle, the busy finish within `grace`, then everything is closed.
  void stop(milliseconds grace);
  void die();  // leaves run() at once

  // On the loop only.
  asio::io_context& loop() { return loop_; }
  shared& all() { return all_; }
  tls::loop_scratch& scratch() { return *scratch_; }
  downstream_pool& pool() { return pool_; }
  void watch(deadline& d) { deadlines_.push_back(d); }
  void retire(std::unique_ptr<downstream> connection);  // QUIT in the background
  inspector_lease take_inspector(const std::shared_ptr<const settings>& rules);
  void give_inspector(inspector_lease lease);
  auth_service* authentication() { return auth_on_ ? auth_.get() : nullptr; }  // null when it is off
  auth_service& authentication_home() { return *auth_; }  // of messages that began while it was on

  // Before run(). A reason when the DNS servers cannot be used.
  std::string start_authentication(const auth_service_options& options);
  // On the loop, at any time: other servers, other limits, on or off; messages under way go on with the new servers.
  // A reason, and everything as it was, when that cannot be. What was switched off keeps its memory, so that switching
  // back cannot fail, until release_authentication().
  std::string change_authentication(const auth_service_options& options);
  void release_authentication() { auth_kept_ = false; }
  bool authenticates() const { return auth_on_.load(std::memory_order_relaxed); }
  const auth_figures& authentication_figures() const { return auth_figures_; }

  std::size_t sessions() const { return session_count_.load(std::memory_order_relaxed); }
  milliseconds lag() const { return milliseconds(lag_.load(std::memory_order_relaxed)); }
  std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }  // grows while the loop lives

 private:
  friend class mail_session;
  awaitable<void> tick();
  awaitable<void> end_politely(std::unique_ptr<downstream> connection);
  void start(std::unique_ptr<mail_session> session);
  void finished(mail_session* session);
  void finish_if_idle();
  void drop_leftovers(const settings& current);

  shared& all_;
  asio::io_context loop_{1};
  asio::executor_work_guard<executor> keep_{loop_.get_executor()};
  std::unique_ptr<tls::loop_scratch> scratch_;
  downstream_pool pool_;
  auth_figures auth_figures_;
  std::unique_ptr<auth_service> auth_;
  std::atomic<bool> auth_on_{false};
  bool auth_kept_ = false;  // although it is off
  deadline_list deadlines_;
  std::list<std::unique_ptr<mail_session>> sessions_;  // oldest first
  mime::charset_pool charsets_;
  std::vector<inspector_lease> inspectors_;  // spare
  std::size_t quitting_ = 0;
  bool stopping_ = false;
  clock::time_point stop_at_ = clock::time_point::max();
  std::atomic<std::size_t> session_count_{0};
  std::atomic<std::int64_t> lag_{0};
  std::atomic<std::uint64_t> beats_{0};
};

}  // namespace sluice::net
