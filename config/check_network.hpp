// Rules between the keys of [network]: what would leave the machine without a way in, or mean nothing. Pure.
#pragma once
#include <functional>
#include <string>

#include "config/model.hpp"

namespace sluice::config {

using network_report = std::function<void(std::string path, std::string what, std::string remedy)>;
void check_network(const machine_network& n, const network_report& report);

}  // namespace sluice::config
