// sluice quarantine report: the abuse report of a held message from the shell, queued in the store itself; the running
// program sends it. Says what it did, or why not, on standard output and error.
#pragma once
#include <string>

#include "config/model.hpp"
#include "hal/include/hal/files.hpp"
#include "quarantine/store.hpp"

namespace sluice::gateway {

struct shell_report {
  std::string id, to, who;  // to: empty for the abuse desk that the sender's profile names
  bool dry_run = false;     // print it, send nothing
};
// An exit code.
int report_from_shell(quarantine::store& store, const quarantine::volume& volume, const config::model& m, hal::files& files,
                      const shell_report& r);

}  // namespace sluice::gateway
