// `sluice run --safe-mode`: the last good generation with everything left out that is not needed to answer its clients and
// its administrator. firmware/docs/supervisor.md says what it means for mail.
#pragma once
#include "config/model.hpp"

namespace sluice::gateway {

inline constexpr const char* factory_config = "/usr/share/sluice/factory.toml";  // when no generation can be used at all

config::model safe_version_of(config::model m);
void enter_safe_mode(const config::model& m);  // before the loops run

}  // namespace sluice::gateway
