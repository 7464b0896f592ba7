// The last messages and what became of them, for the page, the API and the command line: a ring of fixed size, in RAM
// only. Entries are copies with their texts cut; whoever shows them escapes (they hold strangers' words).
#pragma once
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "inspect/verdict.hpp"

namespace sluice::status {

inline constexpr std::size_t shown_findings = 6;

struct history_finding {
  byte_view rule;  // static
  std::int16_t weight = 0;
  inspect::place where = inspect::place::structure;
  fixed_string<24> slot;
  fixed_string<48> words;
};

struct history_entry {
  std::int64_t unix_seconds = 0;
  std::uint64_t serial = 0;  // grows by one per entry
  std::uint64_t octets = 0;
  std::int32_t score = 0;
  std::uint32_t milliseconds_after_end = 0;
  std::uint16_t reply_code = 0;
  std::uint16_t recipients = 0;
  std::uint16_t template_words = 0;  // compared with the sender's skeletons; 0: nothing to compare
  std::uint8_t template_percent = 0, template_floor = 0;
  std::uint8_t findings_count = 0;  // in all
  inspect::action act = inspect::action::forward, would = inspect::action::forward;  // would: without observe mode
  inspect::unscanned cause = inspect::unscanned::none;
  const char* outcome = "";  // static
  const char* passage = "";  // static
  fixed_string<24> id;
  fixed_string<20> list;  // "allow-list k3vq7a2x"
  fixed_string<32> profile;
  fixed_string<46> client_ip;
  fixed_string<8> tls;     // "TLSv1.3"; empty: none
  fixed_string<48> route;  // host behind that was spoken to
  fixed_string<120> auth;  // "spf=pass (a.example) dkim=pass (a.example) arc=none dmarc=pass (a.example)"
  fixed_string<80> from;
  fixed_string<96> from_name;
  fixed_string<80> recipient;
  fixed_string<120> subject;
  fixed_string<64> message_id;
  fixed_string<64> reply;     // text behind the code
  fixed_string<52> foreign;   // beginning of the longest text that is not the template's
  fixed_vector<history_finding, shown_findings> findings;  // the heaviest
};

// What a reader looks for; empty members fit everything.
struct history_filter {
  std::string text;     // in id, addresses, names, subject, client or Message-ID, without regard to ASCII case
  std::string outcome;  // "quarantined"
  std::string sender;   // an address of From, a domain of one, or the end of it
  std::string rule, profile;
  bool fits(const history_entry& e) const;
};

class history {
 public:
  explicit history(std::size_t entries) : ring_(entries) {}

  void add(history_entry e);
  // Newest first: up to `limit` entries older than serial `before` (0: from the newest).
  std::vector<history_entry> page(std::uint64_t before, std::size_t limit, const history_filter& wanted = {}) const;
  std::optional<history_entry> find(byte_view id) const;
  std::uint64_t count() const;
  std::size_t capacity() const { return ring_.size(); }
  // Alters entries in place, for privacy; `change` is called with the lock held.
  template <class Change>
  void each(Change change) {
    std::lock_guard lock(mutex_);
    for (history_entry& e : ring_)
      if (e.serial != 0) change(e);
  }
  static constexpr std::size_t entry_bytes() { return sizeof(history_entry); }

 private:
  std::uint64_t oldest() const;  // serial; with the lock held

  mutable std::mutex mutex_;
  std::vector<history_entry> ring_;
  std::uint64_t added_ = 0;
};

}  // namespace sluice::status
