#include "hal/linux/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace sluice::hal {
namespace {

int open_file(const char* path, int flags, int& fd) {
  do {
    fd = ::open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  } while (fd < 0 && errno == EINTR);
  return fd < 0 ? errno : 0;
}

bool is_regular(DIR* directory, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_REG;
  struct stat st;  // some file systems do not fill in d_type
  return ::fstatat(::dirfd(directory), entry.d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

}  // namespace

int linux_files::create(const char* path, int& fd) { return open_file(path, O_CREAT | O_EXCL | O_RDWR, fd); }

int linux_files::open(const char* path, int& fd) { return open_file(path, O_RDONLY, fd); }

int linux_files::write(int fd, std::uint64_t offset, const char* data, std::size_t n) {
  while (n > 0) {
    const ssize_t done = ::pwrite(fd, data, n, static_cast<off_t>(offset));
    if (done < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (done == 0) return ENOSPC;
    data += done;
    offset += static_cast<std::uint64_t>(done);
    n -= static_cast<std::size_t>(done);
  }
  return 0;
}

int linux_files::read(int fd, std::uint64_t offset, char* data, std::size_t n, std::size_t& got) {
  got = 0;
  while (got < n) {
    const ssize_t done = ::pread(fd, data + got, n - got, static_cast<off_t>(offset + got));
    if (done < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (done == 0) break;
    got += static_cast<std::size_t>(done);
  }
  return 0;
}

int linux_files::sync(int fd) {
  // fdatasync includes the size; EINTR may have lost the result, so it is an error like any other.
  return ::fdatasync(fd) == 0 ? 0 : errno;
}

int linux_files::close(int fd) { return ::close(fd) == 0 || errno == EINTR ? 0 : errno; }

int linux_files::rename(const char* from, const char* to) { return ::rename(from, to) == 0 ? 0 : errno; }

int linux_files::remove(const char* path) { return ::unlink(path) == 0 ? 0 : errno; }

int linux_files::make_directory(const char* path) {
  if (::mkdir(path, 0700) == 0) return 0;
  if (errno != EEXIST) return errno;
  struct stat st;
  if (::stat(path, &st) != 0) return errno;
  return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

int linux_files::sync_directory(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

int linux_files::size_of(const char* path, std::uint64_t& bytes) {
  struct stat st;
  if (::stat(path, &st) != 0) return errno;
  bytes = static_cast<std::uint64_t>(st.st_size);
  return 0;
}

int linux_files::space_of(const char* path, volume_space& out) {
  struct statvfs v;
  if (::statvfs(path, &v) != 0) return errno;
  const std::uint64_t unit = v.f_frsize;
  out.free_bytes = unit * v.f_bavail;
  out.total_bytes = unit * v.f_blocks;
  out.free_files = v.f_files == 0 ? UINT64_MAX : v.f_favail;  // btrfs has no inode table and says 0
  return 0;
}

int linux_files::list(const char* path, visitor& each) {
  DIR* directory = ::opendir(path);
  if (directory == nullptr) return errno;
  int error = 0;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory);
    if (entry == nullptr) {
      error = errno;
      break;
    }
    if (is_regular(directory, *entry) && !each.on_file(entry->d_name)) break;
  }
  ::closedir(directory);
  return error;
}

int linux_files::lock(const char* path, int& fd) {
  if (const int error = open_file(path, O_CREAT | O_RDWR, fd)) return error;
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
  const int error = errno;
  ::close(fd);
  fd = -1;
  return error;
}

}  // namespace sluice::hal
