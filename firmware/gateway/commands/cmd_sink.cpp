// sluice sink: a mail server that files everything into a Maildir, for the demo and for trying things out.
#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <memory>

#include "config/value_text.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/mail_filer.hpp"

namespace sluice::gateway {
namespace {

int run_sink(const std::string& where, filer_options options) {
  const auto at = config::parse_endpoint(where, false);
  if (!at.ok()) {
    std::fprintf(stderr, "sluice sink: --listen: %s\n", at.wrong.c_str());
    return exit_code::usage;
  }
  net::asio::io_context loop(1);
  mail_filer filer(loop, options);
  if (const std::string wrong = filer.prepare(); !wrong.empty()) {
    std::fprintf(stderr, "sluice sink: %s\n", wrong.c_str());
    return exit_code::failed;
  }
  const net::asio::ip::tcp::endpoint endpoint(net::asio::ip::make_address(at.value.host), at.value.port);
  if (const auto ec = filer.listen(endpoint)) {
    std::fprintf(stderr, "sluice sink: %s: %s\n", where.c_str(), ec.message().c_str());
    return exit_code::failed;
  }
  std::printf("sink: SMTP on %s, mail goes to %s/new\n", where.c_str(), options.maildir.c_str());
  std::fflush(stdout);
  net::asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&loop](const net::error_code&, int) { loop.stop(); });
  loop.run();
  return exit_code::ok;
}

}  // namespace

void add_sink_command(CLI::App& app, command_result& result) {
  struct words {
    std::string listen = "127.0.0.1:2526", maildir;
    std::vector<std::string> domains;
  };
  auto w = std::make_shared<words>();
  CLI::App* command = app.add_subcommand("sink", "a mail server that files all mail into a Maildir, for trying things out");
  command->add_option("-l,--listen", w->listen, "address and port")->capture_default_str();
  command->add_option("-m,--maildir", w->maildir, "folder for the mail, made if needed")->required();
  command->add_option("-d,--domain", w->domains, "recipient domain to take, several if repeated (default: all)");
  command->footer(
      "It has no TLS, no deadlines and no users: keep it on a loopback address.\n"
      "Examples:\n"
      "  sluice sink --listen 127.0.0.1:2526 --maildir ./mail --domain example.net\n"
      "Exit status: 0 stopped by a signal, 2 wrong usage, 4 the port or the folder cannot be used.");
  command->callback([w, &result] {
    filer_options options;
    options.maildir = w->maildir;
    options.domains = w->domains;
    result.code = run_sink(w->listen, std::move(options));
  });
}

}  // namespace sluice::gateway
