// What all event loops of the process share: budgets, counters, the client table, the storage thread, the quarantine,
// and the settings in force. Touched at admission, at message borders and in 16 KiB steps, never per octet.
#pragma once
#include <sys/random.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "core/block_pool.hpp"
#include "core/gauge.hpp"
#include "core/stats.hpp"
#include "net/host_load.hpp"
#include "net/baseline.hpp"
#include "net/client_table.hpp"
#include "net/lists.hpp"
#include "net/observer.hpp"
#include "net/probe_book.hpp"
#include "net/settings.hpp"
#include "net/signature_memory.hpp"
#include "net/storage_thread.hpp"
#include "quarantine/spool.hpp"
#include "quarantine/store.hpp"
#include "relay/capability_book.hpp"
#include "tls/handshake_turns.hpp"
#include "tls/heap.hpp"

namespace sluice::net {

struct shared_options {
  std::uint32_t sessions = 256;
  std::uint64_t window_pool_bytes = 8 << 20;     // guaranteed parts of all sessions included
  std::uint64_t envelope_pool_bytes = 1 << 20;
  std::uint64_t relay_tls_sessions = 16;
  std::size_t client_entries = 4096;
  std::size_t storage_ring = 64;
  std::size_t signature_entries = 4096;
  std::size_t baseline_domains = 2048;
  std::size_t list_entries = 1000;
  std::uint64_t baseline_secret = 0;  // of the file that is there
  std::uint64_t secret = 0;  // random, for tables whose keys others choose
};

struct shared {
  shared(const shared_options& o, client_limits limits)
      : slots(o.sessions),
        relay_tls(o.relay_tls_sessions),
        envelopes(o.envelope_pool_bytes),
        windows(o.sessions + probe_sessions, static_cast<std::uint32_t>(
                                (o.window_pool_bytes - std::min<std::uint64_t>(o.window_pool_bytes,
                                                                               std::uint64_t{o.sessions} * block_bytes)) /
                                block_bytes)),
        clients(o.client_entries, limits),
        signatures(o.signature_entries, o.secret),
        listed(o.list_entries),
        learned(o.baseline_domains, o.baseline_secret != 0 ? o.baseline_secret : o.secret),
        storage(o.storage_ring) {}

  std::shared_ptr<const settings> current() const {
    std::lock_guard lock(settings_mutex_);
    return settings_;
  }
  void apply(std::shared_ptr<const settings> next) {
    std::lock_guard lock(settings_mutex_);
    settings_ = std::move(next);
  }

  stats counters;
  gauge slots;       // mail sessions
  gauge probe_slots{probe_sessions};  // test mails of our own: they never wait for a client's slot
  gauge relay_tls;   // TLS engines towards downstreams
  gauge envelopes;   // octets
  gauge spool_octets;  // on the medium; limit set by whoever opens the spool
  block_pool windows;
  client_table clients;
  probe_book probes;
  stats uncounted;  // what test mails add to
  signature_memory signatures;
  lists listed;
  baseline learned;
  relay::capability_book capabilities;
  host_load host_connections;
  observer* events = nullptr;

  // Used on the storage thread only.
  quarantine::volume* volume = nullptr;
  quarantine::store* store = nullptr;
  quarantine::spool* spool = nullptr;
  bool holds_nothing = false;  // the data directory ends with this start of the machine; set before the loops run
  std::atomic<std::uint64_t> held_messages{0};  // for the page, refreshed by the storage thread

  // Begins anywhere, so that a process that starts in the second in which another one ended makes other ids.
  std::atomic<std::uint64_t> verdict_serial{random_start()};
  std::atomic<bool> stopping{false};
  std::atomic<bool> in_a_hurry{false};  // while stopping: the grace is over; may be set by a signal handler

  static std::uint64_t random_start() {
    std::uint64_t start = 0;
    [[maybe_unused]] const auto n = ::getrandom(&start, sizeof start, GRND_NONBLOCK);
    return start;
  }

  // Slots, or the memory for TLS records, are nearly used up.
  bool under_pressure() const {
    const gauge& heap = tls::heap::usage();
    if (heap.limit() != 0 && heap.used() >= heap.limit() - heap.limit() / 16) return true;
    return slots.used() * 100 >= slots.limit() * pressure_percent.load(std::memory_order_relaxed);
  }
  std::atomic<std::uint32_t> pressure_percent{75};
  std::atomic<std::uint32_t> handshakes_per_turn{tls::handshake_turns::standard_steps};  // of each loop

  storage_thread storage;  // last: its jobs use everything above

 private:
  mutable std::mutex settings_mutex_;
  std::shared_ptr<const settings> settings_;
};

}  // namespace sluice::net
