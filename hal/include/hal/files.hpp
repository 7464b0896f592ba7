// The few file operations that durability depends on, one virtual call each, so that a test can fail, tear, record or
// kill at every single one of them (hal/fake). The device's and the developer machine's version is hal/linux.
//
// Not here: SQLite's own files (it brings its own layer) and anything that is not storage. Callers: proxy/quarantine,
// config/store. All calls block; none of them is made on an event loop.
//
// Results: 0 or an errno value (ENOSPC, EROFS, EIO, ...). Paths are NUL-terminated. Nothing is retried after a failed
// sync: Linux may have dropped the dirty pages, so the file must be given up.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sluice::hal {

struct volume_space {
  std::uint64_t free_bytes = 0;  // for this user, without the root reserve
  std::uint64_t total_bytes = 0;
  std::uint64_t free_files = 0;  // inodes; UINT64_MAX where the file system has no such limit
};

class files {
 public:
  // Called for each regular file of a directory; returns false to stop.
  class visitor {
   public:
    virtual ~visitor() = default;
    virtual bool on_file(const char* name) = 0;
  };

  virtual ~files() = default;

  // Creates a new file, mode 0600, for writing and reading; EEXIST when it is there.
  virtual int create(const char* path, int& fd) = 0;
  virtual int open(const char* path, int& fd) = 0;                                       // existing, read only
  virtual int write(int fd, std::uint64_t offset, const char* data, std::size_t n) = 0;  // all of it, or an error
  // Reads up to n octets; got < n only at the end of the file.
  virtual int read(int fd, std::uint64_t offset, char* data, std::size_t n, std::size_t& got) = 0;
  virtual int sync(int fd) = 0;  // data and size are on the medium when it returns 0
  virtual int close(int fd) = 0;
  virtual int rename(const char* from, const char* to) = 0;  // atomic; durable only after sync_directory
  virtual int remove(const char* path) = 0;
  virtual int make_directory(const char* path) = 0;  // mode 0700; 0 when it is there already
  virtual int sync_directory(const char* path) = 0;
  virtual int size_of(const char* path, std::uint64_t& bytes) = 0;  // ENOENT when it is not there
  virtual int space_of(const char* path, volume_space& out) = 0;
  virtual int list(const char* path, visitor& each) = 0;
  // Takes an exclusive lock on the file (created when missing) without waiting; EWOULDBLOCK when another process has
  // it. The lock lives until close(fd) or the end of the process.
  virtual int lock(const char* path, int& fd) = 0;
};

}  // namespace sluice::hal
