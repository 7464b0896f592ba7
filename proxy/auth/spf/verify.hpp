// check_host() of RFC 7208 4 as a machine: it asks for one record after another and is resumed with the answers. No
// recursion: includes under evaluation lie in a bounded arena. About 6 KiB, needed only while an evaluation is under
// way; sessions lease one (see checker.hpp).
//
// begin(); then while next_lookup() gives a question, on_answer(); done() tells that get() is final. Questions
// have exactly one answer each and come one at a time.
#pragma once
#include <cstdint>

#include "auth/common/ip.hpp"
#include "auth/limits.hpp"
#include "auth/result.hpp"
#include "auth/spf/macro.hpp"
#include "auth/spf/parse.hpp"
#include "core/text.hpp"
#include "dns/answer.hpp"

namespace sluice::auth::spf {

struct request {
  ip_address client;
  byte_view helo;       // as given in HELO or EHLO
  byte_view mail_from;  // without <>; empty for the null sender, then postmaster at `helo` is checked (2.4)
  byte_view receiver;   // our host name, for %{r}
  std::int64_t now = 0;  // seconds since 1970, for %{t}
  bool explain = false;  // fetch the explanation of a fail (6.2); one more lookup, outside of the limits
};

struct outcome {
  auth::result result = auth::result::none;
  dns::name_text domain;                            // whose record was checked
  fixed_string<limits::spf_reason_bytes> reason;    // for people; holds what the publisher wrote: escape it
  fixed_string<limits::spf_explanation_bytes> explanation;  // printable ASCII
};

class evaluator {
 public:
  void begin(const request& what);
  // The open question, once; false while its answer is awaited and when done.
  bool next_lookup(dns::question& out);
  void on_answer(const dns::answer& got);
  bool done() const { return stage_ == stage::done; }
  const outcome& get() const { return outcome_; }

 private:
  enum class stage : std::uint8_t { record, terms, a, mx, mx_host, exists, ptr, ptr_host, explanation, done };

  // A record under evaluation: the first one and those that `include` opened. In the arena: domain, then record.
  struct frame {
    std::uint16_t domain_at, domain_size, text_at, text_size;
    std::uint16_t next;  // where in the text the next term begins
    qualifier sign;      // of the include that opened it
  };

  byte_view domain() const;
  byte_view text() const;
  macro_facts facts() const;
  bool push(byte_view domain, byte_view record, qualifier sign);
  void pop();

  void step();
  void next_term();
  void start(const term& t);
  void end_of_terms();
  void redirect(byte_view spec);
  bool expand_target(byte_view spec);
  bool needs_validated_name(byte_view macros);
  void ask_reverse();
  void explain();
  bool count_lookup();
  void ask(byte_view name, dns::record_type type, stage next);
  void ask_address(byte_view name, stage next);

  void take(const dns::answer& got);
  void take_record(const dns::answer& got);
  void take_addresses(const dns::answer& got);
  void take_names(const dns::answer& got);
  void take_exists(const dns::answer& got);
  void take_ptr(const dns::answer& got);
  void take_ptr_host(const dns::answer& got);
  void take_explanation(const dns::answer& got);
  bool void_lookup(const dns::answer& got);
  bool holds_client(const dns::answer& got) const;
  void next_host(stage next);
  void validated(byte_view host);

  void match();
  void finish_record(auth::result r);
  void fail_for(const dns::answer& got, const char* what);
  void error(auth::result r, const char* what, byte_view about);
  void conclude(auth::result r);

  outcome outcome_;
  ip_address client_;
  std::int64_t now_ = 0;
  bool explain_ = false;
  fixed_string<limits::sender_bytes> local_part_;
  dns::name_text sender_domain_, helo_, receiver_;

  stage stage_ = stage::done, then_ = stage::terms;
  bool asked_ = false, awaiting_ = false;
  dns::name_text question_;
  dns::record_type question_type_ = dns::record_type::txt;

  fixed_vector<frame, static_cast<std::size_t>(limits::spf_lookups) + 2> frames_;
  std::uint16_t top_ = 0;                   // first free octet of the arena behind the frames
  std::uint16_t hosts_at_ = 0, hosts_end_ = 0;  // names of exchangers or of the client, each behind its length
  term term_;                               // being evaluated; views into the arena
  bool opening_include_ = false, opening_redirect_ = false;
  dns::name_text target_;                   // expanded domain-spec of term_
  dns::name_text validated_;                // for %{p} (7.3)
  std::uint8_t validated_rank_ = 0;         // 0 unknown, 1 any host, 2 below the domain, 3 the domain
  bool validated_known_ = false;            // for the domain of the current frame
  bool for_macro_ = false;                  // the host names are looked up for %{p}, not for ptr
  int lookups_ = 0, voids_ = 0;
  char arena_[limits::spf_arena_bytes];
};

}  // namespace sluice::auth::spf
