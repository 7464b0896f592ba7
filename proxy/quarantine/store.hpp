// The quarantine: a durable store of held messages (P1), their state per recipient, and the outbox that releases them.
//
// Not here: sockets, replies, clocks, threads. A call blocks (fsync) and belongs to the one storage thread; another
// process may use the same store at the same time through its own store object (role::guest).
//
// Owner's duty at crash and error: when put() returned success the message is on the medium with its row; when it did
// not, nothing of it will ever be seen. Releases are delivered at least once: see next_due().
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "quarantine/errc.hpp"
#include "quarantine/index_copy.hpp"
#include "quarantine/limits.hpp"
#include "quarantine/message.hpp"
#include "quarantine/own_message.hpp"
#include "quarantine/sealed_file.hpp"
#include "quarantine/spool.hpp"
#include "quarantine/volume.hpp"

namespace sluice::quarantine {

class telling;

struct open_report {
  bool created = false;         // no index was here
  bool was_unclean = false;     // the last owner did not stop orderly; the index was checked
  std::uint32_t leftovers = 0;  // .part files removed
  std::uint32_t orphans = 0;    // files that never got a row (never answered 250), removed
  std::uint32_t lost = 0;       // rows whose file was missing, marked lost: tell the administrator
  std::uint32_t damaged = 0;    // rows whose file had another size, marked damaged: tell the administrator
  std::uint32_t requeued = 0;   // recipients whose delivery was cut off by the stop; they will be tried again
};

struct list_filter {
  std::string recipient;                 // address, or "@domain"; ASCII case is ignored. Empty: any
  std::string sender;                    // part of the reverse path or of the From text. Empty: any
  std::string rule;                      // has a finding of this rule. Empty: any
  std::string text;                      // part of sender, From, subject, a recipient or a rule's id, or the whole id
  std::optional<recipient_state> state;  // some recipient (the filtered one) is in it
  bool live_only = false;                // some recipient is held, releasing or refused
  unix_time received_from = 0;           // inclusive
  unix_time received_before = 0;         // exclusive; 0: no bound
};

struct list_page {
  std::vector<message_summary> rows;  // newest first
  std::int64_t next = 0;              // pass as `before` for the next page; 0: that was the last
};

// Named recipients, or all. A name that is not among the message's recipients fails the whole call.
struct selection {
  bool all = false;
  std::vector<std::string> addresses;
};

struct action_result {
  std::string recipient;
  recipient_state before = recipient_state::held, after = recipient_state::held;
  bool changed = false;
  std::string note;  // why nothing changed
};

enum class delivery : std::uint8_t {
  delivered,  // the downstream replied 250 to the end of data
  temporary,  // 4xx, connection trouble, or not tried
  permanent,  // 5xx
};

struct delivery_result {
  std::uint32_t position = 0;  // envelope_recipient::position
  delivery outcome = delivery::temporary;
  std::string reply;  // "550 5.1.1 no such user", or our words for a failed connection
};

struct release_job {
  std::int64_t attempt = 0;  // id, never used twice
  std::string id;
  quarantine::envelope envelope;  // with the due recipients only
  content_reader content;
  bool own = false;  // mail of our own: no trace fields, nothing is left out
};

struct upkeep_report {
  std::uint32_t expired = 0;  // recipients
  std::uint32_t pruned = 0;   // rows of history
  bool more = false;          // call again soon: this call did its share
};

struct erase_report {
  std::uint32_t messages = 0, recipients = 0;  // rows that no longer tell the address
  std::uint32_t held = 0;                      // messages of or to the address that are not final: nothing was done
};

struct store_totals {
  std::uint64_t messages = 0, bytes = 0;  // with content
};

struct store_stats {
  std::uint64_t messages = 0, bytes = 0, recipients[6] = {};
  std::uint64_t lost = 0, damaged = 0, audit_entries = 0, rows = 0;
  unix_time oldest = 0;  // of those with content; 0 when there is none
  std::uint64_t index_bytes = 0, wal_bytes = 0, sqlite_heap = 0, sqlite_heap_peak = 0;
  struct share {
    std::string domain;
    std::uint64_t messages = 0, bytes = 0;
  };
  std::vector<share> senders, recipient_domains;  // the ten largest of each
};

class store {
 public:
  // The owner creates or migrates the index, checks it after an unclean stop and reconciles it with the files; a guest
  // does none of that. The volume outlives the store. After an error volume::last_error() has the words.
  static result<std::unique_ptr<store>> open(volume&, store_limits, unix_time now, open_report* report = nullptr);
  ~store();
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  // Other limits for what comes from now on; what is held already stays until its age or room for others ends it.
  result<void> set_limits(store_limits limits);

