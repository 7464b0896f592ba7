#include "firmware/supervisor/state.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>
#include <vector>

#include "core/concat.hpp"
#include "firmware/supervisor/request.hpp"
#include "hal/linux/text_file.hpp"

namespace sluice::supervisor {
namespace {

constexpr std::size_t history_lines = 64;

std::uint64_t number(const std::string& text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

void add_line(const std::string& file, const std::string& line) {
  std::istringstream in(hal::read_text(file).value_or(""));
  std::vector<std::string> lines;
  for (std::string l; std::getline(in, l);) lines.push_back(l);
  lines.push_back(line);
  std::string out;
  for (std::size_t i = lines.size() > history_lines ? lines.size() - history_lines : 0; i < lines.size(); ++i) append_to(out, lines[i], "\n");
  hal::publish_text(file, out);
}

}  // namespace

release_facts read_release(const std::string& file) {
  const std::string text = hal::read_text(file).value_or("");
  return {shell_value(text, "VERSION"), shell_value(text, "BOARD"), shell_value(text, "COMPATIBLE"), shell_value(text, "KEYS"), number(shell_value(text, "ROLLBACK_INDEX"))};
}

std::string state_files::open() {
  if (::mkdir(folder_.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return concat(folder_, ": ", std::strerror(errno));
}

reset_reason state_files::take_reason(const std::string& runtime, const boot_facts& facts, const std::string& about) {
  const std::string seen = concat(runtime, "/reset-reason");
  if (const auto known = hal::read_text(seen)) return reason_from(*known).value_or(reset_reason{});
  const auto kept = hal::read_text(path("reset-reason"));
  const reset_reason out = judge_reset(kept ? reason_from(*kept) : std::nullopt, facts);
  hal::publish_text(seen, to_text(out));
  add_line(path("boot-history"), concat(about, " ", out.what, (out.detail.empty() ? "" : concat(" (", out.detail, ")"))));
  forget_reason();
  return out;
}

int state_files::keep_reason(const reset_reason& r) { return hal::publish_text(path("reset-reason"), to_text(r)); }

void state_files::forget_reason() { ::unlink(path("reset-reason").c_str()); }

std::uint64_t state_files::rollback_index() const { return number(hal::first_line(path("rollback-index"))); }

int state_files::raise_rollback_index(std::uint64_t to) {
  return to <= rollback_index() ? 0 : hal::publish_text(path("rollback-index"), concat(std::to_string(to), "\n"));
}

slot_record state_files::slot(char name) const {
  std::istringstream in(hal::read_text(path("slots")).value_or(""));
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string slot;
    slot_record out;
    if (words >> slot >> out.version >> out.state && slot == std::string(1, name)) return out;
  }
  return {};
}

int state_files::set_slot(char name, const slot_record& r) {
  std::string out;
  for (const char c : {'A', 'B'}) {
    const slot_record now = c == name ? r : slot(c);
    if (!now.state.empty()) append_to(out, std::string(1, c), " ", (now.version.empty() ? "-" : encoded(now.version)), " ", now.state, "\n");
  }
  return hal::publish_text(path("slots"), out);
}

std::int64_t state_files::last_time() const { return hal::number_in(path("last-time")).value_or(0); }

int state_files::keep_time(std::int64_t unix_seconds) {
  return unix_seconds <= last_time() ? 0 : hal::publish_text(path("last-time"), concat(std::to_string(unix_seconds), "\n"));
}

}  // namespace sluice::supervisor
