// What the status page shows, collected from the running parts.
#include <unistd.h>

#include <ctime>
#include <fstream>

#include "firmware/gateway/app.hpp"
#include "tls/heap.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t shown_messages = 50;

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
  status_ = management::open(m, {*server_, files_, [this] { return look(); }}, error);
  if (!status_) return error;
  if (m.status.listen.is_set()) {
    const auto context = make_tls_context(m, tickets_, true, error);
    if (!context) return error;
    status_->use_certificates(context);
  }
  return status_->listen();
}

// Sums over the loops; peaks of loops are not at the same time, so their sum is an upper bound.
void app::add_authentication(status::snapshot& s) const {
  if (dns_heap_ == nullptr) return;
  s.budgets.push_back(row("DNS client heap", "bytes", *dns_heap_));
  const net::auth_service_options each = auth_service_of(running_);
  status::budget_gauge questions{"DNS questions", "questions", 0, 0, 0, 0}, keys{"DKIM keys awaited", "keys", 0, 0, 0, 0},
      evaluations{"SPF evaluations", "evaluations", 0, 0, 0, 0}, cache{"DNS cache", "bytes", 0, 0, 0, 0};
  std::uint64_t asked = 0, timeouts = 0, failures = 0, hits = 0, misses = 0, outages = 0;
  for (const auto& w : server_->workers()) {
    const net::auth_service* a = w->authentication();
    if (a == nullptr) continue;
    const net::auth_service::figures& f = a->seen();
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
  }
  for (const status::budget_gauge& g : {questions, keys, evaluations, cache}) s.budgets.push_back(g);
  s.counters.push_back({"dns_questions", "Questions sent to DNS servers", asked});
  s.counters.push_back({"dns_timeouts", "Questions that no server answered in time", timeouts});
  s.counters.push_back({"dns_failures", "Questions that servers failed to answer or answered badly", failures});
  s.counters.push_back({"dns_cache_hits", "Questions answered from the cache", hits});
  s.counters.push_back({"dns_cache_misses", "Questions that were not in the cache", misses});
  s.counters.push_back({"dns_outages", "Times no DNS server answered anything any more", outages});
}

status::snapshot app::look() const {
  status::snapshot s;
  s.version = SLUICE_VERSION;
  s.hostname = running_.hostname;
  s.now = std::time(nullptr);
  s.started = started_;
  s.generation = generation_;
  s.sessions = shared_->slots.used();
  s.held_messages = shared_->held_messages.load();
  s.resident_bytes = resident_bytes();
  s.budget_bytes = budget_bytes_;
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
               row("storage jobs", "jobs", shared_->storage.ring())};
  add_authentication(s);
  if (status_) {
    s.budgets.push_back(row("status sessions", "sessions", status_->slots()));
    s.budgets.push_back(row("status bodies", "bytes", status_->bodies()));
    s.budgets.push_back(row("event streams", "streams", status_->streams()));
  }
  s.budgets.push_back({"process memory", "bytes", s.resident_bytes, s.resident_bytes, running_.memory.total_bytes, 0});
  for (const relay::host_record& h : shared_->capabilities.snapshot())
    s.hosts.push_back({h.host,
                       h.state == relay::host_state::up     ? "up"
                       : h.state == relay::host_state::down ? "down"
                                                            : "unknown",
                       offers_text(h.offers), h.last_error, h.since});
  if (certificates_)
    for (const tls::certificate_info& c : certificates_->certificates())
      s.certificates.push_back({c.subject, c.type == tls::key_type::ecdsa ? "ECDSA" : "RSA", c.not_after});
  s.messages = history_->page(0, shown_messages);
  for (const auto& w : server_->workers()) s.loop_lag_ms.push_back(w->lag().count());
  s.storage_busy_ms = shared_->storage.busy_for().count();
  return s;
}

}  // namespace sluice::gateway
