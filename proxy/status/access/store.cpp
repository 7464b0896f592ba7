#include "status/access/store.hpp"

#include <cerrno>

#include "core/concat.hpp"

namespace sluice::status {
namespace {

constexpr std::size_t book_limit = 64 * 1024;

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

int replace_file(hal::files& files, const std::string& path, std::string_view text) {
  const std::string next = concat(path, ".new");
  int fd = -1;
  files.remove(next.c_str());
  int error = files.create(next.c_str(), fd);
  if (error != 0) return error;
  error = files.write(fd, 0, text.data(), text.size());
  if (error == 0) error = files.sync(fd);
  const int closed = files.close(fd);
  if (error == 0) error = closed;
  if (error == 0) error = files.rename(next.c_str(), path.c_str());
  if (error == 0) error = files.sync_directory(folder_of(path).c_str());
  if (error != 0) files.remove(next.c_str());
  return error;
}

int read_file(hal::files& files, const std::string& path, std::size_t limit, std::string& out) {
  std::uint64_t size = 0;
  int error = files.size_of(path.c_str(), size);
  if (error != 0) return error;
  if (size > limit) return EFBIG;
  int fd = -1;
  error = files.open(path.c_str(), fd);
  if (error != 0) return error;
  out.resize(static_cast<std::size_t>(size));
  std::size_t got = 0;
  error = files.read(fd, 0, out.data(), out.size(), got);
  out.resize(got);
  files.close(fd);
  return error;
}

book_state load_book(hal::files& files, const std::string& directory, access_book& out) {
  std::string text;
  const int error = read_file(files, concat(directory, "/book"), book_limit, text);
  if (error == ENOENT) return book_state::missing;
  if (error != 0) return error == EFBIG ? book_state::damaged : book_state::unreadable;
  auto read = book_from(text);
  if (!read) return book_state::damaged;
  out = std::move(*read);
  return book_state::read;
}

int save_book(hal::files& files, const std::string& directory, const access_book& b) {
  return replace_file(files, concat(directory, "/book"), text_of(b));
}

}  // namespace sluice::status
