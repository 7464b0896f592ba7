#include "firmware/gateway/manage/support_bundle.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include "config/schema.hpp"
#include "core/concat.hpp"

namespace sluice::gateway {
namespace {

constexpr std::string_view word_ends = " \t\n\"'<>,;()[]{}";
constexpr std::string_view masked = "\"(left out)\"";

// Kinds of values that are numbers, names of ours or addresses of machines.
bool holds_no_secret(config::value_kind k) {
  using kind = config::value_kind;
  constexpr std::array harmless{kind::boolean, kind::count, kind::size, kind::rate, kind::duration, kind::choice, kind::host_name, kind::domain,
                                kind::path, kind::log_target, kind::id_list, kind::domain_list, kind::network_list, kind::server_list,
                                kind::listen_address, kind::listen_or_off, kind::host_and_port};
  return std::ranges::find(harmless, k) != harmless.end();
}

void add_section(const config::table& t, const void* section, std::string& out) {
  if (!t.path.empty()) append_to(out, std::string(t.is_array ? "\n[[" : "\n["), t.path, (t.is_array ? "]]\n" : "]\n"));
  for (const config::key& k : t.keys)
    append_to(out, k.name, " = ", (holds_no_secret(k.kind) ? without_addresses(config::value_as_toml(k, section)) : std::string(masked)), "\n");
}

std::string beginning_of(const char* path, std::size_t most) {
  std::ifstream in(path);
  std::string out(most, '\0');
  in.read(out.data(), static_cast<std::streamsize>(most));
  out.resize(static_cast<std::size_t>(in.gcount()));
  return out;
}

}  // namespace

std::string without_addresses(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(word_ends), text.size());
    const std::string_view word = text.substr(0, end);
    const bool address = word.find('@') != std::string_view::npos || word.find("%40") != std::string_view::npos;
    out += address ? std::string_view("*") : word;
    if (end < text.size()) out += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string support_config(const config::model& m) {
  std::string out;
  auto& all = const_cast<config::model&>(m);  // table::at() wants it for the reader; nothing is written here
  for (const config::table& t : config::schema())
    for (std::size_t i = 0; i < t.size(m); ++i) add_section(t, t.at(all, i), out);
  return out;
}

std::string support_machine() {
  constexpr std::size_t most = 6 * 1024;
  std::string out;
  for (const char* path : {"/proc/version", "/proc/uptime", "/proc/loadavg", "/proc/meminfo", "/proc/pressure/memory", "/proc/pressure/io",
                           "/proc/cpuinfo", "/proc/self/status", "/proc/self/limits", "/proc/self/io", "/proc/net/sockstat",
                           "/proc/net/netstat", "/proc/diskstats"})
    append_to(out, "==> ", path, "\n", beginning_of(path, most), "\n");
  return out;
}

}  // namespace sluice::gateway
