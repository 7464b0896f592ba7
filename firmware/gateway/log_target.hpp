// [log] put into force, at start, when a generation is applied, and on SIGHUP: form, level, and the target opened anew.
#pragma once
#include <string>

#include "config/model.hpp"

namespace sluice::gateway {

// Empty, or why the target cannot be opened: then the log goes on as before.
std::string open_log(const config::model& m);

}  // namespace sluice::gateway
