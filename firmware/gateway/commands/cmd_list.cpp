// sluice list: block and allow lists and exceptions of the running Sluice, over its control socket.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/control_client.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

using status::http::verb;
namespace json_lib = boost::json;
constexpr std::size_t import_octets = 80 * 1024;  // of one request; a longer file goes in several

struct options {
  std::string config = default_config_file;
  bool json = false;
  std::string kind, what, note, rule, text, profile, skeleton, file, id;
  std::string subject;  // empty: told by the form of `what`
  int days = 30;
};

bool data_directory(const options& o, std::string& out, int& code) {
  const auto m = load_config(o.config, false, code);
  if (m) out = m->data_directory;
  return m.has_value();
}

int complain(const control_reply& r) {
  std::fprintf(stderr, "sluice: list: %s\n", words_of(r).c_str());
  return r.status == 422 || r.status == 409 ? exit_code::negative : exit_code::failed;
}

std::string subject_of(const options& o) {
  if (!o.subject.empty()) return o.subject;
  if (o.kind == "exception") return "recipient";
  if (o.what.find('@') != std::string::npos) return "address";
  if (o.what.find('/') != std::string::npos || o.what.find(':') != std::string::npos) return "network";
  return o.what.find_first_not_of("0123456789.") == std::string::npos ? "network" : "domain";
}

std::string cell(const json_lib::object& e, const char* key) {
  const auto* v = e.if_contains(key);
  return v != nullptr && v->is_string() ? printable(std::string_view(v->as_string().data(), v->as_string().size())) : std::string();
}

int add(const options& o) {
  int code = exit_code::ok;
  std::string directory;
  if (!data_directory(o, directory, code)) return code;
  std::string body = concat("{\"kind\":", json_string(o.kind), ",\"subject\":", json_string(subject_of(o)), ",\"what\":", json_string(o.what),
                     ",\"days\":", std::to_string(o.days), ",\"note\":", json_string(o.note));
  for (const auto& [key, value] : {std::pair("rule", &o.rule), std::pair("text", &o.text), std::pair("profile", &o.profile), std::pair("skeleton", &o.skeleton)})
    if (!value->empty()) body += std::string(",\"") + key + "\":" + json_string(*value);
  const control_reply r = ask_control(directory, verb::post, "/api/v1/lists", concat(body, "}"));
  if (!r.good()) return complain(r);
  if (o.json) std::fputs(r.body.c_str(), stdout);
  const json_lib::object made = json_lib::parse(r.body).as_object();
  if (!o.json) std::printf("added %s\n", cell(made, "id").c_str());
  return exit_code::ok;
}

int remove(const options& o) {
  int code = exit_code::ok;
  std::string directory;
  if (!data_directory(o, directory, code)) return code;
  const control_reply r = ask_control(directory, verb::delete_, concat("/api/v1/lists/", status::percent_encoded(o.id)));
  if (r.status == 404) return std::fprintf(stderr, "sluice: list: %s\n", words_of(r).c_str()), exit_code::negative;
  return r.good() ? exit_code::ok : complain(r);
}

void print_row(const json_lib::object& e) {
  const std::string ends = cell(e, "expires"), rule = cell(e, "rule"), text = cell(e, "text");
  std::printf("%-8s  %-9s %-9s  %-36s %8lld  %-20s  %s%s%s\n", cell(e, "id").c_str(), cell(e, "kind").c_str(), cell(e, "subject").c_str(),
              cell(e, "what").c_str(), static_cast<long long>(e.at("hits").as_int64()), ends.empty() ? "never" : ends.c_str(),
              rule.empty() ? "" : (concat(rule, " ")).c_str(), text.empty() ? "" : (concat("\"", text, "\" ")).c_str(), cell(e, "note").c_str());
}

// All pages, as a table or as lines that import takes.
int show(const options& o, bool lines) {
  int code = exit_code::ok;
  std::string directory, before;
  if (!data_directory(o, directory, code)) return code;
  std::size_t shown = 0;
  do {
    const control_reply r = ask_control(directory, verb::get, concat("/api/v1/lists?kind=", status::percent_encoded(o.kind), "&before=", before));
    if (!r.good()) return complain(r);
    const json_lib::object page = json_lib::parse(r.body).as_object();
    if (shown == 0 && !lines && !page.at("entries").as_array().empty())
      std::printf("%-8s  %-9s %-9s  %-36s %8s  %-20s  %s\n", "ID", "KIND", "OF", "WHAT", "HITS", "ENDS", "NOTE");
    for (const json_lib::value& e : page.at("entries").as_array()) {
      ++shown;
      if (lines) std::printf("%s\n", json_lib::serialize(e).c_str());
      else print_row(e.as_object());
    }
    const json_lib::value& next = page.at("before");
    before = next.is_null() ? std::string() : std::to_string(next.to_number<std::uint64_t>());
  } while (!before.empty());
  return shown == 0 ? exit_code::negative : exit_code::ok;
}

