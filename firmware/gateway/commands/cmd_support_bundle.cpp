// sluice support-bundle: what those who help need to know about a running program, without secrets.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/control_client.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

struct bundle_options {
  std::string file = default_config_file;
  std::string output = "-";
};

int complain(const std::string& why) {
  std::fprintf(stderr, "sluice: %s\n", printable(why).c_str());
  return exit_code::failed;
}

int get_bundle(const bundle_options& options) {
  int code = exit_code::ok;
  const auto m = load_config(options.file, false, code);
  if (!m) return code;
  const bool to_file = options.output != "-";
  if (!to_file && ::isatty(1) != 0) return complain("a tar archive is nothing for a terminal: give --output FILE, or redirect it");
  const int fd = to_file ? ::open(options.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : 1;
  if (fd < 0) return complain(concat(options.output, ": ", std::strerror(errno)));
  const control_reply r = ask_control(m->data_directory, status::http::verb::get, "/api/v1/support-bundle");
  int why = 0;
  for (std::string_view rest = r.good() ? std::string_view(r.body) : std::string_view(); !rest.empty() && why == 0;) {
    const ssize_t n = ::write(fd, rest.data(), rest.size());
    if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
    else if (errno != EINTR) why = errno;
  }
  if (to_file && ::close(fd) != 0 && why == 0) why = errno;
  if (!r.good()) return complain(words_of(r));
  if (why != 0) return complain(concat(options.output, ": ", std::strerror(why)));
  return exit_code::ok;
}

}  // namespace

void add_support_bundle_command(CLI::App& app, command_result& result) {
  auto options = std::make_shared<bundle_options>();
  CLI::App* command = app.add_subcommand("support-bundle", "collect what those who help need to know, without secrets");
  command->add_option("-c,--config", options->file, "configuration file of the running program")->capture_default_str();
  command->add_option("-o,--output", options->output, "where the tar archive goes, - for standard output")->capture_default_str();
  command->footer(
      "Examples:\n"
      "  sluice support-bundle > sluice-support.tar\n"
      "  sluice support-bundle | tar -xO sluice-support/events.jsonl\n"
      "Exit status: 0 done, 3 the configuration is invalid, 4 the running program does not answer or the file cannot be written.");
  command->callback([options, &result] { result.code = get_bundle(*options); });
}

}  // namespace sluice::gateway
