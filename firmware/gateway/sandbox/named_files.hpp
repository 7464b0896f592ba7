// Every file and folder that a configuration names, with its key: what the sandbox leaves open at the start, and what a
// later generation is asked about.
#pragma once
#include <string>
#include <vector>

#include "config/model.hpp"

namespace sluice::gateway {

struct named_file {
  std::string key, path;  // "route[2].ca_file"; absolute
  bool is_folder = false, is_written = false;
};

// Those that are set; paths as they are written. The data directory is not among them: it cannot change in a running program.
std::vector<named_file> named_files(const config::model& m);

std::string containing_folder(const std::string& file);  // "/etc/sluice" of "/etc/sluice/key.pem"; "." where there is no slash
std::string folder_behind(const std::string& file);  // of what a link leads to; empty when there is no such file

}  // namespace sluice::gateway
