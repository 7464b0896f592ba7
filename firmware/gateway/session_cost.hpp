// What one of each costs in memory: the figures behind the budget table, in one place, rounded up, never down. Measured
// by tests/bench/many_sessions.py (process, sessions) and tests/bench/tls_heap.cpp; those still estimated say so.
#pragma once
#include <cstdint>

#include "firmware/gateway/generations/helper_process.hpp"
#include "firmware/gateway/records/trace_log.hpp"
#include "inspect/message_inspector.hpp"
#include "net/session_message.hpp"
#include "net/signature_memory.hpp"
#include "policy/lists.hpp"
#include "inspect/limits.hpp"
#include "mime/limits.hpp"
#include "status/history.hpp"
#include "status/profile_counts.hpp"
#include "status/traffic.hpp"
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

// What Outlook's compressed RTF bodies borrow of their loop's pool.
inline constexpr std::uint64_t rtf_bytes = mime::limits::rtf_dictionaries * mime::limits::rtf_dictionary_bytes;

// A server's session at its worst: a record half received. Client sessions keep what a handshake needs.
inline constexpr std::uint64_t tls_session_bytes =
    tls::limits::session_established_bytes + tls::limits::session_record_bytes;
inline constexpr std::uint64_t tls_relay_bytes = tls::limits::session_handshake_bytes;
inline constexpr std::uint64_t tls_handshake_extra_bytes = tls::limits::session_handshake_bytes - tls_session_bytes;
inline constexpr std::uint64_t tls_contexts_bytes =
    512 * kib;  // two generations: certificates and keys, of mail and of the page. Estimated.
inline constexpr std::uint64_t tls_system_authorities_bytes = 448 * kib;  // the bundle of 144 authorities, one generation, measured 424 KiB
inline constexpr std::uint64_t tls_authorities_bytes = 64 * kib;          // a file of a site's own. Estimated.

// A test mail at work: a session with its inspector, its block of window, and the client that sends it; both TLS sessions
// are in the TLS heap.
inline constexpr std::uint64_t test_mail_bytes = session_bytes + inspector_bytes + 16 * kib + 16 * kib;

// A pair stored on the box, in two generations: a chain of 6 KiB at most and its key. Estimated.
inline constexpr std::uint64_t stored_certificate_bytes = 12 * kib;
// An upload with its chain and key while it is checked, and one backup on its way out. Estimated.
inline constexpr std::uint64_t identity_work_bytes = 48 * kib;

inline constexpr std::uint64_t link_session_bytes = 16 * kib;     // the same where bodies are small. Estimated.
inline constexpr std::uint64_t digest_row_bytes = 4 * kib;        // one message in a digest that is being written, as text and HTML
inline constexpr std::uint64_t status_session_bytes = 40 * kib;   // HTTP parser, request and a page of 25 messages. Estimated.
inline constexpr std::uint64_t history_entry_bytes = 1536;        // verdict with its six heaviest findings
static_assert(status::history::entry_bytes() <= history_entry_bytes);
// Mail of the last hour by minute, and counts of each sender profile.
inline constexpr std::uint64_t picture_bytes = sizeof(status::traffic) + sizeof(status::profile_counts);
// The quarantine desk: one request with a message's detail, a walker, a frame and the page made of it, and two downloads with
// a frame each. Estimated.
inline constexpr std::uint64_t desk_bytes = 64 * kib;
inline constexpr std::uint64_t message_figures_bytes = 16 * kib;   // histograms and counts per rule, profile, outcome: metrics
inline constexpr std::uint64_t support_bundle_bytes = 112 * kib;    // one file of it, and that file as it is sent
inline constexpr std::uint64_t syslog_batch_bytes = 32 * kib;      // what is under way to the syslog server, and its connection
inline constexpr std::uint64_t client_entry_bytes = 64;           // counters of one address
inline constexpr std::uint64_t signature_entry_bytes = net::signature_memory::bytes_per_entry;
inline constexpr std::uint64_t baseline_entry_bytes = inspect::baseline_entry_bytes;
// Generations: the text of a push and its copy for the helper process, the models of the running and the former one, the
// history. What a configuration takes while it is parsed is given back before it is applied.
inline constexpr std::uint64_t generations_bytes = 128 * kib;
// An update that comes in: a piece of it, a piece of the form around it, the conversation with the supervisor, and the
// machine's network as text, before and after.
inline constexpr std::uint64_t box_bytes = 16 * kib + 8 * kib + 16 * kib;
inline constexpr std::uint64_t list_entry_bytes = policy::list_entry_octets;
inline constexpr std::uint64_t trace_bytes = trace_memory_octets;
inline constexpr std::uint64_t storage_job_bytes = 256;           // a job's arguments; content stays in its window
inline constexpr std::uint64_t storage_thread_bytes = 256 * kib;  // touched stack, one frame of cipher. Estimated.
inline constexpr std::uint64_t rules_bytes = 960 * kib;  // profiles and rule tables, two generations. Estimated.

// What malloc needs on top of what is asked for, of everything that is allocated piece by piece. Estimated.
inline constexpr std::uint64_t heap_overhead_percent = 3;

// The helper process, one at a time: what it may take, and what it has when it starts, measured 0.5 MiB. Argon2id takes 7.2 MiB
// of it, the worst text of 64 KiB 3.7 MiB.
inline constexpr std::uint64_t helper_bytes = helper_work_octets + 1 * mib;

// Outside the process, in the kernel: a session moves content one way at a time, so two of its four socket buffers are
// full at most (receive from the client, send to the downstream).
inline constexpr std::uint64_t full_buffers_per_session = 2;
inline constexpr std::uint64_t program_bytes = 13 * mib;          // pages of program and libraries, measured 11.7 MiB (RssFile)
inline constexpr std::uint64_t file_cache_floor_bytes = 4 * mib;  // the index and messages must stay readable

}  // namespace sluice::gateway::cost
