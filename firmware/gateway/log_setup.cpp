#include "firmware/gateway/log_setup.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "core/log.hpp"
#include "firmware/gateway/log_target.hpp"

namespace sluice::gateway {
namespace {

constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";

net::syslog_options syslog_of(const config::model& m, std::string& error) {
  const config::syslog_settings& s = m.log.syslog;
  net::syslog_options out;
  if (!s.server.is_set()) return out;
  out.host = s.server.host;
  out.port = s.server.port;
  out.transport = static_cast<net::syslog_transport>(s.transport);
  out.tls_name = s.tls_name;
  out.queue_octets = s.queue_bytes;
  out.own_name = m.hostname;
  out.enterprise = static_cast<std::uint32_t>(s.enterprise_number);
  if (s.transport != config::syslog_transport::tls) return out;
  tls::client_options options;
  options.verify = tls::verify_mode::required;
  options.ca_file = s.ca_file.empty() ? system_authorities : s.ca_file;
  auto context = tls::client_context::build(options);
  if (context) out.tls = *context;
  else error = "log.syslog: " + context.error().text;
  return out;
}

}  // namespace

std::string check_log(const config::model& m) {
  std::string error;
  syslog_of(m, error);
  return error;
}

log_setup::~log_setup() {
  syslog_.reset();
  if (recent_) log::remove_sink(*recent_);
}

void log_setup::open(const config::model& m) {
  if (const std::string why = open_log(m); !why.empty()) log::line(log::level::error, "log-file").with("why", why);
  recent_ = std::make_unique<log::ring>(m.log.recent_bytes);
  log::add_sink(*recent_);
}

// The authorities' file may have changed under its name: a server is connected with anew in any case.
void log_setup::apply(const config::model& m) {
  std::string error;
  net::syslog_options options = syslog_of(m, error);
  if (!error.empty()) log::line(log::level::error, "syslog-not-changed").with("why", error);
  else if (syslog_) syslog_->configure(std::move(options));
}

void log_setup::start(net::worker& home, const config::model& m) {
  syslog_ = std::make_unique<net::syslog_sender>(home);
  std::string error;
  net::syslog_options options = syslog_of(m, error);
  if (!error.empty()) log::line(log::level::error, "syslog-not-changed").with("why", error);
  else syslog_->configure(std::move(options));
  auto work = syslog_->run();
  net::asio::co_spawn(home.loop(), std::move(work), net::asio::detached);
}

}  // namespace sluice::gateway
