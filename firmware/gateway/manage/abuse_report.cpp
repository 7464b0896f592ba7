#include "firmware/gateway/manage/abuse_report.hpp"

#include <algorithm>

#include "config/value_text.hpp"
#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "firmware/gateway/commands/quarantine_text.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "mime/compose.hpp"
#include "relay/trace_fields.hpp"

namespace sluice::gateway {
namespace {

constexpr std::uint64_t report_room_bytes = 16 * 1024;  // what stands around the message, at most
constexpr std::size_t recipients_told = 5;

std::string domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  std::string out(at == std::string_view::npos ? std::string_view() : address.substr(at + 1));
  for (char& c : out) c = ascii::lower(c);
  return out;
}

std::string author_of(const quarantine::message_detail& m) {
  return m.summary.header_from.empty() ? m.envelope.reverse_path : m.summary.header_from;
}

// "ann@example.net" becomes "HASH@example.net".
std::string redacted(std::string_view address, const abuse_report_options& o) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return o.pseudonym(address);
  return concat(o.pseudonym(address.substr(0, at)), address.substr(at));
}

// What was found, in words. The words of the mail itself only when nothing has to be hidden.
std::string letter_of(const quarantine::message_detail& m, const abuse_report_options& o, bool header_only) {
  std::string out = concat("This is an abuse report in the format of RFC 5965, sent on behalf of the administrator of ", o.hostname,
                    ".\n\nA message that came from your service was held before it reached its readers. It looks genuine, and "
                    "carries text that abuses your service:\n\n");
  for (const quarantine::stored_finding& f : m.findings) {
    append_to(out, "- ", printable(rule_meaning(f.rule)));
    if (!f.slot.empty()) append_to(out, " (field \"", printable(f.slot), "\")");
    if (!f.words.empty() && !o.redact) append_to(out, ": ", printable(f.words));
    out += "\n";
  }
  append_to(out, "\nReceived: ", sluice::view(relay::rfc5322_date(m.summary.received)), "\nFrom: ", printable(author_of(m)),
         "\nClient: ", printable(m.envelope.client_ip), "\nMessage-ID: ", printable(m.message_id), "\n\n");
  out += header_only ? "The header of the message is attached.\n" : "The whole message is attached.\n";
  return concat(out, "Nobody answered it, and no link in it was opened.\n");
}

std::string fields_of(const quarantine::message_detail& m, const abuse_report_options& o) {
  using mime::composed_field;
  const quarantine::envelope& e = m.envelope;
  std::string out = concat(composed_field("Feedback-Type", "abuse"), composed_field("User-Agent", concat("Sluice/", o.version)),
                    composed_field("Version", "1"));
  out += composed_field("Original-Mail-From", concat("<", printable(e.reverse_path), ">"));
  for (std::size_t i = 0; i < std::min(m.recipients.size(), recipients_told); ++i) {
    const std::string& to = m.recipients[i].who.address;
    out += composed_field("Original-Rcpt-To", concat("<", printable(o.redact ? redacted(to, o) : to), ">"));
  }
  out += composed_field("Arrival-Date", sluice::view(relay::rfc5322_date(m.summary.received)));
  if (!e.client_ip.empty()) out += composed_field("Source-IP", printable(e.client_ip));
  if (const std::string domain = domain_of(author_of(m)); !domain.empty()) out += composed_field("Reported-Domain", printable(domain));
  out += composed_field("Reporting-MTA", concat("dns; ", o.hostname));
  if (!e.auth_results.empty()) out += composed_field("Authentication-Results", e.auth_results);
  return out;
}

}  // namespace

abuse_desk abuse_desk_of(const quarantine::message_detail& m, const inspect::ruleset& rules) {
  abuse_desk out;
  if (const inspect::profile* p = m.profile.empty() ? nullptr : rules.find_id(m.profile)) {
    out.to = p->abuse_address;
    out.profile_name = p->name;
  }
  const std::string domain = domain_of(author_of(m));
  if (out.to.empty() && !domain.empty() && is_report_address(concat("abuse@", domain))) out.suggested = concat("abuse@", domain);
  return out;
}

bool is_report_address(std::string_view text) { return config::parse_mail_address(text).ok(); }

std::string abuse_subject(const quarantine::message_detail& m) {
  return concat("Abuse report: ", domain_of(author_of(m)), ", ", m.summary.id);
}

abuse_report write_abuse_report(const quarantine::message_detail& m, const abuse_report_options& o) {
  abuse_report out;
  out.header_only = o.redact || m.summary.bytes + report_room_bytes > o.message_bytes;
  out.smtputf8 = m.envelope.smtputf8;  // its header may be UTF-8 (RFC 6532 section 3.7)
  out.letter = letter_of(m, o, out.header_only);
  out.fields = fields_of(m, o);
  if (o.redact) {
    for (const auto& r : m.recipients) out.replaced.push_back({r.who.address, redacted(r.who.address, o)});
  }
  const char* const type = out.header_only ? (out.smtputf8 ? "message/global-headers" : "text/rfc822-headers")
                                           : (out.smtputf8 ? "message/global" : "message/rfc822");
  out.before = concat(o.head,
               mime::composed_field("Content-Type", concat("multipart/report; report-type=feedback-report; boundary=\"", o.boundary, "\"")),
               mime::composed_field("Content-Transfer-Encoding", "8bit"), "\r\n", mime::composed_delimiter(o.boundary),
               mime::composed_text_part("text/plain", out.letter), "\r\n", mime::composed_delimiter(o.boundary),
               mime::composed_field("Content-Type", "message/feedback-report"), "\r\n", out.fields, "\r\n",
               mime::composed_delimiter(o.boundary), mime::composed_field("Content-Type", type),
               mime::composed_field("Content-Transfer-Encoding", "8bit"),
               mime::composed_field("Content-Disposition", "attachment"), "\r\n");
  out.after = concat("\r\n", mime::composed_end(o.boundary));
  return out;
}

}  // namespace sluice::gateway
