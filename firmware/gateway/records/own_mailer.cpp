#include "firmware/gateway/records/own_mailer.hpp"

#include <sodium.h>

#include <array>
#include <ctime>

#include "core/log.hpp"
#include "mime/compose.hpp"
#include "relay/trace_fields.hpp"

namespace sluice::gateway {

std::string random_word() {
  std::array<unsigned char, 16> random;
  randombytes_buf(random.data(), random.size());
  std::array<char, 2 * random.size() + 1> text;
  sodium_bin2hex(text.data(), text.size(), random.data(), random.size());
  return text.data();
}

std::string own_mail_head(const config::own_mail_settings& s, std::string_view to, std::string_view subject,
                          std::string_view from_name) {
  const auto date = relay::rfc5322_date(std::time(nullptr));
  const std::string unique = random_word();
  mime::composed_head h;
  h.from_name = from_name;
  h.from = s.from;
  h.to = to;
  h.subject = subject;
  h.date = sluice::view(date);
  h.unique = unique;
  return mime::composed_message_head(h);
}

std::string own_mail_route(const relay::domain_list& ours, const config::own_mail_settings& s, std::string_view to) {
  const std::string_view domain = to.substr(to.rfind('@') + 1);
  return ours.matches(domain) ? std::string(domain) : s.route_domain;
}

net::awaitable<own_queued> own_mailer::queue(const own_letter& letter, std::span<const quarantine::own_piece> pieces) {
  own_queued out;
  const std::string route = own_mail_route(ours_, settings_, letter.to);
  net::shared& all = home_.all();
  auto work = [&] {
    const byte_view to = letter.to;
    quarantine::new_own_mail m;
    m.kind = letter.kind;
    m.about = letter.about;
    m.route_domain = route;
    m.recipients = {&to, 1};
    m.smtputf8 = letter.smtputf8;
    const auto done = all.store->queue_own(m, pieces, letter.who, std::time(nullptr));
    if (done) {
      out.id = *done;
      return;
    }
    out.full = done.error() == quarantine::errc::own_mail_full;
    out.why = done.error().message() + (all.volume->last_error().empty() ? "" : ": " + all.volume->last_error());
  };
  const net::job_ref job(work);
  const bool ran = co_await all.storage.run(home_.loop(), job);
  if (!ran) out.why = "the storage is busy";
  const pseudonym_text name = hide_addresses_ ? names_.of(letter.to) : pseudonym_text();
  const byte_view to = hide_addresses_ ? sluice::view(name) : byte_view(letter.to);
  if (out.ok()) log::line(log::level::info, "own-mail-queued").with("id", out.id).with("kind", letter.kind).with("to", to);
  else log::line(log::level::warning, "own-mail-refused").with("kind", letter.kind).with("why", out.why);
  co_return out;
}

net::awaitable<own_queued> own_mailer::queue(const own_letter& letter, const std::string& message) {
  quarantine::own_piece whole;
  whole.text = message;
  const std::span<const quarantine::own_piece> pieces(&whole, 1);
  co_return co_await queue(letter, pieces);
}

}  // namespace sluice::gateway
