// From the configuration to the option structs of the proxy modules. The only place that knows both sides.
#pragma once
#include <memory>
#include <string>

#include "config/model.hpp"
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

// Null with the reason in `error` (a CA file that cannot be read).
std::shared_ptr<const net::settings> make_settings(const config::model& m, const generation_parts& parts,
                                                   std::string& error);
policy::settings policy_of(const config::policy_settings& p);
net::auth_service_options auth_service_of(const config::model& m);
net::shared_options shared_options_of(const config::model& m);
net::client_limits client_limits_of(const config::model& m);
quarantine::store_limits store_limits_of(const config::model& m);

// The certificates of the configuration, or the self-signed pair in the data directory, which is made when missing.
std::shared_ptr<const tls::server_context> make_tls_context(const config::model& m,
                                                            std::shared_ptr<tls::ticket_keys> tickets,
                                                            bool for_https, std::string& error);

}  // namespace sluice::gateway
