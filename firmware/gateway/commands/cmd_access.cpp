// sluice access: who may manage the running Sluice, over its control socket: users with roles and passwords, API tokens.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/control_client.hpp"
#include "firmware/gateway/commands/secret_input.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/gateway/generations/data_directory.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/load_config.hpp"

namespace sluice::gateway {
namespace {

using status::http::verb;
namespace json_lib = boost::json;

struct options {
  std::string config = default_config_file, name, role, password_file;
  int days = 365;
  bool json = false;
};

// One request; a refusal is told, a good answer printed by `show`, or as it is with --json.
template <class Show>
int ask(const options& o, verb method, const std::string& target, const std::string& body, Show show) {
  const control_reply r = ask_control(data_directory_of(o.config), method, target, body);
  if (!r.good()) {
    std::fprintf(stderr, "sluice: access: %s\n", words_of(r).c_str());
    return r.status == 404 || r.status == 409 || r.status == 422 ? exit_code::negative : exit_code::failed;
  }
  if (o.json) std::fputs(r.body.c_str(), stdout);
  else if (!r.body.empty()) show(json_lib::parse(r.body).as_object());
  return exit_code::ok;
}

void nothing(const json_lib::object&) {}

std::string cell(const json_lib::object& e, const char* key) {
  const json_lib::value* v = e.if_contains(key);
  return v != nullptr && v->is_string() ? printable(std::string_view(v->as_string().data(), v->as_string().size())) : std::string();
}

std::string path_of(const char* kind, const std::string& name) { return concat("/api/v1/", kind, "/", status::percent_encoded(name)); }

// At a terminal it is asked for twice and not shown; otherwise it is the first line of standard input.
std::optional<std::string> new_password(const options& o) {
  return read_secret("password", o.password_file.empty() && ::isatty(STDIN_FILENO) == 0 ? "-" : o.password_file, true);
}

void print_users(const json_lib::object& all) {
  for (const json_lib::value& u : all.at("users").as_array())
    std::printf("%-32s  %-8s  since %s\n", cell(u.as_object(), "name").c_str(), cell(u.as_object(), "role").c_str(), cell(u.as_object(), "created").c_str());
}

void print_tokens(const json_lib::object& all) {
  for (const json_lib::value& v : all.at("tokens").as_array()) {
    const json_lib::object& t = v.as_object();
    const std::string ends = cell(t, "expires");
    std::printf("%-8s  %-32s  %-8s  %s%s\n", cell(t, "id").c_str(), cell(t, "name").c_str(), cell(t, "role").c_str(), ends.empty() ? "for ever" : (concat("until ", ends)).c_str(),
                t.at("valid").as_bool() ? "" : ", expired");
  }
}

int add_user(const options& o) {
  const auto password = new_password(o);
  if (!password) return exit_code::failed;
  const std::string body = concat("{\"name\":", json_string(o.name), ",\"role\":", json_string(o.role), ",\"password\":", json_string(*password), "}");
  return ask(o, verb::post, "/api/v1/users", body, nothing);
}

int set_password(const options& o) {
  const auto password = new_password(o);
  return password ? ask(o, verb::patch, path_of("users", o.name), concat("{\"password\":", json_string(*password), "}"), nothing) : exit_code::failed;
}

int set_role(const options& o) { return ask(o, verb::patch, path_of("users", o.name), concat("{\"role\":", json_string(o.role), "}"), nothing); }

int add_token(const options& o) {
  const std::string body = concat("{\"name\":", json_string(o.name), ",\"role\":", json_string(o.role), ",\"days\":", std::to_string(o.days), "}");
  return ask(o, verb::post, "/api/v1/tokens", body, [](const json_lib::object& made) { std::puts(cell(made, "token").c_str()); });
}

using options_ref = std::shared_ptr<options>;

void is_role(CLI::Option* role) { role->required()->check(CLI::IsMember({"viewer", "operator", "admin"})); }

void add_password(CLI::App* c, const options_ref& o) {
  c->add_option("--password-file", o->password_file, "its first line is the password, - for standard input; otherwise asked for, or read there");
}

CLI::App* add_action(CLI::App* top, const options_ref& o, command_result& result, const char* name, const char* what, int (*run)(const options&)) {
  CLI::App* c = top->add_subcommand(name, what);
  c->add_option("-c,--config", o->config, "configuration file of the running program: names its data_directory")->capture_default_str();
  c->callback([o, run, &result] { result.code = run(*o); });
  return c;
}

void add_json(CLI::App* c, const options_ref& o) { c->add_flag("--json", o->json, "the program's answer as JSON"); }

}  // namespace

void add_access_command(CLI::App& app, command_result& result) {
  const auto o = std::make_shared<options>();
  CLI::App* top = app.add_subcommand("access", "users and API tokens of the page and the API");
  top->require_subcommand(1);
  CLI::App* c = add_action(top, o, result, "users", "list the users", [](const options& p) { return ask(p, verb::get, "/api/v1/users", {}, print_users); });
  add_json(c, o);
  c = add_action(top, o, result, "add-user", "add a user; the first administrator ends the set-up", add_user);
  c->add_option("NAME", o->name, "what one logs in with")->required();
  is_role(c->add_option("--role", o->role, "viewer, operator or admin"));
  add_password(c, o);
  add_json(c, o);
  c = add_action(top, o, result, "password", "set a user's password; the user's sessions end", set_password);
  c->add_option("NAME", o->name, "the user")->required();
  add_password(c, o);
  c = add_action(top, o, result, "role", "change a user's role; the user's sessions end", set_role);
  c->add_option("NAME", o->name, "the user")->required();
  is_role(c->add_option("ROLE", o->role, "viewer, operator or admin"));
  c = add_action(top, o, result, "remove-user", "remove a user; the user's sessions end", [](const options& p) { return ask(p, verb::delete_, path_of("users", p.name), {}, nothing); });
  c->add_option("NAME", o->name, "the user")->required();
  c = add_action(top, o, result, "tokens", "list the API tokens", [](const options& p) { return ask(p, verb::get, "/api/v1/tokens", {}, print_tokens); });
  add_json(c, o);
  c = add_action(top, o, result, "add-token", "make an API token and print it, once", add_token);
  c->add_option("NAME", o->name, "what it is for")->required();
  is_role(c->add_option("--role", o->role, "viewer, operator or admin"));
  c->add_option("--days", o->days, "how long it is valid; 0: for ever")->check(CLI::Range(0, 3660))->capture_default_str();
  add_json(c, o);
  c = add_action(top, o, result, "remove-token", "revoke an API token", [](const options& p) { return ask(p, verb::delete_, path_of("tokens", p.name), {}, nothing); });
  c->add_option("ID", o->name, "as tokens shows it")->required();
  top->footer("Examples:\n"
              "  sluice access add-user ann --role operator\n"
              "  sluice access add-token backup --role admin --days 90 > /root/backup.token\n"
              "Exit status: 0, 1 refused (a name that is known or unknown, a weak password, the last administrator), 2 wrong usage,\n"
              "4 no running Sluice, it could not write, or no password to read.");
}

}  // namespace sluice::gateway
