// sluice baseline: what was learned about senders at this site: show, export and import it. Reads and writes the file in
// data_directory; importing needs a Sluice that is not running, because that one writes its own.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>

#include "core/concat.hpp"
#include "firmware/gateway/records/baseline_file.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/gateway/wiring.hpp"
#include "hal/linux/files.hpp"

namespace sluice::gateway {
namespace {

using inspect::baseline_entry;
constexpr std::size_t max_line = 64 * 1024;

struct baseline_options {
  std::string config = default_config_file, domain, file;
};

std::string day_text(std::uint32_t day) {
  const std::time_t t = static_cast<std::time_t>(day) * 86400;
  std::tm when{};
  gmtime_r(&t, &when);
  char out[16];
  std::strftime(out, sizeof out, "%Y-%m-%d", &when);
  return out;
}

template <std::size_t N>
std::string json_memory(const inspect::small_memory<N>& m) {
  std::string out;
  for (std::size_t i = 0; i < N; ++i) {
    if (m.value[i] == 0) continue;
    char one[32];
    std::snprintf(one, sizeof one, "%s\"%08x:%u\"", out.empty() ? "" : ",", m.value[i], m.hits[i]);
    out += one;
  }
  return concat("[", out, "]");
}

std::string as_json(const baseline_entry& e) {
  return concat("{\"domain\":", json_string(e.name()), ",\"first\":\"", day_text(e.first_day), "\",\"last\":\"", day_text(e.last_day), "\",\"first_day\":", std::to_string(e.first_day),
         ",\"last_day\":", std::to_string(e.last_day), ",\"messages\":", std::to_string(e.messages), ",\"days\":", std::to_string(e.days),
         ",\"surprising\":", std::to_string(e.surprising), ",\"links\":", json_memory(e.links), ",\"names\":", json_memory(e.names), ",\"text\":", json_memory(e.text), "}\n");
}

struct opened {
  hal::linux_files files;
  std::string directory;
  std::unique_ptr<net::baseline> table;
  baseline_state state = baseline_state::missing;

