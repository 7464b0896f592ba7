// Lookups by c-ares; see ares_resolver.hpp.
#include "dns/ares_resolver.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <utility>

#include "core/concat.hpp"
#include "dns/ares_release.hpp"
#include "dns/ares_wait.hpp"
#include "dns/message.hpp"

namespace sluice::dns {
namespace asio = boost::asio;

namespace {

status status_of(int ares_status) {
  switch (ares_status) {
    case ARES_ENODATA: return status::no_data;
    case ARES_ENOTFOUND:
    case ARES_EBADNAME: return status::nxdomain;
    case ARES_ETIMEOUT: return status::timeout;
    case ARES_ENOMEM: return status::budget;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION: return status::cancelled;
    case ARES_EBADRESP: return status::malformed;
    default: return status::servfail;  // refused, not implemented, format error, no connection
  }
}

// A server has said something, whatever it was.
bool was_answered(int ares_status) {
  switch (ares_status) {
    case ARES_SUCCESS:
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_EFORMERR:
    case ARES_ESERVFAIL:
    case ARES_ENOTIMP:
    case ARES_EREFUSED:
    case ARES_EBADRESP: return true;
    default: return false;
  }
}

}  // namespace

// ---- the channel: c-ares' sockets and timers on the loop ----

struct ares_resolver::query {
  ares_resolver* owner = nullptr;
  task* asker = nullptr;  // null when nobody waits any more
  std::uint32_t id = 0;
  record_type type = record_type::txt;
  bool apart = false;
  fixed_string<limits::name_bytes> name;
};

struct ares_resolver::channel {
  using descriptor = asio::posix::basic_stream_descriptor<executor>;

  // One socket of c-ares. It stays until the channel is told to close it and both waits have returned.
  struct socket : std::enable_shared_from_this<socket> {
    socket(channel& c, int fd) : owner(&c), file(c.resolver.executor_, fd) {}
    channel* owner;
    descriptor file;
    bool read = false, write = false, waiting_read = false, waiting_write = false, closed = false;
  };

  explicit channel(ares_resolver& r) : resolver(r), timer(r.executor_) {}
  ~channel() { close(); }
  void close() {
    closing = true;
    if (handle != nullptr) ares_destroy(handle);
    handle = nullptr;
    timer.cancel();
  }

  static void on_state(void* self, ares_socket_t fd, int read, int write) {
    static_cast<channel*>(self)->state_changed(fd, read != 0, write != 0);
  }

  void state_changed(int fd, bool read, bool write) {
    auto at = std::find_if(sockets.begin(), sockets.end(), [fd](const auto& s) { return s->file.native_handle() == fd; });
    if (!read && !write) {
      if (at == sockets.end()) return;
      (*at)->closed = true;
      (*at)->file.release();  // c-ares closes it
      sockets.erase(at);
      return;
    }
    if (at == sockets.end()) at = sockets.insert(sockets.end(), std::make_shared<socket>(*this, fd));
    (*at)->read = read;
    (*at)->write = write;
    wait_for(*at);
  }

  void wait_for(const std::shared_ptr<socket>& s) {
    if (s->read && !s->waiting_read) {
      s->waiting_read = true;
      s->file.async_wait(descriptor::wait_read, [s](const boost::system::error_code& ec) {
        s->waiting_read = false;
        if (!s->closed) s->owner->ready(s, !ec, false);
      });
    }
    if (s->write && !s->waiting_write) {
      s->waiting_write = true;
      s->file.async_wait(descriptor::wait_write, [s](const boost::system::error_code& ec) {
        s->waiting_write = false;
        if (!s->closed) s->owner->ready(s, false, !ec);
      });
    }
  }

  void ready(const std::shared_ptr<socket>& s, bool can_read, bool can_write) {
    const int fd = s->file.native_handle();
    if (can_read || can_write)
      ares_process_fd(handle, can_read ? fd : ARES_SOCKET_BAD, can_write ? fd : ARES_SOCKET_BAD);
    if (!s->closed && (can_read || can_write)) wait_for(s);
    arm_timer();
  }

