// The part of wiring.cpp that is about sender authentication.
#pragma once
#include <string>

#include "auth/workspace.hpp"
#include "config/model.hpp"
#include "policy/decide.hpp"

namespace sluice::gateway {

// False with a reason when the sealing key cannot be used.
bool auth_options_of(const config::model& m, auth::options& out, std::string& error);
void use_dmarc_action(config::dmarc_action how, policy::settings& out);

}  // namespace sluice::gateway
