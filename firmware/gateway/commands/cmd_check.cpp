// sluice check FILE...: is this a configuration that Sluice would start with?
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "firmware/gateway/budget.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/probe.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

struct check_options {
  std::vector<std::string> files;
  bool elsewhere = false;
  bool quiet = false;
  bool probe = false;
};

std::string number(std::size_t n, const char* what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

int check_one(const std::string& file, const check_options& options) {
  int code = exit_code::ok;
  const auto m = load_config(file, !options.elsewhere, code, true);
  if (!m) return code;
  if (options.probe && !probe_routes(*m)) return exit_code::negative;
  if (options.quiet) return code;
  const budget b = compute_budget(*m);
  std::printf("%s: ok: %s, %s, %s, %.1f of %.1f MiB\n", printable(file).c_str(),
              number(m->domains.size(), "domain").c_str(), number(m->listeners.size(), "listener").c_str(),
              number(m->routes.size(), "route").c_str(), static_cast<double>(b.process_bytes()) / (1 << 20),
              static_cast<double>(b.limit_bytes) / (1 << 20));
  return code;
}

}  // namespace

void add_check_command(CLI::App& app, command_result& result) {
  auto options = std::make_shared<check_options>();
  CLI::App* command = app.add_subcommand("check", "check configuration files");
  command->add_option("FILE", options->files, "configuration files, - for standard input")
      ->default_str(default_config_file);
  command->add_flag("--elsewhere", options->elsewhere,
                    "the file is for another machine: don't look for the files and directories it names");
  command->add_flag("-q,--quiet", options->quiet, "print problems only");
  command->add_flag("--probe", options->probe,
                    "also connect to each host of each route: it must answer, speak TLS as the route wants it, and refuse "
                    "a recipient that is not ours");
  command->footer(
      "Examples:\n"
      "  sluice check /etc/sluice/sluice.toml\n"
      "  sluice check --elsewhere branch-*.toml\n"
      "  sluice check --probe\n"
      "Exit status: 0 all are valid, 1 a probe failed, 3 at least one is not, 4 a file cannot be read.");
  command->callback([options, &result] {
    if (options->files.empty()) options->files = {default_config_file};
    for (const std::string& file : options->files) result.code = std::max(result.code, check_one(file, *options));
  });
}

}  // namespace sluice::gateway
