// A digest as a complete message, into the store's outbox for own mail.
#include "core/concat.hpp"
#include "firmware/gateway/records/digest_service.hpp"
#include "firmware/gateway/records/own_mailer.hpp"
#include "mime/compose.hpp"
#include "relay/trace_fields.hpp"

namespace sluice::gateway {
namespace {

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

}  // namespace

std::string digest_message(const digest_mail& mail, const digest_facts& facts, std::int64_t now) {
  const std::string boundary = concat("=_", random_word()), unique = random_word();
  const auto date = relay::rfc5322_date(now);
  std::string out = mime::composed_message_head({.from_name = "Mail quarantine",
                                                 .from = facts.from,
                                                 .to = facts.recipient,
                                                 .subject = mail.subject,
                                                 .date = sluice::view(date),
                                                 .unique = unique});
  out += mime::composed_field("Content-Type", concat("multipart/alternative; boundary=\"", boundary, "\""));
  append_to(out, "\r\n", mime::composed_delimiter(boundary), mime::composed_text_part("text/plain", mail.plain));
  return concat(out, mime::composed_delimiter(boundary), mime::composed_text_part("text/html", mail.html), mime::composed_end(boundary));
}

queue_digest queue_into(net::shared& all) {
  return [&all](const digest_mail& mail, const digest_facts& facts, const quarantine::told_mark& mark, std::int64_t now) -> quarantine::result<void> {
    const std::string text = digest_message(mail, facts, now);
    quarantine::own_piece piece;
    piece.text = text;
    const byte_view to = facts.recipient;
    quarantine::new_own_mail m;
    m.kind = facts.notice ? "notice" : "digest";
    if (facts.notice) m.about = facts.rows.front().id;
    m.route_domain = to.substr(to.rfind('@') + 1);
    m.recipients = {&to, 1};
    m.smtputf8 = !is_ascii(to);
    m.told = &mark;
    const auto queued = all.store->queue_own(m, {&piece, 1}, "sluice", now);
    if (!queued) return queued.error();
    return {};
  };
}

}  // namespace sluice::gateway
