#include "firmware/gateway/acme/service.hpp"

#include <sodium.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstring>
#include <ctime>

#include "config/choices.hpp"
#include "config/value_text.hpp"
#include "core/concat.hpp"
#include "core/log.hpp"
#include "core/wall_clock.hpp"
#include "firmware/gateway/acme/limits.hpp"
#include "net/shared.hpp"
#include "status/text.hpp"
#include "tls/pair_check.hpp"

namespace sluice::gateway::acme {
namespace {

constexpr std::chrono::milliseconds idle_period{500}, order_period{200};
constexpr std::chrono::minutes store_period{10};
constexpr std::chrono::milliseconds request_time{30'000};  // of one request, without the name's resolution
constexpr int most_install_tries = 5;                      // while somebody else changes a certificate
constexpr std::chrono::milliseconds install_pause{2'000};

std::int64_t steady_seconds() { return std::chrono::duration_cast<std::chrono::seconds>(net::clock::now().time_since_epoch()).count(); }

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) append_to(out, (out.empty() ? "" : " "), n);
  return out;
}

// In the middle of a sentence, without its full stop.
std::string as_clause(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

const char* name_of(state s) {
  switch (s) {
    case state::off: return "off";
    case state::waits: return "waits";
    case state::ordering: return "ordering";
    case state::no_clock: return "waits for the clock";
    case state::on_trial: break;
  }
  return "waits for the confirmation";
}

// What one order works with.
struct service::means {
  std::shared_ptr<const tls::account_key> key;
  std::shared_ptr<const tls::client_context> trust;
  order_plan plan;
};

service::service(service_parts parts, const config::model& m)
    : parts_(std::move(parts)), settings_(m.tls.acme), data_directory_(m.data_directory), file_(parts_.files, m.data_directory), responder_(parts_.home) {}

void service::start() {
  not_before_ = net::clock::now() + first_look;
  auto work = run();
  net::asio::co_spawn(parts_.home.loop(), std::move(work), net::asio::detached);
}

void service::reconfigure(const config::model& m) {
  if (m.tls.acme == settings_) return;
  settings_ = m.tls.acme;
  known_ = false;
  not_before_ = net::clock::now() + first_look;
}

view service::look() const {
  view v;
  if (!is_wanted(settings_)) return v;
  v.now = ordering_ ? state::ordering : !wall_clock::is_trusted() ? state::no_clock : parts_.on_trial() && !wished_ ? state::on_trial : state::waits;
  v.doing = ordering_ ? doing_ : std::string();
  v.directory = settings_.directory;
  v.names = settings_.names;
  v.error = memory_.error;
  if (kept_) v.fingerprint = kept_->sha256;
  v.why = known_ ? plan_.why : cause::none;
  v.next = known_ && !ordering_ ? plan_.when : 0;
  v.tried = memory_.tried;
  v.succeeded = memory_.succeeded;
  v.failures = memory_.failures;
  v.orders = orders_;
  v.failed_orders = failed_;
  v.answered = responder_.answered();
  return v;
}

std::string service::renew_now() {
  if (!is_wanted(settings_)) return "No CA is configured (tls.acme.directory).";
  if (ordering_) return "An order is under way.";
  if (!wall_clock::is_trusted()) return "The clock of this box cannot be believed yet; an order begins when it can.";
  if (memory_.not_before_of == settings_.directory && memory_.not_before > std::time(nullptr)) return concat("The CA wants no order before ", status::utc(memory_.not_before), ".");
  wished_ = true;
  return {};
}

net::awaitable<void> service::pause(std::chrono::milliseconds time) {
  net::timer wait(parts_.home.loop().get_executor());
  wait.expires_after(time);
  [[maybe_unused]] auto [ec] = co_await wait.async_wait(net::use);
}

net::awaitable<void> service::run() {
  auto load = [&] { memory_ = file_.load(); };
  const net::job_ref job(load);
  while (!stopping()) {
    const bool ran = co_await parts_.home.all().storage.run(parts_.home.loop(), job);
    if (ran) break;
    co_await pause(idle_period);
  }
  while (!stopping()) {
    co_await pause(idle_period);
    if (stopping() || !is_wanted(settings_) || net::clock::now() < not_before_) continue;
    if (!known_ || parts_.desk.changes() != seen_changes_ || net::clock::now() - looked_ > store_period) co_await look_at_store();
    if (!known_) continue;
    const std::int64_t now = std::time(nullptr);
    plan_ = look_ahead(settings_, memory_, kept_, usable_, now);
    if (!wall_clock::is_trusted() || (!wished_ && (parts_.on_trial() || now < plan_.when))) continue;
    wished_ = false;
    co_await attempt();
  }
}

net::awaitable<void> service::look_at_store() {
  const std::uint64_t changes = parts_.desk.changes();
  const certificate_desk::listing all = co_await parts_.desk.list();
  if (!all.whole) co_return;
  looked_ = net::clock::now();
  seen_changes_ = changes;
  known_ = true;
  kept_.reset();
  full_ = all.stored.size() >= parts_.desk.options().most_pairs;
  for (const stored_pair& p : all.stored) {
    if (p.name != stored_name) continue;
    kept_ = p.info;
    usable_ = p.fault.empty();
    full_ = false;
  }
}

net::awaitable<void> service::save() {
  int error = 0;
  auto write = [&] { error = file_.save(memory_); };
  const net::job_ref job(write);
  const bool ran = co_await parts_.home.all().storage.run(parts_.home.loop(), job);
  if (!ran || error != 0) log::line(log::level::warning, "acme-not-saved").with("why", ran ? std::strerror(error) : "the storage is busy");
}

net::awaitable<void> service::attempt() {
  const config::acme_settings s = settings_;
  ordering_ = true;
  doing_ = "begins";
  log::line(log::level::info, "acme-order").with("directory", s.directory).with("names", joined(s.names));
  const outcome end = co_await carry_out(s);
  ordering_ = false;
  responder_.close();
  known_ = false;
  if (end.dropped) co_return;
  co_await tell(s, end);
}

net::awaitable<void> service::tell(const config::acme_settings& s, const outcome& end) {
  const std::int64_t now = std::time(nullptr);
  ++orders_;
  memory_.tried = now;
  memory_.tried_for = order_mark(s);
  memory_.error = end.why;
  if (end.why.empty()) {
    memory_.made_for = memory_.tried_for;
    memory_.succeeded = now;
    memory_.failures = 0;
    memory_.next_try = memory_.not_before = 0;
  } else {
    ++failed_;
    ++memory_.failures;
    const std::optional<std::int64_t> left = kept_ ? std::optional(std::max<std::int64_t>(0, kept_->not_after - now)) : std::nullopt;
    memory_.next_try = now + std::max(end.pause_s, pause_after(memory_.failures, left, randombytes_random()));
    if (end.pause_s > 0) {
      memory_.not_before = now + end.pause_s;
      memory_.not_before_of = s.directory;
    }
    log::line(log::level::warning, "acme-failed").with("names", joined(s.names)).with("why", end.why).with("failures", static_cast<std::int64_t>(memory_.failures)).with("next", status::utc(memory_.next_try));
    std::string what = concat("order a certificate from the CA for ", joined(s.names), ": ", end.why);
    co_await parts_.audit(std::move(what), 502);
  }
  co_await save();
}

// Empty, or why no order can begin.
net::awaitable<std::string> service::prepare(const config::acme_settings& s, means& m) {
  tls::request_subject subject;
  subject.names = s.names;
  if (std::string fault = tls::subject_fault(subject); !fault.empty()) co_return concat(fault, "; see tls.acme.names");
  if (full_ && !kept_) co_return concat("this box keeps ", std::to_string(parts_.desk.options().most_pairs), " certificates already (tls.stored_certificates); delete one");
  m.plan.directory_url = s.directory;
  m.plan.contact = s.contact;
  m.plan.names = s.names;
  m.plan.timeout_s = std::chrono::duration_cast<std::chrono::seconds>(s.order_timeout).count();
  std::string error;
  auto work = [&] {
    m.key = file_.key(error);
    if (m.key) m.trust = https_trust(s.ca_file, error);
    if (m.trust && !s.account_binding.empty()) error = read_binding(parts_.files, s.account_binding, m.plan.binding_id, m.plan.binding_key);
  };
  const net::job_ref job(work);
  const bool ran = co_await parts_.home.all().storage.run(parts_.home.loop(), job);
  if (!ran) co_return "the storage is busy";
  co_return error;
}

net::awaitable<order_answer> service::ask(const order_request& q, const means& m) {
  order_answer out;
  const auto url = config::parse_web_address(q.url);
  if (!url.ok()) {
    out.error = concat("its address ", url.wrong);
    co_return out;
  }
  https_request r;
  r.method = q.method;
  r.at = url.value.at;
  r.target = url.value.target;
  r.trust = m.trust;
  r.most_octets = most_answer_octets;
  r.time = request_time;
  r.body = q.body;
  r.fields.emplace_back("Accept-Language", "en");
  if (!q.body.empty()) r.fields.emplace_back("Content-Type", "application/jose+json");
  if (q.wants_chain) r.fields.emplace_back("Accept", "application/pem-certificate-chain");
  https_answer a = co_await https_ask(parts_.home, std::move(r));
  out.status = a.status;
  out.body = std::move(a.body);
  out.nonce = std::move(a.nonce);
  out.location = std::move(a.location);
  out.retry_after_s = retry_after_of(a.retry_after, std::time(nullptr));
  out.error = std::move(a.error);
  out.is_final = a.is_final;
  co_return out;
}

net::awaitable<void> service::make_request(const config::acme_settings& s, order& o) {
  tls::request_subject subject;
  subject.names = s.names;
  [[maybe_unused]] const certificate_outcome left = co_await parts_.desk.remove_request(stored_name);  // of an order that a power cut ended
  const auto kind = tls::key_kind_named(config::name_of(s.key)).value_or(tls::key_kind::ecdsa_p256);
  const certificate_outcome made = co_await parts_.desk.request(stored_name, kind, std::move(subject));
  o.request_made(made.pem, made.good() ? std::string() : as_clause(made.text));
}

net::awaitable<void> service::install(const config::acme_settings& s, order& o) {
  std::string fault;
  auto check = [&] {
    const auto info = tls::describe_certificate(o.chain());
    if (!info) fault = info.error().text;
    else
      for (const std::string& n : s.names)
        if (std::ranges::find(info->names, n) == info->names.end()) fault = concat("the CA's certificate is not for ", n);
  };
  const net::job_ref job(check);
  const bool ran = co_await parts_.home.all().storage.run(parts_.home.loop(), job);
  if (!ran) fault = "the storage is busy";
  certificate_outcome done;
  for (int i = 0; fault.empty() && i < most_install_tries && !stopping(); ++i) {
    done = co_await parts_.desk.upload(stored_name, o.chain(), std::string());
    if (done.good()) break;
    if (done.status != 409 && done.status != 503) fault = as_clause(done.text);
    else if (i + 1 == most_install_tries) fault = as_clause(done.text);
    else co_await pause(install_pause);
  }
  if (fault.empty() && done.info.sha256.empty()) fault = "the program stops";
  o.installed(fault);
  if (!fault.empty()) co_return;
  log::line(log::level::info, "acme-certificate").with("names", joined(s.names)).with("until", status::utc(done.info.not_after)).with("sha256", done.info.sha256.substr(0, 16));
  std::string what = concat("certificate from the CA stored as ", done.name, ", sha256 ", done.info.sha256);
  co_await parts_.audit(std::move(what), done.status);
}

net::awaitable<service::outcome> service::carry_out(const config::acme_settings& s) {
  outcome end;
  means m;
  end.why = co_await prepare(s, m);
  if (!end.why.empty()) co_return end;
  order o(m.plan, *m.key, memory_.account, steady_seconds());
  for (;;) {
    if (stopping() || settings_ != s) {
      end.dropped = true;
      co_return end;
    }
    const order::need what = o.next(steady_seconds());
    doing_ = o.doing();
    switch (what) {
      case order::need::request: {
        const order_request q = o.to_send();
        const order_answer a = co_await ask(q, m);
        o.received(a, steady_seconds());
        if (o.account() != memory_.account) {
          memory_.account = o.account();
          co_await save();
        }
        break;
      }
      case order::need::wait: co_await pause(order_period); break;
      case order::need::open_challenges: {
        const std::string why = responder_.open(s.listen, s.challenge_connections, o.challenges());
        o.opened(why.empty() ? why : concat("the CA's question cannot be answered on tls.acme.listen, ", config::format_endpoint(s.listen), ": ", why));
        break;
      }
      case order::need::certificate_request: co_await make_request(s, o); break;
      case order::need::install: co_await install(s, o); break;
      case order::need::done: co_return end;
      case order::need::failed:
        end.why = o.why();
        end.pause_s = o.asked_pause_s();
        co_return end;
    }
  }
}

}  // namespace sluice::gateway::acme
