// Looks at one message while it streams: walks its MIME structure, cuts slots out of known templates, runs the
// detectors over what a reader would see, and collects findings. It never decides (policy does) and never changes a
// byte. One object per session, reused for each message; no heap after construction.
//
// Order: begin(); feed() any number of times; finish(); then optionally authentication(). All getters are valid any time
// after begin(); found() is complete after finish().
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "inspect/limits.hpp"
#include "inspect/baseline.hpp"
#include "inspect/body_state.hpp"
#include "inspect/conformance.hpp"
#include "inspect/file_kind.hpp"
#include "inspect/path_state.hpp"
#include "inspect/slot_judge.hpp"
#include "inspect/text_sampler.hpp"
#include "inspect/verdict.hpp"
#include "mime/handler.hpp"
#include "mime/walker.hpp"

namespace sluice::inspect {

class ruleset;
struct profile;
struct text_template;
struct folded;
struct text_signals;
struct finding_text;
struct extent;

// What the envelope says. Views are read during begin() only.
struct envelope_facts {
  byte_view mail_from;  // without <>, empty for the null sender
  byte_view helo;
  byte_view client_ip;
  std::span<const byte_view> recipients;  // the first few, without <>
  std::uint32_t recipient_count = 0;      // of all
  class link_listener* links = nullptr;   // must live until the message is finished
};

// Who we are: which Authentication-Results and Received fields are our own.
struct own_names {
  byte_view authserv_id;
  byte_view hostname;
};

// Results of SPF, DKIM, DMARC and ARC as far as the inspector needs them: they unmask a spoofed From, and passing them
// never lowers a score (P4). Nothing said (all members as they are made) means that nobody looked.
struct auth_facts {
  enum class result : std::uint8_t { none, pass, fail, error };
  result spf = result::none, dkim = result::none, dmarc = result::none;
  bool checked = false;      // SPF and DKIM were verified here: what is not among `passed` did not pass
  bool trusted_arc = false;  // DMARC passed where a trusted sealer received it
  std::span<const byte_view> passed;     // domains of DKIM signatures that verified and of an SPF pass (MAIL FROM)
  std::span<const byte_view> unsettled;  // domains whose DKIM or SPF ended in a temporary error
};

// Who is told the hosts of links while a message streams (reputation lists).
class link_listener {
 public:
  virtual void on_link_host(byte_view host) = 0;

 protected:
  ~link_listener() = default;
};

// Octets of one header field, with its CRLF, from the start of the content.
struct header_range {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

// For log, history and quarantine. Decoded UTF-8, cut at the limits; attacker's text: escape it wherever it is shown.
struct message_facts {
  fixed_string<limits::subject_bytes> subject;
  fixed_string<limits::display_name_bytes> from_name;
  fixed_string<limits::address_bytes> from;    // address of the first mailbox in From, lower-case domain
  fixed_string<limits::address_bytes> sender;  // address of Sender, empty when missing
  fixed_string<limits::address_bytes> to;      // first address of To
  fixed_string<limits::message_id_bytes> message_id;
  fixed_string<limits::date_bytes> date;
  std::uint64_t header_bytes = 0;  // octets up to and with the empty line; 0 until seen
  std::uint16_t parts = 0;
  std::uint16_t attachments = 0;
  std::uint16_t received = 0;      // Received fields in all
  std::uint16_t own_received = 0;  // of these, "by" our hostname
  novelty new_things;  // compared with what the sender's domain did here before
  std::uint32_t signature_messages = 0, signature_recipients = 0;  // of its DKIM signature, seen here lately; 0: not looked
  inspect::conformance conformance;  // of the part with most text that is not the sender's template
};

class message_inspector final : public mime::handler {
 public:
  // `rules` must live as long as this object or until use() replaces it; `own` views too.
  // `pool` is shared by the inspectors of one thread.
  message_inspector(const ruleset& rules, const own_names& own, mime::charset_pool& pool);

  void use(const ruleset& rules);  // between messages, when a new generation is applied

  void begin(const envelope_facts& envelope);
  void feed(byte_view content);  // after dot-unstuffing
  void finish();
  void authentication(const auth_facts& results);  // after finish(), when known

  // After authentication(): of how many messages and recipients a signature of this one was seen here, with this one.
  void delivered_before(std::uint32_t messages, std::uint32_t recipients);
  std::span<const std::uint64_t> signatures() const { return {path_.signatures.data(), path_.signatures.size()}; }

  // The shingles that stand for its first text (text_id.hpp: skeleton_of).
  std::span<const std::uint32_t> text_sample() const { return {sampler_.chosen().data(), sampler_.chosen().size()}; }

  // After finish(): what the learned baseline keeps of this message. The domain is empty unless its author is vouched for.
  sender_traits traits(const auth_facts& results) const;
  // What the baseline says to it.
  void compared(const novelty& what);

