// Sender authentication of one message at a time: SPF, DKIM, ARC, DMARC and reputation lists, asked for in whatever
// order the message gives what they need, and put together. Sans-I/O: bytes in, questions out, answers in.
//
//   begin()      at MAIL: SPF of the client can start at once
//   on_header()  when the header is complete: signatures are prepared, the author's policy is looked for
//   feed()       the body, in pieces of any size, as it streams
//   finish()     at the end of the body
//
// Questions may be asked at any time in between (dns::lookup_client); settled() tells that every result is final. A
// caller that is out of time calls expire(): what is open becomes temperror.
//
// Memory: sizeof(checker), about 4.5 KiB a session, plus leases from the loop's workspace while answers are awaited. The
// header is not kept: on_header() is given the whole of it once, wherever the caller has it (the window's blocks, or
// read back from the spool), and copies it into the workspace for the time of the call only.
#pragma once
#include <cstdint>
#include <span>

#include "auth/arc/seal.hpp"
#include "auth/arc/verify.hpp"
#include "auth/common/author.hpp"
#include "auth/dmarc/verify.hpp"
#include "auth/workspace.hpp"
#include "dns/lookup.hpp"

namespace sluice::auth {

struct envelope {
  ip_address client;    // who is connected, or whom PROXY or XCLIENT named
  byte_view helo;       // views are copied
  byte_view mail_from;  // without <>; empty for the null sender
  std::int64_t now = 0; // seconds since 1970; 0 when the clock is not to be trusted: then nothing expires
};

enum class spf_identity : std::uint8_t { mail_from, helo };

// Views are valid until the checker's next begin().
struct spf_report {
  auth::result result = auth::result::none;
  spf_identity identity = spf_identity::mail_from;
  byte_view domain, reason, explanation;
};

struct dkim_report {
  auth::result result = auth::result::none;
  byte_view domain, selector;  // as written, even when they are nonsense: escape them
  byte_view value_start;       // the first characters of b=, for header.b
  const char* reason = "";
  unsigned bits = 0;           // of the key
  bool testing = false;        // t=y in the key
  std::uint64_t unsigned_octets = 0;  // of the body, behind what l= covers
  bool upstream = false;       // a trusted relay's result, not verified here
};

struct arc_report {
  auth::result result = auth::result::none;
  unsigned instance = 0;       // of the newest set
  byte_view sealer;            // d= of the newest seal
  const char* reason = "";     // static text
  bool trusted_pass = false;   // a trusted sealer saw DMARC pass, and everybody who sealed since is trusted
};

struct dmarc_report {
  auth::result result = auth::result::none;
  byte_view author;    // domain of From
  byte_view found_at;  // where the policy record was found
  dmarc::policy published = dmarc::policy::none;
  dmarc::policy disposition = dmarc::policy::none;  // what is to be done
  bool spf_aligned = false, dkim_aligned = false;
  const char* reason = "";
};

struct list_hit {
  const list_zone* zone = nullptr;
  ip_address code;
  std::int16_t weight = 0;
  byte_view subject;  // the address or host that is listed
};

// An observation that belongs into the verdict; whoever joins the modules makes a finding of it.
struct notice {
  enum class place : std::uint8_t { envelope, header, link, body };
  const char* rule = "";     // static text
  std::int16_t weight = 0;   // points, never negative
  place where = place::header;
  fixed_string<96> words;    // attacker's text: escape it
  fixed_string<24> list;     // the beginning of the zone, when it is about a list
};

class checker final : public dns::lookup_client {
 public:
  explicit checker(workspace& shared) : shared_(shared) {}
  ~checker() override { release_all(); }
  checker(const checker&) = delete;
  checker& operator=(const checker&) = delete;

  // `what` must live until the next begin(). May be called again at any time; the message before is forgotten.
  void begin(const options& what, const envelope& from);
  // The header with its last CRLF, the empty line optional; in one piece or several. Above limits::header_bytes
  // signatures and author are permerror, unread.
  void on_header(std::span<const byte_view> pieces);
  void feed(byte_view body);
  void finish();
  // Hosts of links in the message, for domain lists: a name in ASCII or an address, and the name's registrable part, which
  // the caller finds in the public suffix list. The first limits::listed_hosts different ones of each kind count.
  bool wants_link_hosts() const;
  void add_link_host(byte_view host, byte_view registrable);
  void expire();
  // The header could not be kept until it was whole: nothing can be verified, for a reason of ours (temperror).
  void lose_header();
  // Forgets the message: everything leased goes back, later answers are nobody's.
  void abandon();

  bool next_lookup(dns::lookup& out) override;
  void on_answer(std::uint32_t id, const dns::answer& got) override;

  bool spf_settled() const { return spf_stage_ == spf_stage::done; }
  bool settled() const;

  spf_report spf() const { return report_of(spf_[0]); }   // MAIL FROM, or HELO when that is empty
  spf_report helo() const { return report_of(spf_[1]); }  // none when not checked apart
  std::size_t dkim_count() const { return signatures_.size(); }
  dkim_report dkim(std::size_t i) const;
  std::size_t ignored_signatures() const { return ignored_signatures_; }
  arc_report arc() const;
  dmarc_report dmarc() const;
  author_state author() const { return author_state_; }
  std::span<const list_hit> hits() const { return {hits_.data(), hits_.size()}; }
  const ip_address& client() const { return client_; }  // behind trusted relays
  // A lookup of this message ended in a temporary error or beyond a budget: what is missing may be missing for that.
  bool dns_failed() const { return dns_failed_; }
  // DMARC may end in a failure that asks for something; for callers that have to act before the body has passed.
  bool dmarc_may_object() const;
  std::uint16_t lookups() const { return lookups_; }

