// A thin, exception-free cover of one SQLite connection: statements kept prepared, typed binding, errors as errc.
// SQLite's headers stay in database.cpp. Used by the parts of the quarantine only.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/text.hpp"
#include "quarantine/errc.hpp"
#include "quarantine/limits.hpp"
#include "quarantine/volume.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace sluice::quarantine {

void set_sqlite_heap(const store_limits& limits);  // of the process

class database {
 public:
  explicit database(volume& v) : volume_(v) {}
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  // Opens an existing file (it is made before, with mode 0600) with SQLite's default VFS.
  result<void> open(const std::string& path, const store_limits& limits);
  result<void> exec(const char* sql);
  std::int64_t data_version();  // changes when another connection has committed; -1 on error
  void checkpoint();            // brings the WAL into the database and cuts it to nothing; best effort
  bool in_transaction() const;
  // True while a failed COMMIT could still come back after a crash (see neutralise).
  bool in_doubt() const { return doubt_; }
  volume& of() { return volume_; }
  errc fail(int sqlite_code, std::string_view what);

 private:
  friend class query;
  friend class index_copy;
  friend class transaction;
  struct prepared {
    const char* sql;
    sqlite3_stmt* statement;
    std::uint64_t last_use;
    bool busy;
  };
  prepared* take(const char* sql, int& code);
  result<void> neutralise();

  volume& volume_;
  sqlite3* db_ = nullptr;
  fixed_vector<prepared, 24> prepared_;  // least recently used goes first
  std::uint64_t uses_ = 0;
  int busy_wait_ms_ = 0;
  bool doubt_ = false;
};

// One use of a statement. `sql` is a literal: its address is the key under which the statement is kept prepared.
//   query q(db, "SELECT a, b FROM t WHERE c = ?1");  q.bind(c);  while (q.next()) ...;  if (!q.ok()) return q.error();
class query {
 public:
  query(database& db, const char* sql);
  ~query();
  query(const query&) = delete;
  query& operator=(const query&) = delete;

  template <class... Values>
  query& bind(const Values&... values) {
    int at = 0;
    (bind_one(++at, values), ...);
    return *this;
  }
  bool next();         // true: a row is there. false: no further row, or an error
  result<void> run();  // for statements without rows
  bool ok() const { return code_ == 0; }
  errc error();

  std::int64_t integer(int column) const;
  std::uint64_t natural(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string text(int column) const { return std::string(view(column)); }
  std::string_view view(int column) const;  // until the next call of next()

  // Blobs and texts are octets both; the wrapper keeps the kinds apart for the strict tables.
  struct blob {
    std::string_view octets;
  };

 private:
  void bind_one(int at, std::int64_t v);
  void bind_one(int at, std::string_view v);
  void bind_one(int at, blob v);
  void bind_one(int at, const std::string& v) { bind_one(at, std::string_view(v)); }
  void bind_one(int at, const char* v) { bind_one(at, std::string_view(v)); }
  void bind_one(int at, std::uint64_t v) { bind_one(at, static_cast<std::int64_t>(v)); }
  void bind_one(int at, std::uint32_t v) { bind_one(at, static_cast<std::int64_t>(v)); }
  void bind_one(int at, std::int32_t v) { bind_one(at, static_cast<std::int64_t>(v)); }
  void bind_one(int at, bool v) { bind_one(at, static_cast<std::int64_t>(v)); }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void bind_one(int at, Enum v) { bind_one(at, static_cast<std::int64_t>(v)); }

  database& db_;
  database::prepared* slot_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
  const char* sql_;
  int code_ = 0;
};

// BEGIN IMMEDIATE ... COMMIT; rolls back when it goes without commit(). Waits for other processes (busy_wait_ms). An
// error of commit() is definite: what was in the transaction is not there and will not come back.
class transaction {
 public:
  explicit transaction(database& db) : db_(db) {}
  ~transaction() { rollback(); }
  result<void> begin();
  result<void> commit();
  void rollback();

 private:
  database& db_;
  bool open_ = false;
};

// A consistent view for several reads while another process writes.
class snapshot {
 public:
  explicit snapshot(database& db) : db_(db), open_(db.exec("BEGIN").has_value()) {}
  ~snapshot() {
    if (open_) (void)db_.exec("COMMIT");
  }
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;

 private:
  database& db_;
  bool open_;
};

// Memory that SQLite uses in this process now and used at most.
std::uint64_t sqlite_heap_used();
std::uint64_t sqlite_heap_peak();

}  // namespace sluice::quarantine