  void arm_timer() {
    const auto wait = next_look(handle);
    if (!wait || resolver.counters_.in_flight == 0) {
      timer.cancel();
      return;
    }
    timer.expires_after(*wait);
    timer.async_wait([this](const boost::system::error_code& ec) {
      if (ec || closing) return;
      ares_process_fd(handle, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      arm_timer();
    });
  }

  static void on_response(void* self, int ares_status, int, unsigned char* wire, int size) {
    auto& q = *static_cast<query*>(self);
    const byte_view octets = wire == nullptr || size < 0
                                 ? byte_view{}
                                 : byte_view{reinterpret_cast<const char*>(wire), static_cast<std::size_t>(size)};
    q.owner->finished(q, ares_status, octets);
  }

  ares_resolver& resolver;
  task::timer timer;
  ares_channel handle = nullptr;
  std::vector<std::shared_ptr<socket>> sockets;
  bool closing = false;
};

// ---- the resolver ----

ares_resolver::task::~task() {
  if (owner_ != nullptr) owner_->cancel(*this);
}

ares_resolver::ares_resolver(executor e, resolver_options options)
    : executor_(e), options_(std::move(options)), cache_(options_.cache), room_(limits::answer_bytes), watch_(e) {
  set_in_flight(options_.in_flight);
}

ares_resolver::~ares_resolver() { close(); }

void ares_resolver::close() {
  while (tasks_ != nullptr) cancel(*tasks_);
  watch_.cancel();
  close_channel();
}

void ares_resolver::close_channel() {
  for (std::unique_ptr<channel>* one : {&channel_, &apart_}) {
    if (*one == nullptr) continue;
    (*one)->close();
    asio::post(executor_, [gone = std::move(*one)] {});  // handlers of its timer may be on their way
  }
  suspects_.clear();
  suspect_ = nullptr;
}

// More places at once; fewer as soon as questions end.
void ares_resolver::set_in_flight(std::size_t most) {
  places_ = std::max<std::size_t>(most, 1);
  while (queries_.size() < places_) {
    queries_.push_back(std::make_unique<query>());
    queries_.back()->owner = this;
    free_.push_back(queries_.back().get());
  }
  while (queries_.size() > places_ && !free_.empty()) {
    query* const spare = free_.back();
    free_.pop_back();
    std::erase_if(queries_, [spare](const auto& q) { return q.get() == spare; });
  }
}

std::unique_ptr<ares_resolver::channel> ares_resolver::make_channel(const resolver_options& options, std::string& error) {
  auto out = std::make_unique<channel>(*this);
  ares_options o{};
  o.flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  o.ednspsz = 1232;  // fits one packet everywhere
  o.timeout = static_cast<int>(options.try_timeout.count());
  o.tries = options.tries;
  o.sock_state_cb = channel::on_state;
  o.sock_state_cb_data = out.get();
  int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE
  o.qcache_max_ttl = 0;
  mask |= ARES_OPT_QUERY_CACHE;
#endif
#if SLUICE_ARES_PACES_ITSELF
  o.maxtimeout = o.timeout;
  o.tries = tries_for(options.try_timeout * ((1 << std::clamp(options.tries, 1, 6)) - 1), options.try_timeout);  // older ones double it each time
  mask |= ARES_OPT_MAXTIMEOUTMS;
#endif
  int rc = ares_init_options(&out->handle, &o, mask);
  std::string servers;
  for (const std::string& s : options.servers) append_to(servers, (servers.empty() ? "" : ","), s);
  if (rc == ARES_SUCCESS && !servers.empty()) rc = ares_set_servers_ports_csv(out->handle, servers.c_str());
  if (rc == ARES_SUCCESS) return out;
  error = concat("DNS servers", (servers.empty() ? "" : concat(" ", servers)), ": ", ares_strerror(rc));
  return nullptr;
}

bool ares_resolver::open(std::string& error) {
  if (!open_ares()) {
    error = "c-ares cannot be initialised";
    return false;
  }
  channel_ = make_channel(options_, error);
  if (channel_ == nullptr) return false;
  if (options_.outage_after.count() != 0) probe();  // so that an outage is known before the first message
  return true;
}

// The old channel goes first: its memory is what the new one is made of. Should that fail, the old options make one as
// they did before.
bool ares_resolver::change(const resolver_options& next, std::string& error) {
  changing_ = true;  // what is under way ends as destroyed, and waits to be asked again
  close_channel();
  probing_ = false;
  channel_ = make_channel(next, error);
  const bool good = channel_ != nullptr;
  if (good) {
    cache_.change(next.cache);
    set_in_flight(next.in_flight);
    options_ = next;
  } else {
    std::string same_as_before;
    channel_ = make_channel(options_, same_as_before);
  }
  outage_ = false;
  asked_since_ = clock::time_point::max();
  ask_again();
  if (channel_ != nullptr && options_.outage_after.count() != 0) probe();
  return good;
}

void ares_resolver::ask_again() {
  std::vector<query*> open;
  for (const auto& q : queries_)
    if (std::find(free_.begin(), free_.end(), q.get()) == free_.end()) open.push_back(q.get());
  changing_ = false;
  for (query* q : open) {
    q->apart = false;
    if (channel_ == nullptr) {
      finished(*q, ARES_ECANCELLED, {});
      continue;
    }
    ares_query(channel_->handle, q->name.c_str(), 1 /* IN */, static_cast<int>(q->type), channel::on_response, q);
  }
  if (channel_ == nullptr) return;
  channel_->arm_timer();
  if (!open.empty()) watch();
}

std::int64_t ares_resolver::now() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock::now().time_since_epoch()).count();
}

