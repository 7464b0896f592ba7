#include "firmware/gateway/health/safe_start.hpp"

#include "core/log.hpp"
#include "net/safe_mode.hpp"

namespace sluice::gateway {

config::model safe_version_of(config::model m) {
  m.inspect = {};  // the profiles built in, for what the page shows
  m.digest.domains.clear();
  m.auth.enabled = false;
  m.management.pull.url.clear();
  m.tls.acme.directory.clear();
  m.policy.observe = false;
  m.policy.exceptions.clear();
  return m;
}

void enter_safe_mode(const config::model& m) {
  const bool forwards = m.safe_mode.mail == config::safe_mode_mail::forward;
  net::safe_mode_now = forwards ? net::safe_mode::forward : net::safe_mode::defer;
  log::line(log::level::warning, "safe-mode-start").with("mail", forwards ? "forwarded without inspection" : "451 4.3.2");
}

}  // namespace sluice::gateway