  // ---- intake (owner) ----
  // Durable on success: file synced, renamed, directory synced, row committed with synchronous=FULL. Makes room by
  // evicting what is older than minimum_age_s, oldest first. The reply 250 comes after this, never before.
  result<void> put(const new_message&, std::span<const byte_view> content, unix_time now);
  // Takes over the spooled file (finished or not) without copying; on failure it is still the caller's.
  result<void> put(const new_message&, spool_file& content, unix_time now);

  // ---- looking ----
  result<list_page> list(const list_filter&, std::int64_t before = 0, std::size_t limit = 100);
  result<message_detail> show(std::string_view id);
  result<content_reader> read(std::string_view id);
  result<store_stats> stats();    // reads every row: for people, not for polling
  result<store_totals> totals();  // cheap
  result<std::vector<audit_entry>> audit(std::int64_t before, std::size_t limit);  // newest first; 0 starts

  // ---- acting ----
  result<std::vector<action_result>> release(std::string_view id, const selection&, std::string_view who,
                                             unix_time now);
  // Destroys key and file once no recipient needs them.
  result<std::vector<action_result>> remove(std::string_view id, const selection&, std::string_view who, unix_time now);

  // ---- mail of our own (queue: owner or guest) ----
  // Durable on success; sent by who asks next_due(), with the back-off of releases. Returns its id. own_mail_full when the
  // limits are reached: nothing waits for room, and held mail never has to make way for it.
  result<std::string> queue_own(const new_own_mail&, std::span<const own_piece> content, std::string_view who,
                                unix_time now);
  result<std::vector<own_summary>> own_list(std::int64_t before = 0, std::size_t limit = 100);  // newest first
  result<own_totals> own_waiting();  // cheap
  // Stands for an address or word where it must not be told (RFC 6590): the same for the same text, of this box only.
  std::string pseudonym(std::string_view text) const;
  result<void> drop_own(std::string_view id, std::string_view who, unix_time now);
  // Takes an address out of the index: rows of or to it get `name` instead, their header texts go. Held mail of or to it
  // stops that (held > 0, nothing is changed) unless `held_too`: then it is deleted first. The audit is evidence and
  // stays; it gets an entry with `name`.
  result<erase_report> erase(std::string_view address, std::string_view name, bool held_too, std::string_view who, unix_time now);

  // ---- outbox (owner) ----
  // Releases and mail of our own; a release that is due goes first.
  // The earliest time at which next_due() may have something; empty when nothing waits.
  result<std::optional<unix_time>> next_due_time();
  // One message with recipients to deliver now; they are marked in delivery under a recorded attempt id until
  // record_attempt(). After a crash in between they are due again: a message whose 250 came from the downstream but was
  // not recorded yet is delivered twice (the only such window).
  result<std::optional<release_job>> next_due(unix_time now);
  // Every recipient of the job that is not named in `results` counts as temporary. 4xx is tried again with back-off
  // until retry_for_s has passed since the release, then it ends as refused with the last reply.
  // After an error the outcome is kept and written before the next delivery is given out: the caller may forget it.
  result<void> record_attempt(std::int64_t attempt, std::span<const delivery_result> results, unix_time now);
  // The content did not verify while it was sent (the connection was dropped without the final dot): ends as refused.
  result<void> record_damage(std::int64_t attempt, unix_time now);

  // ---- what recipients are told, and their links (owner): telling.hpp ----
  telling& told();
  // ---- backup (owner) ----
  // A copy of the index as `path`, to be stepped to its end; the store outlives it.
  result<std::unique_ptr<index_copy>> begin_copy(const std::string& path);

  // ---- upkeep (owner) ----
  result<upkeep_report> upkeep(unix_time now);  // hourly: ages, history, audit, WAL
  // Until this moment the wall clock said `before`; really it is `now` (first NTP answer on a box without RTC, or a
  // step). What this run stamped moves with it, and stamps from the future become now, so that a wrong clock neither
  // expires fresh mail nor keeps old mail. upkeep() must wait until the clock is trusted.
  result<void> clock_corrected(unix_time before, unix_time now);
  // True once after another process changed the store (PRAGMA data_version): look at next_due_time() again.
  bool changed_elsewhere();

 private:
  struct parts;
  explicit store(std::unique_ptr<parts>);
  std::unique_ptr<parts> parts_;
};

}  // namespace sluice::quarantine
