#include "quarantine/database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>

#include "core/concat.hpp"

namespace sluice::quarantine {
namespace {

errc code_of(int sqlite_code, int system_error) {
  switch (sqlite_code & 0xff) {
    case SQLITE_FULL:
      return errc::disk_full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return errc::read_only;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return errc::busy;
    case SQLITE_NOMEM:
      return errc::out_of_memory;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return errc::corrupt;
    case SQLITE_CONSTRAINT:
      return sqlite_code == SQLITE_CONSTRAINT_UNIQUE || sqlite_code == SQLITE_CONSTRAINT_PRIMARYKEY ? errc::exists
                                                                                                    : errc::invalid;
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return errc::invalid;
    case SQLITE_IOERR:
      if (sqlite_code == SQLITE_IOERR_NOMEM) return errc::out_of_memory;
      return system_error != 0 ? from_errno(system_error) : errc::io;
    case SQLITE_CANTOPEN:
      return system_error != 0 ? from_errno(system_error) : errc::io;
    default:
      return errc::io;
  }
}

}  // namespace

void set_sqlite_heap(const store_limits& limits) {
  if (limits.sqlite_heap_bytes > 0) sqlite3_hard_heap_limit64(static_cast<sqlite3_int64>(limits.sqlite_heap_bytes));
}

database::~database() {
  for (auto& p : prepared_) sqlite3_finalize(p.statement);
  sqlite3_close(db_);
}

result<void> database::open(const std::string& path, const store_limits& limits) {
  set_sqlite_heap(limits);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  if (const int code = sqlite3_open_v2(path.c_str(), &db_, flags, nullptr); code != SQLITE_OK) return fail(code, path);
  busy_wait_ms_ = limits.busy_wait_ms;
  sqlite3_busy_timeout(db_, busy_wait_ms_);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // WAL + FULL: every commit is synced before it returns. secure_delete: deleted keys are overwritten with zeros, not
  // only unlinked. No mmap: an I/O error would be a signal, and the pages would not be in any budget.
  const std::string pragmas =
      concat("PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;PRAGMA mmap_size=0;"
      "PRAGMA foreign_keys=ON;PRAGMA temp_store=MEMORY;PRAGMA cache_spill=ON;"
      "PRAGMA cache_size=-",
      std::to_string(limits.sqlite_cache_bytes / 1024), ";PRAGMA journal_size_limit=", std::to_string(wal_bytes_max),
      ";PRAGMA wal_autocheckpoint=", std::to_string(wal_checkpoint_pages));
  return exec(pragmas.c_str());
}

result<void> database::exec(const char* sql) {
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(code, sql);
  return {};
}

std::int64_t database::data_version() {
  query q(*this, "PRAGMA data_version");
  return q.next() ? q.integer(0) : -1;
}

bool database::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

void database::checkpoint() {
  sqlite3_busy_timeout(db_, 100);  // a reader may be in the way; not worth waiting for, the next one will do it
  sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(db_, busy_wait_ms_);
}

errc database::fail(int sqlite_code, std::string_view what) {
  const int system_error = db_ != nullptr ? sqlite3_system_errno(db_) : 0;
  const char* const words = db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(sqlite_code);
  return volume_.fail(code_of(sqlite_code, system_error),
                      std::string("index: ") + words + " (" + std::string(what.substr(0, 80)) + ")");
}

database::prepared* database::take(const char* sql, int& code) {
  for (auto& p : prepared_) {
    if (p.sql != sql || p.busy) continue;
    p.last_use = ++uses_;
    p.busy = true;
    return &p;
  }
  if (prepared_.size() == prepared_.capacity()) {
    prepared* oldest = nullptr;
    for (auto& p : prepared_) {
      if (!p.busy && (oldest == nullptr || p.last_use < oldest->last_use)) oldest = &p;
    }
    if (oldest == nullptr) {
      code = SQLITE_MISUSE;
      return nullptr;
    }
    sqlite3_finalize(oldest->statement);
    *oldest = prepared{nullptr, nullptr, 0, false};
  }
  auto slot = std::find_if(prepared_.begin(), prepared_.end(), [](const prepared& p) { return p.sql == nullptr; });
  if (slot == prepared_.end()) slot = prepared_.insert(slot, prepared{nullptr, nullptr, 0, false});
  code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &slot->statement, nullptr);
  if (code != SQLITE_OK) return nullptr;
  *slot = prepared{sql, slot->statement, ++uses_, true};
  return &*slot;
}

// ---- query ----

query::query(database& db, const char* sql) : db_(db), sql_(sql) {
  slot_ = db.take(sql, code_);
  if (slot_ != nullptr) statement_ = slot_->statement;
}

query::~query() {
  if (slot_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  slot_->busy = false;
}

bool query::next() {
  if (code_ != SQLITE_OK) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) code_ = code;
  return false;
}

result<void> query::run() {
  while (next()) {
  }
  if (!ok()) return error();
  sqlite3_reset(statement_);
  return {};
}

errc query::error() { return db_.fail(code_, sql_); }

std::int64_t query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view query::view(int column) const {
  const void* const data = sqlite3_column_blob(statement_, column);
  const int n = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(n));
}

void query::bind_one(int at, std::int64_t v) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, at, v);
}

void query::bind_one(int at, std::string_view v) {
  // An empty view may have a null pointer, which would bind NULL. Copied, because a bound temporary ends before the
  // run.
  const char* const data = v.data() != nullptr ? v.data() : "";
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_text(statement_, at, data, static_cast<int>(v.size()), SQLITE_TRANSIENT);
}

void query::bind_one(int at, blob v) {
  if (code_ == SQLITE_OK) {
    code_ = sqlite3_bind_blob(statement_, at, v.octets.data(), static_cast<int>(v.octets.size()), SQLITE_TRANSIENT);
  }
}

// ---- transaction ----

void transaction::rollback() {
  // After some errors (full, out of memory) SQLite has rolled back by itself already.
  if (open_ && db_.in_transaction()) (void)db_.exec("ROLLBACK");
  open_ = false;
}

result<void> transaction::begin() {
  if (const auto r = db_.neutralise(); !r) return r;
  const auto r = db_.exec("BEGIN IMMEDIATE");
  open_ = r.has_value();
  return r;
}

result<void> transaction::commit() {
  const auto r = db_.exec("COMMIT");
  if (r) {
    open_ = false;
    return r;
  }
  const std::string words = db_.of().last_error();
  rollback();
  db_.doubt_ = true;
  (void)db_.neutralise();
  db_.of().restore_error(words);
  return r;
}

// The frames of a COMMIT that failed may have reached the WAL all the same, and a recovery after a crash would find
// them. A later commit overwrites them: until one succeeded, nothing else may be promised.
result<void> database::neutralise() {
  if (!doubt_) return {};
  if (const auto r = exec("UPDATE meta SET value = value + 1 WHERE key = 'attempt'"); !r) return r;
  doubt_ = false;
  return {};
}

std::uint64_t sqlite_heap_used() { return static_cast<std::uint64_t>(sqlite3_memory_used()); }
std::uint64_t sqlite_heap_peak() { return static_cast<std::uint64_t>(sqlite3_memory_highwater(0)); }

}  // namespace sluice::quarantine
