// From the configuration to the option structs of the proxy modules. The only place that knows both sides.
#pragma once
#include <memory>
#include <string>

#include "config/model.hpp"
#include "hal/include/hal/files.hpp"
#include "net/auth_service.hpp"
#include "net/client_table.hpp"
#include "net/settings.hpp"
#include "net/shared.hpp"
#include "policy/decide.hpp"
#include "quarantine/limits.hpp"

namespace sluice::gateway {

// What a generation needs besides its text; kept by the caller over a reload where nothing changed.
struct generation_parts {
  std::uint64_t number = 1;
  std::shared_ptr<const tls::server_context> tls;
  std::shared_ptr<const inspect::ruleset> rules;
};

inline constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";
std::string trusted_file(const config::route& r);  // the CA certificates that it is verified against; empty: none

// Null with the reason in `error` (a CA file that cannot be read).
std::shared_ptr<const net::settings> make_settings(const config::model& m, const generation_parts& parts,
                                                   std::string& error);
policy::settings policy_of(const config::policy_settings& p);
net::auth_service_options auth_service_of(const config::model& m);
net::shared_options shared_options_of(const config::model& m);
net::client_limits client_limits_of(const config::model& m);
quarantine::store_limits store_limits_of(const config::model& m);

// The certificates of the configuration, then those stored on the box (certificate_store); without any the self-signed
// pair in the data directory, which is made when missing. One of the configuration that does not fit is an error, a
// stored one is left out and told in the log.
std::shared_ptr<const tls::server_context> make_tls_context(hal::files& files, const config::model& m,
                                                            std::shared_ptr<tls::ticket_keys> tickets, std::string& error);
// The same certificates for the page and the API, with what [status] says about client certificates.
std::shared_ptr<const tls::server_context> make_https_context(const config::model& m,
                                                              std::shared_ptr<const tls::server_context> same,
                                                              std::shared_ptr<tls::ticket_keys> tickets, std::string& error);

}  // namespace sluice::gateway
