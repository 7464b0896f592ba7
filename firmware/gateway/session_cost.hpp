// What one of each costs in memory: the figures behind the budget table, in one place. Preliminary ones are marked;
// they are replaced by what the size test and the benches measure, and rounded up, never down.
#pragma once
#include <cstdint>

#include "inspect/message_inspector.hpp"
#include "net/session_message.hpp"
#include "tls/limits.hpp"

namespace sluice::gateway::cost {

inline constexpr std::uint64_t kib = 1024, mib = 1024 * kib;

// Resident when nothing has happened yet: data of program and libraries, hot code, allocator. Preliminary.
inline constexpr std::uint64_t process_base_bytes = 4608 * kib;
// An event loop: its thread's touched stack, reactor, allocator arena. Preliminary.
inline constexpr std::uint64_t loop_bytes = 160 * kib;

// One mail session: object, coroutine frames, chunks of both sides. Preliminary.
inline constexpr std::uint64_t session_bytes = 6 * kib;
// MIME walker, inspector, envelope and verdict while a message is in progress.
inline constexpr std::uint64_t inspector_bytes =
    sizeof(inspect::message_inspector) + sizeof(net::session_message) + sizeof(inspect::verdict) / 4;

// A server's session at its worst: a record half received. Client sessions keep what a handshake needs.
inline constexpr std::uint64_t tls_session_bytes =
    tls::limits::session_established_bytes + tls::limits::session_record_bytes;
inline constexpr std::uint64_t tls_relay_bytes = tls::limits::session_handshake_bytes;
inline constexpr std::uint64_t tls_handshake_extra_bytes = tls::limits::session_handshake_bytes - tls_session_bytes;
inline constexpr std::uint64_t tls_contexts_bytes =
    512 * kib;  // two generations: certificates, keys, CA bundle. Preliminary.

inline constexpr std::uint64_t status_session_bytes = 32 * kib;   // HTTP parser, request and response. Preliminary.
inline constexpr std::uint64_t history_entry_bytes = 1 * kib;     // verdict with findings, packed. Preliminary.
inline constexpr std::uint64_t client_entry_bytes = 64;           // counters of one address
inline constexpr std::uint64_t storage_job_bytes = 256;           // a job's arguments; content stays in its window
inline constexpr std::uint64_t storage_thread_bytes = 256 * kib;  // touched stack, one frame of cipher. Preliminary.
inline constexpr std::uint64_t rules_bytes = 512 * kib;  // profiles and rule tables, two generations. Preliminary.

// What malloc needs on top of what is asked for, of everything that is allocated piece by piece. Preliminary.
inline constexpr std::uint64_t heap_overhead_percent = 3;

// Outside the process, in the kernel: a session moves content one way at a time, so two of its four socket buffers are
// full at most (receive from the client, send to the downstream).
inline constexpr std::uint64_t full_buffers_per_session = 2;
inline constexpr std::uint64_t file_cache_floor_bytes = 4 * mib;  // code pages and the index must stay readable

}  // namespace sluice::gateway::cost
