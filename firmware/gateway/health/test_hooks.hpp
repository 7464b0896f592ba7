// Only in the program sluice_test_hooks, for the tests of the watchdog: SIGUSR2 makes a part of the program stand
// still for good. Which one is the first word of DATA_DIRECTORY/test-hook: "loop" (default), "storage" or "process".
#pragma once
#include <string>

#include "net/server.hpp"

namespace sluice::gateway {

net::awaitable<void> obey_test_hooks(net::server& server, net::shared& shared, std::string data_directory);

}  // namespace sluice::gateway
