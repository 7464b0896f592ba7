// sluice system: what an appliance is and how it does, updates, restart, factory reset.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/control_client.hpp"
#include "firmware/gateway/commands/local_client.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/load_config.hpp"

namespace sluice::gateway {
namespace {

namespace json_lib = boost::json;
using status::http::verb;
constexpr const char* route = "/api/v1/system";
constexpr std::chrono::milliseconds look_period{500};

struct system_words {
  std::string config = "/etc/sluice/sluice.toml", file, confirm;
  bool json = false, reboot = false;
};

bool directory_of(const std::string& config, std::string& out, int& code) {
  const auto m = load_config(config, false, code);
  if (m) out = m->data_directory;
  return m.has_value();
}

int cannot(const control_reply& r) {
  std::fprintf(stderr, "sluice: %s\n", words_of(r).c_str());
  return exit_code::failed;
}

std::string field(const json_lib::object& o, const char* key) {
  const auto* v = o.if_contains(key);
  if (v == nullptr || v->is_null()) return {};
  return printable(v->is_string() ? std::string(v->as_string()) : json_lib::serialize(*v));
}

json_lib::object object_in(const std::string& text) {
  boost::system::error_code ec;
  const json_lib::value v = json_lib::parse(text, ec);
  return ec || !v.is_object() ? json_lib::object() : v.as_object();
}

json_lib::object member(const json_lib::object& o, const char* key) {
  const auto* v = o.if_contains(key);
  return v != nullptr && v->is_object() ? v->as_object() : json_lib::object();
}

void print_status(const json_lib::object& all) {
  std::printf("Sluice %s, data format %s\n", field(all, "version").c_str(), field(all, "data_format").c_str());
  if (field(all, "appliance") != "true") {
    std::printf("Not an appliance: no supervisor.\n");
    return;
  }
  const json_lib::object box = member(all, "box"), trial = member(all, "trial"), update = member(all, "update");
  if (!field(all, "problem").empty()) std::printf("The supervisor does not answer: %s\n", field(all, "problem").c_str());
  std::printf("Runs:       slot %s, version %s, %s, %s tries left\n", field(box, "slot").c_str(), field(box, "version").c_str(), field(box, "slot_state").c_str(), field(box, "tries_left").c_str());
  std::printf("Other:      slot %s, version %s, %s\n", field(box, "other").c_str(), field(box, "other_version").c_str(), field(box, "other_state").c_str());
  std::printf("Restarted:  %s %s\n", field(box, "reset_reason").c_str(), field(box, "reset_detail").c_str());
  std::printf("Board:      %s %s\n", field(box, "board").c_str(), field(box, "serial").c_str());
  std::printf("Watchdog:   %s\n", field(box, "watchdog").c_str());
  std::printf("Root:       %s, checked at the start: %s; rollback index %s\n", field(box, "rootfs").c_str(), field(box, "boot_verified").c_str(), field(box, "rollback_index").c_str());
  if (field(box, "safe_mode") == "1") std::printf("SAFE MODE after %s restarts\n", field(box, "restarts").c_str());
  if (field(trial, "state") == "trying" || field(trial, "state") == "bad") std::printf("Trial:      %s %s\n", field(trial, "state").c_str(), field(trial, "text").c_str());
  if (field(update, "state") != "idle") std::printf("Update:     %s %s%s\n", field(update, "state").c_str(), field(update, "version").c_str(), field(update, "text").c_str());
}

int show(const system_words& o) {
  std::string directory;
  int code = exit_code::ok;
  if (!directory_of(o.config, directory, code)) return code;
  const control_reply r = ask_control(directory, verb::get, route);
  if (!r.good()) return cannot(r);
  if (o.json) std::fwrite(r.body.data(), 1, r.body.size(), stdout);
  else print_status(object_in(r.body));
  return exit_code::ok;
}

// A line that is written over on a terminal; elsewhere only what is new in words.
class progress_line {
 public:
  explicit progress_line(bool quiet) : live_(::isatty(STDERR_FILENO) != 0), quiet_(quiet) {}
  ~progress_line() { end(); }
  void show(const std::string& what, unsigned percent) {
    if (quiet_ || (what == last_ && percent == percent_) || (!live_ && what == last_)) return;
    last_ = what;
    percent_ = percent;
    if (live_) std::fprintf(stderr, "\r\033[K%3u %% %s", percent, what.c_str());
    else std::fprintf(stderr, "%s\n", what.c_str());
    open_ = live_;
  }
  void end() {
    if (open_) std::fprintf(stderr, "\n");
    open_ = false;
  }