  // The value of an Authentication-Results field. `spf_only` is for messages whose header leaves before the body is
  // known. The view is into `room`; 4 KiB hold every value.
  byte_view write_results(byte_span room, bool folded, bool spf_only) const;
  // The three fields of a further ARC set, to be put on top of the message; empty when there is no key, the chain
  // failed or is full, or the message is not settled. `results` is the value of our Authentication-Results field.
  byte_view write_seal(byte_span room, byte_view results) const;

  // What a reader of the verdict should know. Weights are never negative (P4).
  using notice_list = fixed_vector<notice, limits::notices>;
  void list_notices(notice_list& out) const;

 private:
  enum class spf_stage : std::uint8_t { idle, waiting_for_header, mail_from, helo, done };
  struct text_ref {
    std::uint16_t at = 0, size = 0;
  };
  struct spf_state {
    auth::result result = auth::result::none;
    spf_identity identity = spf_identity::mail_from;
    text_ref domain, reason, explanation;
  };
  struct signature_state {
    text_ref domain, selector;
    char value_start[8] = {};
    std::uint8_t value_start_size = 0;
    auth::result result = auth::result::none;  // of the key until the body is known
    const char* reason = "";
    std::uint16_t bits = 0;
    bool testing = false, awaiting = false, upstream = false;
    std::int8_t check = -1;  // index into checks_
  };
  enum class listed_kind : std::uint8_t { host, domain, address };
  struct listed_name {
    text_ref name;
    listed_kind kind = listed_kind::host;
    std::uint64_t asked = 0;  // bit per zone
  };

  // A lookup's id: which message, which part of it, which item of that part.
  enum class asker : std::uint8_t { spf = 1, key = 2, dmarc = 3, list = 4 };
  std::uint32_t lookup_id(asker who, std::uint8_t item, std::uint8_t sub = 0) const {
    return static_cast<std::uint32_t>(sequence_ & 0xfff) << 20 | static_cast<std::uint32_t>(who) << 16 |
           static_cast<std::uint32_t>(item) << 8 | sub;
  }

  text_ref keep(byte_view text);
  text_ref keep_name(byte_view written);
  byte_view text(text_ref r) const { return {text_.data() + r.at, r.size}; }

  void start_spf();
  void run_spf(spf_identity identity);
  void take_spf();
  spf_report report_of(const spf_state& s) const;

  void read_client();
  void read_upstream(std::size_t until);
  void add_upstream(byte_view domain);
  void read_author();
  void read_signatures();
  void read_signature(const header_field& f);
  const char* prepare_signature(const header_field& f, const dkim::signature& s, signature_state& out);
  void read_chain();
  const char* prepare_chain(const arc::chain& c);
  const char* prepare_message_signature(const arc::chain& c);
  bool trusted_word(const arc::chain& c) const;
  void refuse_header(const char* reason);
  awaited_key* await_key(std::uint8_t owner, bool chain);
  void take_key(awaited_key* a, const dns::answer& got);
  void fail_chain(auth::result r, const char* reason);
  void release(awaited_key* a);
  void release_all();
  std::span<dkim::body_check> body_checks() { return {checks_.data(), checks_.size()}; }

  void advance();
  void conclude_dmarc();
  bool may_align(byte_view domain) const;
  auth::result final_result(const signature_state& s, const char*& reason) const;

  bool pick(dns::lookup& out);
  void add_listed(listed_kind kind, byte_view name);
  static bool asks_for(const list_zone& zone, listed_kind kind);
  bool write_list_question(const list_zone& zone, const ip_address* ip, byte_view name);
  bool pick_list(dns::lookup& out);
  void dispatch(std::uint32_t id, const dns::answer& got);
  void take_list(std::uint8_t what, std::uint8_t zone, const dns::answer& got);
  void write_spf(class results_writer& w, const spf_state& s) const;
  void write_methods(class results_writer& w) const;

  workspace& shared_;
  const options* options_ = nullptr;
  std::int64_t now_ = 0;
  ip_address client_;
  std::uint16_t sequence_ = 0, lookups_ = 0;
  bool header_seen_ = false, header_lost_ = false, finished_ = false, dns_failed_ = false;

  text_ref helo_, mail_from_, author_;
  spf_stage spf_stage_ = spf_stage::idle;
  spf_state spf_[2];
  spf::evaluator* evaluator_ = nullptr;

  fixed_vector<signature_state, limits::dkim_signatures> signatures_;
  std::uint16_t ignored_signatures_ = 0;
  awaited_key* keys_ = nullptr;
  dkim::body_hasher body_;
  fixed_vector<dkim::body_check, limits::dkim_signatures + 1> checks_;

  auth::result arc_result_ = auth::result::none;
  std::uint8_t arc_instance_ = 0, arc_awaited_ = 0;
  std::int8_t arc_check_ = -1;
  bool arc_trusted_ = false;
  text_ref arc_sealer_;
  const char* arc_reason_ = "";
  arc::sealer sealer_;

  author_state author_state_ = author_state::missing;
  const char* author_reason_ = "";
  dmarc::evaluator dmarc_;
  bool dmarc_started_ = false, dmarc_concluded_ = false;

  fixed_vector<listed_name, 3 * limits::listed_hosts> listed_;
  std::uint64_t client_asked_ = 0;
  std::uint8_t lists_open_ = 0;
  fixed_vector<list_hit, limits::list_hits> hits_;

  fixed_string<limits::checker_text_bytes> text_;
};

}  // namespace sluice::auth
