// The streaming half of message_inspector: what the MIME walker reports is kept in fixed places or judged at once. The
// judging itself is in judge_header.cpp and judge_body.cpp.
#include "inspect/message_inspector.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "inspect/header_fields.hpp"
#include "inspect/ruleset.hpp"
#include "mime/address.hpp"
#include "mime/encoded_word.hpp"

namespace sluice::inspect {
namespace {

// Fields that platforms and list servers add; each says that the mail is automatic, none says that it is good.
struct automatic_field {
  byte_view name;
  std::uint16_t bit;
};
constexpr automatic_field automatic_fields[] = {
    {"List-Unsubscribe", automatic::list_unsubscribe},
    {"List-Id", automatic::mailing_list},
    {"List-Post", automatic::mailing_list},
    {"Feedback-ID", automatic::feedback_id},
    {"X-SES-Outgoing", automatic::provider},
    {"X-SG-EID", automatic::provider},
    {"X-SG-ID", automatic::provider},
    {"X-Mailgun-Sid", automatic::provider},
    {"X-Mandrill-User", automatic::provider},
    {"X-PM-Message-Id", automatic::provider},
    {"X-MSFBL", automatic::provider},
    {"X-Campaign", automatic::provider},
    {"X-CampaignID", automatic::provider},
    {"X-MC-User", automatic::provider},
    {"X-Report-Abuse", automatic::provider},
    {"X-Report-Abuse-To", automatic::provider},
    {"X-CSA-Complaints", automatic::provider},
    {"X-SFMC-Stack", automatic::provider},
    {"X-Mailin-EID", automatic::provider},
    {"X-Kmail-Account", automatic::provider},
    {"X-Auto-Response-Suppress", automatic::auto_submitted},
    {"X-Zendesk-From-Account-Id", automatic::provider},
};

constexpr byte_view no_reply_names[] = {"noreply",   "no-reply",   "no_reply",  "donotreply", "do-not-reply", "do_not_reply", "notification", "notify",  "alert",     "mailer",
                                        "automated", "invitation", "messenger", "invoice",    "receipt",      "store+",       "bounce",       "updates", "newsletter"};

bool no_reply_part(byte_view address) {
  const byte_view local = address.substr(0, address.find('@'));
  for (byte_view name : no_reply_names) {
    for (std::size_t i = 0; i + name.size() <= local.size(); ++i) {
      if (ascii::istarts_with(local.substr(i), name)) return true;
    }
  }
  return false;
}

template <std::size_t N>
void lower_domain(fixed_string<N>& address) {
  bool domain = false;
  for (char& c : address) {
    if (domain) c = ascii::lower(c);
    if (c == '@') domain = true;
  }
}

}  // namespace

message_inspector::message_inspector(const ruleset& rules, const own_names& own, mime::charset_pool& pool)
    : rules_(&rules), own_(own), pool_(&pool), walker_(*this, {}, pool) {}

void message_inspector::use(const ruleset& rules) { rules_ = &rules; }

void message_inspector::begin(const envelope_facts& envelope) {
  walker_.reset();
  found_.list.clear();
  found_.dropped = 0;
  found_.score = 0;
  found_.cause = unscanned::none;
  found_.causes = 0;
  found_.profile.clear();
  found_.notification_class = found_.observe = false;
  facts_ = {};
  body_.reset();
  profile_ = nullptr;
  measured_part_ = 0xFFFF;
  file_.part = file_watch::none;
  file_.head.clear();
  file_.name.clear();
  links_ = envelope.links;
  removed_count_ = 0;
  from_site_ = 0;
  removed_overflow_ = false;
  finished_ = false;
  body_.recipients = static_cast<std::uint16_t>(std::min<std::uint32_t>(envelope.recipient_count, 0xFFFF));
  for (byte_view recipient : envelope.recipients) {
    if (body_.recipient_hashes.size() == body_.recipient_hashes.capacity()) break;
    body_.recipient_hashes.push_back(hash_lower(recipient));
  }
  path_.signatures.clear();
  sampler_.reset();
  path_.traits = traits_of_sender(envelope.mail_from);
}

void message_inspector::feed(byte_view content) { walker_.feed(content); }

void message_inspector::finish() {
  walker_.finish();
  flush_main(0);
  flush_side();
  sampler_.finish();
  facts_.parts = walker_.parts();
  judge_whole();
  finished_ = true;
}

bool message_inspector::header_seen() const { return walker_.header_done(); }
bool message_inspector::text_seen() const { return finished_ || walker_.text_seen(); }
bool message_inspector::suspicious() const { return found_.score > 0; }

std::span<const header_range> message_inspector::removed_ranges() const { return {removed_.data(), removed_count_}; }
bool message_inspector::removed_overflow() const { return removed_overflow_; }

void message_inspector::on_field(const mime::field& field) {
  if (field.part == 0) message_field(field);
  else if (ascii::iequals(field.name, "Subject")) take_inner_subject(field);
}

void message_inspector::remove_range(const mime::field& field) {
  if (removed_count_ == removed_.size() || field.offset > 0xFFFFFFFFull) {
    removed_overflow_ = true;
    return;
  }
  removed_[removed_count_++] = {static_cast<std::uint32_t>(field.offset), field.length};
}

void message_inspector::message_field(const mime::field& field) {
  const byte_view name = field.name;
  path_.traits |= traits_of_field(name, field.value);
  if (ascii::iequals(name, "Authentication-Results")) {
    if (!own_.authserv_id.empty() && has_authserv_id(field.value, own_.authserv_id)) remove_range(field);
  } else if (ascii::iequals(name, "DKIM-Signature")) {
    if (path_.signatures.size() < path_.signatures.capacity()) path_.signatures.push_back(signature_hash(field.value));
  } else if (ascii::istarts_with(name, "X-Sluice-")) {
    remove_range(field);
  } else if (ascii::iequals(name, "Received")) {
    ++facts_.received;
    if (!own_.hostname.empty() && ascii::iequals(received_by(field.value), own_.hostname)) ++facts_.own_received;
  } else if (ascii::iequals(name, "Subject")) {
    take_subject(field);
  } else if (ascii::iequals(name, "From") || ascii::iequals(name, "Sender") || ascii::iequals(name, "To") || ascii::iequals(name, "Cc") ||
             ascii::iequals(name, "Reply-To")) {
    take_addresses(field);
  } else if (ascii::iequals(name, "Message-ID")) {
    if (facts_.message_id.empty()) assign_cut(facts_.message_id, field.value);
  } else if (ascii::iequals(name, "Date")) {
    if (facts_.date.empty()) assign_cut(facts_.date, field.value);
  } else if (ascii::iequals(name, "Auto-Submitted")) {
    if (!ascii::istarts_with(field.value, "no")) body_.automatic |= automatic::auto_submitted;
  } else if (ascii::iequals(name, "Precedence")) {
    body_.automatic |= automatic::bulk;
  } else {
    for (const automatic_field& known : automatic_fields) {
      if (ascii::iequals(name, known.name)) body_.automatic |= known.bit;
    }
  }
}

// Clients disagree about which of several Subject fields they show: all are kept, the first in front. Until the header has
// passed, the window of the body's text holds the whole of it.
void message_inspector::take_subject(const mime::field& field) {
  auto& w = body_.main;
  static_assert(sizeof w.text >= limits::judged_subject_bytes);
  char buffer[2 * limits::judged_subject_bytes];  // all that a field value can hold
  const auto got = mime::decode_words(field.value, buffer, *pool_);
  char first[limits::judged_subject_bytes / 2];
  const std::size_t kept = utf8::keep_ends(header_subject(), first, sizeof first);
  std::copy_n(first, kept, w.text.data());
  const byte_view mark = kept == 0 ? byte_view{} : byte_view{" | "};
  char* const to = std::copy(mark.begin(), mark.end(), w.text.data() + kept);
  const auto room = static_cast<std::size_t>(w.text.data() + limits::judged_subject_bytes - to);
  w.size = static_cast<std::uint16_t>(kept + mark.size() + utf8::keep_ends({buffer, got.size}, to, room));
  assign_cut(facts_.subject, utf8::cut(header_subject(), facts_.subject.capacity()));
}

// Of a message inside: the reader sees it above its text.
void message_inspector::take_inner_subject(const mime::field& field) {
  char buffer[limits::subject_bytes + 1];
  const auto got = mime::decode_words(field.value, {buffer, limits::subject_bytes}, *pool_);
  buffer[got.size] = '\n';
  on_text(field.part, mime::text_kind::alt, {buffer, got.size + 1});
}

void message_inspector::take_addresses(const mime::field& field) {
  mime::address_reader reader(field.value, *pool_);
  mime::address one;
  const bool is_from = ascii::iequals(field.name, "From");
  const bool is_sender = ascii::iequals(field.name, "Sender"), is_reply = ascii::iequals(field.name, "Reply-To");
  for (std::size_t n = 0; n < 64 && reader.next(one); ++n) {
    const byte_view spec = view(one.spec);
    if (is_from) {
      if (!facts_.from.empty() || !facts_.from_name.empty()) {
        body_.many_from = true;
        break;
      }
      assign_cut(facts_.from, spec);
      lower_domain(facts_.from);
      assign_cut(facts_.from_name, utf8::cut(view(one.name), facts_.from_name.capacity()));
      auto& whole = body_.side;  // as with the subject
      static_assert(sizeof whole.text >= limits::judged_name_bytes && decltype(one.name)::static_capacity == limits::judged_name_bytes);
      whole.size = static_cast<std::uint16_t>(std::copy(one.name.begin(), one.name.end(), whole.text.begin()) - whole.text.begin());
      if (no_reply_part(spec)) body_.automatic |= automatic::no_reply;
    } else if (is_reply) {
      if (!file_.name.empty()) break;
      assign_cut(file_.head, utf8::cut(view(one.name), file_.head.capacity()));
      assign_cut(file_.name, spec.substr(spec.size() - std::min(spec.size(), file_.name.capacity())));
      break;
    } else if (is_sender) {
      if (facts_.sender.empty()) assign_cut(facts_.sender, spec);
      lower_domain(facts_.sender);
      break;
    } else {
      if (facts_.to.empty()) assign_cut(facts_.to, spec);
      const std::uint32_t hash = hash_lower(spec);
      for (std::uint32_t known : body_.recipient_hashes) body_.to_matches = body_.to_matches || known == hash;
    }
  }
}

void message_inspector::on_header_end(std::uint16_t part, std::uint64_t offset) {
  if (part != 0) return;
  facts_.header_bytes = offset;
  judge_header();
}

void message_inspector::on_part_end(std::uint16_t part, std::uint64_t /*octets*/) {
  if (part == file_.part) judge_file();
  if (part == measured_part_) end_measure();
  flush_main(0);
  flush_side();
}

void message_inspector::on_text(std::uint16_t part, mime::text_kind kind, byte_view text) {
  switch (kind) {
    case mime::text_kind::hidden: body_.hidden += static_cast<std::uint32_t>(text.size()); return add_side(part, text);
    case mime::text_kind::title: return add_side(part, text);
    case mime::text_kind::calendar: body_.calendar_part = part; break;
    default: break;
  }
  const bool shown = kind == mime::text_kind::plain || kind == mime::text_kind::visible;
  if (shown || kind == mime::text_kind::doubtful) measure_text(part, text, !shown);
  if (shown) sampler_.feed(text);
  body_.drawn.feed(text);
  auto& w = body_.main;
  if (w.part != part && w.size > 0 && w.size < w.text.size() && !ascii::is_space(w.text[w.size - 1u])) w.text[w.size++] = '\n';  // two readings
  w.part = part;
  while (!text.empty()) {
    const std::size_t n = std::min(text.size(), w.text.size() - w.size);
    std::copy_n(text.data(), n, w.text.data() + w.size);
    w.size = static_cast<std::uint16_t>(w.size + n);
    text.remove_prefix(n);
    if (w.size == w.text.size()) flush_main(limits::window_overlap_bytes);
  }
}

void message_inspector::add_side(std::uint16_t part, byte_view text) {
  auto& w = body_.side;
  w.part = part;
  while (!text.empty()) {
    const std::size_t n = std::min(text.size(), w.text.size() - w.size);
    std::copy_n(text.data(), n, w.text.data() + w.size);
    w.size = static_cast<std::uint16_t>(w.size + n);
    text.remove_prefix(n);
    if (w.size == w.text.size()) flush_side();
  }
}

// Judges the window; `keep` octets of its end stay, so that nothing is cut in two. Cuts at white space.
void message_inspector::flush_main(std::size_t keep) {
  auto& w = body_.main;
  if (w.size == 0) return;
  const byte_view all(w.text.data(), w.size);
  std::size_t end = all.size();
  if (keep != 0) {  // the window is full: its last word may be cut
    while (end > all.size() - keep && !ascii::is_space(all[end - 1])) --end;
    if (end == all.size() - keep) end = utf8::cut(all, all.size() - 3).size();
  }
  judge_text(all.substr(0, end), w.part, false);
  body_.subject_lead = 0;
  body_.visible += static_cast<std::uint32_t>(end);
  std::size_t from = end;
  if (keep != 0) {
    const std::size_t earliest = all.size() - keep;
    from = std::min(end, earliest);
    while (from < end && !ascii::is_space(all[from])) ++from;
  }
  std::copy(all.begin() + static_cast<std::ptrdiff_t>(from), all.end(), w.text.begin());
  w.size = static_cast<std::uint16_t>(all.size() - from);
  if (keep == 0) w.size = 0;
}

void message_inspector::flush_side() {
  auto& w = body_.side;
  if (w.size == 0) return;
  judge_text(utf8::cut({w.text.data(), w.size}, w.size), w.part, true);
  w.size = 0;
}

std::uint32_t hash_lower(byte_view text) {
  std::uint32_t h = 2166136261u;
  for (char c : text) h = (h ^ static_cast<unsigned char>(ascii::lower(c))) * 16777619u;
  return h ^ (h >> 15);
}

}  // namespace sluice::inspect
