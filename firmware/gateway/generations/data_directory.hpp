// The data directory that a configuration names, whatever else is wrong with its text: for finding what lies there when
// the text cannot be used.
#pragma once
#include <string>
#include <string_view>

namespace sluice::gateway {

std::string data_directory_in(std::string_view toml);              // the default when it names none
std::string data_directory_of(const std::string& config_file);    // the default also when it cannot be read

}  // namespace sluice::gateway