void ares_resolver::start(task& t, lookup_client& client) {
  if (t.owner_ == nullptr) {
    t.owner_ = this;
    t.next_ = tasks_;
    tasks_ = &t;
  }
  t.client_ = &client;
  pump(t);
}

void ares_resolver::unlink(task& t) {
  task** at = &tasks_;
  while (*at != nullptr && *at != &t) at = &(*at)->next_;
  if (*at != nullptr) *at = t.next_;
  t.owner_ = nullptr;
  t.next_ = nullptr;
}

void ares_resolver::cancel(task& t) {
  if (t.owner_ != this) return;
  for (const auto& q : queries_)
    if (q->asker == &t) q->asker = nullptr;
  t.client_ = nullptr;
  t.open_ = 0;
  t.starved_ = false;
  t.timer_.cancel();
  unlink(t);
}

// Everything the client asks that is known is answered at once; the rest goes out while there are free places.
void ares_resolver::pump(task& t) {
  if (t.pumping_) return;  // an answer came while asking: the loop below goes on with the new questions
  t.pumping_ = true;
  t.starved_ = false;
  for (lookup l; t.client_ != nullptr;) {
    if (free_.empty() && !outage_) {
      t.starved_ = true;
      break;
    }
    if (!t.client_->next_lookup(l)) break;
    answer known;
    if (cache_.find(l.question, now(), known)) {
      t.client_->on_answer(l.id, known);
    } else if (outage_ || channel_ == nullptr) {
      ++counters_.refused_in_outage;
      t.client_->on_answer(l.id, {status::timeout, 0, {}});
    }
    else if (!ask(t, l)) t.client_->on_answer(l.id, {status::servfail, 0, {}});
  }
  t.pumping_ = false;
  if (t.open_ == 0 && !t.starved_) t.timer_.cancel();
}

bool ares_resolver::ask(task& t, const lookup& l) {
  query* q = free_.back();
  if (channel_ == nullptr || !assign_cut(q->name, l.question.name)) return false;
  free_.pop_back();
  q->asker = &t;
  q->id = l.id;
  q->type = l.question.type;
  ++t.open_;
  ++counters_.sent;
  counters_.in_flight_peak = std::max(counters_.in_flight_peak, ++counters_.in_flight);
  ares_query(channel_->handle, q->name.c_str(), 1 /* IN */, static_cast<int>(q->type), channel::on_response, q);
  channel_->arm_timer();
  watch();
  return true;
}

void ares_resolver::finished(query& q, int ares_status, byte_view wire) {
  if (changing_) return;  // ask_again()
  if (is_suspect(q, ares_status)) return;
  const question asked{view(q.name), q.type};
  const bool readable = ares_status == ARES_SUCCESS || ares_status == ARES_ENODATA || ares_status == ARES_ENOTFOUND;
  answer got{status_of(ares_status), 0, {}};
  if (readable && !wire.empty()) got = read_message(wire, asked, room_);
  --counters_.in_flight;
  ++counters_.answered;
  counters_.timeouts += got.status == status::timeout;
  counters_.failures += got.status == status::servfail || got.status == status::malformed;
  if (channel_ != nullptr && !channel_->closing) {
    if (was_answered(ares_status)) heard();
    cache_.put(asked, got, now());
  }
  task* const asker = q.asker;
  const std::uint32_t id = q.id;
  q.asker = nullptr;
  if (std::exchange(q.apart, false)) {
    suspect_ = nullptr;
    ask_suspect();
  }
  free_.push_back(&q);
  if (queries_.size() > places_) set_in_flight(places_);
  if (asker != nullptr) {
    --asker->open_;
    asker->client_->on_answer(id, got);
    pump(*asker);
  }
  serve_starved();
}

