// sluice run: the proxy, in the foreground, until SIGTERM or SIGINT.
#include <CLI/CLI.hpp>

#include "firmware/gateway/app.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/load_config.hpp"

namespace sluice::gateway {

void add_run_command(CLI::App& app_parser, command_result& result) {
  auto options = std::make_shared<run_options>();
  options->config_file = default_config_file;
  CLI::App* command = app_parser.add_subcommand("run", "run the proxy in the foreground");
  command->add_option("-c,--config", options->config_file, "configuration file")->capture_default_str();
  command->add_flag("--safe-mode", options->safe_mode, "inspect nothing, [safe_mode] says what happens to mail; for a supervisor");
  auto open = std::make_shared<bool>(false);
  command->add_flag("--no-sandbox", *open, "without Landlock and seccomp, for debuggers");
  command->footer(
      "Signals: SIGHUP reads the configuration again, SIGTERM and SIGINT stop (421 to the idle, the busy finish).\n"
      "Examples:\n"
      "  sluice run --config /etc/sluice/sluice.toml\n"
      "Exit status: 0 stopped by a signal, 3 the configuration is wrong, 4 a port or the data directory cannot be used,\n"
      "5 to be started again at once (with NOTIFY_SOCKET only; otherwise it starts itself).");
  command->callback([options, open, &result] {
    options->sandbox = !*open;
    app the_app(*options);
    result.code = the_app.run();
  });
}

}  // namespace sluice::gateway
