#include "firmware/supervisor/options.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>

#include "core/concat.hpp"

namespace sluice::supervisor {
namespace {

enum class kind { text, count, seconds };

struct row {
  const char* name;
  kind what;
  void* target;
  const char* help;
};

std::vector<row> rows(options& o) {
  life_limits& l = o.limits;
  return {
      {"--config", kind::text, &o.config, "configuration of the service"},
      {"--service", kind::text, &o.service, "the program sluice"},
      {"--user", kind::text, &o.user, "whom it runs as"},
      {"--runtime-directory", kind::text, &o.runtime_directory, "for the sockets; not kept"},
      {"--state-directory", kind::text, &o.state_directory, "reset reason, rollback index, slots; kept"},
      {"--update-directory", kind::text, &o.update_directory, "where bundles to install lie"},
      {"--release", kind::text, &o.release_file, "VERSION= and ROLLBACK_INDEX= of the running image"},
      {"--cgroup", kind::text, &o.cgroup, "cgroup v2 of the service, or none"},
      {"--watchdog", kind::text, &o.watchdog, "device, or none: a hang then ends in a restart of the service"},
      {"--watchdog-timeout", kind::count, &o.watchdog_timeout_s, "seconds until it resets the machine"},
      {"--vote-period", kind::seconds, &l.vote_period, "seconds; the service votes at least so often"},
      {"--start-limit", kind::seconds, &l.start_limit, "seconds until it must be ready"},
      {"--stop-limit", kind::seconds, &l.stop_limit, "seconds until a stop is forced"},
      {"--bite-limit", kind::seconds, &l.bite_limit, "seconds after which a watchdog that did not reset is not waited for"},
      {"--first-pause", kind::seconds, &l.first_pause, "seconds before the first restart; doubled each time"},
      {"--longest-pause", kind::seconds, &l.longest_pause, "seconds, at most"},
      {"--failures", kind::count, &l.failures_to_safe_mode, "failures until safe mode"},
      {"--failure-window", kind::seconds, &l.failure_window, "seconds in which they count"},
      {"--led", kind::text, &o.led, "name in /sys/class/leds, or none"},
      {"--button", kind::text, &o.button, "gpio:CHIP:LINE[:active-low], input:DEVICE[:KEY] or none"},
      {"--button-seconds", kind::count, &o.button_seconds, "held so long it is a factory reset"},
      {"--rauc", kind::text, &o.rauc, "the updater"},
      {"--fw-printenv", kind::text, &o.slot_tools.print, "reads boot variables"},
      {"--fw-setenv", kind::text, &o.slot_tools.set, "writes them"},
      {"--apply-network", kind::text, &o.apply_network, "puts a network file into force"},
      {"--factory-reset", kind::text, &o.factory_reset, "wipes what makes this box this box"},
      {"--keep-copy", kind::text, &o.keep_copy, "keeps a copy of the configuration beside the data partition, or none"},
      {"--reboot", kind::text, &o.reboot, "restarts the machine"},
      {"--log-format", kind::text, &o.log_format, "text, json or rfc5424, to standard error"},
      {"--root", kind::text, &o.root, "prefix of /sys and /proc, for tests"},
  };
}

bool number(const char* text, double& out) {
  const char* end = text + std::strlen(text);
  const auto [at, ec] = std::from_chars(text, end, out);
  return ec == std::errc{} && at == end && out >= 0 && out <= 1e6;
}

void print_help(options& o) {
  std::fputs(
      "Usage: sluice-supervisor [OPTION VALUE]...\n"
      "       sluice-supervisor [--runtime-directory DIR] --ask VERB [WORD | KEY=VALUE]...\n"
      "Starts the service, feeds the hardware watchdog while every part of it votes, restarts it, and does what needs root.\n\n",
      stdout);
  for (const row& r : rows(o)) std::printf("  %-20s %s%s%s\n", r.name, r.help, r.what == kind::text ? "; default " : "", r.what == kind::text ? static_cast<std::string*>(r.target)->c_str() : "");
  std::fputs("  --no-slots           one system only: no boot variables\n"
             "  --ask VERB ...       asks a running supervisor; exit code 0 ok, 1 error\n", stdout);
}

bool set(const row& r, const char* text, std::string& why) {
  double value = 0;
  if (r.what == kind::text) {
    *static_cast<std::string*>(r.target) = text;
  } else if (!number(text, value)) {
    why = concat(std::string(r.name), ": not a number: ", text);
    return false;
  } else if (r.what == kind::count) {
    *static_cast<unsigned*>(r.target) = static_cast<unsigned>(value);
  } else {
    *static_cast<milliseconds*>(r.target) = milliseconds(static_cast<std::int64_t>(value * 1000));
  }
  return true;
}

}  // namespace

bool read_options(int argc, char** argv, options& out, std::string& why, bool& done) {
  const std::vector<row> known = rows(out);
  done = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--help" || word == "-h") {
      print_help(out);
      done = true;
      return true;
    }
    if (word == "--no-slots") {
      out.slots = false;
      continue;
    }
    if (word == "--ask") {
      for (++i; i < argc; ++i) out.ask.emplace_back(argv[i]);
      if (out.ask.empty()) why = "--ask: what?";
      return !out.ask.empty();
    }
    const row* found = nullptr;
    for (const row& r : known)
      if (word == r.name) found = &r;
    if (found == nullptr || i + 1 >= argc) {
      why = found == nullptr ? concat("unknown option ", word) : concat(word, ": its value is missing");
      return false;
    }
    if (!set(*found, argv[++i], why)) return false;
  }
  if (out.limits.failures_to_safe_mode == 0 || out.watchdog_timeout_s == 0) why = "a number must not be 0";
  return why.empty();
}

}  // namespace sluice::supervisor
