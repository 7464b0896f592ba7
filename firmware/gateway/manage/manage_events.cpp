// Live numbers as server-sent events (WHATWG HTML section 9.2), once a second, for a bounded number of streams; and the
// health endpoints for load balancers and watchdogs.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/concat.hpp"
#include "firmware/gateway/generations/generation_runner.hpp"
#include "firmware/gateway/manage/manage.hpp"
#include "firmware/gateway/manage/manage_access.hpp"
#include "net/shared.hpp"
#include "status/access/store.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;

constexpr std::chrono::milliseconds event_period{1'000};
constexpr std::int64_t stream_life_s = 3600;  // then the browser opens a new one, with its session looked at anew
constexpr std::int64_t probe_period_s = 60;   // the medium is written to no more often, however often one asks

// One stream's place; given back when the connection lets go of the reply.
class stream_place {
 public:
  explicit stream_place(gauge& g) : gauge_(g) {}
  ~stream_place() { gauge_.give_back(1); }
  stream_place(const stream_place&) = delete;
  stream_place& operator=(const stream_place&) = delete;

 private:
  gauge& gauge_;
};

struct event_stream {
  event_stream(net::worker& h, gauge& g, event_parts p, principal w) : home(h), place(g), parts(std::move(p)), who(std::move(w)), wait(h.loop().get_executor()) {}
  net::worker& home;
  stream_place place;
  event_parts parts;
  principal who;
  net::timer wait;
  std::int64_t began = access_service::now();
  bool first = true;
};

net::awaitable<std::string> next_event(std::shared_ptr<event_stream> s) {
  if (!s->first) {
    const auto until = net::clock::now() + event_period;
    while (net::clock::now() < until && !s->home.all().stopping) {
      s->wait.expires_after(event_period / 4);
      [[maybe_unused]] auto [ignored] = co_await s->wait.async_wait(net::use);
    }
  }
  s->first = false;
  if (s->home.all().stopping || !s->parts.access.still_there(s->who) || access_service::now() - s->began > stream_life_s) co_return std::string();
  co_return concat("event: numbers\ndata: ", s->parts.numbers(), "\n\n");
}

// A page that was left is noticed when its stream is written to the second time: the first octets are still accepted, and only
// answered by a reset. Who finds all taken waits for that.
net::awaitable<bool> take_stream(net::worker& home, gauge& streams) {
  net::timer wait(home.loop().get_executor());
  const auto until = net::clock::now() + 2 * event_period + event_period / 4;
  while (!streams.try_take(1)) {
    if (net::clock::now() >= until || home.all().stopping) co_return false;
    wait.expires_after(event_period / 8);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
  }
  co_return true;
}

reply events(const event_parts& parts, gauge& streams, const web_request& q) {
  const principal who = q.who;
  const bool taken = co_await take_stream(*parts.server.workers().front(), streams);
  if (!taken) {
    web_reply busy = problem(503, "Too many streams", "All event streams are in use.");
    busy.headers.emplace_back("Retry-After", "10");
    co_return busy;
  }
  const auto s = std::make_shared<event_stream>(*parts.server.workers().front(), streams, parts, who);
  web_reply r;
  r.content_type = "text/event-stream";
  r.more = [s]() -> net::awaitable<std::string> { return next_event(s); };
  co_return r;
}

// Whether the quarantine's medium takes a write; asked of the medium once a minute at most.
struct medium_probe {
  std::int64_t asked = 0;
  int error = 0;
};

net::awaitable<int> probe(const event_parts& parts, std::shared_ptr<medium_probe> p) {
  const std::int64_t now = access_service::now();
  if (p->asked != 0 && now - p->asked < probe_period_s) co_return p->error;
  p->asked = now;
  int error = 0;
  auto work = [&] {
    hal::volume_space space;
    error = parts.files.space_of(parts.data_directory.c_str(), space);
    if (error == 0 && space.free_bytes < parts.free_minimum_bytes) error = ENOSPC;
    const std::string path = concat(parts.data_directory, "/health.probe");
    if (error == 0) error = replace_file(parts.files, path, "1\n");
    parts.files.remove(path.c_str());
  };
  const net::job_ref job(work);
  net::worker& home = *parts.server.workers().front();
  const bool ran = co_await home.all().storage.run(home.loop(), job);
  p->error = ran ? error : EBUSY;
  co_return p->error;
}

web_reply health(bool good, const std::string& why) {
  web_reply r;
  r.status = good ? 200 : 503;
  r.content_type = "text/plain; charset=utf-8";
  r.body = good ? "ok\n" : concat(why, "\n");
  return r;
}

reply mail_path(const event_parts& parts, std::shared_ptr<medium_probe> p) {
  const snapshot s = parts.look();
  const bool reachable = s.hosts.empty() || std::ranges::any_of(s.hosts, [](const downstream_host& h) { return h.state != "down"; });
  const int error = co_await probe(parts, p);
  if (parts.server.workers().front()->all().holds_nothing) co_return health(false, "nothing can be held: the data partition could not be used at the start");
  if (!reachable) co_return health(false, "no mail server behind this one is reachable");
  const auto& tests = parts.live.tests().last();
  if (error == 0 && tests && !tests->good) co_return health(false, "the last test mails did not go as they should");
  co_return health(error == 0, concat("the quarantine cannot be written: ", std::strerror(error)));
}

}  // namespace

// Flat, so that a page can name what it shows; texts in it are our own.
std::string live_numbers(const snapshot& s) {
  std::string out = concat("{\"sessions\":", std::to_string(s.sessions), ",\"held\":", std::to_string(s.held_messages),
                    ",\"resident_bytes\":", std::to_string(s.resident_bytes), ",\"generation\":", std::to_string(s.generation),
                    ",\"uptime_seconds\":", std::to_string(s.now - s.started),
                    ",\"mail_minute\":", std::to_string(s.hour.minutes[traffic_minutes - 2].all()), ",\"mail_hour\":", std::to_string(s.hour.hour),
                    ",\"answer_p50_ms\":", std::to_string(s.hour.p50_ms), ",\"answer_p95_ms\":", std::to_string(s.hour.p95_ms));
  for (const counter_value& c : s.counters) append_to(out, ",", json(c.name), ":", std::to_string(c.value));
  return concat(out, "}");
}

void add_event_routes(web_routes& routes, event_parts parts, gauge& streams) {
  routes.add({verb::get, "/api/v1/events", role::viewer, no_body,
              {"Follow the live numbers as server-sent events", "", "", "text/event-stream"},
              [parts, &streams](const web_request& q) -> reply { return events(parts, streams, q); }});
  routes.add({verb::get, "/health/ready", role::nobody, no_body,
              {"Tell whether mail is accepted", "", "", "text/plain"}, [parts](const web_request&) -> reply {
                co_return health(!parts.server.workers().front()->all().stopping, "stopping");
              }});
  const auto p = std::make_shared<medium_probe>();
  routes.add({verb::get, "/health/mail-path", role::nobody, no_body,
              {"Tell whether mail gets through: a mail server behind, room to quarantine", "", "", "text/plain"},
              [parts, p](const web_request&) -> reply { return mail_path(parts, p); }});
}

}  // namespace sluice::gateway
