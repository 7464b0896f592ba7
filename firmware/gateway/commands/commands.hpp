// The subcommands of the program, one file each (cmd_NAME.cpp). A command adds itself to the parser and sets the exit
// code from its callback; only main() and tests call these. To add one: a line below, the file, its man page in
// firmware/docs/man (a test looks for both).
#pragma once
#include <array>

namespace CLI {
class App;
}

namespace sluice::gateway {

// Exit codes, the same for all commands and part of the interface (sluice(1), EXIT STATUS).
namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int negative = 1;    // it worked, and the answer is no: findings, nothing found, a probe failed
inline constexpr int usage = 2;       // the command line is wrong
inline constexpr int bad_config = 3;  // the configuration is wrong or does not fit
inline constexpr int failed = 4;      // the machine said no: file, socket, storage
}  // namespace exit_code

struct command_result {
  int code = exit_code::ok;
};

using add_command = void (*)(CLI::App& app, command_result& result);

void add_run_command(CLI::App& app, command_result& result);
void add_check_command(CLI::App& app, command_result& result);
void add_budget_command(CLI::App& app, command_result& result);
void add_reference_command(CLI::App& app, command_result& result);
void add_scan_command(CLI::App& app, command_result& result);
void add_slot_command(CLI::App& app, command_result& result);
void add_mime_command(CLI::App& app, command_result& result);
void add_profile_command(CLI::App& app, command_result& result);
void add_baseline_command(CLI::App& app, command_result& result);
void add_certificate_command(CLI::App& app, command_result& result);
void add_backup_command(CLI::App& app, command_result& result);
void add_restore_command(CLI::App& app, command_result& result);
void add_quarantine_command(CLI::App& app, command_result& result);
void add_config_command(CLI::App& app, command_result& result);
void add_access_command(CLI::App& app, command_result& result);
void add_auth_command(CLI::App& app, command_result& result);
void add_list_command(CLI::App& app, command_result& result);
void add_trace_command(CLI::App& app, command_result& result);
void add_privacy_command(CLI::App& app, command_result& result);
void add_sink_command(CLI::App& app, command_result& result);
void add_system_command(CLI::App& app, command_result& result);
void add_support_bundle_command(CLI::App& app, command_result& result);
void add_version_command(CLI::App& app, command_result& result);

inline constexpr std::array all_commands{
    add_command{add_run_command},
    add_command{add_check_command},
    add_command{add_budget_command},
    add_command{add_reference_command},
    add_command{add_scan_command},
    add_command{add_slot_command},
    add_command{add_mime_command},
    add_command{add_profile_command},
    add_command{add_baseline_command},
    add_command{add_certificate_command},
    add_command{add_backup_command},
    add_command{add_restore_command},
    add_command{add_quarantine_command},
    add_command{add_config_command},
    add_command{add_access_command},
    add_command{add_auth_command},
    add_command{add_list_command},
    add_command{add_trace_command},
    add_command{add_privacy_command},
    add_command{add_sink_command},
    add_command{add_system_command},
    add_command{add_support_bundle_command},
    add_command{add_version_command},
};

}  // namespace sluice::gateway
