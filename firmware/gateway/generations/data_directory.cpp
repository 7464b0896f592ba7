#include "firmware/gateway/generations/data_directory.hpp"

#include <algorithm>

#include "config/toml_reader.hpp"
#include "core/ascii.hpp"
#include "firmware/gateway/load_config.hpp"

namespace sluice::gateway {
namespace {

constexpr std::string_view key = "data_directory";

// From `data_directory = "/path"` alone on its line, before the first table.
std::string from_line(std::string_view line) {
  line = ascii::trim(line);
  if (!line.starts_with(key)) return {};
  line = ascii::trim(line.substr(key.size()));
  if (!line.starts_with('=')) return {};
  line = ascii::trim(line.substr(1));
  if (line.size() < 3 || (line[0] != '"' && line[0] != '\'') || line[1] != '/') return {};
  const std::size_t end = line.find(line[0], 1);
  if (end == line.npos || line.substr(0, end).find('\\') != line.npos) return {};
  return std::string(line.substr(1, end - 1));
}

}  // namespace

std::string data_directory_in(std::string_view toml) {
  const config::read_result read = config::read_toml(toml);
  if (read.ok() || read.value.data_directory != config::model().data_directory) return read.value.data_directory;
  while (!toml.empty()) {
    const std::size_t end = std::min(toml.find('\n'), toml.size());
    const std::string_view line = toml.substr(0, end);
    if (ascii::trim(line).starts_with('[')) break;
    if (std::string found = from_line(line); !found.empty()) return found;
    toml.remove_prefix(std::min(end + 1, toml.size()));
  }
  return read.value.data_directory;
}

std::string data_directory_of(const std::string& config_file) {
  const auto text = read_config_file(config_file);
  return data_directory_in(text.value_or(""));
}

}  // namespace sluice::gateway
