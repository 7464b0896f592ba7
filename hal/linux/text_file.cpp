#include "hal/linux/text_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace sluice::hal {
namespace {

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : ENOSPC;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

}  // namespace

std::optional<std::string> read_text(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  std::string out;
  std::array<char, 2048> piece;
  ssize_t n = 0;
  while (out.size() < text_file_bytes && ((n = ::read(fd, piece.data(), piece.size())) > 0 || (n < 0 && errno == EINTR)))
    if (n > 0) out.append(piece.data(), static_cast<std::size_t>(n));
  ::close(fd);
  if (n < 0) return std::nullopt;  // a sensor that is asleep, a link that is down
  return out;
}

std::string first_line(const std::string& path) {
  std::string text = read_text(path).value_or("");
  text.erase(std::min(text.find('\n'), text.size()));
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0' || text.back() == '\r')) text.pop_back();
  return text;
}

int write_text(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = write_all(fd, text);
  ::close(fd);
  return error;
}

int publish_text(const std::string& path, std::string_view text, unsigned mode) {
  const std::string next = path + ".new";
  const int fd = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, static_cast<mode_t>(mode));
  if (fd < 0) return errno;
  int error = write_all(fd, text);
  if (error == 0 && ::fsync(fd) != 0) error = errno;
  ::close(fd);
  if (error == 0 && ::rename(next.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) return error;
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return errno;
  error = ::fsync(folder) == 0 ? 0 : errno;
  ::close(folder);
  return error;
}

std::vector<std::string> names_in(const std::string& directory, std::string_view begin) {
  std::vector<std::string> out;
  DIR* d = ::opendir(directory.c_str());
  if (d == nullptr) return out;
  while (const dirent* e = ::readdir(d)) {
    const std::string_view name = e->d_name;
    if (name != "." && name != ".." && name.starts_with(begin)) out.emplace_back(name);
  }
  ::closedir(d);
  std::ranges::sort(out);
  return out;
}

std::optional<long long> number_in(const std::string& path) {
  const std::string text = first_line(path);
  char* end = nullptr;
  const long long n = std::strtoll(text.c_str(), &end, 0);
  if (text.empty() || end == text.c_str()) return std::nullopt;
  return n;
}

}  // namespace sluice::hal
