#include "firmware/gateway/trust/expiry_mail.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/concat.hpp"
#include "core/lines.hpp"
#include "core/log.hpp"
#include "mime/compose.hpp"
#include "net/shared.hpp"
#include "status/access/store.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

constexpr std::array<std::string_view, 4> mark_names{"fine", "notice", "alarm", "expired"};

// Header and body are ASCII; names of certificates are what their issuer wrote.
std::string plain_ascii(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : text.substr(0, most)) out += c >= ' ' && c <= '~' ? c : '?';
  return out;
}

constexpr std::size_t most_name_shown = 253, most_line_shown = 400, most_names_shown = 20;

}  // namespace

expiry_limits limits_for(const tls::certificate_info& c, expiry_limits l, bool renewed_by_itself) {
  if (!renewed_by_itself) return l;
  const std::int64_t lifetime = std::max<std::int64_t>(0, c.not_after - c.not_before);
  return {std::min(l.notice_s, lifetime / 4), std::min(l.alarm_s, lifetime / 8)};
}

expiry_marks expiry_marks::from(std::string_view text) {
  expiry_marks out;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const auto what = std::ranges::find(mark_names, line.substr(space + 1));
    if (what != mark_names.end()) out.all_.push_back({std::string(line.substr(0, space)), static_cast<expiry>(what - mark_names.begin())});
  }
  return out;
}

std::string expiry_marks::text() const {
  std::string out;
  for (const mark& m : all_) append_to(out, m.sha256, " ", mark_names[static_cast<std::size_t>(m.what)], "\n");
  return out;
}

expiry expiry_marks::due(const tls::certificate_info& c, std::int64_t now, expiry_limits l) const {
  const expiry what = expiry_of(c, now, l);
  const auto at = std::ranges::find(all_, c.sha256, &mark::sha256);
  return at != all_.end() && at->what >= what ? expiry::fine : what;
}

void expiry_marks::told(const tls::certificate_info& c, expiry what) {
  const auto at = std::ranges::find(all_, c.sha256, &mark::sha256);
  if (at == all_.end()) all_.push_back({c.sha256, what});
  else at->what = std::max(at->what, what);
}

void expiry_marks::keep_only(const std::vector<tls::certificate_info>& all) {
  std::erase_if(all_, [&](const mark& m) { return std::ranges::find(all, m.sha256, &tls::certificate_info::sha256) == all.end(); });
}

std::string expiry_mail_subject(const tls::certificate_info& c, std::int64_t now, expiry_limits l) { return plain_ascii(concat("Certificate: ", expiry_text(c, now, l)), most_name_shown); }

std::string expiry_mail_body(const tls::certificate_info& c, const std::string& hostname, expiry what, const std::string& outlook) {
  std::string names;
  for (std::size_t i = 0; i < std::min(c.names.size(), most_names_shown); ++i) append_to(names, (i == 0 ? "" : ", "), plain_ascii(c.names[i], most_name_shown));
  if (c.names.size() > most_names_shown) names += " and others";
  std::string out = what == expiry::expired ? concat("A certificate that ", plain_ascii(hostname, most_name_shown), " uses has ended. Mail servers and browsers that verify it turn away.\n\n")
                                            : concat("A certificate that ", plain_ascii(hostname, most_name_shown), " uses will end soon.\n\n");
  append_to(out, "  Names:    ", names, "\n");
  append_to(out, "  Ends:     ", status::utc(c.not_after), "\n");
  append_to(out, "  Issuer:   ", plain_ascii(c.issuer, most_line_shown), "\n");
  append_to(out, "  SHA-256:  ", c.sha256, "\n\n");
  if (outlook.empty())
    out += "Bring another one: page Certificates, or sluice certificate upload. Files that [[tls.certificates]] names are read again on SIGHUP.\n";
  else
    append_to(out, "This certificate is renewed by itself ([tls.acme]), and that has not happened yet. ", plain_ascii(outlook, 2 * most_line_shown), "\n");
  return out;
}

net::awaitable<bool> expiry_mailer::load(net::worker& home) {
  std::string text;
  auto read = [&] {
    const int error = status::read_file(files_, path_, most_expiry_mark_octets, text);
    if (error != 0 && error != ENOENT) log::line(log::level::warning, "expiry-marks").with("why", std::strerror(error));
  };
  const net::job_ref job(read);
  const bool ran = co_await home.all().storage.run(home.loop(), job);
  if (ran) marks_ = expiry_marks::from(text);
  co_return ran;
}

net::awaitable<void> expiry_mailer::save(net::worker& home) {
  const std::string text = marks_.text();
  int error = 0;
  auto write = [&] { error = status::replace_file(files_, path_, text); };
  const net::job_ref job(write);
  const bool ran = co_await home.all().storage.run(home.loop(), job);
  if (!ran || error != 0) log::line(log::level::warning, "expiry-marks").with("why", ran ? std::strerror(error) : "the storage is busy");
}

net::awaitable<void> expiry_mailer::run(net::worker& home, own_mailer& mailer, look l) {
  if (l.administrator.empty() || (not_before_ != 0 && l.now < not_before_ && not_before_ - l.now <= expiry_mail_pause_s)) co_return;
  if (!loaded_) loaded_ = co_await load(home);
  if (!loaded_) co_return;
  bool changed = false;
  for (const tls::certificate_info& c : l.certificates) {
    const bool renewed = !l.renewed.empty() && c.sha256 == l.renewed;
    const expiry_limits limits = limits_for(c, l.limits, renewed);
    const expiry what = marks_.due(c, l.now, limits);
    if (what == expiry::fine) continue;
    own_letter letter;
    letter.kind = "alert";
    letter.to = l.administrator;
    letter.who = "certificates";
    std::string message = mailer.head(l.administrator, expiry_mail_subject(c, l.now, limits));
    message += mime::composed_text_part("text/plain", expiry_mail_body(c, l.hostname, what, renewed ? l.outlook : std::string()));
    const own_queued done = co_await mailer.queue(letter, message);
    not_before_ = done.ok() ? 0 : l.now + expiry_mail_pause_s;
    if (!done.ok()) break;
    marks_.told(c, what);
    changed = true;
  }
  if (!changed) co_return;
  marks_.keep_only(l.certificates);
  co_await save(home);
}

}  // namespace sluice::gateway
