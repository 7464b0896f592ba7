#include "firmware/gateway/manage/desk_allow.hpp"

#include "core/concat.hpp"
#include "core/utf8.hpp"
#include "firmware/gateway/commands/quarantine_text.hpp"
#include "inspect/text_id.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

constexpr std::int64_t day_s = 86400;

allow_plan refuse(std::string why) {
  allow_plan out;
  out.refused = std::move(why);
  return out;
}

// The one text or template of the finding; false when there is none, and only a blanket exception would help.
bool narrow(policy::list_entry& e, const quarantine::stored_finding& f, const quarantine::message_detail& m) {
  if (f.rule.starts_with("slot-")) return !f.text_id.empty() && inspect::parse_id(f.text_id, e.text_id) && e.text_id != 0;
  return !m.skeleton.empty() && inspect::parse_skeleton(m.skeleton, e.skeleton) && !e.skeleton.empty();
}

// Control characters are no part of a list's text.
std::string one_line(std::string_view text) {
  std::string out(utf8::cut(text, policy::list_text_octets));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

}  // namespace

allow_plan plan_allow(const quarantine::message_detail& m, const std::vector<std::string>& recipients, std::int64_t days, const std::string& who,
                      std::int64_t now) {
  if (days < 1 || days > allow_days_max) return refuse(concat("An exception lasts 1 to ", std::to_string(allow_days_max), " days."));
  if (recipients.empty() || recipients.size() > allow_recipients_max)
    return refuse(concat("An exception is made for 1 to ", std::to_string(allow_recipients_max), " named recipients."));
  if (m.findings_dropped > 0) return refuse("Not all findings of this message were kept, so an exception for it would have to be a blanket one.");
  allow_plan out;
  for (const quarantine::stored_finding& f : m.findings) {
    if (f.weight <= 0) continue;
    policy::list_entry e;
    e.kind = policy::list_kind::exception;
    e.subject = policy::list_subject::recipient;
    e.rule = f.rule;
    e.profile = m.profile;
    if (!narrow(e, f, m))
      return refuse(concat("\"", f.rule, "\" names neither one text nor one template here. A blanket exception",
                    (m.profile.empty() ? std::string() : concat(" for the profiled sender ", m.profile)), " is refused: it would let the next scam through."));
    e.text = one_line(f.words);
    e.note = one_line(concat("released ", m.summary.id));
    e.who = std::string(utf8::cut(who, policy::list_who_octets));
    e.created = now;
    e.expires = now + days * day_s;
    for (const std::string& to : recipients) {
      e.what = to;
      out.entries.push_back(e);
    }
    out.lines.push_back(concat(f.rule, (e.text_id != 0 ? ": only exactly this text, " : ": only this template, "), (e.text.empty() ? "" : concat("\"", e.text, "\", ")), "until ",
                        status::utc(e.expires)));
  }
  if (out.entries.empty()) return refuse("No finding of this message has points: there is nothing to except.");
  return out;
}

}  // namespace sluice::gateway
