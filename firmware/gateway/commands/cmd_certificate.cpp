// sluice certificate: lists, brings, asks for and deletes certificates of the running program.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/control_client.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {
namespace {

using status::http::verb;
namespace json_lib = boost::json;
constexpr const char* route = "/api/v1/certificates";

struct certificate_words {
  std::string config = "/etc/sluice/sluice.toml", name, chain, key, kind = "ecdsa-p256", organization, country;
  std::vector<std::string> names;
  bool json = false, request = false;
};

int cannot(const control_reply& a) {
  std::fprintf(stderr, "sluice: %s\n", words_of(a).c_str());
  return exit_code::failed;
}

bool directory_of(const std::string& config, std::string& out, int& code) {
  const auto m = load_config(config, false, code);
  if (m) out = m->data_directory;
  return m.has_value();
}

std::string field(const json_lib::object& o, const char* key) {
  const auto* v = o.if_contains(key);
  if (v == nullptr || v->is_null()) return {};
  return printable(v->is_string() ? std::string(v->as_string()) : json_lib::serialize(*v));
}

std::string names_of(const json_lib::object& o) {
  std::string out;
  if (const auto* v = o.if_contains("names"); v != nullptr && v->is_array())
    for (const auto& n : v->as_array())
      if (n.is_string()) append_to(out, (out.empty() ? "" : " "), printable(std::string(n.as_string())));
  return out;
}

void print_rows(const json_lib::value& v, const char* key, const char* title) {
  const auto* list = v.as_object().if_contains(key);
  if (list == nullptr || !list->is_array() || list->as_array().empty()) return;
  std::printf("%s\n", title);
  for (const auto& one : list->as_array()) {
    const json_lib::object& o = one.as_object();
    if (o.contains("csr")) {
      std::printf("  %s\n", field(o, "name").c_str());
      continue;
    }
    const std::string name = field(o, "name"), fault = field(o, "fault");
    std::printf("  %s%s%s, %s, %s days left, by %s, sha256 %s%s%s\n", name.c_str(), name.empty() ? "" : ": ", names_of(o).c_str(), field(o, "key").c_str(), field(o, "days_left").c_str(),
                field(o, "issuer").c_str(), field(o, "sha256").substr(0, 16).c_str(), fault.empty() ? "" : ", NOT USED: ", fault.c_str());
  }
}

// What the box gets by itself; nothing when that is switched off.
void print_acme(const std::string& directory) {
  const control_reply a = ask_control(directory, verb::get, "/api/v1/acme");
  boost::system::error_code ec;
  const json_lib::value v = a.good() ? json_lib::parse(a.body, ec) : json_lib::value();
  if (ec || !v.is_object() || field(v.as_object(), "state") == "off") return;
  const json_lib::object& o = v.as_object();
  std::printf("From a CA by itself (ACME)\n  %s, %s", names_of(o).c_str(), field(o, "state").c_str());
  if (const std::string doing = field(o, "doing"); !doing.empty()) std::printf(": %s", doing.c_str());
  if (const std::string next = field(o, "next"); !next.empty()) std::printf(", next order %s (%s)", next.c_str(), field(o, "cause").c_str());
  std::printf("\n");
  if (const std::string error = field(o, "error"); !error.empty()) std::printf("  the last order failed: %s\n", error.c_str());
}

int list(const certificate_words& o) {
  std::string directory;
  int code = exit_code::ok;
  if (!directory_of(o.config, directory, code)) return code;
  const control_reply a = ask_control(directory, verb::get, route);
  if (!a.good()) return cannot(a);
  if (o.json) return std::fwrite(a.body.data(), 1, a.body.size(), stdout), exit_code::ok;
  boost::system::error_code ec;
  const json_lib::value v = json_lib::parse(a.body, ec);
  if (ec || !v.is_object()) return exit_code::failed;
  print_rows(v, "in_force", "In force");
  print_rows(v, "stored", "Stored on this box");
  print_rows(v, "requests", "Requests that wait for their certificate");
  print_acme(directory);
  return exit_code::ok;
}

bool read_pem(const std::string& file, std::string& out) {
  if (file.empty()) return true;
  std::ifstream in(file);
  out.assign(std::istreambuf_iterator<char>(in), {});
  if (!out.empty()) return true;
  std::fprintf(stderr, "sluice: %s is empty or cannot be read\n", printable(file).c_str());
  return false;
}

int upload(const certificate_words& o) {
  std::string directory, chain, key;
  int code = exit_code::ok;
  if (!directory_of(o.config, directory, code)) return code;
  if (!read_pem(o.chain, chain) || !read_pem(o.key, key)) return exit_code::failed;
  std::string body = concat("{\"name\":", json_string(o.name), ",\"certificate\":", json_string(chain), ",\"key\":", json_string(key), "}");
  const control_reply a = ask_control(directory, verb::post, route, body);
  if (!a.good()) return cannot(a);
  boost::system::error_code ec;
  const json_lib::value v = json_lib::parse(a.body, ec);
  if (!ec && v.is_object()) std::printf("%s: in force, %s days left\n", field(v.as_object(), "name").c_str(), field(v.as_object(), "days_left").c_str());
  return exit_code::ok;
}

int ask_for(const certificate_words& o) {
  std::string directory, names;
  int code = exit_code::ok;
  if (!directory_of(o.config, directory, code)) return code;
  for (const std::string& n : o.names) append_to(names, (names.empty() ? "" : ","), json_string(n));
  const std::string body = concat("{\"name\":", json_string(o.name), ",\"names\":[", names, "],\"key\":", json_string(o.kind), ",\"organization\":", json_string(o.organization),
                           ",\"country\":", json_string(o.country), "}");
  const control_reply a = ask_control(directory, verb::post, concat(std::string(route), "/csr"), body);
  if (!a.good()) return cannot(a);
  boost::system::error_code ec;
  const json_lib::value v = json_lib::parse(a.body, ec);
  if (ec || !v.is_object()) return exit_code::failed;
  const auto* csr = v.as_object().if_contains("csr");
  if (csr != nullptr && csr->is_string()) std::fputs(std::string(csr->as_string()).c_str(), stdout);
  std::fprintf(stderr, "The key waits on the box as %s. When the CA has signed: sluice certificate upload CHAIN.pem\n", field(v.as_object(), "name").c_str());
  return exit_code::ok;
}

int remove(const certificate_words& o) {
  std::string directory;
  int code = exit_code::ok;
  if (!directory_of(o.config, directory, code)) return code;
  const control_reply a = ask_control(directory, verb::delete_, concat(std::string(route), (o.request ? "/csr/" : "/"), status::percent_encoded(o.name)));
  return a.good() ? exit_code::ok : cannot(a);
}

int renew(const certificate_words& o) {
  std::string directory;
  int code = exit_code::ok;
  if (!directory_of(o.config, directory, code)) return code;
  const control_reply a = ask_control(directory, verb::post, "/api/v1/acme/renew", "{}");
  if (!a.good()) return cannot(a);
  std::printf("ordered; sluice certificate list says how it goes\n");
  return exit_code::ok;
}

CLI::App* add(CLI::App* top, const std::shared_ptr<certificate_words>& o, const char* name, const char* what) {
  CLI::App* c = top->add_subcommand(name, what);
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
  return c;
}

}  // namespace