  bool header_seen() const;  // the whole message header has passed
  bool text_seen() const;    // the first visible text has passed, or the message is over and has none
  bool suspicious() const;   // a finding with weight exists already
  const findings& found() const { return found_; }
  const message_facts& facts() const { return facts_; }
  const profile* sender_profile() const { return profile_; }

  // Header fields that must not be passed on: Authentication-Results that claim to be ours (RFC 8601 section 5) and
  // X-Sluice-* fields. Ordered, of the message header only.
  std::span<const header_range> removed_ranges() const;
  bool removed_overflow() const;  // there were more than limits::removed_ranges: refuse the message

 private:
  void on_field(const mime::field& field) override;
  void on_header_end(std::uint16_t part, std::uint64_t offset) override;
  void on_part_begin(const mime::part_info& part) override;
  void on_text(std::uint16_t part, mime::text_kind kind, byte_view text) override;
  void on_link(const mime::link& link) override;
  void on_bytes(std::uint16_t part, std::uint64_t offset, byte_view octets) override;
  void on_anomaly(std::uint16_t part, mime::anomaly what, std::uint64_t offset) override;
  void on_part_end(std::uint16_t part, std::uint64_t octets) override;

  void message_field(const mime::field& field);
  void note_encrypted_text(byte_view text);
  void judge_file();
  void judge_structure();
  void remove_range(const mime::field& field);
  void take_subject(const mime::field& field);
  void take_inner_subject(const mime::field& field);
  void take_addresses(const mime::field& field);
  void judge_header();
  void judge_subject();
  void judge_display_name();
  bool judge_by_template(byte_view text, std::span<const text_template> forms, place where, int wording);
  byte_view header_subject() const { return {body_.main.text.data(), body_.main.size}; }  // while the header is judged
  byte_view header_name() const { return {body_.side.text.data(), body_.side.size}; }
  void note_brands(byte_view text, place where);
  void note_disguised_brand(byte_view words, place where, std::uint16_t part);
  void judge_known_subject(byte_view subject, int wording);
  void judge_weighed(byte_view text, slot_type type, byte_view slot, place where, int percent, int wording);
  void judge_calm(byte_view text, slot_type type, byte_view slot, place where, std::uint16_t part, int percent);
  void note_sole_brand(const folded& seen, const text_signals& s, byte_view text, place where);
  void note_speaker(const folded& seen, extent name, const finding_text& note);
  bool leads_home() const;
  bool leads_away() const;
  bool is_till(std::uint16_t brand) const;
  void drop_subject_evidence(const folded& seen, text_signals& s) const;
  void judge_pointed(const folded& seen, const text_signals& s, byte_view text, std::uint16_t part);
  bool shows_foreign_brand(byte_view host) const;
  bool has_own_name() const;
  bool is_crypto_business() const;
  bool impersonates() const;
  bool names_host_of(const folded& text, const text_signals& s, std::uint16_t brand) const;
  void remember_brand(std::uint16_t brand);
  void note_host(byte_view host, bool doubtful = false);
  void learn_host(byte_view host);
  void judge_unicode_host(byte_view host);
  void note_target(byte_view target, bool doubtful = false);
  void note_other_link(const mime::link& link);
  void note_messenger(const mime::link& link, byte_view page);
  void note_number(const mime::link& link, byte_view number);
  void judge_reply_to();
  void judge_greeting(byte_view text, const folded& seen, std::uint16_t part);
  int story_percent() const;
  void add_side(std::uint16_t part, byte_view text);
  void flush_main(std::size_t keep);
  void flush_side();
  void judge_text(byte_view text, std::uint16_t part, bool hidden);
  void judge_body_slots(byte_view text, std::uint16_t part);
  void judge_calendar(byte_view text, std::uint16_t part);
  void measure_text(std::uint16_t part, byte_view text, bool doubtful);
  void end_measure();
  void judge_template();
  void judge_whole();
  void count_same_words_once();
  bool leads_nowhere() const;
  void judge_brands(int lures, int percent);
  void judge_links(int lures);
  void judge_path();
  bool speaks_for(std::uint16_t brand) const;
  bool vouched_by(byte_view domain) const;
  byte_view from_domain() const;
  byte_view from_site() const;  // its registrable part
  slot_sender who() const;

  const ruleset* rules_;
  own_names own_;
  mime::charset_pool* pool_;
  const profile* profile_ = nullptr;
  link_listener* links_ = nullptr;
  mime::walker walker_;
  findings found_;
  message_facts facts_;
  body_state body_;
  conformance_meter meter_;
  path_state path_;
  text_sampler sampler_;
  file_watch file_;
  std::uint16_t measured_part_ = 0xFFFF;  // of meter_
  std::array<header_range, limits::removed_ranges> removed_{};
  std::uint16_t removed_count_ = 0;
  std::uint8_t from_site_ = 0;  // octets at the end of From that are its registrable domain
  bool removed_overflow_ = false;
  bool finished_ = false;
};
static_assert(sizeof(message_inspector) <= limits::inspector_bytes);

}  // namespace sluice::inspect
