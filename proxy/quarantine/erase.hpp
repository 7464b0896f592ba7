// Takes an address out of the index (store::erase). Internal to the quarantine.
#pragma once
#include "quarantine/index.hpp"

namespace sluice::quarantine {

result<erase_report> erase_address(index&, std::string_view address, std::string_view name, bool held_too, std::string_view who, unix_time now);

}  // namespace sluice::quarantine
