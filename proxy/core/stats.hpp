// Counters of the whole process: relaxed atomics, written by the event loops, read by the status page and /metrics.
// A counter only grows. Add one here, count it where the thing happens, and give it a name in stats.cpp.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace sluice {

enum class counter : std::uint8_t {
  connections, connections_refused, sessions_evicted, deadline_hits, tls_handshakes, tls_failures, tls_resumed,
  tls_handshake_waits, tls_no_room,
  transactions, messages, octets_in, octets_out, forwarded, tagged, tag_missed, observed_holds, quarantined, not_held, rejected, deferred,
  spilled, spilled_octets, daily_write_alarms, streamed, window_shrunk, recipients_accepted, recipients_refused, content_violations,
  downstream_connects, downstream_failures, downstream_reconnects, unscanned, internal_errors,
  auth_spf_pass, auth_spf_fail, auth_dkim_pass, auth_dkim_fail, auth_arc_pass, auth_arc_fail, auth_dmarc_pass,
  auth_dmarc_fail, auth_temperror, auth_listed, auth_sealed, lists_blocked, lists_allowed, lists_excepted, role_mail,
  count_
};
std::string_view name_of(counter);  // "connections_refused"; the metric is sluice_<name>_total
std::string_view help_of(counter);

class stats {
 public:
  void add(counter c, std::uint64_t n = 1) { at(c).fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t get(counter c) const { return values_[static_cast<std::size_t>(c)].load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t>& at(counter c) { return values_[static_cast<std::size_t>(c)]; }
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(counter::count_)> values_{};
};

}  // namespace sluice
