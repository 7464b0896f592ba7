#include "quarantine/index_copy.hpp"

#include <sqlite3.h>

#include "quarantine/database.hpp"

namespace sluice::quarantine {

result<std::unique_ptr<index_copy>> index_copy::begin(database& from, const std::string& path) {
  std::unique_ptr<index_copy> out(new index_copy(from));
  constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(path.c_str(), &out->to_, flags, nullptr);
  // A copy that is cut off is thrown away, so nothing of it needs to be synced.
  if (code == SQLITE_OK) code = sqlite3_exec(out->to_, "PRAGMA synchronous=OFF;PRAGMA journal_mode=MEMORY;PRAGMA cache_size=-64", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return from.fail(code, path);
  out->work_ = sqlite3_backup_init(out->to_, "main", from.db_, "main");
  if (out->work_ == nullptr) return from.fail(sqlite3_extended_errcode(out->to_), path);
  return out;
}

index_copy::~index_copy() { close(); }

void index_copy::close() {
  sqlite3_backup_finish(work_);
  sqlite3_close(to_);
  work_ = nullptr;
  to_ = nullptr;
}

result<bool> index_copy::step(int pages) {
  const int code = sqlite3_backup_step(work_, pages);
  if (code == SQLITE_DONE) {
    close();
    return true;
  }
  if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) return false;
  return from_.fail(code, "copy of the index");
}

}  // namespace sluice::quarantine
