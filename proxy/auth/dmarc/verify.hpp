// DMARC as a machine (RFC 9989): finds the policy of the author's domain by the DNS tree walk (4.10), then says which
// authenticated identifiers are aligned (4.10.2). Asks for one record at a time. About 800 octets.
//
// begin() at the end of the header; conclude() when SPF and DKIM are settled. Both may lead to questions; done() is
// true when none is open. Differences to RFC 7489 (public suffix list, pct=) are listed in proxy/auth/README.md.
//
// A lookup that fails on the way up (4.10.1 leaves it to the receiver) does not end the walk: what is certain without
// that record is said, everything else is temperror. So nobody gets rid of a policy by a subdomain whose servers are
// broken, and no policy is applied that the missing record might have changed.
#pragma once
#include <cstdint>
#include <span>

#include "auth/dmarc/parse.hpp"
#include "auth/result.hpp"
#include "core/text.hpp"
#include "dns/answer.hpp"

namespace sluice::auth::dmarc {

struct identifier {
  byte_view domain;  // valid until the machine is done
  bool dkim = false;
};

struct outcome {
  auth::result result = auth::result::none;
  bool spf_aligned = false, dkim_aligned = false;
  byte_view found_at;              // domain whose record applies; a view into the machine
  policy published = policy::none;  // what the record asks for this author: p, sp or np
  policy applied = policy::none;    // after t=: what to do with the message; none when it passes
  const char* reason = "";
};

class evaluator {
 public:
  static constexpr std::size_t max_identifiers = 10;
  static constexpr std::size_t max_queries = 8;  // of one tree walk (4.10)

  void begin(byte_view author_domain);
  // `complete` false: SPF or DKIM ended in a temporary error, so a missing pass does not mean much.
  void conclude(std::span<const identifier> passed, bool complete);

  bool next_lookup(dns::question& out);
  void on_answer(const dns::answer& got);
  bool done() const { return stage_ == stage::idle || stage_ == stage::done; }
  bool concluded() const { return stage_ == stage::done; }
  bool has_policy() const { return has_policy_; }
  // Nothing outside of this domain can be aligned. The author's domain itself until the walk has ended.
  byte_view organization() const { return view(author_).substr(organization_); }
  // An SPF pass of `domain` is aligned, as far as that can be said without a further walk.
  bool surely_aligned(byte_view spf_domain) const;
  const outcome& get() const { return outcome_; }

 private:
  enum class stage : std::uint8_t { idle, author_walk, existence, identifier_walk, done };

  // Names of one walk whose lookup failed: the longest and the shortest, as offsets into the walk's name.
  struct gap {
    bool any = false, lasting = false;  // lasting: the answer could not be read, and asking again will not help
    std::uint16_t longest = 0, shortest = 0;
  };
  // A walk up from `name`; offsets are into it.
  struct walk {
    byte_view name;
    std::uint16_t target = 0;        // asked now
    bool first = true, found = false, stopped = false;
    std::uint16_t organization = 0;  // shortest name with a record so far, or what psd= decided
    gap unknown;
  };

  void start_walk(byte_view name, stage next);
  void ask_target();
  bool advance_walk();
  void take_walk(const dns::answer& got);
  void note(const record& r);
  void end_author_walk();
  void set_policy(policy p);
  void next_identifier();
  void take_organization(byte_view organization);
  bool may_share_unknown(byte_view identifier) const;
  static bool known_above(byte_view name, const gap& unknown, byte_view organization);
  bool policy_is_certain() const;
  void note_failure(const dns::answer& got);
  void settle_unknown(bool lasting);
  void settle(auth::result r, const char* reason);

  outcome outcome_;
  stage stage_ = stage::idle;
  dns::name_text author_, question_;
  dns::record_type question_type_ = dns::record_type::txt;
  bool asked_ = false, has_policy_ = false, complete_ = true, errors_ = false;
  bool existence_unknown_ = false;  // whether np= or sp= applies is not known
  walk walk_;
  gap author_unknown_;
  std::uint16_t organization_ = 0;  // offset into author_
  record own_, organizational_, suffix_, applied_;
  bool has_own_ = false, has_organizational_ = false, has_suffix_ = false;
  std::uint16_t organizational_at_ = 0, suffix_at_ = 0;
  fixed_vector<identifier, max_identifiers> passed_;
  std::size_t next_passed_ = 0;
};

}  // namespace sluice::auth::dmarc
