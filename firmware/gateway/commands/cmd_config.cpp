// sluice config: push, check, compare, confirm and take back configurations of the running program on this machine, through
// the same routes as the API, over its control socket.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "core/concat.hpp"
#include "firmware/gateway/commands/cmd_config_push.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

constexpr const char* answer_exits = "\nExit status: 0, 1 refused, or nothing there, 2 wrong usage, 4 no answer, or a file cannot be written.";
constexpr const char* key_exits = "\nExit status: 0, 2 wrong usage, 4 a file cannot be read or written.";

int refuse(const std::string& why, int code) {
  std::fprintf(stderr, "sluice: %s\n", printable(why).c_str());
  return code;
}

// GET that prints: the body as it is with --json, otherwise by `show`.
template <class Show>
int get(const config_options& o, const std::string& target, Show show) {
  local_client box(data_directory_of(o.config));
  const auto r = box.ask("GET", target);
  if (!r) return refuse(box.error(), exit_code::failed);
  if (!r->is_good()) return print_refusal(*r, o);
  if (o.json) return std::fputs(r->body.c_str(), stdout), exit_code::ok;
  return show(r->body);
}

int act(const config_options& o, const char* what) {
  local_client box(data_directory_of(o.config));
  const auto r = box.ask("POST", concat("/api/v1/config/", what));
  if (!r) return refuse(box.error(), exit_code::failed);
  if (!r->is_good()) return print_refusal(*r, o);
  if (o.json) return std::fputs(r->body.c_str(), stdout), exit_code::ok;
  if (std::strcmp(what, "confirm") == 0) return print_done(r->body);
  return wait_until_settled(box, o);
}

int diff(const config_options& o) {
  if (!o.file.empty()) return push_file(o, true);
  std::string target = "/api/v1/config/diff";
  if (o.from != 0 || o.to != 0) append_to(target, "?from=", std::to_string(o.from), "&to=", std::to_string(o.to));
  return get(o, target, print_changes);
}

int export_text(const config_options& o) {
  local_client box(data_directory_of(o.config));
  const auto r = box.ask("GET", o.number == 0 ? "/api/v1/config" : concat("/api/v1/config/history/", std::to_string(o.number), "/text"));
  if (!r) return refuse(box.error(), exit_code::failed);
  if (!r->is_good()) return print_refusal(*r, o);
  if (o.output.empty()) return std::fputs(r->body.c_str(), stdout), exit_code::ok;
  std::ofstream out(o.output, std::ios::binary | std::ios::trunc);
  out << r->body;
  out.close();
  return out ? exit_code::ok : refuse(concat(o.output, ": ", std::strerror(errno)), exit_code::failed);
}

void add_common(CLI::App* c, const std::shared_ptr<config_options>& o) {
  c->add_option("-c,--config", o->config, "configuration file of the running program: names its data_directory")->capture_default_str();
  c->add_flag("--json", o->json, "the program's answer as JSON");
}

void add_pushing(CLI::App* top, const std::shared_ptr<config_options>& o, command_result& result);

}  // namespace

void add_config_command(CLI::App& app, command_result& result) {
  auto o = std::make_shared<config_options>();
  CLI::App* top = app.add_subcommand("config", "push, compare, confirm and take back configurations of the running program");
  top->require_subcommand(1);
  top->footer("Examples:\n"
              "  sluice config push new.toml --within 300\n"
              "  sluice config confirm\n"
              "'sluice config COMMAND --help' tells the options and the exit status of each.");
  add_pushing(top, o, result);
  CLI::App* c = top->add_subcommand("confirm", "make the generation on trial the one that rules");
  add_common(c, o);
  c->footer(concat("Example: sluice config confirm", answer_exits));
  c->callback([o, &result] { result.code = act(*o, "confirm"); });
  c = top->add_subcommand("rollback", "go back to the confirmed generation");
  add_common(c, o);
  c->footer(concat("Example: sluice config rollback", answer_exits));
  c->callback([o, &result] { result.code = act(*o, "rollback"); });
  c = top->add_subcommand("state", "which generation runs, is confirmed, is on trial, and for how long");
  add_common(c, o);
  c->footer(concat("Example: sluice config state --json", answer_exits));
  c->callback([o, &result] { result.code = get(*o, "/api/v1/config/state", print_state); });
  c = top->add_subcommand("history", "the last twenty generations, newest first");
  add_common(c, o);
  c->footer(concat("Example: sluice config history", answer_exits));
  c->callback([o, &result] { result.code = get(*o, "/api/v1/config/history", print_history); });
  c = top->add_subcommand("export", "write the running configuration, or an older one");
  add_common(c, o);
  c->add_option("NUMBER", o->number, "of an older generation");
  c->add_option("-o,--output", o->output, "file instead of standard output");
  c->footer(concat("Example: sluice config export -o /etc/sluice/sluice.toml", answer_exits));
  c->callback([o, &result] { result.code = export_text(*o); });
  c = top->add_subcommand("keys", "make a key pair for signing configurations: KEY and KEY.pub");
  c->add_option("KEY", o->file, "the new file of the secret key")->required();
  c->footer(concat("Example: sluice config keys fleet.key", key_exits));
  c->callback([o, &result] { result.code = make_config_keys(*o); });
  c = top->add_subcommand("sign", "print the signature of a configuration");
  c->add_option("FILE", o->file, "the configuration")->required();
  c->add_option("--key", o->key, "the secret key")->required();
  c->footer(concat("Example: sluice config sign new.toml --key fleet.key > new.toml.sig", key_exits));
  c->callback([o, &result] { result.code = sign_config(*o); });
}

namespace {

void add_pushing(CLI::App* top, const std::shared_ptr<config_options>& o, command_result& result) {
  CLI::App* c = top->add_subcommand("push", "put a configuration into force, on trial until it is confirmed");
  add_common(c, o);
  c->add_option("FILE", o->file, "the configuration, - for standard input")->required();
  c->add_option("--signature", o->signature, "file with its detached Ed25519 signature in base64");
  c->add_option("--within", o->within, "seconds in which it must be confirmed")->check(CLI::Range(60, 86400));
  c->add_flag("--confirm", o->confirm, "confirm it as soon as its test mails passed");
  c->add_flag("--restart", o->restart, "what only a start can change is tried at one, at once");
  c->add_option("--if-match", o->if_match, "only if this is the ETag of the running generation; without it any");
  c->footer("Example: sluice config push new.toml --within 300 && sluice config confirm\n"
            "Exit status: 0 it runs and waits for the confirm (or is confirmed), 1 refused or came back, 2 wrong usage, 3 not valid, 4 no answer.");
  c->callback([o, &result] { result.code = push_file(*o, false); });
  c = top->add_subcommand("diff", "what a file would change, or what the generation on trial (or any other) changed");
  add_common(c, o);
  c->add_option("FILE", o->file, "a configuration; checked as a push would, and compared with the running one");
  c->add_flag("--restart", o->restart, "as with push");
  c->add_option("--from", o->from, "number of the older generation");
  c->add_option("--to", o->to, "number of the newer one");
  c->footer("Example: sluice config diff new.toml\nExit status: 0, 1 refused, 2 wrong usage, 3 the file is not valid, 4 no answer, or it cannot be read.");
  c->callback([o, &result] { result.code = diff(*o); });
}

}  // namespace

}  // namespace sluice::gateway
