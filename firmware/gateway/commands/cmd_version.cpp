// sluice version: what this is and what it was built with.
#include <mbedtls/version.h>
#include <sodium.h>
#include <sqlite3.h>

#include <CLI/CLI.hpp>
#include <boost/version.hpp>
#include <cstdio>

#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/system/data_format.hpp"

namespace sluice::gateway {
namespace {

int print_version(bool verbose) {
  std::printf("sluice %s\n", SLUICE_VERSION);
  if (!verbose) return exit_code::ok;
  char mbedtls[24] = {};
  mbedtls_version_get_string(mbedtls);
  std::printf("data      writes %u, reads %u\n", data_format_written, data_format_read);
  std::printf("compiler  %s\n", __VERSION__);
  std::printf("Boost     %d.%d.%d\n", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
  std::printf("mbedTLS   %s\n", mbedtls);
  std::printf("SQLite    %s\n", sqlite3_libversion());
  std::printf("libsodium %s\n", sodium_version_string());
  return exit_code::ok;
}

}  // namespace

void add_version_command(CLI::App& app, command_result& result) {
  auto verbose = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("version", "print the version");
  command->add_flag("-v,--verbose", *verbose, "also the versions of compiler and libraries");
  command->footer("Example:\n  sluice version --verbose\nExit status: 0 printed, 2 wrong usage, 4 the output cannot be written.");
  command->callback([verbose, &result] { result.code = print_version(*verbose); });
}

}  // namespace sluice::gateway
