#include "firmware/gateway/records/digest_service.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;

constexpr std::chrono::milliseconds period{2'000}, stop_poll{500};
constexpr std::size_t steps_per_period = 50;     // then mail has its turn on the storage thread
constexpr std::int64_t warn_period_s = 600;
constexpr std::chrono::milliseconds rotate_poll{10};
constexpr std::size_t requests_page = 100;

web_reply storage_busy() {
  web_reply r = problem(503, "Busy", "The storage is busy or failed; try again in a moment.");
  r.headers.emplace_back("Retry-After", "5");
  return r;
}

// "SEQUENCE-POSITION"; empty: from the start.
// Sets a flag for as long as it lives.
class raised_flag {
 public:
  explicit raised_flag(bool& flag) : flag_(flag) { flag_ = true; }
  ~raised_flag() { flag_ = false; }
  raised_flag(const raised_flag&) = delete;
  raised_flag& operator=(const raised_flag&) = delete;

 private:
  bool& flag_;
};

bool read_cursor(const std::string& text, std::int64_t& sequence, std::uint32_t& position) {
  if (text.empty()) return true;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, sequence);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-' || sequence < 1) return false;
  const auto second = std::from_chars(first.ptr + 1, end, position);
  return second.ec == std::errc() && second.ptr == end;
}

}  // namespace

digest_service::digest_service(const config::model& m, net::worker& home, hal::files& files)
    : home_(home),
      key_file_(files, m.data_directory + "/links.keys"),
      plan_(std::make_shared<const digest_plan>(plan_of(m))),
      writer_(queue_into(home.all())) {}

std::unique_ptr<digest_service> digest_service::open(const config::model& m, net::worker& home, hal::files& files, access_service& access,
                                                     std::string& error) {
  std::unique_ptr<digest_service> out(new digest_service(m, home, files));
  key_file_state state = key_file_state::read;
  if (const int e = out->key_file_.open(out->keys_, state); e != 0) {
    error = concat(m.data_directory, "/links.keys: ", std::strerror(e));
    return nullptr;
  }
  if (state == key_file_state::damaged) log::line(log::level::warning, "link-keys-lost").with("why", "the file was damaged; links sent so far do nothing");
  expire_former(out->keys_, std::time(nullptr));
  if (!m.digest.link_listen.is_set()) return out;
  out->links_ = std::make_unique<link_desk>(home, m, access, out->keys_);
  out->follow_certificates();
  error = out->links_->listen();
  return error.empty() ? std::move(out) : nullptr;
}

void digest_service::start() {
  if (links_) {
    links_->start();
    log::line(log::level::info, "recipient-links").with("port", links_->port()).with("url", plan_->link_url);
  }
  auto work = run();
  net::asio::co_spawn(home_.loop(), std::move(work), net::asio::detached);
}

void digest_service::stop() {
  if (links_) links_->stop();
}

void digest_service::reconfigure(const config::model& m) {
  plan_ = std::make_shared<const digest_plan>(plan_of(m));
  if (links_) links_->reconfigure(m);
}

// Those of the mail listeners, which never ask for a client certificate: recipients have none.
void digest_service::follow_certificates() {
  const auto rules = home_.all().current();
  if (links_ && rules) links_->use_certificates(rules->tls);
}

net::awaitable<told_step> digest_service::step() {
  if (rotating_) co_return told_step::idle;
  const auto plan = plan_;
  const auto rules = home_.all().current();
  const std::int64_t now = std::time(nullptr);
  expire_former(keys_, now);
  const link_keys keys = keys_.keys;
  told_step done = told_step::failed;
  auto work = [&] {
    if (home_.all().store != nullptr && rules) done = writer_.step(home_.all().store->told(), *plan, keys, rules->rules->words(), now);
  };
  const net::job_ref job(work);
  const raised_flag busy(stepping_);
  [[maybe_unused]] const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  co_return done;
}

net::awaitable<void> digest_service::run() {
  net::timer wait(home_.loop().get_executor());
  const auto& stopping = home_.all().stopping;
  while (!stopping) {
    told_step done = told_step::idle;
    for (std::size_t i = 0; i < steps_per_period && !stopping && !plan_->domains.empty(); ++i) {
      done = co_await step();
      if (done != told_step::worked) break;
    }
    last_ = done;
    follow_certificates();
    const std::int64_t now = std::time(nullptr);
    if ((done == told_step::full || done == told_step::failed) && now - warned_ >= warn_period_s) {
      warned_ = now;
      log::line(log::level::warning, "digest-waits").with("why", done == told_step::full ? "the outbox for own mail is full" : "the storage failed or is busy");
    }
    const auto next = net::clock::now() + period;
    while (!stopping && net::clock::now() < next) {
      wait.expires_after(stop_poll);
      [[maybe_unused]] auto [ec] = co_await wait.async_wait(net::use);
    }
  }
}

void digest_service::add_routes(web_routes& routes) {
  routes.add({verb::get, "/api/v1/digest", role::viewer, no_body, "Get what recipients are told and when",
              [this](const web_request& q) -> reply { return tell(q); }});
  routes.add({verb::post, "/api/v1/digest/send", role::operate, small_body,
              {"Send the digests now", "domain:text:Only of this recipient domain", "", "202"},
              [this](const web_request& q) -> reply { return send_now(q); }});
  routes.add({verb::post, "/api/v1/digest/rotate-key", role::admin, small_body,
              {"Make a new key for the links of recipients", "revoke:flag:Links that were sent are void at once"},
              [this](const web_request& q) -> reply { return rotate(q); }});
  routes.add({verb::get, "/api/v1/quarantine/requests", role::viewer, no_body,
              {"List the recipients who ask an operator for a held message",
               "before:text:Where the page before ended, the answer's \"next\""},
              [this](const web_request& q) -> reply { return requests(q); }});
}