 private:
  std::string last_;
  unsigned percent_ = 101;
  bool live_, quiet_, open_ = false;
};

int follow(const std::string& directory, bool as_json, progress_line& line) {
  for (;;) {
    const control_reply r = ask_control(directory, verb::get, concat(std::string(route), "/update"));
    if (!r.good()) return line.end(), cannot(r);
    const json_lib::object o = object_in(r.body);
    const std::string state = field(o, "state");
    if (state == "installing" || state == "receiving") {
      const auto* percent = o.if_contains("percent");
      line.show(concat("installing", (field(o, "text").empty() ? "" : concat(": ", field(o, "text")))), percent != nullptr && percent->is_int64() ? static_cast<unsigned>(percent->as_int64()) : 0);
      std::this_thread::sleep_for(look_period);
      continue;
    }
    line.end();
    if (as_json) std::fwrite(r.body.data(), 1, r.body.size(), stdout);
    if (state != "installed") {
      std::fprintf(stderr, "sluice: not installed: %s\n", field(o, "text").c_str());
      return exit_code::failed;
    }
    if (!as_json) std::printf("Version %s is installed. The next start tries it: sluice system reboot\n", field(o, "version").c_str());
    return exit_code::ok;
  }
}

int update(const system_words& o) {
  std::string directory;
  int code = exit_code::ok;
  if (!directory_of(o.config, directory, code)) return code;
  const int file = ::open(o.file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (file < 0 || ::fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) {
    std::fprintf(stderr, "sluice: %s: %s\n", printable(o.file).c_str(), file < 0 ? std::strerror(errno) : "is no file, or empty");
    if (file >= 0) ::close(file);
    return exit_code::failed;
  }
  const auto octets = static_cast<std::uint64_t>(info.st_size);
  progress_line line(o.json);
  local_client box(directory);
  const auto answer = box.upload(concat(std::string(route), "/update", (o.reboot ? "?reboot=true" : "")), file, octets,
                                 [&](std::uint64_t gone) { line.show("sending", static_cast<unsigned>(gone * 100 / octets)); });
  ::close(file);
  control_reply r;
  if (answer) r = {answer->status, answer->body, {}};
  else r.why = box.error();
  if (!r.good()) return line.end(), cannot(r);
  return follow(directory, o.json, line);
}

int act(const system_words& o, const char* what, const std::string& body, const char* done) {
  std::string directory;
  int code = exit_code::ok;
  if (!directory_of(o.config, directory, code)) return code;
  const control_reply r = ask_control(directory, verb::post, concat(std::string(route), "/", what), body);
  if (!r.good()) return cannot(r);
  std::printf("%s\n", done);
  return exit_code::ok;
}

CLI::App* add(CLI::App* top, const std::shared_ptr<system_words>& o, const char* name, const char* what) {
  CLI::App* c = top->add_subcommand(name, what);
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
  return c;
}

}  // namespace

void add_system_command(CLI::App& app, command_result& result) {
  auto o = std::make_shared<system_words>();
  CLI::App* top = app.add_subcommand("system", "an appliance: status, update, reboot, factory-reset, mark-good, leave-safe-mode");
  top->require_subcommand(1);
  CLI::App* c = add(top, o, "status", "show both systems, board, watchdog, why it restarted, updates");
  c->add_flag("--json", o->json, "print JSON instead of text");
  c->callback([o, &result] { result.code = show(*o); });
  c = add(top, o, "update", "install a signed update into the other slot");
  c->add_option("FILE", o->file, "the bundle")->required();
  c->add_flag("--reboot", o->reboot, "restart into it when it is installed");
  c->add_flag("--json", o->json, "print JSON instead of progress");
  c->callback([o, &result] { result.code = update(*o); });
  c = add(top, o, "reboot", "restart the box in good order");
  c->callback([o, &result] { result.code = act(*o, "reboot", "", "The box restarts."); });
  c = add(top, o, "factory-reset", "delete configuration, users, keys and held mail, and restart");
  c->add_option("--confirm", o->confirm, "the host name of the box: this cannot be undone")->required();
  c->callback([o, &result] { result.code = act(*o, "factory-reset", concat("{\"confirm\":", json_string(o->confirm), "}"), "The box deletes everything and restarts."); });
  c = add(top, o, "mark-good", "mark the running system good by hand");
  c->callback([o, &result] { result.code = act(*o, "mark-good", "", "Marked good."); });
  c = add(top, o, "leave-safe-mode", "start normally again");
  c->callback([o, &result] { result.code = act(*o, "leave-safe-mode", "", "It starts normally."); });
  top->footer(
      "Examples:\n"
      "  sluice system status\n"
      "  sluice system update sluice-1.2.raucb --reboot\n"
      "  sluice system factory-reset --confirm mx1.example.org\n"
      "Exit status: 0, 2 wrong usage, 3 bad configuration, 4 no program runs, or it refused.");
}

}  // namespace sluice::gateway
