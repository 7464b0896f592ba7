// Beats with each turn of generation_keeper::run(), for the votes. There is one keeper in the process.
#pragma once
#include "core/heartbeat.hpp"

namespace sluice::gateway {

heartbeat& keeper_pulse();

}  // namespace sluice::gateway
