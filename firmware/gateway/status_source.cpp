// What the status page shows, collected from the running parts; the token that opens it.
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "core/ascii.hpp"
#include "firmware/gateway/app.hpp"
#include "tls/heap.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t shown_messages = 50;
constexpr std::size_t least_token_bytes = 16;

// The token of the file; a new random one is made when the default file is missing.
std::string read_token(const std::string& path, bool may_create, std::string& error) {
  std::string token;
  if (std::ifstream in(path); in) {
    std::getline(in, token);
    token = std::string(ascii::trim(token));
    if (token.size() < least_token_bytes) error = path + ": holds no token of at least 16 characters in its first line";
    return token;
  }
  if (!may_create) {
    error = path + ": " + std::strerror(errno);
    return {};
  }
  std::array<unsigned char, 32> secret;
  randombytes_buf(secret.data(), secret.size());
  std::array<char, 65> text;
  sodium_bin2hex(text.data(), text.size(), secret.data(), secret.size());
  token.assign(text.data());
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::string line = token + "\n";
  if (fd < 0 || ::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fsync(fd) != 0)
    error = path + ": " + std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return token;
}

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
  if (!m.status.listen.is_set()) return {};
  if (sodium_init() < 0) return "libsodium could not start";
  std::string error;
  const bool own = m.status.token_file.empty();
  const std::string file = own ? m.data_directory + "/status.token" : m.status.token_file;
  status::http_options options;
  options.address = m.status.listen.host;
  options.port = m.status.listen.port;
  options.sessions = m.memory.status_sessions;
  options.request_timeout = m.status.request_timeout;
  options.token = read_token(file, own, error);
  if (!error.empty()) return error;
  status_ = std::make_unique<status::http_server>(*server_->workers().front(), options, [this] { return look(); });
  const auto context = make_tls_context(m, tickets_, true, error);
  if (!context) return error;
  status_->use_certificates(context);
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
  if (status_) s.budgets.push_back(row("status sessions", "sessions", status_->slots()));
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
