// sluice privacy: erases one address of what the running Sluice keeps, over its control socket.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/control_client.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

struct options {
  std::string config = default_config_file, address;
  bool delete_held = false, json = false;
};

int erase(const options& o) {
  int code = exit_code::ok;
  const auto m = load_config(o.config, false, code);
  if (!m) return code;
  const std::string body = "{\"address\":" + json_string(o.address) + (o.delete_held ? ",\"held\":\"delete\"}" : "}");
  const control_reply r = ask_control(m->data_directory, status::http::verb::post, "/api/v1/privacy/erase", body);
  if (!r.good()) {
    std::fprintf(stderr, "sluice: privacy: %s\n", words_of(r).c_str());
    return r.status == 409 || r.status == 422 ? exit_code::negative : exit_code::failed;
  }
  if (o.json) return std::fputs(r.body.c_str(), stdout), exit_code::ok;
  const boost::json::object told = boost::json::parse(r.body).as_object();
  for (const auto& member : told) {
    const boost::json::value& v = member.value();
    const std::string value = v.is_string() ? std::string(v.as_string().data(), v.as_string().size()) : std::to_string(v.to_number<std::int64_t>());
    std::printf("%-22s %s\n", printable(std::string_view(member.key().data(), member.key().size())).c_str(), printable(value).c_str());
  }
  return exit_code::ok;
}

}  // namespace

void add_privacy_command(CLI::App& app, command_result& result) {
  auto o = std::make_shared<options>();
  CLI::App* top = app.add_subcommand("privacy", "erase an address on request");
  top->require_subcommand(1);
  CLI::App* c = top->add_subcommand("erase", "take one address out of history, trace, list notes and the quarantine's index");
  c->add_option("ADDRESS", o->address, "such as user@example.net")->required();
  c->add_flag("--delete-held", o->delete_held, "delete held mail of or to it; without this, held mail is a refusal");
  c->add_flag("--json", o->json, "print the counts as JSON");
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
  c->callback([o, &result] { result.code = erase(*o); });
  top->footer(
      "Examples:\n"
      "  sluice privacy erase former@example.org\n"
      "Exit status: 0, 1 refused (mail is held, no address), 2 wrong usage, 3 bad configuration, 4 no running Sluice or it could not write.");
}

}  // namespace sluice::gateway
