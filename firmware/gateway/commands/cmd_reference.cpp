// sluice reference: all configuration keys, as generated from the schema that also validates them.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "config/generate.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "status/metric_table.hpp"

namespace sluice::gateway {

void add_reference_command(CLI::App& app, command_result& result) {
  auto format = std::make_shared<std::string>("markdown");
  CLI::App* command = app.add_subcommand("reference", "print all configuration keys");
  command->add_option("-f,--format", *format, "markdown, json-schema, man, toml for a full example, or metrics for the list of those")
      ->check(CLI::IsMember({"markdown", "json-schema", "man", "toml", "metrics"}))
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  sluice reference --format toml > sluice.toml\n"
      "  sluice reference --format man | man -l -\n"
      "Exit status: 0 printed, 2 wrong usage, 4 the output cannot be written.");
  command->callback([format, &result] {
    const std::string text = *format == "markdown"      ? config::reference_markdown()
                             : *format == "json-schema" ? config::json_schema()
                             : *format == "man"         ? config::man_page()
                             : *format == "metrics"     ? status::metrics_reference()
                                                        : config::full_example();
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (!written) result.code = exit_code::failed;
  });
}

}  // namespace sluice::gateway
