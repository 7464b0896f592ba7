// What one of each costs in memory: the figures behind the budget table, in one place, rounded up, never down. Measured
// by tests/bench/many_sessions.py (process, sessions) and tests/bench/tls_heap.cpp; those still estimated say so.
#pragma once
#include <cstdint>

#include "inspect/message_inspector.hpp"
#include "net/session_message.hpp"
#include "net/signature_memory.hpp"
#include "inspect/limits.hpp"
#include "tls/limits.hpp"

namespace sluice::gateway::cost {

inline constexpr std::uint64_t kib = 1024, mib = 1024 * kib;

// Anonymous memory when nothing has happened yet, measured 1.5 MiB. Code pages are the file cache's (below).
inline constexpr std::uint64_t process_base_bytes = 2 * mib;
// An event loop: its thread's touched stack, reactor, TLS scratch. Estimated.
inline constexpr std::uint64_t loop_bytes = 160 * kib;

// One mail session: object 5.0 KiB, its downstream connection 3.0 KiB, coroutine frames of both. Measured 14.6 KiB in the
// middle of a message, 8.9 KiB before one.
inline constexpr std::uint64_t session_bytes = 15 * kib;
// MIME walker and inspector while a message is in progress.
inline constexpr std::uint64_t inspector_bytes = inspect::limits::inspector_bytes;

// A server's session at its worst: a record half received. Client sessions keep what a handshake needs.
inline constexpr std::uint64_t tls_session_bytes =
    tls::limits::session_established_bytes + tls::limits::session_record_bytes;
inline constexpr std::uint64_t tls_relay_bytes = tls::limits::session_handshake_bytes;
inline constexpr std::uint64_t tls_handshake_extra_bytes = tls::limits::session_handshake_bytes - tls_session_bytes;
inline constexpr std::uint64_t tls_contexts_bytes =
    512 * kib;  // two generations: certificates, keys, CA bundle. Estimated.

inline constexpr std::uint64_t status_session_bytes = 32 * kib;   // HTTP parser, request and response. Estimated.
inline constexpr std::uint64_t history_entry_bytes = 1 * kib;     // verdict with findings, packed. Estimated.
inline constexpr std::uint64_t client_entry_bytes = 64;           // counters of one address
inline constexpr std::uint64_t signature_entry_bytes = net::signature_memory::bytes_per_entry;
inline constexpr std::uint64_t baseline_entry_bytes = inspect::baseline_entry_bytes;
inline constexpr std::uint64_t storage_job_bytes = 256;           // a job's arguments; content stays in its window
inline constexpr std::uint64_t storage_thread_bytes = 256 * kib;  // touched stack, one frame of cipher. Estimated.
inline constexpr std::uint64_t rules_bytes = 960 * kib;  // profiles and rule tables, two generations. Estimated.

// What malloc needs on top of what is asked for, of everything that is allocated piece by piece. Estimated.
inline constexpr std::uint64_t heap_overhead_percent = 3;

// Outside the process, in the kernel: a session moves content one way at a time, so two of its four socket buffers are
// full at most (receive from the client, send to the downstream).
inline constexpr std::uint64_t full_buffers_per_session = 2;
inline constexpr std::uint64_t program_bytes = 9 * mib;           // pages of program and libraries, measured 8.4 MiB
inline constexpr std::uint64_t file_cache_floor_bytes = 4 * mib;  // the index and messages must stay readable

}  // namespace sluice::gateway::cost
