// sluice auth FILE: who really sent this? All results with their reasons, for people who debug mail; with --batch, JSON
// lines for programs.
#include <CLI/CLI.hpp>
#include <iostream>

#include "firmware/gateway/auth_batch.hpp"
#include "firmware/gateway/commands.hpp"

namespace sluice::gateway {

void add_auth_command(CLI::App& app, command_result& result) {
  CLI::App* command = app.add_subcommand("auth", "check SPF, DKIM, ARC and DMARC of a stored message");
  auto batch = std::make_shared<bool>(false);
  command->add_flag("--batch", *batch, "read JSON lines from standard input, write JSON lines");
  command->callback([batch, &result] {
    result.code = run_auth_batch(std::cin, std::cout) == 0 ? exit_code::ok : exit_code::negative;
  });
}

}  // namespace sluice::gateway
