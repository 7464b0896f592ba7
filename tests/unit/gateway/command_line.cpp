// The program as people and scripts meet it: exit codes, what goes to which stream, help of every command.
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "firmware/gateway/commands/commands.hpp"

using namespace sluice::gateway;
using Catch::Matchers::ContainsSubstring;

namespace {

struct outcome {
  int code = -1;
  std::string out;
};

// Runs the program with `arguments` (and redirections) in a shell; `out` is what it wrote to standard output.
outcome run(const std::string& arguments) {
  FILE* pipe = popen((std::string(SLUICE_PROGRAM) + " " + arguments).c_str(), "r");
  REQUIRE(pipe != nullptr);
  outcome o;
  char text[4096];
  for (std::size_t n; (n = std::fread(text, 1, sizeof text, pipe)) > 0;) o.out.append(text, n);
  const int status = pclose(pipe);
  o.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return o;
}

class scratch {
 public:
  scratch() {
    char name[] = "/tmp/sluice-unit-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~scratch() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
    return path_ + "/" + name;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string minimal(const scratch& s) {
  return "domains = [\"example.org\"]\ndata_directory = \"" + s.path() +
         "\"\n[[listener]]\naddress = \"0.0.0.0:25\"\n[[route]]\nhost = \"10.0.0.5:25\"\n";
}

}  // namespace

TEST_CASE("every command has help with examples and exit status") {
  CLI::App app;
  command_result result;
  for (add_command add : all_commands) add(app, result);
  const auto commands = app.get_subcommands([](CLI::App*) { return true; });
  REQUIRE(commands.size() == all_commands.size());
  for (CLI::App* command : commands) {
    INFO(command->get_name());
    CHECK_FALSE(command->get_description().empty());
    CHECK_THAT(command->get_footer(), ContainsSubstring("Example"));
    const outcome help = run(command->get_name() + " --help");
    CHECK(help.code == exit_code::ok);
    CHECK_THAT(help.out, ContainsSubstring("--help"));
    CHECK(run(command->get_name() + " --no-such-option 2>/dev/null").code == exit_code::usage);
  }
}

TEST_CASE("the help of every command and of every action of one tells the exit status") {
  CLI::App app;
  app.footer("Exit status: ");  // as main does: who says nothing about it shows that of the program
  command_result result;
  for (add_command add : all_commands) add(app, result);
  const auto every = [](CLI::App*) { return true; };
  for (CLI::App* command : app.get_subcommands(every)) {
    INFO(command->get_name());
    const auto actions = command->get_subcommands(every);
    if (actions.empty()) CHECK_THAT(command->get_footer(), ContainsSubstring("Exit status: "));
    for (CLI::App* action : actions) {
      INFO(action->get_name());
      CHECK_THAT(action->get_footer(), ContainsSubstring("Exit status: "));
    }
  }
}

TEST_CASE("notes about a configuration are told by check alone") {
  const scratch s;
  const std::string file = s.file("a.toml", minimal(s));
  CHECK_THAT(run("check " + file + " 2>&1 >/dev/null").out, ContainsSubstring("note: tls.certificates"));
  CHECK_THAT(run("quarantine stats --config " + file + " 2>&1 >/dev/null").out, !ContainsSubstring("note:"));
  CHECK_THAT(run("quarantine list --config " + file + " 2>&1 >/dev/null").out, !ContainsSubstring("note:"));
  const std::string bad = s.file("bad.toml", minimal(s) + "tsl = \"off\"\n");
  CHECK_THAT(run("quarantine list --config " + bad + " 2>&1 >/dev/null").out, ContainsSubstring("did you mean tls?"));
}

TEST_CASE("a wrong command line is exit code 2 with a hint on standard error") {
  CHECK(run("2>/dev/null").code == exit_code::usage);
  CHECK(run("nonsense 2>/dev/null").code == exit_code::usage);
  const outcome o = run("budget --config 2>&1 >/dev/null");
  CHECK(o.code == exit_code::usage);
  CHECK_THAT(o.out, ContainsSubstring("sluice: ") && ContainsSubstring("Try 'sluice budget --help'."));
  CHECK_THAT(run("nonsense 2>&1").out, ContainsSubstring("Try 'sluice --help'."));
  CHECK_THAT(run("quarantine 2>&1").out, ContainsSubstring("Try 'sluice quarantine --help'."));
  CHECK_THAT(run("quarantine show 2>&1").out, ContainsSubstring("Try 'sluice quarantine show --help'."));
  CHECK(run("--help").code == exit_code::ok);
  CHECK_THAT(run("version").out, ContainsSubstring("sluice 0."));
}

TEST_CASE("check tells valid, wrong and unreadable files apart") {
  const scratch s;
  const std::string good = s.file("good.toml", minimal(s)), bad = s.file("bad.toml", minimal(s) + "tsl = \"off\"\n");
  const outcome ok = run("check " + good + " 2>/dev/null");
  CHECK(ok.code == exit_code::ok);
  CHECK_THAT(ok.out, ContainsSubstring("good.toml: ok: 1 domain, 1 listener, 1 route, "));
  CHECK(run("check --quiet " + good + " 2>/dev/null").out.empty());
  const outcome wrong = run("check " + bad + " 2>&1 >/dev/null");
  CHECK(wrong.code == exit_code::bad_config);
  CHECK_THAT(wrong.out, ContainsSubstring("bad.toml:7:1: error: route[1].tsl: unknown key; did you mean tls?"));
  CHECK_FALSE(wrong.out.find('\x1b') != std::string::npos);  // a pipe gets no colours
  CHECK(run("check " + s.path() + "/missing.toml 2>/dev/null").code == exit_code::failed);
  CHECK(run("check " + s.path() + " 2>/dev/null").code == exit_code::failed);  // a directory
  CHECK(run("check " + good + " " + bad + " 2>/dev/null").code == exit_code::bad_config);
  CHECK(run("check - < " + good + " 2>/dev/null").code == exit_code::ok);
}

TEST_CASE("check looks for the files that are named, unless they are on another machine") {
  const scratch s;
  const std::string text =
      minimal(s) + "[[tls.certificates]]\ncertificate = \"" + s.path() + "/c.pem\"\nkey = \"" + s.path() + "/c.key\"\n";
  const std::string file = s.file("tls.toml", text);
  const outcome missing = run("check " + file + " 2>&1 >/dev/null");
  CHECK(missing.code == exit_code::bad_config);
  CHECK_THAT(missing.out, ContainsSubstring("tls.toml:8:1: error: tls.certificates[1].certificate: cannot read \"" +
                                            s.path() + "/c.pem\": No such file or directory"));
  CHECK(run("check --elsewhere " + file + " 2>/dev/null").code == exit_code::ok);
  s.file("c.pem", "x");
  std::filesystem::permissions(s.file("c.key", "x"), std::filesystem::perms(0644));
  const outcome open_key = run("check " + file + " 2>&1 >/dev/null");
  CHECK(open_key.code == exit_code::ok);
  CHECK_THAT(open_key.out, ContainsSubstring("note: tls.certificates[1].key: ") &&
                               ContainsSubstring("every user of this machine can read; chmod 600 it"));
  const outcome no_directory =
      run("check 2>&1 >/dev/null " +
          s.file("dir.toml", "data_directory = \"/srv/nonexistent/deeper\"\n" + text.substr(0, text.find("data_")) +
                                 text.substr(text.find("[[listener"))));
  CHECK(no_directory.code == exit_code::bad_config);
  CHECK_THAT(no_directory.out, ContainsSubstring("dir.toml:1:1: error: data_directory: \"/srv/nonexistent/deeper\": No "
                                                 "such file or directory; create it: mkdir -p /srv/nonexistent/deeper"));
}

TEST_CASE("budget prints the table, also of what does not fit") {
  const scratch s;
  const outcome fits = run("budget --config " + s.file("a.toml", minimal(s)));
  CHECK(fits.code == exit_code::ok);
  CHECK_THAT(fits.out, ContainsSubstring("window pool") && ContainsSubstring("cgroup memory.max"));
  const outcome big =
      run("budget --config " + s.file("b.toml", minimal(s) + "[memory]\nsessions = 320\n") + " 2>/dev/null");
  CHECK(big.code == exit_code::bad_config);
  CHECK_THAT(big.out, ContainsSubstring("TOO MUCH by "));
  const outcome wrong = run("budget --config " + s.file("c.toml", "x = 1\n") + " 2>/dev/null");
  CHECK(wrong.code == exit_code::bad_config);
  CHECK(wrong.out.empty());
  CHECK(run("budget --config " + s.path() + "/missing 2>/dev/null").code == exit_code::failed);
}

TEST_CASE("reference prints what it is asked for, and says when it cannot") {
  CHECK_THAT(run("reference").out, ContainsSubstring("# Configuration reference"));
  CHECK_THAT(run("reference --format json-schema").out, ContainsSubstring("\"$schema\""));
  CHECK(run("reference --format pdf 2>/dev/null").code == exit_code::usage);
  if (!std::filesystem::exists("/dev/full")) return;
  for (const char* command : {"reference", "version"}) CHECK(run(std::string(command) + " > /dev/full 2>/dev/null").code == exit_code::failed);
}

TEST_CASE("mime shows the tree, its text, and extracts parts under harmless names") {
  const scratch s;
  const std::string message = s.file("m.eml",
                                     "Subject: =?utf-8?q?Caf=C3=A9?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
                                     "--b\r\nContent-Type: text/html\r\n\r\n<a href=\"https://real.example/\">https://shown.example</a><i style=\"display:none\">secret</i>\r\n"
                                     "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
                                     "Content-Disposition: attachment; filename=\"../../etc/passwd\"\r\n\r\nQUJD\r\n--b--\r\n");
  const outcome people = run("mime --text " + message);
  CHECK(people.code == exit_code::ok);
  CHECK_THAT(people.out, ContainsSubstring("Subject: Caf\xc3\xa9"));
  CHECK_THAT(people.out, ContainsSubstring("anchor: https://real.example/  shown as \"https://shown.example\""));
  CHECK_THAT(people.out, ContainsSubstring("hidden:"));
  CHECK_THAT(people.out, ContainsSubstring("3 octets, sha256 b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78"));
  const outcome json = run("mime --json " + message);
  CHECK_THAT(json.out, ContainsSubstring("\"file_name\":\"../../etc/passwd\""));
  CHECK_THAT(json.out, ContainsSubstring("\"ambiguous\":false"));

  const std::string folder = s.path() + "/parts";
  REQUIRE(run("mime --extract " + folder + " " + message + " >/dev/null").code == exit_code::ok);
  std::ifstream in(folder + "/002-_._.__etc_passwd", std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(in)), {});
  std::string names;
  for (const auto& e : std::filesystem::directory_iterator(folder)) names += e.path().filename().string() + " ";
  INFO(names);
  CHECK(content == "ABC");
  CHECK(run("mime --extract " + folder + " " + message + " >/dev/null 2>&1").code == exit_code::failed);  // nothing is overwritten
  // Two messages of one name have a folder each.
  const std::filesystem::path other = std::filesystem::path(s.path()) / "other";
  std::filesystem::create_directory(other);
  std::filesystem::copy_file(message, other / "m.eml");
  const std::string both = s.path() + "/both";
  CHECK(run("mime --extract " + both + " " + message + " " + (other / "m.eml").string() + " >/dev/null").code == exit_code::ok);
  for (const char* one : {"m.eml", "2-m.eml"}) CHECK(std::filesystem::exists(std::filesystem::path(both) / one / "002-_._.__etc_passwd"));
  CHECK(run("mime " + s.path() + " 2>/dev/null").code == exit_code::failed);
}

TEST_CASE("scan says that there is no message, instead of forwarding nothing") {
  const scratch s;
  std::filesystem::create_directory(s.path() + "/box");
  for (const std::string& where : {s.path() + "/box", std::string("/dev/null"), std::string("- </dev/null"), "--json " + s.path() + "/box"}) {
    INFO(where);
    const outcome none = run("scan " + where + " 2>&1");
    CHECK(none.code == exit_code::negative);
    CHECK(none.out == "sluice: no message there\n");
  }
  s.file("box/empty", "");
  s.file("box/a.eml", "Subject: Minutes\n\nSee you at nine.\n");
  s.file("box/noise", std::string("\0\xff\x80\n\x01\x1b[31m", 10));
  const outcome some = run("scan --tsv " + s.path() + "/box");
  CHECK(some.code == exit_code::ok);
  CHECK_THAT(some.out, ContainsSubstring("box/a.eml") && ContainsSubstring("box/noise") && !ContainsSubstring("box/empty") && !ContainsSubstring("\x1b"));
  CHECK(run("scan " + s.path() + "/missing 2>/dev/null >/dev/null").code == exit_code::failed);
}

TEST_CASE("slot --batch answers each line, tells which one it did not understand, and skips blank ones") {
  const scratch s;
  const std::string lure = "\"Call 802 538 3069 to cancel your PayPal order\"";
  const outcome good = run("slot --batch < " + s.file("good", "\xEF\xBB\xBF{\"id\":1,\"text\":\"Contoso Ltd\"}\r\n\r\n  \n{\"id\":2,\"type\":\"name\",\"text\":" + lure + "}\n"));
  CHECK(good.code == exit_code::ok);
  CHECK_THAT(good.out, ContainsSubstring("{\"id\":1,\"verdict\":\"clean\"") && ContainsSubstring("{\"id\":2,\"verdict\":\"abuse\"") && !ContainsSubstring("error"));
  const outcome bad = run("slot --batch < " + s.file("bad", "{\"id\":1,\"type\":7,\"text\":\"x\"}\n\n{\"id\":\"b\",\"type\":\"nam\",\"text\":\"x\"}\n{\"id\":3}\nhello\n{\"id\":5,\"text\":\"x\"}\n"));
  CHECK(bad.code == exit_code::failed);
  CHECK_THAT(bad.out, ContainsSubstring("{\"id\":1,\"line\":1,\"error\":\"\\\"type\\\" is not a string\"}"));
  CHECK_THAT(bad.out, ContainsSubstring("{\"id\":\"b\",\"line\":3,\"error\":\"\\\"type\\\" is one of name"));
  CHECK_THAT(bad.out, ContainsSubstring("{\"id\":3,\"line\":4,\"error\":") && ContainsSubstring("{\"id\":null,\"line\":5,\"error\":"));
  CHECK_THAT(bad.out, ContainsSubstring("{\"id\":5,\"verdict\":\"clean\""));
}
