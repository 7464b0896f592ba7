// The running program's side of certificate_desk.
#include <algorithm>
#include <ctime>

#include "core/log.hpp"
#include "core/wall_clock.hpp"
#include "firmware/gateway/app.hpp"
#include "firmware/gateway/manage/manage_acme.hpp"

namespace sluice::gateway {

namespace {

expiry_limits expiry_limits_of(const config::tls_settings& t) {
  const auto seconds = [](config::milliseconds ms) { return std::chrono::duration_cast<std::chrono::seconds>(ms).count(); };
  return {seconds(t.expiry_notice), seconds(t.expiry_alarm)};
}

}  // namespace

std::vector<tls::certificate_info> app::certificates() const {
  const auto& context = live_->running().settings->tls;
  return context ? context->certificates() : std::vector<tls::certificate_info>();
}

// First whether they can be used at all; then the running generation reads its files again, as on SIGHUP. Sessions keep the
// context they began with; only new handshakes see the new one.
net::awaitable<std::string> app::renew_certificates() {
  std::string error;
  std::shared_ptr<const tls::server_context> mail, https;
  const config::model m = running();
  const std::shared_ptr<tls::ticket_keys> tickets = live_->running().tickets;
  auto work = [&] {
    mail = make_tls_context(files_, m, tickets, error);
    if (mail && m.status.listen.is_set()) https = make_https_context(m, mail, tickets, error);
  };
  const net::job_ref job(work);
  const bool ran = co_await shared_->storage.run(server_->control_loop(), job);
  if (!ran) co_return "the storage is busy";
  if (!mail || (m.status.listen.is_set() && !https)) co_return error;
  co_return co_await generations_.read_files();
}

void app::tell_expiries() {
  const std::vector<tls::certificate_info> all = certificates();
  const expiry_limits limits = expiry_limits_of(running().tls);
  const std::int64_t now = std::time(nullptr);
  for (const expiry_watch::due& d : expiries_.look(all, now, limits))
    log::line(d.what == expiry::notice ? log::level::warning : log::level::error, d.what == expiry::expired ? "certificate-expired" : "certificate-expires")
        .with("names", d.certificate->names.empty() ? d.certificate->subject : d.certificate->names.front())
        .with("days_left", std::max<std::int64_t>(0, (d.certificate->not_after - now) / 86'400))
        .with("sha256", d.certificate->sha256.substr(0, 16));
}

// By a clock that cannot be believed nobody is woken.
net::awaitable<void> app::mail_expiries() {
  const config::model& m = running();
  if (!status_ || !m.tls.expiry_mail || !wall_clock::is_trusted()) co_return;
  expiry_mailer::look l;
  l.certificates = certificates();
  l.now = std::time(nullptr);
  l.limits = expiry_limits_of(m.tls);
  l.hostname = m.hostname;
  l.administrator = m.own_mail.administrator;
  const acme::view v = status_->acme_service().look();
  l.renewed = v.fingerprint;
  l.outlook = acme_outlook(v);
  if (!v.error.empty()) l.outlook += " The last order failed: " + v.error + ".";
  co_await expiry_mails_->run(*server_->workers().front(), status_->mailer(), std::move(l));
}

}  // namespace sluice::gateway
