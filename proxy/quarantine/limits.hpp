// Every limit of the quarantine and the spool, with unit and default. Fixed ones are constants; those that a site sets
// come from its config and are passed to store::open().
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::quarantine {

using unix_time = std::int64_t;  // seconds since 1970-01-01 UTC; always passed in, never read from a clock here

inline constexpr std::int64_t minute_s = 60, hour_s = 3600, day_s = 86400;

// ---- fixed ----
inline constexpr std::size_t frame_bytes = 16 * 1024;  // largest plaintext of one encrypted frame; a reader's buffer
inline constexpr std::size_t id_bytes_max = 40;        // message id (the verdict's id), also the file name
inline constexpr std::size_t recipients_max = 1000;    // per message
inline constexpr std::size_t address_bytes_max = 512;  // reverse path or recipient, UTF-8, without angle brackets
inline constexpr std::size_t orcpt_bytes_max = 600;    // RFC 3461 section 4.2: 500 characters of address
inline constexpr std::size_t envid_bytes_max = 100;    // RFC 3461 section 4.4
inline constexpr std::size_t name_bytes_max = 255;     // host names, HELO, TLS names, listener, domain
inline constexpr std::size_t header_text_bytes_max = 256;  // each of From, To, Subject, Message-ID; longer ones are cut
inline constexpr std::size_t preview_bytes_max = 512;      // decoded text for show; longer ones are cut
inline constexpr std::size_t auth_results_bytes_max = 4096;  // of our own field; a longer one is not kept
inline constexpr std::size_t reply_bytes_max = 512;        // a downstream's reply; longer ones are cut
inline constexpr std::size_t who_bytes_max = 64;           // who did it, in the audit
inline constexpr std::size_t findings_stored_max = 32;     // per message
inline constexpr std::size_t page_rows_max = 500;          // of one list() call
inline constexpr std::size_t unlinks_per_commit_max = 256;  // more evicted files wait for a sweep of the directory
inline constexpr std::size_t upkeep_messages_max = 100;     // expired or pruned by one upkeep() call
inline constexpr std::size_t own_recipients_max = 16;       // of one mail of our own
inline constexpr std::size_t own_pieces_max = 16;           // that it is put together from
inline constexpr std::size_t own_kind_bytes_max = 32;       // "report", "digest", "notice"
inline constexpr std::uint64_t own_history_max = 1000;      // own mails kept in the index after they are done
inline constexpr int wal_checkpoint_pages = 256;            // of 4 KiB: the WAL stays at about 1 MiB
inline constexpr std::int64_t wal_bytes_max = 1024 * 1024;  // cut back to this after a checkpoint
inline constexpr std::uint64_t space_check_bytes =
    1024 * 1024;  // a growing spool file looks at the free space this often

// ---- from the config ----
struct domain_limit {
  std::string domain;          // recipient domain, lower case
  std::uint64_t bytes = 0;     // 0: only the limit of the whole store
  std::uint64_t messages = 0;  // 0: only the limit of the whole store
  std::int64_t age_s = 0;      // 0: the age of the whole store; never below minimum_age_s
};

struct store_limits {
  std::uint64_t bytes = 256ull * 1024 * 1024;  // of message files
  std::uint64_t messages = 10'000;             // with content
  std::int64_t age_s = 30 * day_s;             // after this a held or refused recipient expires
  std::int64_t minimum_age_s = 7 * day_s;      // nothing younger is evicted to make room
  unsigned sender_share_percent = 25;          // of bytes, for one sender domain
  domain_limit per_domain;                     // for every recipient domain that has no limit of its own
  std::vector<domain_limit> domains;
  std::uint64_t history_messages = 20'000;          // rows kept in all, with those whose content is gone
  std::uint64_t audit_entries = 50'000;             // newest entries that nothing can delete
  std::uint64_t outbox_recipients = 1000;           // in state releasing at a time
  std::int64_t retry_for_s = 5 * day_s;             // RFC 5321 section 4.5.4.1: give up after 4 to 5 days
  std::uint64_t own_messages = 500;                 // mail of our own that waits
  std::uint64_t own_bytes = 16ull * 1024 * 1024;    // of its files
  std::uint64_t own_message_bytes = 1024 * 1024;    // of one
  std::size_t sqlite_heap_bytes = 3 * 1024 * 1024;  // hard limit of the process for SQLite; 0 leaves it alone
  std::size_t sqlite_cache_bytes = 256 * 1024;      // page cache of one connection
  int busy_wait_ms = 5000;                          // how long another process's transaction is waited for
};

}  // namespace sluice::quarantine
