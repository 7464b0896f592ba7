#include "firmware/supervisor/notice.hpp"

#include <charconv>

namespace sluice::supervisor {
namespace {

// Names of parts go into logs and file names of reasons: letters, digits, dash, dot.
std::string plain(std::string_view in, std::size_t most) {
  std::string out;
  for (const char c : in.substr(0, most)) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    out += fine ? c : '-';
  }
  return out;
}

}  // namespace

notice read_notice(std::string_view datagram) {
  notice out;
  while (!datagram.empty()) {
    const std::string_view line = datagram.substr(0, datagram.find('\n'));
    datagram.remove_prefix(std::min(datagram.size(), line.size() + 1));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, equals), value = line.substr(equals + 1);
    if (name == "READY") out.ready = value == "1";
    if (name == "WATCHDOG") out.alive = value == "1";
    if (name == "STOPPING") out.stopping = value == "1";
    if (name == "X_SLUICE_CONFIRMED") out.confirmed = value == "1";
    if (name == "STATUS") out.status = std::string(value);
    if (name == "X_SLUICE_STUCK" && !value.empty()) out.stuck = plain(value, part_name_bytes);
    if (name == "X_SLUICE_MEMORY") {
      std::uint64_t n = 0;
      const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), n);
      if (ec == std::errc{} && end == value.data() + value.size() && n != 0) out.memory_bytes = n;
    }
  }
  return out;
}

}  // namespace sluice::supervisor
