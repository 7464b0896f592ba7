// Looks at one message while it streams: walks its MIME structure, cuts slots out of known templates, runs the
// detectors over what a reader would see, and collects findings. It never decides (policy does) and never changes a
// byte. One object per session, reused for each message; no heap after construction.
//
// begin(); feed() any number of times; finish(); then optionally authentication(). All getters are valid any time
// after begin(); found() is complete after finish().
#pragma once
#include <cstdint>
#include <span>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "inspect/limits.hpp"
#include "inspect/verdict.hpp"
#include "mime/handler.hpp"

namespace sluice::inspect {

class ruleset;
struct profile;

// What the envelope says. Views are read during begin() only.
struct envelope_facts {
  byte_view mail_from;  // without <>, empty for the null sender
  byte_view helo;
  byte_view client_ip;
  std::span<const byte_view> recipients;  // the first few, without <>
  std::uint32_t recipient_count = 0;      // of all
};

// Who we are: which Authentication-Results and Received fields are our own.
struct own_names {
  byte_view authserv_id;
  byte_view hostname;
};

// Results of SPF, DKIM and DMARC as far as the inspector needs them: they unmask a spoofed From, and passing them never
// lowers a score (P4).
struct auth_facts {
  enum class result : std::uint8_t { none, pass, fail, error };
  result spf = result::none, dkim = result::none, dmarc = result::none;
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
};

class message_inspector final : public mime::handler {
 public:
  // `rules` must live as long as this object or until use() replaces it; `own` views too.
  message_inspector(const ruleset& rules, const own_names& own);

  void use(const ruleset& rules);  // between messages, when a new generation is applied

  void begin(const envelope_facts& envelope);
  void feed(byte_view content);  // after dot-unstuffing
  void finish();
  void authentication(const auth_facts& results);  // after finish(), when known

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
  findings found_;
  message_facts facts_;
  const profile* profile_ = nullptr;
};

}  // namespace sluice::inspect
