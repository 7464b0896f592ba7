// The command line: everything that a board or a test may want otherwise, with the appliance's values as defaults.
#pragma once
#include <string>
#include <vector>

#include "firmware/supervisor/life.hpp"
#include "hal/linux/boot_slots.hpp"

namespace sluice::supervisor {

struct options {
  std::string config = "/data/config/sluice.toml", service = "/usr/bin/sluice", user = "sluice";
  std::string runtime_directory = "/run/sluice", state_directory = "/data/state", update_directory = "/data/update";
  std::string release_file = "/etc/sluice/release", cgroup = "/sys/fs/cgroup/sluice";
  std::string watchdog = "/dev/watchdog0", led = "none", button = "none", root;  // root: of /sys and /proc
  unsigned watchdog_timeout_s = 30, button_seconds = 10;
  hal::slot_tools slot_tools;
  std::string rauc = "/usr/bin/rauc", apply_network = "/usr/lib/sluice/apply-network";
  std::string factory_reset = "/usr/lib/sluice/factory-reset", reboot = "/sbin/reboot";
  std::string keep_copy = "/usr/lib/sluice/keep-copy";
  std::string log_format = "text";
  life_limits limits;
  bool slots = true;                  // --no-slots: one system only
  std::vector<std::string> ask;       // --ask VERB ...: a client of a running one

  std::string control_socket() const { return runtime_directory + "/supervisor.sock"; }
  std::string notify_socket() const { return runtime_directory + "/notify.sock"; }
};

// False: it cannot be read; `why` says what. Help and version print and leave `done` true.
bool read_options(int argc, char** argv, options& out, std::string& why, bool& done);

}  // namespace sluice::supervisor
