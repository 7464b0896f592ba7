#include "watched_vfs.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <new>
#include <string>

namespace sluice::quarantine::test {
namespace {

using hal::fake::disk_op;
using kind = disk_op::kind;

sqlite3_vfs* real_vfs = nullptr;
hal::fake::disk_watcher* watcher = nullptr;
int last_error = 0;

struct file {
  sqlite3_file base;
  std::string* path;  // nullptr: not watched
  bool sync_names;    // a new journal or WAL: SQLite syncs its directory with the first sync of the file
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

file* of(sqlite3_file* f) { return reinterpret_cast<file*>(f); }
sqlite3_file* real(sqlite3_file* f) { return of(f)->real(); }

// Reports, carries out, reports again. `refused` is SQLite's code for a refusal.
template <class Operation>
int watched(const disk_op& op, int refused, Operation&& carry_out) {
  if (const int error = watcher->before(op)) {
    last_error = error;
    return error == ENOSPC && op.what == kind::write ? SQLITE_FULL : refused;
  }
  const int code = carry_out();
  if (code == SQLITE_OK) watcher->done(op);
  return code;
}

int x_close(sqlite3_file* f) {
  delete of(f)->path;
  return real(f)->pMethods->xClose(real(f));
}
int x_read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, n, at); }
int x_write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  const auto go = [&] { return real(f)->pMethods->xWrite(real(f), from, n, at); };
  if (of(f)->path == nullptr) return go();
  const std::string_view data(static_cast<const char*>(from), static_cast<std::size_t>(n));
  return watched({kind::write, *of(f)->path, {}, static_cast<std::uint64_t>(at), data}, SQLITE_IOERR_WRITE, go);
}
int x_truncate(sqlite3_file* f, sqlite3_int64 size) {
  const auto go = [&] { return real(f)->pMethods->xTruncate(real(f), size); };
  if (of(f)->path == nullptr) return go();
  return watched({kind::truncate, *of(f)->path, {}, static_cast<std::uint64_t>(size), {}}, SQLITE_IOERR_TRUNCATE, go);
}
int x_sync(sqlite3_file* f, int flags) {
  const auto go = [&] { return real(f)->pMethods->xSync(real(f), flags); };
  if (of(f)->path == nullptr) return go();
  const std::string& path = *of(f)->path;
  const int code = watched({kind::sync, path, {}, 0, {}}, SQLITE_IOERR_FSYNC, go);
  if (code != SQLITE_OK || !of(f)->sync_names) return code;
  of(f)->sync_names = false;
  const std::string directory = path.substr(0, path.rfind('/'));
  return watched({kind::sync_directory, directory, {}, 0, {}}, SQLITE_IOERR_DIR_FSYNC, [] { return SQLITE_OK; });
}
int x_file_size(sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); }
int x_lock(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int x_unlock(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int x_reserved(sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
int x_control(sqlite3_file* f, int op, void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); }
int x_sector(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
int x_device(sqlite3_file*) { return 0; }  // no promise about the medium
int x_shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
int x_shm_lock(sqlite3_file* f, int at, int n, int flags) { return real(f)->pMethods->xShmLock(real(f), at, n, flags); }
void x_shm_barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
int x_shm_unmap(sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

const sqlite3_io_methods methods = {
    2,         x_close,  x_read,   x_write,   x_truncate, x_sync,        x_file_size, x_lock,  x_unlock, x_reserved,
    x_control, x_sector, x_device, x_shm_map, x_shm_lock, x_shm_barrier, x_shm_unmap, nullptr, nullptr};

int vfs_open(sqlite3_vfs*, const char* name, sqlite3_file* out, int flags, int* flags_out) {
  file* const f = new (out) file{{nullptr}, nullptr, false};
  int exists = 1;
  if (name != nullptr) real_vfs->xAccess(real_vfs, name, SQLITE_ACCESS_EXISTS, &exists);
  const auto go = [&] { return real_vfs->xOpen(real_vfs, name, f->real(), flags, flags_out); };
  const bool creates = name != nullptr && exists == 0 && (flags & SQLITE_OPEN_CREATE) != 0;
  const int code = creates ? watched({kind::create, name, {}, 0, {}}, SQLITE_CANTOPEN, go) : go();
  if (code != SQLITE_OK || f->real()->pMethods == nullptr) return code;
  f->base.pMethods = &methods;
  f->path = name != nullptr ? new std::string(name) : nullptr;
  f->sync_names = creates;
  return code;
}

int vfs_delete(sqlite3_vfs*, const char* name, int sync_directory) {
  const auto go = [&] { return real_vfs->xDelete(real_vfs, name, sync_directory); };
  int exists = 0;
  real_vfs->xAccess(real_vfs, name, SQLITE_ACCESS_EXISTS, &exists);
  if (exists == 0) return go();
  const int code = watched({kind::remove, name, {}, 0, {}}, SQLITE_IOERR_DELETE, go);
  if (code != SQLITE_OK || sync_directory == 0) return code;
  const std::string path(name), directory = path.substr(0, path.rfind('/'));
  return watched({kind::sync_directory, directory, {}, 0, {}}, SQLITE_IOERR_DIR_FSYNC, [] { return SQLITE_OK; });
}

int vfs_last_error(sqlite3_vfs*, int, char*) { return last_error; }

sqlite3_vfs shim;

}  // namespace

watched_vfs::watched_vfs(hal::fake::disk_watcher& w) {
  real_vfs = sqlite3_vfs_find(nullptr);
  watcher = &w;
  last_error = 0;
  shim = *real_vfs;
  shim.pNext = nullptr;
  shim.zName = "watched";
  shim.szOsFile = static_cast<int>(sizeof(file)) + real_vfs->szOsFile;
  shim.xOpen = vfs_open;
  shim.xDelete = vfs_delete;
  shim.xGetLastError = vfs_last_error;
  sqlite3_vfs_register(&shim, 1);
}

watched_vfs::~watched_vfs() {
  sqlite3_vfs_unregister(&shim);
  sqlite3_vfs_register(real_vfs, 1);
}

}  // namespace sluice::quarantine::test
