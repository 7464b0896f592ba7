#include "hal/linux/block_storage.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "hal/linux/text_file.hpp"

namespace sluice::hal {
namespace {

// Mount points have blanks and the like as \040 (proc(5)).
std::string unescaped(const std::string& in) {
  std::string out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == '\\' && i + 3 < in.size()) {
      out += static_cast<char>(std::strtoul(in.substr(i + 1, 3).c_str(), nullptr, 8));
      i += 3;
    } else {
      out += in[i];
    }
  }
  return out;
}

bool lies_on(const std::string& path, const std::string& mount) {
  if (mount == "/") return true;
  return path.starts_with(mount) && (path.size() == mount.size() || path[mount.size()] == '/');
}

bool has_option(const std::string& options, const std::string& wanted) {
  std::istringstream in(options);
  for (std::string word; std::getline(in, word, ',');)
    if (word == wanted) return true;
  return false;
}

}  // namespace

// "0x01 0x03": life used by both kinds of memory, 0x01 is up to 10 %, 0x0b is worn out; 0x00 tells nothing.
storage_wear linux_block_storage::wear() {
  storage_wear out;
  for (const std::string& name : names_in(root_ + "/sys/block", "mmcblk")) {
    const std::string folder = root_ + "/sys/block/" + name + "/device/";
    std::istringstream in(first_line(folder + "life_time"));
    unsigned worst = 0;
    for (std::string word; in >> word;) worst = std::max(worst, static_cast<unsigned>(std::strtoul(word.c_str(), nullptr, 0)));
    const long long told = number_in(folder + "pre_eol_info").value_or(0);
    const auto spare = told >= 1 && told <= 3 ? std::optional(static_cast<pre_eol>(told - 1)) : std::nullopt;
    if (worst > 11) worst = 0;
    const bool worse = worst * 10 > out.worn_percent.value_or(0) || (spare && spare > out.spare);
    if (!worse) continue;
    if (worst != 0) out.worn_percent = std::max(out.worn_percent.value_or(0), std::min(worst * 10, 100u));
    out.spare = std::max(out.spare, spare);
    out.device = name;
  }
  return out;
}

// Of several mounts on the way to a path the deepest counts, and of those at one place the last: it lies on top.
volume_state linux_block_storage::volume_of(const std::string& path) {
  volume_state out;
  std::size_t best = 0;
  std::istringstream lines(read_text(root_ + "/proc/self/mountinfo").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id, parent, device, origin, point, options, word, type, source, of_volume;
    if (!(words >> id >> parent >> device >> origin >> point >> options)) continue;
    while (words >> word && word != "-") {
    }
    if (!(words >> type >> source >> of_volume)) continue;
    point = unescaped(point);
    if (!lies_on(path, point) || point.size() < best) continue;
    best = point.size();
    out.known = true;
    out.device = unescaped(source);
    out.file_system = type;
    out.read_only = has_option(options, "ro") || has_option(of_volume, "ro");
  }
  return out;
}

}  // namespace sluice::hal