  bool open(const baseline_options& o, int& code) {
    const auto m = load_config(o.config, false, code);
    if (!m) return false;
    directory = m->data_directory;
    net::shared_options options = shared_options_of(*m);
    std::uint64_t secret = options.secret;
    baseline_secret(files, directory, secret);
    table = std::make_unique<net::baseline>(m->baseline.domains, secret);
    state = load_baseline(files, directory, *table);
    if (state == baseline_state::damaged || state == baseline_state::unreadable) {
      std::fprintf(stderr, "sluice: %s/baseline %s\n", printable(directory).c_str(), state == baseline_state::damaged ? "is damaged" : "cannot be read");
      code = exit_code::failed;
      return false;
    }
    return true;
  }
};

int show(const baseline_options& o, bool json) {
  int code = exit_code::ok;
  opened b;
  if (!b.open(o, code)) return code;
  std::size_t shown = 0;
  b.table->with([&](const inspect::baseline_table& t) {
    for (const baseline_entry& e : t.entries()) {
      if (e.name().empty() || (!o.domain.empty() && e.name() != o.domain)) continue;
      ++shown;
      if (json) {
        std::fputs(as_json(e).c_str(), stdout);
      } else {
        std::printf("%-40s %8u messages on %4u days, %s to %s, %2zu link domains, %2zu names, %2zu text pieces%s\n", printable(e.name()).c_str(), e.messages, e.days,
                    day_text(e.first_day).c_str(), day_text(e.last_day).c_str(), e.links.used(), e.names.used(), e.text.used(), e.established() ? "" : ", not yet established");
      }
    }
  });
  if (!json) std::printf("%zu of %zu places\n", shown, b.table->capacity());
  return shown != 0 ? exit_code::ok : exit_code::negative;
}

template <std::size_t N>
bool read_memory(const boost::json::object& o, const char* key, inspect::small_memory<N>& out) {
  const auto* list = o.if_contains(key);
  if (list == nullptr || !list->is_array() || list->get_array().size() > N) return false;
  std::size_t i = 0;
  for (const auto& v : list->get_array()) {
    if (!v.is_string()) return false;
    const std::string_view text = v.get_string();
    if (text.size() < 10 || text[8] != ':') return false;
    unsigned hits = 0;
    const auto a = std::from_chars(text.data(), text.data() + 8, out.value[i], 16);
    const auto b = std::from_chars(text.data() + 9, text.data() + text.size(), hits);
    if (a.ptr != text.data() + 8 || b.ptr != text.data() + text.size() || hits > 255 || out.value[i] == 0) return false;
    out.hits[i++] = static_cast<std::uint8_t>(hits);
  }
  return true;
}

template <class Number>
bool read_number(const boost::json::object& o, const char* key, Number& out) {
  const auto* v = o.if_contains(key);
  if (v == nullptr) return false;
  boost::system::error_code error;
  out = v->to_number<Number>(error);
  return !error;
}

bool read_entry(const std::string& line, baseline_entry& e) {
  boost::system::error_code error;
  const boost::json::value v = boost::json::parse(line, error);
  if (error || !v.is_object()) return false;
  const boost::json::object& o = v.get_object();
  const auto* domain = o.if_contains("domain");
  if (domain == nullptr || !domain->is_string()) return false;
  const std::string_view name = domain->get_string();
  if (name.empty() || name.size() >= e.domain.size() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") != std::string_view::npos) return false;
  std::copy(name.begin(), name.end(), e.domain.begin());
  return read_number(o, "first_day", e.first_day) && read_number(o, "last_day", e.last_day) && read_number(o, "messages", e.messages) && read_number(o, "days", e.days) &&
         read_number(o, "surprising", e.surprising) && read_memory(o, "links", e.links) && read_memory(o, "names", e.names) && read_memory(o, "text", e.text);
}

int import(const baseline_options& o) {
  int code = exit_code::ok;
  opened b;
  if (!b.open(o, code)) return code;
  int lock = -1;
  if (b.files.lock((concat(b.directory, "/baseline.lock")).c_str(), lock) != 0) {
    std::fprintf(stderr, "sluice: a running Sluice has the baseline of %s: stop it first\n", printable(b.directory).c_str());
    return exit_code::failed;
  }
  std::ifstream file;
  if (o.file != "-") file.open(o.file);
  std::istream& in = o.file == "-" ? std::cin : file;
  std::size_t taken = 0, full = 0, number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty()) continue;
    baseline_entry e;
    if (line.size() > max_line || !read_entry(line, e)) {
      std::fprintf(stderr, "sluice: %s:%zu: this is no line of sluice baseline export; nothing was changed\n", printable(o.file).c_str(), number);
      return exit_code::bad_config;
    }
    const bool room = b.table->with([&e](inspect::baseline_table& t) { return t.merge(e); });
    ++(room ? taken : full);
  }
  if (number == 0) {
    std::fprintf(stderr, "sluice: %s is empty or cannot be read\n", printable(o.file).c_str());
    return exit_code::failed;
  }
  const int error = save_baseline(b.files, b.directory, *b.table);
  if (error != 0) {
    std::fprintf(stderr, "sluice: cannot write %s/baseline: %s\n", printable(b.directory).c_str(), std::strerror(error));
    return exit_code::failed;
  }
  std::printf("%zu senders taken, %zu had no room\n", taken, full);
  return exit_code::ok;
}

}  // namespace

void add_baseline_command(CLI::App& app, command_result& result) {
  auto o = std::make_shared<baseline_options>();
  CLI::App* top = app.add_subcommand("baseline", "what was learned about senders at this site");
  top->require_subcommand(1);
  CLI::App* c = top->add_subcommand("show", "list senders, as last written");
  c->add_option("DOMAIN", o->domain, "only this one");
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
  c->callback([o, &result] { result.code = show(*o, false); });
  c = top->add_subcommand("export", "write everything as JSON lines to standard output");
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
  c->callback([o, &result] { result.code = show(*o, true); });
  c = top->add_subcommand("import", "take over an export; what is known better here stays");
  c->add_option("FILE", o->file, "of sluice baseline export; - is standard input")->required();
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
  c->callback([o, &result] { result.code = import(*o); });
  top->footer(
      "Examples:\n"
      "  sluice baseline show example.com\n"
      "  sluice baseline export > senders.jsonl\n"
      "  sluice baseline import senders.jsonl\n"
      "Exit status: 0, 1 nothing is known, 2 wrong usage, 3 bad configuration or export, 4 a file could not be read or written.");
}

}  // namespace sluice::gateway