reply digest_service::tell(const web_request&) {
  const auto plan = plan_;
  const std::int64_t now = std::time(nullptr);
  std::string domains;
  bool failed = false;
  std::uint64_t used = 0;
  auto work = [&] {
    quarantine::telling& told = home_.all().store->told();
    for (const digest_plan::domain& d : plan->domains) {
      const auto p = told.progress(d.name);
      failed = failed || !p;
      if (!p) return;
      append_to(domains, std::string(domains.empty() ? "" : ","), "{\"domain\":", json(d.name), ",\"notice\":", (d.notice ? "true" : "false"),
                 ",\"last_moment\":", std::to_string(last_moment(d, now)), ",\"last_run\":", std::to_string(p->run), "}");
    }
    const auto links = told.used_links();
    failed = failed || !links;
    if (links) used = *links;
  };
  const net::job_ref job(work);
  const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  if (!ran || failed) co_return storage_busy();
  const char* state = last_ == told_step::full ? "waits for the outbox" : last_ == told_step::failed ? "waits for the storage" : "ready";
  std::string out = concat("{\"domains\":[", domains, "],\"state\":\"", state, "\",\"mails\":", std::to_string(writer_.mails()));
  if (links_) {
    const link_figures& f = links_->figures();
    append_to(out, ",\"links\":{\"url\":", json(plan->link_url), ",\"shown\":", std::to_string(f.shown), ",\"done\":", std::to_string(f.done),
           ",\"refused\":", std::to_string(f.refused), ",\"too_many\":", std::to_string(links_->refused_requests()),
           ",\"remembered\":", std::to_string(used), ",\"key\":", std::to_string(keys_.keys.current.id), "}");
  }
  co_return json_reply(concat(out, "}\n"));
}

reply digest_service::send_now(const web_request& q) {
  const std::string domain = q.query_value("domain");
  const auto plan = plan_;
  const auto named = [&](const digest_plan::domain& d) { return d.name == domain; };
  if (plan->domains.empty() || (!domain.empty() && std::ranges::none_of(plan->domains, named)))
    co_return problem(404, "No digests", domain.empty() ? "No [[digest.domain]] is configured." : "This domain has no [[digest.domain]].");
  auto work = [&] { writer_.send_now(domain, *plan, std::time(nullptr)); };
  const net::job_ref job(work);  // the writer lives on that thread
  const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  if (!ran) co_return storage_busy();
  web_reply r = json_reply("{\"queued\":true}\n");
  r.status = 202;
  r.audit = concat("send the digests of ", (domain.empty() ? std::string("all domains") : domain), " now");
  co_return r;
}

// Links that were sent go on working until they expire, unless they are revoked.
reply digest_service::rotate(const web_request& q) {
  const std::string revoke = q.query_value("revoke");
  if (!revoke.empty() && revoke != "true" && revoke != "false") co_return problem(422, "Bad value", "revoke is true or false.");
  const std::int64_t keep_s = revoke == "true" ? 0 : plan_->link_lifetime_s;
  // One at a time, and not beside a digest that is being written: a second one would forget the first one's key, and a mail
  // could carry links of a key that is void already.
  if (rotating_) co_return problem(409, "Busy", "Another new key is being made.");
  const raised_flag only(rotating_);
  net::timer wait(home_.loop().get_executor());
  while (stepping_ && !home_.all().stopping) {
    wait.expires_after(rotate_poll);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
  }
  kept_link_keys next = keys_;
  int error = EBUSY;
  auto work = [&] { error = key_file_.rotate(next, keep_s, std::time(nullptr)); };
  const net::job_ref job(work);
  const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  if (!ran || error != 0) {
    if (error != EBUSY) log::line(log::level::error, "link-keys-not-saved").with("why", std::strerror(error));
    co_return storage_busy();
  }
  keys_ = next;
  web_reply r = json_reply(concat("{\"key\":", std::to_string(keys_.keys.current.id), ",\"former_until\":", std::to_string(keys_.former_until), "}\n"));
  r.audit = keep_s == 0 ? "new key for links; those sent so far are void" : "new key for links";
  co_return r;
}

reply digest_service::requests(const web_request& q) {
  std::int64_t before = 0;
  std::uint32_t position = 0;
  if (!read_cursor(q.query_value("before"), before, position)) co_return problem(422, "Bad value", "before is the value of next.");
  std::vector<quarantine::release_request> rows;
  bool failed = true;
  auto work = [&] {
    auto page = home_.all().store->told().requests(before, position, requests_page);
    failed = !page;
    if (page) rows = std::move(*page);
  };
  const net::job_ref job(work);
  const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  if (!ran || failed) co_return storage_busy();
  std::string out;
  for (const auto& r : rows)
    append_to(out, std::string(out.empty() ? "" : ","), "{\"id\":", json(r.id), ",\"recipient\":", json(r.address), ",\"from\":", json(r.header_from),
           ",\"subject\":", json(r.subject), ",\"received\":", std::to_string(r.received), ",\"asked\":", std::to_string(r.asked), "}");
  const bool more = rows.size() == requests_page;
  const std::string next = more ? json(concat(std::to_string(rows.back().sequence), "-", std::to_string(rows.back().position))) : "null";
  co_return json_reply(concat("{\"requests\":[", out, "],\"next\":", next, "}\n"));
}

}  // namespace sluice::gateway
