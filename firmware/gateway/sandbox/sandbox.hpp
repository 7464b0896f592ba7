// What the running program gives up for good before its first thread starts: new privileges, every capability but the one
// for ports below 1024 (a later generation may open another), files that the configuration does not name (Landlock), and
// system calls that a mail proxy never needs (seccomp). What a kernel does not have is left out and told.
//
// The decisions are in firmware/docs/adr/0019. In force for all threads and all children, the helpers included.
#pragma once
#include <string>
#include <vector>

#include "config/model.hpp"

namespace sluice::gateway {

struct file_rules {
  std::vector<std::string> writable, readable;  // folders, or files; what is not there is passed over
};

// Folders of everything that the configuration names, so that a renewed file in the same place can be read.
file_rules rules_of(const config::model& m, const std::string& config_file);

struct sandbox_state {
  bool no_new_privileges = false, capabilities = false, seccomp = false;
  int landlock = 0;  // version of its interface; 0: this kernel has none
  std::string text() const;  // "landlock 3, seccomp, no new privileges, 1 capability"
};

sandbox_state close_sandbox(const file_rules& rules);

// The parts; each tells whether it is in force.
bool drop_capabilities();
int restrict_files(const file_rules& rules);
bool forbid_system_calls();

}  // namespace sluice::gateway
