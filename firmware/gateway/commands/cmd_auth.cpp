// sluice auth FILE: who really sent this? All results with their reasons, for people who debug mail; with --batch, JSON
// lines for programs.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "firmware/gateway/commands/auth_batch.hpp"
#include "firmware/gateway/commands/auth_run.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/record_list.hpp"
#include "firmware/gateway/rfc3339.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

struct auth_settings {
  std::string file, ip, helo, mail_from, zone_file, time, authserv_id = "localhost";
  std::vector<std::string> servers;
  int seconds = 20;
  bool batch = false;
};

int fail(int code, const std::string& what) {
  std::fprintf(stderr, "sluice auth: %s\n", printable(what).c_str());
  return code;
}

bool read_file(const std::string& name, std::string& out) {
  if (name == "-") {
    out.assign(std::istreambuf_iterator<char>(std::cin), {});
    return true;
  }
  std::ifstream in(name, std::ios::binary);
  out.assign(std::istreambuf_iterator<char>(in), {});
  return in.is_open() && !in.bad();
}

// What the command line leaves out, a stored message often tells: the topmost Received field was written by the server
// that received it, Return-Path by the one that delivered it.
void complete_from_header(std::string_view message, auth_settings& s) {
  auth::header_index header;
  header.build(header_of(message));
  auth::received_from from;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auth::header_field f = header[i];
    if (s.ip.empty() && ascii::iequals(f.name, "received") && auth::parse_received(f.value, from)) {
      s.ip = view(auth::to_text(from.ip));
      if (s.helo.empty()) s.helo = from.helo;
    }
    if (s.mail_from.empty() && ascii::iequals(f.name, "return-path")) s.mail_from = ascii::trim(f.value);
  }
}

class printer {
 public:
  explicit printer(bool colour_on) : colour_on_(colour_on) {}

  void line(const char* what, auth::result r, const std::string& text) const {
    const colour c = r == auth::result::pass                                                      ? colour::green
                     : r == auth::result::fail || r == auth::result::permerror                    ? colour::red
                     : r == auth::result::none                                                    ? colour::dim
                                                                                                  : colour::yellow;
    std::string name = auth::name_of(r);
    name.resize(10, ' ');
    std::printf("%-10s%s%s\n", what, paint(name, c, colour_on_).c_str(), printable(text).c_str());
  }
  void line(const char* what, const std::string& text) const { std::printf("%-10s%s\n", what, printable(text).c_str()); }

 private:
  bool colour_on_;
};

std::string joined(byte_view a, const char* between, byte_view b) {
  return b.empty() ? std::string(a) : concat(a, between, b);
}

void print_dmarc(const printer& out, const auth::dmarc_report& d) {
  std::string text;
  if (!d.author.empty()) text = concat("From ", d.author, ": ");
  if (!d.found_at.empty())
    append_to(text, "policy ", auth::dmarc::name_of(d.published), " of ", d.found_at, ", to do: ",
            auth::dmarc::name_of(d.disposition), ": ");
  out.line("DMARC", d.result, text + d.reason);
}

void print_results(const auth::checker& c) {
  const printer out(wants_colour(1));
  const auth::spf_report spf = c.spf(), helo = c.helo();
  const char* identity = spf.identity == auth::spf_identity::helo ? "SPF HELO" : "SPF";
  out.line(identity, spf.result, joined(spf.domain, ": ", spf.reason));
  if (!spf.explanation.empty()) out.line("", concat("          \"", spf.explanation, "\""));
  if (!helo.domain.empty()) out.line("SPF HELO", helo.result, joined(helo.domain, ": ", helo.reason));
  for (std::size_t i = 0; i < c.dkim_count(); ++i) {
    const auth::dkim_report d = c.dkim(i);
    std::string text = joined(d.domain, ", selector ", d.selector);
    if (d.bits != 0) append_to(text, ", ", std::to_string(d.bits), "-bit key");
    if (d.testing) text += ", testing";
    if (d.unsigned_octets != 0) append_to(text, ", ", std::to_string(d.unsigned_octets), " octets at the end are not signed");
    out.line("DKIM", d.result, joined(text, ": ", d.reason));
  }
  if (c.dkim_count() == 0) out.line("DKIM", auth::result::none, "no signature");
  if (c.ignored_signatures() != 0) out.line("", concat(std::to_string(c.ignored_signatures()), " further signatures were not looked at"));
  const auth::arc_report arc = c.arc();
  out.line("ARC", arc.result, arc.instance == 0 ? "no chain" : joined(concat(std::to_string(arc.instance), " sets"), ": ", arc.reason));
  print_dmarc(out, c.dmarc());
  auth::checker::notice_list notices;
  c.list_notices(notices);
  for (const auth::notice& n : notices) out.line("finding", joined(n.rule, ": ", view(n.words)));
  char room[4096];
  std::printf("\nAuthentication-Results: %s\n", printable(c.write_results(room, false, false)).c_str());
}