int import(const options& o) {
  int code = exit_code::ok;
  std::string directory;
  if (!data_directory(o, directory, code)) return code;
  std::ifstream file;
  if (o.file != "-") file.open(o.file);
  std::istream& in = o.file == "-" ? std::cin : file;
  if (!in) return std::fprintf(stderr, "sluice: %s cannot be read\n", printable(o.file).c_str()), exit_code::failed;
  std::size_t taken = 0, lines = 0;
  std::string body;
  const auto send = [&] {
    const control_reply r = ask_control(directory, verb::post, "/api/v1/lists/import", body);
    if (!r.good()) return complain(r);
    taken += lines;
    body.clear();
    lines = 0;
    return exit_code::ok;
  };
  for (std::string line; code == exit_code::ok && std::getline(in, line);) {
    if (line.empty()) continue;
    if (body.size() + line.size() + 1 > import_octets || lines == 500) code = send();
    append_to(body, line, "\n");
    ++lines;
  }
  if (code == exit_code::ok && lines > 0) code = send();
  std::printf("%zu entries taken\n", taken);
  return code;
}

void add_config(CLI::App* c, const std::shared_ptr<options>& o) {
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
}

}  // namespace

void add_list_command(CLI::App& app, command_result& result) {
  auto o = std::make_shared<options>();
  CLI::App* top = app.add_subcommand("list", "block and allow lists and exceptions");
  top->require_subcommand(1);
  CLI::App* c = top->add_subcommand("add", "add an entry; it is in force at once");
  c->add_option("KIND", o->kind, "block, allow or exception")->required()->check(CLI::IsMember({"block", "allow", "exception"}));
  c->add_option("WHAT", o->what, "user@example.net, example.net, .example.net (and below) or 192.0.2.0/24")->required();
  c->add_option("--of", o->subject, "address, domain, network or recipient; told by WHAT when left out")->check(CLI::IsMember({"address", "domain", "network", "recipient"}));
  c->add_option("--days", o->days, "days until it ends; 0: never")->check(CLI::Range(0, 3660))->capture_default_str();
  c->add_option("--note", o->note, "why");
  c->add_option("--rule", o->rule, "exceptions: the rule");
  c->add_option("--text", o->text, "exceptions: all of the slot's text");
  c->add_option("--skeleton", o->skeleton, "exceptions: the message's template");
  c->add_option("--profile", o->profile, "exceptions: the sender's profile");
  c->add_flag("--json", o->json, "print the entry as JSON");
  add_config(c, o);
  c->callback([o, &result] { result.code = add(*o); });
  c = top->add_subcommand("remove", "remove an entry");
  c->add_option("ID", o->id, "as shown")->required();
  add_config(c, o);
  c->callback([o, &result] { result.code = remove(*o); });
  c = top->add_subcommand("show", "show the entries, newest first");
  c->add_option("--kind", o->kind, "only these")->check(CLI::IsMember({"block", "allow", "exception"}));
  c->add_flag("--json", o->json, "one JSON object per line");
  add_config(c, o);
  c->callback([o, &result] { result.code = show(*o, o->json); });
  c = top->add_subcommand("export", "write all entries as JSON lines to standard output");
  add_config(c, o);
  c->callback([o, &result] { result.code = show(*o, true); });
  c = top->add_subcommand("import", "add what an export holds; what is there already stays");
  c->add_option("FILE", o->file, "JSON lines; - is standard input")->required();
  add_config(c, o);
  c->callback([o, &result] { result.code = import(*o); });
  top->footer(
      "Examples:\n"
      "  sluice list add block .example.net --days 90 --note \"sends nothing but lures\"\n"
      "  sluice list add block former@example.org --of recipient --days 0\n"
      "  sluice list show --kind block\n"
      "Exit status: 0, 1 nothing there or the entry was refused, 2 wrong usage, 3 bad configuration, 4 no running Sluice or it could not write.");
}

}  // namespace sluice::gateway
