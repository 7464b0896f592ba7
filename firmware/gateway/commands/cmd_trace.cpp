// sluice trace: what became of a message, asked of the running Sluice over its control socket.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/control_client.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

using status::http::verb;
namespace json_lib = boost::json;

struct options {
  std::string config = default_config_file;
  std::string text, client, from, to;
  std::size_t limit = 50;
  bool json = false;
};

std::string member(const json_lib::object& o, const char* key) {
  const auto* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? printable(std::string_view(v->as_string().data(), v->as_string().size())) : std::string();
}

void print_entry(const json_lib::object& o) {
  const std::string outcome = member(o, "outcome"), cause = member(o, "cause"), list = member(o, "list"), ours = member(o, "reply"),
                    theirs = member(o, "downstream_reply"), id = member(o, "id"), from = member(o, "from");
  std::printf("%s  %s%s%s%s\n", member(o, "time").c_str(), outcome.empty() ? (concat(member(o, "what"), " refused")).c_str() : outcome.c_str(),
              id.empty() ? "" : (concat("  ", id)).c_str(), cause.empty() ? "" : (concat("  ", cause)).c_str(), list.empty() ? "" : (concat("  ", list)).c_str());
  std::printf("  client %s (%s)\n", member(o, "client").c_str(), member(o, "helo").c_str());
  if (o.contains("mail_from"))
    std::printf("  <%s>%s -> %s\n", member(o, "mail_from").c_str(), from.empty() ? "" : (concat(" From ", from)).c_str(), member(o, "recipients").c_str());
  if (!ours.empty()) std::printf("  we said: %s\n", ours.c_str());
  if (!theirs.empty()) std::printf("  %s said: %s\n", member(o, "host").c_str(), theirs.c_str());
}

int run(const options& o) {
  int code = exit_code::ok;
  const auto m = load_config(o.config, false, code);
  if (!m) return code;
  std::size_t shown = 0;
  std::string before;
  do {
    const std::string target = concat("/api/v1/trace?q=", status::percent_encoded(o.text), "&client=", status::percent_encoded(o.client),
                               "&from=", status::percent_encoded(o.from), "&to=", status::percent_encoded(o.to),
                               "&limit=", std::to_string(std::min<std::size_t>(o.limit - shown, 100)), "&before=", status::percent_encoded(before));
    const control_reply r = ask_control(m->data_directory, verb::get, target);
    if (!r.good()) return std::fprintf(stderr, "sluice: trace: %s\n", words_of(r).c_str()), exit_code::failed;
    const json_lib::object page = json_lib::parse(r.body).as_object();
    for (const json_lib::value& e : page.at("entries").as_array()) {
      ++shown;
      if (o.json) std::printf("%s\n", json_lib::serialize(e).c_str());
      else print_entry(e.as_object());
    }
    const json_lib::value& next = page.at("before");
    before = next.is_string() ? std::string(next.as_string().data(), next.as_string().size()) : std::string();
  } while (!before.empty() && shown < o.limit);
  return shown == 0 ? exit_code::negative : exit_code::ok;
}

}  // namespace

void add_trace_command(CLI::App& app, command_result& result) {
  auto o = std::make_shared<options>();
  CLI::App* c = app.add_subcommand("trace", "where is my mail? What became of a message or was refused");
  c->add_option("TEXT", o->text, "part of a sender's or recipient's address, or a verdict id");
  c->add_option("--client", o->client, "beginning of the client's address");
  c->add_option("--from", o->from, "not before, such as 2026-12-31T00:00:00Z");
  c->add_option("--to", o->to, "before");
  c->add_option("-n,--limit", o->limit, "at most so many, newest first")->check(CLI::Range(1, 100'000))->capture_default_str();
  c->add_flag("--json", o->json, "one JSON object per line");
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
  c->callback([o, &result] { result.code = run(*o); });
  c->footer(
      "Examples:\n"
      "  sluice trace bob@example.org\n"
      "  sluice trace --client 192.0.2. --from 2026-11-28T00:00:00Z\n"
      "Exit status: 0, 1 nothing fits, 2 wrong usage, 3 bad configuration, 4 no running Sluice.");
}

}  // namespace sluice::gateway
