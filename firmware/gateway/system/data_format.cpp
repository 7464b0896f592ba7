#include "firmware/gateway/system/data_format.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "core/log.hpp"
#include "status/access/store.hpp"

namespace sluice::gateway {

std::string claim_data_format(hal::files& files, const std::string& directory) {
  const std::string path = concat(directory, "/format");
  std::string text;
  unsigned found = 0;
  const int error = status::read_file(files, path, 16, text);
  if (error == 0) {
    const std::string_view digits = ascii::trim(text);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), found);
    if (ec != std::errc() || end != digits.data() + digits.size()) return concat(path, ": is no number");
  }
  if (found > data_format_read)
    return concat(directory, " was written in format ", std::to_string(found), "; this version reads up to ", std::to_string(data_format_read));
  if (found >= data_format_written) return {};
  hal::volume_space there;
  if (files.space_of(directory.c_str(), there) == ENOENT) return {};  // made later, if the configuration is good
  const int written = status::replace_file(files, path, concat(std::to_string(data_format_written), "\n"));
  if (written != 0) log::line(log::level::warning, "data-format-not-written").with("file", path).with("why", std::strerror(written));
  return {};  // a medium that cannot be written lets mail flow
}

}  // namespace sluice::gateway
