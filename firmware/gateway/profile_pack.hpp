// The "pack" part of sluice profile (profile_pack.cpp).
#pragma once

namespace CLI {
class App;
}

namespace sluice::gateway {

struct command_result;
void add_profile_pack_command(CLI::App& profile, command_result& result);

}  // namespace sluice::gateway