void add_certificate_command(CLI::App& app, command_result& result) {
  auto o = std::make_shared<certificate_words>();
  CLI::App* top = app.add_subcommand("certificate", "certificates of the running program: list, upload, request, renew, delete");
  top->require_subcommand(1);
  CLI::App* c = add(top, o, "list", "list those in force, those stored on the box, and requests that wait");
  c->add_flag("--json", o->json, "print JSON instead of text");
  c->callback([o, &result] { result.code = list(*o); });
  c = add(top, o, "upload", "check a certificate with its key, keep it on the box, and use it at once");
  c->add_option("CHAIN", o->chain, "PEM file: the certificate, then its issuers")->required();
  c->add_option("-k,--key", o->key, "PEM file with the key; not needed when the request was made on the box");
  c->add_option("-n,--name", o->name, "name to keep it by; the same name replaces");
  c->callback([o, &result] { result.code = upload(*o); });
  c = add(top, o, "csr", "make a key on the box and print a request for the CA");
  c->add_option("NAMES", o->names, "DNS names; without any the host name of the configuration");
  c->add_option("-t,--type", o->kind, "ecdsa-p256, ecdsa-p384, rsa-2048 or rsa-3072")->capture_default_str();
  c->add_option("--organization", o->organization, "organization in the request");
  c->add_option("--country", o->country, "country in the request, two letters");
  c->add_option("-n,--name", o->name, "name to keep it by");
  c->callback([o, &result] { result.code = ask_for(*o); });
  c = add(top, o, "renew", "order a certificate from the CA of [tls.acme] now");
  c->callback([o, &result] { result.code = renew(*o); });
  c = add(top, o, "delete", "delete a stored certificate, or a request and its key");
  c->add_option("NAME", o->name, "as the list names it")->required();
  c->add_flag("--request", o->request, "the request of this name");
  c->callback([o, &result] { result.code = remove(*o); });
  top->footer(
      "Examples:\n"
      "  sluice certificate csr mx.example.org > mx.csr\n"
      "  sluice certificate upload mx-chain.pem\n"
      "  sluice certificate upload mx-chain.pem --key mx.key --name mx\n"
      "Exit status: 0, 2 wrong usage, 3 bad configuration, 4 no program runs, or it refused.");
}

}  // namespace sluice::gateway
