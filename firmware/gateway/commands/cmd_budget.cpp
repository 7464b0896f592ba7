// sluice budget: the memory that a configuration can use at most, row by row, with the sum.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "config/derive.hpp"
#include "firmware/gateway/budget.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/profiles/profile_loader.hpp"
#include "inspect/lexicon.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/ruleset.hpp"
#include "inspect/signals.hpp"

namespace sluice::gateway {
namespace {

struct budget_options {
  std::string file = default_config_file;
  bool json = false;
};

std::size_t heap_in_use() {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  const struct mallinfo2 now = ::mallinfo2();
  return now.uordblks + now.hblkhd;
#else
  return 0;
#endif
}

// What inspection takes: state of one session, and the tables (templates, skeletons, words) that all sessions share.
void print_inspection(const std::string& directory) {
  constexpr double kib = 1024;
  std::printf("\nInspection\n  one session, mid-message  %8.1f KiB, of it %.1f KiB MIME walker, %.1f KiB findings\n", sizeof(inspect::message_inspector) / kib,
              sizeof(mime::walker) / kib, sizeof(inspect::findings) / kib);
  std::printf("  stack, while judging      %8.1f KiB\n", (sizeof(inspect::folded) + sizeof(inspect::text_signals)) / kib);
  std::vector<profiles::profile_problem> problems;
  const std::size_t before = heap_in_use();
  const auto rules = profiles::load_ruleset(directory, problems);
  if (!rules) return;
  const std::size_t tables = heap_in_use() - before;
  if (tables != 0) std::printf("  tables, one generation    %8.1f KiB: %zu profiles, %zu words in %zu phrases\n", static_cast<double>(tables) / kib, rules->profiles().size(), rules->words().size(), rules->words().phrase_count());
}

// Prints the table of a configuration that does not fit, too: that is when it is needed most.
int print_budget(const budget_options& options) {
  const auto text = read_config_file(options.file);
  if (!text) {
    std::fprintf(stderr, "sluice: cannot read %s: %s\n", printable(options.file).c_str(), std::strerror(errno));
    return exit_code::failed;
  }
  const loaded_config loaded = load_config_text(*text, false);
  const budget b = compute_budget(loaded.value);
  const bool only_too_big =
      !loaded.usable && !b.fits() && std::ranges::none_of(loaded.problems, [](const config::problem& p) {
        return !p.is_note && p.key != "memory.total";
      });
  if (!loaded.usable) print_problems(loaded.problems, options.file);
  if (loaded.usable || only_too_big)
    std::fputs(options.json ? budget_json(b).c_str() : budget_table(b).c_str(), stdout);
  if (loaded.usable && !options.json) print_inspection(loaded.value.inspect.profiles_directory);
  return loaded.usable ? exit_code::ok : exit_code::bad_config;
}

}  // namespace

void add_budget_command(CLI::App& app, command_result& result) {
  auto options = std::make_shared<budget_options>();
  CLI::App* command = app.add_subcommand("budget", "print the memory that a configuration can use at most");
  command->add_option("-c,--config", options->file, "configuration file, - for standard input")->capture_default_str();
  command->add_flag("--json", options->json, "exact figures as JSON");
  command->footer(
      "Example:\n"
      "  sluice budget --config /etc/sluice/sluice.toml\n"
      "Exit status: 0 it fits, 3 it does not or the configuration is invalid, 4 the file cannot be read.");
  command->callback([options, &result] { result.code = print_budget(*options); });
}

}  // namespace sluice::gateway
