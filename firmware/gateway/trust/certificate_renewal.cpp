// The running program's side of certificate_desk.
#include <algorithm>
#include <ctime>

#include "core/log.hpp"
#include "firmware/gateway/app.hpp"

namespace sluice::gateway {

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
  const auto seconds = [](config::milliseconds ms) { return std::chrono::duration_cast<std::chrono::seconds>(ms).count(); };
  const std::vector<tls::certificate_info> all = certificates();
  const expiry_limits limits{seconds(running().tls.expiry_notice), seconds(running().tls.expiry_alarm)};
  const std::int64_t now = std::time(nullptr);
  for (const expiry_watch::due& d : expiries_.look(all, now, limits))
    log::line(d.what == expiry::notice ? log::level::warning : log::level::error, d.what == expiry::expired ? "certificate-expired" : "certificate-expires")
        .with("names", d.certificate->names.empty() ? d.certificate->subject : d.certificate->names.front())
        .with("days_left", std::max<std::int64_t>(0, (d.certificate->not_after - now) / 86'400))
        .with("sha256", d.certificate->sha256.substr(0, 16));
}

}  // namespace sluice::gateway
