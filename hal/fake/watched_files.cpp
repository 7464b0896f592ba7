#include "hal/fake/watched_files.hpp"

namespace sluice::hal::fake {

template <class Operation>
int watched_files::watched(const disk_op& op, Operation&& carry_out) {
  if (const int error = watcher_->before(op)) return error;
  const int error = carry_out();
  if (error == 0) watcher_->done(op);
  return error;
}

int watched_files::create(const char* path, int& fd) {
  const int error = watched({disk_op::kind::create, path, {}, 0, {}}, [&] { return real_.create(path, fd); });
  if (error == 0) paths_[fd] = path;
  return error;
}

int watched_files::open(const char* path, int& fd) {
  const int error = real_.open(path, fd);
  if (error == 0) paths_[fd] = path;
  return error;
}

int watched_files::write(int fd, std::uint64_t offset, const char* data, std::size_t n) {
  const std::string path = paths_[fd];
  return watched({disk_op::kind::write, path, {}, offset, {data, n}}, [&] { return real_.write(fd, offset, data, n); });
}

int watched_files::read(int fd, std::uint64_t offset, char* data, std::size_t n, std::size_t& got) {
  return real_.read(fd, offset, data, n, got);
}

int watched_files::sync(int fd) {
  const std::string path = paths_[fd];
  return watched({disk_op::kind::sync, path, {}, 0, {}}, [&] { return real_.sync(fd); });
}

int watched_files::close(int fd) {
  paths_.erase(fd);
  return real_.close(fd);
}

int watched_files::rename(const char* from, const char* to) {
  const int error = watched({disk_op::kind::rename, from, to, 0, {}}, [&] { return real_.rename(from, to); });
  if (error == 0) {
    for (auto& [fd, path] : paths_) {
      if (path == from) path = to;
    }
  }
  return error;
}

int watched_files::remove(const char* path) {
  return watched({disk_op::kind::remove, path, {}, 0, {}}, [&] { return real_.remove(path); });
}

int watched_files::make_directory(const char* path) { return real_.make_directory(path); }

int watched_files::sync_directory(const char* path) {
  return watched({disk_op::kind::sync_directory, path, {}, 0, {}}, [&] { return real_.sync_directory(path); });
}

int watched_files::size_of(const char* path, std::uint64_t& bytes) { return real_.size_of(path, bytes); }

int watched_files::space_of(const char* path, volume_space& out) {
  const int error = real_.space_of(path, out);
  if (free_bytes_) out.free_bytes = *free_bytes_;
  return error;
}

int watched_files::list(const char* path, visitor& each) { return real_.list(path, each); }

int watched_files::lock(const char* path, int& fd) { return real_.lock(path, fd); }

}  // namespace sluice::hal::fake