// ---- answers that cannot be read ----
//
// Newer releases of c-ares read answers themselves, and give up every question of a socket over one that they cannot read.
// So that one zone cannot do that to all others, each of them is asked once more, one after the other, by a channel apart.

bool ares_resolver::is_suspect(query& q, int ares_status) {
  if (!ares_gives_up_together || ares_status != ARES_EBADRESP || q.apart || channel_ == nullptr || channel_->closing) return false;
  q.apart = true;
  suspects_.push_back(&q);
  ask_suspect();
  return true;
}

void ares_resolver::ask_suspect() {
  std::string error;
  if (suspect_ != nullptr || suspects_.empty() || channel_ == nullptr || channel_->closing) return;
  suspect_ = suspects_.front();
  suspects_.erase(suspects_.begin());
  if (apart_ == nullptr) apart_ = make_channel(options_, error);
  if (apart_ == nullptr) return finished(*suspect_, ARES_EBADRESP, {});
  ares_query(apart_->handle, suspect_->name.c_str(), 1 /* IN */, static_cast<int>(suspect_->type), channel::on_response, suspect_);
  if (apart_ != nullptr) apart_->arm_timer();
}

void ares_resolver::serve_starved() {
  for (task* t = tasks_; t != nullptr && !free_.empty(); t = t->next_)
    if (t->starved_) pump(*t);
}

ares_resolver::awaitable<bool> ares_resolver::wait(task& t, clock::time_point deadline) {
  const bool ended = co_await wait_some(t, deadline);
  if (!ended) cancel(t);
  co_return ended;
}

ares_resolver::awaitable<bool> ares_resolver::wait_some(task& t, clock::time_point deadline) {
  constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> use{};
  while (t.owner_ == this && (t.open_ != 0 || t.starved_)) {
    t.timer_.expires_at(deadline);
    const auto [ec] = co_await t.timer_.async_wait(use);
    if (!ec) co_return false;  // otherwise cancelled: something has changed
  }
  co_return true;
}

// ---- outages ----
//
// One slow zone must not look like an outage, so before one is declared the servers get a question that every resolver
// answers by itself. Everything they say counts, NXDOMAIN and refusals too.

void ares_resolver::watch() {
  if (options_.outage_after.count() == 0) return;
  if (asked_since_ == clock::time_point::max()) asked_since_ = clock::now();
  if (watching_) return;
  watching_ = true;
  watch_.expires_after(options_.outage_after / 2);
  watch_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;  // closed; this object may be gone
    watching_ = false;
    if (channel_ == nullptr) return;
    if (outage_) {
      probe();
    } else if (asked_since_ != clock::time_point::max()) {
      if (clock::now() - asked_since_ >= options_.outage_after) begin_outage();
      probe();
    }
    if (outage_ || counters_.in_flight != 0 || probing_) watch();
  });
}

void ares_resolver::heard() {
  outage_ = false;
  asked_since_ = clock::time_point::max();
}

void ares_resolver::probe() {
  if (!probing_) {
    probing_ = true;
    ++counters_.in_flight;
    ares_query(channel_->handle, "localhost", 1 /* IN */, static_cast<int>(record_type::a), on_probe, this);
    channel_->arm_timer();
  }
  watch();
}

void ares_resolver::on_probe(void* self, int ares_status, int, unsigned char*, int) {
  auto& r = *static_cast<ares_resolver*>(self);
  --r.counters_.in_flight;
  if (r.changing_) return;
  r.probing_ = false;
  if (r.channel_ != nullptr && !r.channel_->closing && was_answered(ares_status)) r.heard();
}

void ares_resolver::begin_outage() {
  outage_ = true;
  ++counters_.outages;
  for (const auto& q : queries_) {
    task* const asker = q->asker;
    if (asker == nullptr) continue;
    q->asker = nullptr;  // its answer, if it comes after all, is for the cache
    --asker->open_;
    asker->client_->on_answer(q->id, {status::timeout, 0, {}});
    pump(*asker);
  }
  for (task* t = tasks_; t != nullptr; t = t->next_)
    if (t->starved_) pump(*t);
}

}  // namespace sluice::dns
