// The administrator's lists: who is blocked, who is let through, and which single finding is excepted for whom. A table of
// fixed size with an index, asked at RCPT and at the end of a message; an entry whose time is over stops at once.
//
// What entries cannot do is decided here as well: allow never silences a slot or takeover finding of a profiled sender,
// an exception names one text or one template, and postmaster and abuse are never blocked (RFC 5321 4.5.1).
//
// Sans-I/O, no locks, time is a parameter. net::lists shares it, firmware/gateway/records/list_store keeps its file.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/common/ip.hpp"
#include "core/text.hpp"
#include "inspect/text_id.hpp"
#include "inspect/verdict.hpp"

namespace sluice::policy {

enum class list_kind : std::uint8_t { block, allow, exception };
// Whose name an entry holds. For exceptions it is always the recipient.
enum class list_subject : std::uint8_t { address, domain, network, recipient };
const char* name_of(list_kind);
const char* name_of(list_subject);
std::optional<list_kind> list_kind_named(std::string_view name);
std::optional<list_subject> list_subject_named(std::string_view name);

inline constexpr std::size_t list_id_octets = 8;
inline constexpr std::size_t list_what_octets = 254, list_note_octets = 200, list_who_octets = 40, list_text_octets = 80;
inline constexpr std::size_t list_entry_octets = 160;  // what one takes in the table on average, index included
inline constexpr std::size_t list_mean_text_octets = 64;  // of all its texts; the table's room is entries times this
inline constexpr unsigned list_least_v4_bits = 8, list_least_v6_bits = 16;

// One entry as a value. `what`: "user@example.net"; "example.net" (exactly) or ".example.net" (it and what is below);
// "192.0.2.0/24". A recipient is an address or a domain in these forms.
struct list_entry {
  std::string id;  // given by the table when empty
  list_kind kind = list_kind::block;
  list_subject subject = list_subject::address;
  std::string what;
  // Exceptions only: a rule, and which text it may see: all of a slot's text (text_id), or the message's template.
  std::string rule, profile;  // profile empty: whatever the sender
  std::uint64_t text_id = 0;
  inspect::skeleton_id skeleton;
  std::string text;  // how it reads, for people
  std::string note, who;
  std::int64_t created = 0, expires = 0;  // UTC seconds; 0: never
  std::uint32_t hits = 0;
};

enum class list_fault : std::uint8_t {
  none,
  bad_what,     // not an address, domain or network of the form above
  too_wide,     // a network of nearly everybody
  role,         // postmaster or abuse may not be blocked
  blanket,      // an exception without the one text or template that it is for
  bad_rule,     // no such rule, or a slot's rule with a template, or the other way round
  bad_text,     // note, text or name too long, or with control characters
  bad_expiry,   // an exception without an end, or an end that is past
  known,        // there is an entry that says the same
  full,         // entries or their texts have used up the table
  missing,      // no entry of that id
};
const char* text_of(list_fault);

// Brings `what` into its one form: lower case, domains as A-labels, networks without host bits. False: bad_what.
bool normalise(list_entry& e);
list_fault check(const list_entry& e, std::int64_t now);  // of a normalised entry

// "local@domain" for comparisons: lower case, unquoted, A-label; empty when it is no address.
fixed_string<320> plain_address(byte_view address);
// postmaster or abuse, of whatever domain; a bare postmaster too.
bool is_role_address(byte_view address);

struct list_hit {
  list_kind kind = list_kind::block;
  fixed_string<list_id_octets> id;
};
fixed_string<24> cause_of(const list_hit& h);  // "block-list k3vq7a2x", "allow-list ...", "exception ..."

class list_table {
 public:
  explicit list_table(std::size_t entries);

  // ---- changing; `e` normalised and checked ----
  list_fault add(list_entry& e);  // gives it an id when it has none
  list_fault remove(std::string_view id);
  list_fault change(std::string_view id, std::int64_t expires, std::string_view note);
  std::size_t purge(std::int64_t now);  // what has expired; how many went

  // ---- looking ----
  std::optional<list_entry> find(std::string_view id) const;
  // The first entry whose serial is above `after`; serials grow with each add. Empty: no further one.
  std::optional<list_entry> next(std::uint64_t& after) const;
  std::optional<list_entry> before(std::uint64_t& before) const;  // newest first; 0: from the newest
  std::size_t size() const { return entries_.size(); }
  std::size_t capacity() const { return capacity_; }
  std::uint64_t refused() const { return refused_; }
  std::size_t text_octets() const { return text_octets_; }
  std::size_t text_capacity() const { return capacity_ * list_mean_text_octets; }

  // ---- asking; a hit is counted. The most precise entry decides, a block before an allow of the same precision ----
  std::optional<list_hit> client(const auth::ip_address& ip, std::int64_t now);
  std::optional<list_hit> sender(byte_view address, std::int64_t now);
  std::optional<list_hit> recipient(byte_view address, std::int64_t now);
  // An exception for this finding and recipient.
  std::optional<list_hit> excepts(const inspect::finding& f, byte_view profile, std::span<const std::uint32_t> sample, byte_view recipient,
                                  std::int64_t now);

 private:
  struct packed {
    std::uint64_t serial = 0, text_id = 0;
    std::int64_t created = 0, expires = 0;
    std::uint32_t hits = 0;
    list_kind kind = list_kind::block;
    list_subject subject = list_subject::address;
    std::uint8_t key = 0, rule = 0, profile = 0, skeleton = 0, text = 0, note = 0, who = 0;  // lengths
    fixed_string<list_id_octets> id;
    std::string texts;  // one behind the other
    byte_view key_text() const { return byte_view(texts).substr(0, key); }
  };
  static packed pack(const list_entry& e);
  static list_entry unpack(const packed& p);
  template <class Use>
  void each_of(list_subject s, byte_view key, Use use);
  std::optional<list_hit> decide(list_subject s, byte_view key, bool below, std::int64_t now);
  std::optional<list_hit> by_domain(list_subject s, byte_view domain, std::int64_t now);
  std::size_t position_of(std::string_view id) const;
  void put_in_index(std::size_t position);
  void rebuild();

  std::size_t capacity_;
  std::vector<packed> entries_;  // by serial
  std::vector<std::uint32_t> index_;  // position + 1; open addressing
  std::vector<std::uint8_t> v4_bits_, v6_bits_;  // prefix lengths in use, longest first
  std::size_t text_octets_ = 0;
  std::uint64_t serial_ = 0, refused_ = 0;
};

// ---- what follows ----
// Allowed: the points of all findings go, except of those that no list may silence (inspect::abuse_of). A message of a
// profiled sender with a slot, takeover or spoofing finding keeps them all.
bool is_protected(const inspect::finding& f, byte_view profile);
void silence_all(inspect::findings& found);
void silence(inspect::findings& found, std::size_t which);

}  // namespace sluice::policy
