#include "firmware/gateway/load_config.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

#include "config/check_files.hpp"
#include "config/derive.hpp"
#include "config/toml_reader.hpp"
#include "firmware/gateway/budget.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/gateway/rule_names.hpp"
#include "firmware/gateway/sandbox/reach.hpp"

namespace sluice::gateway {

std::optional<std::string> read_config_file(const std::string& file) {
  const int fd = file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text(config::max_file_bytes + 1,
                   '\0');  // one more than allowed: the reader then says that it is too long
  std::size_t size = 0;
  ssize_t n = 1;
  while (size < text.size() && (n = read(fd, text.data() + size, text.size() - size)) != 0) {
    if (n < 0 && errno != EINTR) break;
    if (n > 0) size += static_cast<std::size_t>(n);
  }
  const int error = errno;
  if (fd != STDIN_FILENO) close(fd);
  errno = error;
  if (n < 0) return {};
  text.resize(size);
  return text;
}

loaded_config load_config_text(std::string_view text, bool with_files) {
  config::read_result read = config::read_toml(text);
  loaded_config out{std::move(read.value), std::move(read.problems), std::move(read.where), false};
  const auto is_note = [](const config::problem& p) { return p.is_note; };
  if (!std::ranges::all_of(out.problems, is_note)) return out;

  char host[256] = "localhost";
  if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0') std::strcpy(host, "localhost");
  config::fill_derived(out.value, {host, std::thread::hardware_concurrency()});
  check_rule_names(out.value, out.where, out.problems);
  if (with_files) {
    config::check_files(out.value, out.where, out.problems);
    if (const file_rules* rules = rules_of_sandbox()) check_reach(*rules, out.value, out.where, out.problems);
  }
  const budget sum = compute_budget(out.value);
  if (!sum.fits()) {
    out.problems.push_back({out.where.find("memory.total"), "memory.total", explain_misfit(sum),
                            "raise memory.total, or lower memory.sessions or memory.window_pool", false});
  }
  for (config::problem& note : budget_notes(sum)) {
    note.at = out.where.find(note.key);
    out.problems.push_back(std::move(note));
  }
  out.usable = std::ranges::all_of(out.problems, is_note);
  return out;
}

void print_problems(const std::vector<config::problem>& problems, const std::string& file) {
  const bool on = wants_colour(STDERR_FILENO);
  for (const config::problem& p : problems) {
    std::string line = printable(config::format(p, file == "-" ? "standard input" : file));
    const std::string_view word = p.is_note ? "note:" : "error:";
    if (const std::size_t at = line.find(word); on && at != std::string::npos)
      line.replace(at, word.size(), paint(word, p.is_note ? colour::blue : colour::red, true));
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

std::optional<config::model> load_config(const std::string& file, bool with_files, int& exit_code, bool notes) {
  const auto text = read_config_file(file);
  if (!text) {
    std::fprintf(stderr, "sluice: cannot read %s: %s\n", printable(file).c_str(), std::strerror(errno));
    exit_code = exit_code::failed;
    return {};
  }
  loaded_config loaded = load_config_text(*text, with_files);
  if (!notes) std::erase_if(loaded.problems, [](const config::problem& p) { return p.is_note; });
  print_problems(loaded.problems, file);
  if (loaded.usable) return std::move(loaded.value);
  exit_code = exit_code::bad_config;
  return {};
}

}  // namespace sluice::gateway
