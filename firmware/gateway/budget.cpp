#include "firmware/gateway/budget.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "core/concat.hpp"
#include "firmware/gateway/acme/limits.hpp"
#include "firmware/gateway/session_cost.hpp"
#include "firmware/gateway/wiring.hpp"

namespace sluice::gateway {
namespace {

std::uint64_t sum(const std::vector<budget_row>& rows) {
  std::uint64_t total = 0;
  for (const budget_row& r : rows) total += r.total_bytes();
  return total;
}

std::uint64_t https_sessions(const config::model& m) {
  return m.memory.status_sessions + (m.digest.link_listen.is_set() ? m.digest.link_sessions : 0);
}

bool syslog_in_tls(const config::model& m) {
  return m.log.syslog.server.is_set() && m.log.syslog.transport == config::syslog_transport::tls;
}

std::uint64_t authorities_in(const std::string& file) {
  return file.empty() || file == system_authorities ? cost::tls_system_authorities_bytes : cost::tls_authorities_bytes;
}

// Certificates and keys, and what routes, the syslog server's connection and the page trust, of two generations; what is
// fetched (pull, ACME) is trusted while that lasts. Routes with the same file share it.
std::uint64_t tls_contexts_for(const config::model& m) {
  std::vector<std::string> files;
  for (const config::route& r : m.routes) {
    std::string file = trusted_file(r);
    if (!file.empty() && std::ranges::find(files, file) == files.end()) files.push_back(std::move(file));
  }
  std::uint64_t out = cost::tls_contexts_bytes + m.tls.stored_certificates * cost::stored_certificate_bytes;
  for (const std::string& f : files) out += 2 * authorities_in(f);
  if (syslog_in_tls(m)) out += 2 * authorities_in(m.log.syslog.ca_file);
  if (!m.status.client_ca.empty()) out += 2 * authorities_in(m.status.client_ca);
  if (!m.management.pull.url.empty()) out += authorities_in(m.management.pull.ca_file);
  if (!m.tls.acme.directory.empty()) out += authorities_in(m.tls.acme.ca_file);
  return out;
}

std::uint64_t tls_heap_for(const config::model& m) {
  const config::memory_settings& mem = m.memory;
  return (mem.sessions + https_sessions(m) + net::probe_sessions) * cost::tls_session_bytes +
         (mem.relay_tls_sessions + net::probe_sessions) * cost::tls_relay_bytes + m.tls.handshakes_per_core * mem.loops * cost::tls_handshake_extra_bytes +
         (syslog_in_tls(m) ? cost::tls_relay_bytes : 0) + tls_contexts_for(m);
}

// All sessions in TLS, each loop with a handshake and a record half received.
std::uint64_t tls_heap_floor_for(const config::model& m) {
  const config::memory_settings& mem = m.memory;
  return (mem.sessions + https_sessions(m)) * tls::limits::session_established_bytes +
         mem.loops * (tls::limits::session_handshake_bytes + tls::limits::session_record_bytes) + tls_contexts_for(m);
}

std::string line(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string line(const char* format, ...) {
  char text[256];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

// One decimal: for people, who compare it with a box's memory. Exact figures are in the JSON form.
std::string short_size(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes >= cost::mib) return line("%.1fMiB", value / static_cast<double>(cost::mib));
  if (bytes >= cost::kib) return line("%.1fKiB", value / static_cast<double>(cost::kib));
  return concat(std::to_string(bytes), "B");
}

std::string table_rows(const std::vector<budget_row>& rows) {
  std::string out;
  for (const budget_row& r : rows)
    out += line("  %-36s %7llu x %9s = %9s   %s\n", r.name.c_str(), static_cast<unsigned long long>(r.count),
                short_size(r.each_bytes).c_str(), short_size(r.total_bytes()).c_str(), r.from.c_str());
  return out;
}

std::string json_rows(const std::vector<budget_row>& rows) {
  std::string out;
  for (const budget_row& r : rows)
    append_to(out, std::string(out.empty() ? "" : ","), "{\"name\":\"", r.name, "\",\"count\":", std::to_string(r.count),
           ",\"each_bytes\":", std::to_string(r.each_bytes), ",\"total_bytes\":", std::to_string(r.total_bytes()),
           ",\"key\":\"", r.from, "\"}");
  return concat("[", out, "]");
}

}  // namespace

std::uint64_t budget::process_bytes() const { return sum(process); }
std::uint64_t budget::kernel_bytes() const { return sum(kernel); }

budget compute_budget(const config::model& m) {
  const config::memory_settings& mem = m.memory;
  budget b;
  b.limit_bytes = mem.total_bytes;
  b.tls_heap_bytes = mem.tls_heap_bytes != 0 ? mem.tls_heap_bytes : tls_heap_for(m);
  b.tls_heap_floor_bytes = tls_heap_floor_for(m);
  b.process = {
      {"process base", 1, cost::process_base_bytes, ""},
      {"event loops", mem.loops, cost::loop_bytes, "memory.loops"},
      {"mail sessions", mem.sessions, cost::session_bytes, "memory.sessions"},
      {"inspectors, mid-message", mem.sessions, cost::inspector_bytes, "memory.sessions"},
      {"compressed RTF bodies, per loop", mem.loops, cost::rtf_bytes, "memory.loops"},
      {"window pool", 1, mem.window_pool_bytes, "memory.window_pool"},
      {"TLS heap", 1, b.tls_heap_bytes, "memory.tls_heap"},
      {"profiles and rules", 1, cost::rules_bytes, ""},
      {"client counters", mem.client_entries, cost::client_entry_bytes, "memory.client_entries"},
      {"verdict history", mem.history_entries, cost::history_entry_bytes, "memory.history_entries"},
      {"counts for the page", 1, cost::picture_bytes, ""},
      {"recent signatures", mem.signature_entries, cost::signature_entry_bytes, "memory.signature_entries"},
      {"learned baseline", m.baseline.domains, cost::baseline_entry_bytes, "baseline.domains"},
      {"block and allow lists", m.lists.entries, cost::list_entry_bytes, "lists.entries"},
      {"trace, blocks and a search", 1, cost::trace_bytes, ""},
      {"quarantine index (SQLite)", 1, mem.sqlite_heap_bytes, "memory.sqlite_heap"},
      {"storage thread", 1, cost::storage_thread_bytes, ""},
      {"storage jobs", mem.storage_ring_entries, cost::storage_job_bytes, "memory.storage_ring_entries"},
      {"test mail", net::probe_sessions, cost::test_mail_bytes, ""},
      {"generations", 1, cost::generations_bytes, ""},
      {"updates and network", 1, cost::box_bytes, ""},
      {"certificates and backups, at work", 1, cost::identity_work_bytes, ""},
      {"quarantine desk", 1, cost::desk_bytes, ""},
      {"status sessions", mem.status_sessions, cost::status_session_bytes, "memory.status_sessions"},
      {"message figures", 1, cost::message_figures_bytes, ""},
      {"support bundle", 1, cost::support_bundle_bytes, ""},
      {"recent events", 1, m.log.recent_bytes, "log.recent"},
  };
  if (m.log.syslog.server.is_set()) b.process.push_back({"syslog queue", 1, m.log.syslog.queue_bytes + cost::syslog_batch_bytes, "log.syslog.queue"});
  if (m.auth.enabled) {
    const net::auth_service_options auth = auth_service_of(m);
    b.dns_heap_bytes = dns::ares_heap_bytes(mem.loops, m.dns.questions);
    b.process.push_back({"sender checks, mid-message", mem.sessions, sizeof(net::message_auth), "memory.sessions"});
    b.process.push_back({"sender checks, per loop", mem.loops, net::auth_service::fixed_bytes(auth), "dns.cache"});
    b.process.push_back({"DNS client heap (c-ares)", 1, b.dns_heap_bytes, "dns.questions"});
  }
  if (m.digest.link_listen.is_set()) b.process.push_back({"links of recipients", m.digest.link_sessions, cost::link_session_bytes, "digest.link_sessions"});
  if (!m.digest.domains.empty()) b.process.push_back({"digest being written", m.digest.rows, cost::digest_row_bytes, "digest.rows"});
  if (!m.tls.acme.directory.empty()) {
    b.process.push_back({"certificate order (ACME)", 1, acme::order_bytes, "tls.acme.directory"});
    b.process.push_back({"questions of the CA (ACME)", m.tls.acme.challenge_connections, acme::challenge_connection_bytes, "tls.acme.challenge_connections"});
  }
  // The pool is one mapping, SQLite and the TLS heap count what malloc really takes: no overhead on those.
  const std::uint64_t pieces =
      sum(b.process) - cost::process_base_bytes - mem.window_pool_bytes - mem.sqlite_heap_bytes - b.tls_heap_bytes;
  b.process.push_back({"heap overhead", 1, pieces * cost::heap_overhead_percent / 100, ""});
  b.kernel = {
      {"socket buffers", mem.sessions * cost::full_buffers_per_session, mem.socket_buffer_bytes,
       "memory.socket_buffer"},
      {"helper process (passwords, parsing)", 1, cost::helper_bytes, ""},
      {"program and libraries", 1, cost::program_bytes, ""},
      {"file cache, at least", 1, cost::file_cache_floor_bytes, ""},
  };
  return b;
}

std::string explain_misfit(const budget& b) {
  std::vector<budget_row> rows = b.process;
  std::ranges::sort(rows, std::ranges::greater{}, &budget_row::total_bytes);
  std::string out = concat("the parts add up to ", short_size(b.process_bytes()), ", which is ",
                    short_size(b.process_bytes() - b.limit_bytes), " more than the ", short_size(b.limit_bytes),
                    " allowed: ");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    append_to(out, (i == 0 ? "" : " + "), short_size(rows[i].total_bytes()), " ", rows[i].name);
    if (rows[i].count > 1) append_to(out, " (", std::to_string(rows[i].count), " x ", short_size(rows[i].each_bytes), ")");
  }
  return out;
}

std::vector<config::problem> budget_notes(const budget& b) {
  if (b.tls_heap_bytes >= b.tls_heap_floor_bytes) return {};
  return {{{}, "memory.tls_heap",
           concat("memory.sessions sessions in TLS take ", short_size(b.tls_heap_floor_bytes), " before one of them sends anything, and ",
               short_size(b.tls_heap_bytes), " is allowed: some will wait, others get 454 to STARTTLS"),
           "raise memory.tls_heap or leave it out, or lower memory.sessions", true}};
}

std::string budget_table(const budget& b) {
  const bool fits = b.fits();
  const std::uint64_t used = b.process_bytes();
  std::string out = concat("Process\n", table_rows(b.process));
  out += line("  %-36s %31s   of %s, %s\n", "sum", short_size(used).c_str(), short_size(b.limit_bytes).c_str(),
              fits ? (concat(short_size(b.limit_bytes - used), " free")).c_str()
                   : (concat("TOO MUCH by ", short_size(used - b.limit_bytes))).c_str());
  append_to(out, "On top of it: the kernel's share and the helper process\n", table_rows(b.kernel));
  out += line("  %-36s %31s   limit for the whole service (cgroup memory.max)\n", "memory.total and what is on top",
              short_size(b.limit_bytes + b.kernel_bytes()).c_str());
  return out;
}

std::string budget_json(const budget& b) {
  return concat("{\"process\":", json_rows(b.process), ",\"kernel\":", json_rows(b.kernel),
         ",\"process_bytes\":", std::to_string(b.process_bytes()),
         ",\"kernel_bytes\":", std::to_string(b.kernel_bytes()), ",\"limit_bytes\":", std::to_string(b.limit_bytes),
         ",\"cgroup_bytes\":", std::to_string(b.limit_bytes + b.kernel_bytes()), ",\"fits\":", (b.fits() ? "true" : "false"), "}\n");
}

}  // namespace sluice::gateway