int check_file(auth_settings s) {
  std::string stored, zone, error;
  record_list records;
  if (!read_file(s.file, stored)) return fail(exit_code::failed, concat("cannot read ", s.file));
  const std::string message = as_transmitted(stored);
  complete_from_header(message, s);
  auth::envelope from;
  if (!auth::parse_ip(s.ip, from.client))
    return fail(exit_code::usage, s.ip.empty() ? "--ip is missing, and no Received field tells it" : concat("--ip is no address: ", s.ip));
  if (s.mail_from.size() >= 2 && s.mail_from.front() == '<') s.mail_from = s.mail_from.substr(1, s.mail_from.size() - 2);
  from.helo = s.helo;
  from.mail_from = s.mail_from;
  from.now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  if (!s.time.empty() && !parse_rfc3339(s.time, from.now)) return fail(exit_code::usage, concat("--time is not RFC 3339: ", s.time));

  std::unique_ptr<auth_lookups> lookups;
  if (!s.zone_file.empty()) {
    if (!read_file(s.zone_file, zone)) return fail(exit_code::failed, concat("cannot read ", s.zone_file));
    if (!records.read_zone(zone, error)) return fail(exit_code::usage, concat(s.zone_file, ": ", error));
    lookups = lookups_from(records);
  } else {
    lookups = lookups_from_network(s.servers, s.seconds, error);
    if (lookups == nullptr) return fail(exit_code::failed, error);
  }
  auth::options options;
  options.explain = true;
  options.authserv_id = s.authserv_id;
  auth::workspace shared;
  auth::checker c(shared);
  run_message(c, options, from, message, *lookups);
  std::printf("client    %s, HELO %s, MAIL FROM:<%s>\n\n", s.ip.c_str(), printable(s.helo).c_str(), printable(s.mail_from).c_str());
  print_results(c);
  const auth::result dmarc = c.dmarc().result;
  return dmarc == auth::result::fail || dmarc == auth::result::permerror ? exit_code::negative : exit_code::ok;
}

}  // namespace

void add_auth_command(CLI::App& app, command_result& result) {
  auto s = std::make_shared<auth_settings>();
  CLI::App* command = app.add_subcommand("auth", "check SPF, DKIM, ARC and DMARC of a stored message");
  command->add_option("FILE", s->file, "the message, - for standard input");
  command->add_option("--ip", s->ip, "address of the client that sent it (default: from the topmost Received field)");
  command->add_option("--helo", s->helo, "its HELO name");
  command->add_option("--mail-from", s->mail_from, "envelope sender (default: from Return-Path)");
  command->add_option("--dns", s->zone_file, "take DNS records from this file instead of the network")->option_text("ZONEFILE");
  command->add_option("--server", s->servers, "DNS server, ADDRESS or ADDRESS:PORT (default: the system's)")->allow_extra_args(false);
  command->add_option("--timeout", s->seconds, "seconds for the lookups of one message")->check(CLI::Range(1, 600))->capture_default_str();
  command->add_option("--time", s->time, "the time to check at, RFC 3339 (default: now)");
  command->add_option("--authserv-id", s->authserv_id, "our name in Authentication-Results")->capture_default_str();
  command->add_flag("--batch", s->batch, "read JSON lines from standard input, write JSON lines");
  command->footer(
      "Examples:\n"
      "  sluice auth mail.eml --ip 192.0.2.1 --helo mx.example.com --mail-from a@example.com\n"
      "  sluice auth mail.eml --dns zone.txt --time 2026-11-23T12:00:00Z\n"
      "Exit status: 0 DMARC does not object, 1 it fails or the author is ambiguous, 2 wrong usage, 4 a file cannot be\n"
      "read, or with --batch a line was not understood.");
  command->callback([s, &result] {
    if (s->batch) {
      result.code = run_auth_batch(std::cin, std::cout, {s->servers, s->seconds}) == 0 ? exit_code::ok : exit_code::failed;
    } else if (s->file.empty()) {
      result.code = fail(exit_code::usage, "FILE or --batch is missing");
    } else {
      result.code = check_file(*s);
    }
  });
}

}  // namespace sluice::gateway
