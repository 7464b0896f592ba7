// The program: parses the command line, runs one command, returns its exit code. What commands do is in cmd_*.cpp.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/generations/helper_process.hpp"

namespace {

int parse_and_run(int argc, char** argv) {
  using namespace sluice::gateway;
  CLI::App app{"Sluice: an SMTP proxy that inspects mail while it streams", "sluice"};
  command_result result;
  app.require_subcommand(0, 1);
  app.footer(
      "'sluice COMMAND --help' tells about one command.\n"
      "Exit status: 0 ok, 1 the answer is no, 2 wrong usage, 3 bad configuration, 4 the machine refused.");
  for (add_command add : all_commands) add(app, result);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForAllHelp& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);
    std::string words = "sluice";
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
      at = at->get_subcommands().front();
      words += " " + at->get_name();
    }
    std::fprintf(stderr, "sluice: %s\nTry '%s --help'.\n", e.what(), words.c_str());
    return exit_code::usage;
  }
  if (app.get_subcommands().empty()) {
    std::fputs(app.help().c_str(), stderr);
    return exit_code::usage;
  }
  return result.code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "internal") return sluice::gateway::run_internal(argv[2]);
  try {
    const int code = parse_and_run(argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    std::fprintf(stderr, "sluice: standard output could not be written\n");  // whoever reads it has not got everything
    return code == sluice::gateway::exit_code::ok ? sluice::gateway::exit_code::failed : code;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sluice: %s\n", e.what());
    return sluice::gateway::exit_code::failed;
  }
}
