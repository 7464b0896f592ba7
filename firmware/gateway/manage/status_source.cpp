// What the status page shows, collected from the running parts.
#include <unistd.h>

#include <ctime>
#include <fstream>

#include "firmware/gateway/app.hpp"
#include "firmware/gateway/budget.hpp"
#include "tls/heap.hpp"

namespace sluice::gateway {
namespace {

std::uint64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::string offers_text(const std::optional<smtp::extension_set>& offers) {
  if (!offers) return "";
  std::string out;
  for (unsigned i = 0; i < static_cast<unsigned>(smtp::extension::count_); ++i) {
    const auto e = static_cast<smtp::extension>(i);
    if (offers->has(e)) out += (out.empty() ? "" : " ") + std::string(smtp::keyword_of(e));
  }
  return out;
}

status::budget_gauge row(const char* name, const char* unit, const gauge& g) {
  return {name, unit, g.used(), g.peak(), g.limit(), g.refused()};
}

}  // namespace

std::string app::open_status(const config::model& m) {
  std::string error;
  status_ = management::open(m, {*server_, files_, [this] { return look(); }, *live_, generations_, *history_, *messages_,
                                 [this] { return live_->running().settings->rules; }, *lists_, *trace_, *privacy_, *this, config_file_, box_,
                                  [this] { return running(); }, [this] { return logs_.recent(); }}, error);
  if (!status_) return error;
  live_->use_status(status_.get());
  if (live_->running().https) status_->use_certificates(live_->running().https);
  error = status_->listen();
  return error.empty() ? open_digests(m) : error;
}

std::string app::open_digests(const config::model& m) {
  std::string error;
  digests_ = digest_service::open(m, *server_->workers().front(), files_, status_->access(), error);
  if (!digests_) return error;
  digests_->add_routes(status_->routes());
  return {};
}

// Sums over the loops; peaks of loops are not at the same time, so their sum is an upper bound.
void app::add_authentication(status::snapshot& s) const {
  if (!running().auth.enabled) return;
  s.budgets.push_back(row("DNS client heap", "bytes", *dns_heap_));
  const net::auth_service_options each = auth_service_of(running());
  status::budget_gauge questions{"DNS questions", "questions", 0, 0, 0, 0}, keys{"DKIM keys awaited", "keys", 0, 0, 0, 0},
      evaluations{"SPF evaluations", "evaluations", 0, 0, 0, 0}, cache{"DNS cache", "bytes", 0, 0, 0, 0};
  std::uint64_t asked = 0, timeouts = 0, failures = 0, hits = 0, misses = 0, outages = 0;
  for (const auto& w : server_->workers()) {
    if (!w->authenticates()) continue;
    const net::auth_figures& f = w->authentication_figures();
    questions.used += f.in_flight;
    questions.peak += f.in_flight_peak;
    questions.limit += each.dns.in_flight;
    keys.peak += f.keys_peak;
    keys.limit += each.workspace.keys;
    keys.refused += f.keys_refused;
    evaluations.peak += f.evaluators_peak;
    evaluations.limit += each.workspace.evaluators;
    evaluations.refused += f.evaluators_refused;
    cache.used += f.cache_bytes;
    cache.peak = cache.used;
    cache.limit += each.dns.cache.bytes;
    asked += f.questions;
    timeouts += f.timeouts;
    failures += f.failures;
    hits += f.cache_hits;
    misses += f.cache_misses;
    outages += f.outages;
    s.checks_senders = true;
    s.dns_answers = s.dns_answers && !f.outage;
  }
  for (const status::budget_gauge& g : {questions, keys, evaluations, cache}) s.budgets.push_back(g);
  s.counters.push_back({"dns_questions", "Questions sent to DNS servers", asked});
  s.counters.push_back({"dns_timeouts", "Questions that no server answered in time", timeouts});
  s.counters.push_back({"dns_failures", "Questions that servers failed to answer or answered badly", failures});
  s.counters.push_back({"dns_cache_hits", "Questions answered from the cache", hits});
  s.counters.push_back({"dns_cache_misses", "Questions that were not in the cache", misses});
  s.counters.push_back({"dns_outages", "Times no DNS server answered anything any more", outages});
}

void app::add_observations(status::snapshot& s) const {
  s.mail = meter_.figures();
  held_.fill(s);
  s.spool_written_today = writes_.today();
  s.confirm_until = generations_.look().deadline;
  if (const auto& last = live_->tests().last()) s.test_mails = {.sent = true, .good = last->good, .when = last->unix_seconds};
  if (status_) {
    const acme::view v = status_->acme_service().look();
    s.acme = {v.now != acme::state::off, v.orders - v.failed_orders, v.failed_orders, v.failures, v.next};
  }
  const net::syslog_sender* log = logs_.syslog();
  if (log == nullptr) return;
  const net::syslog_sender::figures f = log->seen();
  s.syslog = {f.wanted, f.connected, f.sent, f.lost};
  if (f.wanted) s.budgets.push_back({"syslog queue", "bytes", f.used, f.peak, f.limit, f.lost});
}

status::snapshot app::look() const {
  status::snapshot s;
  s.version = SLUICE_VERSION;
  s.hostname = running().hostname;
  s.now = std::time(nullptr);
  s.started = started_;
  s.generation = live_->running().number;
  s.sessions = shared_->slots.used();
  s.held_messages = shared_->held_messages.load();
  s.resident_bytes = resident_bytes();
  s.budget_bytes = compute_budget(running()).process_bytes();
  for (unsigned i = 0; i < static_cast<unsigned>(counter::count_); ++i) {
    const auto c = static_cast<counter>(i);
    s.counters.push_back({name_of(c), help_of(c), shared_->counters.get(c)});
  }
  s.budgets = {row("mail sessions", "sessions", shared_->slots),
               row("guaranteed windows", "bytes", shared_->windows.guaranteed()),
               row("shared windows", "bytes", shared_->windows.shared()),
               row("TLS heap", "bytes", tls::heap::usage()),
               row("relay TLS engines", "sessions", shared_->relay_tls),
               row("envelopes", "bytes", shared_->envelopes),
               row("spool", "bytes", shared_->spool_octets),
               row("test mails", "sessions", shared_->probe_slots),
               row("storage jobs", "jobs", shared_->storage.ring())};
  s.budgets.push_back({"list entries", "entries", shared_->listed.size(), shared_->listed.peak(), shared_->listed.capacity(), shared_->listed.refused()});
  s.budgets.push_back({"trace on disk", "bytes", trace_->octets(), trace_->octets(), trace_->limit(), 0});
  s.counters.push_back({"trace_records", "Lines of the trace kept", trace_->records()});
  s.counters.push_back({"trace_dropped", "Lines of the trace lost because the disk was slow, full or broken", trace_->dropped()});
  s.counters.push_back({"trace_written_octets", "Octets of the trace written", trace_->written()});
  add_authentication(s);
  add_observations(s);
  s.counters.push_back({"test_mail_runs", "Times the test mails were sent through every listener", live_->tests().runs()});
  s.counters.push_back({"test_mail_failures", "Times not all of them went as they should", live_->tests().failures()});
  if (status_) {
    s.budgets.push_back(row("status sessions", "sessions", status_->slots()));
    s.budgets.push_back(row("status bodies", "bytes", status_->bodies()));
    s.budgets.push_back(row("event streams", "streams", status_->streams()));
    s.budgets.push_back(row("quarantine desk", "requests", status_->quarantine_desk().work()));
    s.budgets.push_back(row("quarantine downloads", "downloads", status_->quarantine_desk().downloads()));
  }
  if (digests_ && digests_->links() != nullptr) s.budgets.push_back(row("links of recipients", "sessions", digests_->links()->slots()));
  s.budgets.push_back({"process memory", "bytes", s.resident_bytes, s.resident_bytes, running().memory.total_bytes, 0});
  for (const relay::host_record& h : shared_->capabilities.snapshot())
    s.hosts.push_back({h.host,
                       h.state == relay::host_state::up     ? "up"
                       : h.state == relay::host_state::down ? "down"
                                                            : "unknown",
                       offers_text(h.offers), h.last_error, h.since});
  if (const auto& context = live_->running().settings->tls)
    for (const tls::certificate_info& c : context->certificates())
      s.certificates.push_back({c.subject, c.type == tls::key_type::ecdsa ? "ECDSA" : "RSA", c.not_after, c.sha256.substr(0, 16)});
  s.hour = messages_->hour().look(s.now);
  s.device = device_;
  s.data = data_space_;
  for (const auto& w : server_->workers()) s.loop_lag_ms.push_back(w->lag().count());
  s.storage_busy_ms = shared_->storage.busy_for().count();
  return s;
}

}  // namespace sluice::gateway
