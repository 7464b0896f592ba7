// Gets records over the network: c-ares on an Asio loop. The one user of Asio and c-ares in this module. c-ares does the
// transport: ids and ports, UDP with TCP after truncation, EDNS, several servers, retries. What comes back is read by
// message.hpp and remembered by cache.hpp; c-ares' own cache is off and its heap is counted (ares_heap).
//
// A client (auth::checker) is served through a task. start() asks what it wants to know; answers come in while the loop
// runs, each followed by the client's further questions; wait() ends when nothing is open or the time is up.
// Destroying the task, or cancel(), detaches the client at once: no answer reaches it any more.
//
// Not thread safe: each event loop has its own resolver, and its tasks live in that loop.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/gauge.hpp"
#include "dns/cache.hpp"
#include "dns/lookup.hpp"

namespace sluice::dns {

struct resolver_options {
  std::vector<std::string> servers = {};  // "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:5353"; none: the system's
  std::chrono::milliseconds try_timeout{2500};  // of the first try at a server; c-ares doubles it for further rounds
  int tries = 2;                     // rounds through the servers
  // No server has answered anything for so long although it was asked: an outage. Until a probe is answered, questions
  // end at once as timed out, so that nothing waits for a DNS that is gone. 0: never.
  std::chrono::milliseconds outage_after{0};
  std::size_t in_flight = 128;       // questions under way at once, of all clients; further ones wait their turn
  cache_options cache = {};
};

// Makes c-ares take its memory from `budget` (counted, refused beyond its limit). Once per process, before the first
// resolver; `budget` must live until the process ends. False when c-ares was initialised before.
bool count_ares_heap(gauge& budget);

// Octets of that heap which so many resolvers need for so many questions under way in all.
std::size_t ares_heap_bytes(std::size_t resolvers, std::size_t questions);

class ares_resolver {
 public:
  using executor = boost::asio::io_context::executor_type;
  using clock = std::chrono::steady_clock;
  template <class T>
  using awaitable = boost::asio::awaitable<T, executor>;

  // One client being served. Belongs to the client's owner; one resolver at a time.
  class task {
   public:
    explicit task(executor e) : timer_(e) {}
    ~task();
    task(const task&) = delete;
    task& operator=(const task&) = delete;
    std::size_t open() const { return open_; }  // questions under way

   private:
    friend class ares_resolver;
    using timer = boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>, executor>;
    ares_resolver* owner_ = nullptr;
    lookup_client* client_ = nullptr;
    std::size_t open_ = 0;
    bool pumping_ = false, starved_ = false;  // starved: it has questions that wait for a free place
    task* next_ = nullptr;                    // in the owner's list
    timer timer_;
  };

  ares_resolver(executor e, resolver_options options);
  ~ares_resolver();
  ares_resolver(const ares_resolver&) = delete;
  ares_resolver& operator=(const ares_resolver&) = delete;

  // Reads the servers; false with a reason (no server, malformed address, out of memory). Call once.
  bool open(std::string& error);
  // Other options while it works: what is under way is asked anew of the new servers, what is remembered stays unless
  // the size of the cache changes. False with a reason, and everything as it was, when the new ones cannot be used.
  bool change(const resolver_options& next, std::string& error);

  // Asks everything that `client` wants to know now; call it again whenever the client has moved on.
  void start(task& t, lookup_client& client);
  // True when nothing is open any more; false at the deadline, with the client detached.
  awaitable<bool> wait(task& t, clock::time_point deadline);
  // The same, but at the deadline the client stays attached: for callers that have to look at something else meanwhile.
  awaitable<bool> wait_some(task& t, clock::time_point deadline);
  void cancel(task& t);

  struct counters {
    std::uint64_t sent = 0, answered = 0, timeouts = 0, failures = 0;
    std::uint64_t outages = 0, refused_in_outage = 0;
    std::size_t in_flight = 0, in_flight_peak = 0;
  };
  bool outage() const { return outage_; }
  // Ends everything, so that the loop can run out; every question from now on is a timeout.
  void close();
  const counters& count() const { return counters_; }
  const dns::cache& answers() const { return cache_; }

 private:
  struct query;
  struct channel;
  std::unique_ptr<channel> make_channel(const resolver_options& options, std::string& error);
  void close_channel();
  void set_in_flight(std::size_t most);
  void ask_again();
  friend struct channel;

  void pump(task& t);
  bool ask(task& t, const lookup& l);
  void finished(query& q, int ares_status, byte_view wire);
  void serve_starved();
  bool is_suspect(query& q, int ares_status);
  void ask_suspect();
  void watch();
  void heard();
  void begin_outage();
  void probe();
  static void on_probe(void* self, int ares_status, int timeouts, unsigned char* wire, int size);
  void unlink(task& t);
  std::int64_t now() const;

  executor executor_;
  resolver_options options_;
  dns::cache cache_;
  std::vector<std::unique_ptr<query>> queries_;
  std::vector<query*> free_;
  std::vector<char> room_;
  task* tasks_ = nullptr;
  counters counters_;
  bool outage_ = false, probing_ = false, watching_ = false, changing_ = false;
  std::size_t places_ = 0;  // queries that may be under way; fewer than there are after a change
  clock::time_point asked_since_ = clock::time_point::max();  // of the oldest question after which nobody was heard
  task::timer watch_;
  std::unique_ptr<channel> channel_, apart_;  // apart: for what the first one could not read
  std::vector<query*> suspects_;              // that wait for it
  query* suspect_ = nullptr;                  // the one that it asks
};

}  // namespace sluice::dns
