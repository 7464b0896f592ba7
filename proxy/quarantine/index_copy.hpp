// A consistent copy of the index while mail flows, made in steps: each takes a bounded time on the storage thread, and
// what is written between two of them is in the copy too (SQLite's online backup over the writer's own connection).
// Another process that writes makes it begin again.
#pragma once
#include <memory>
#include <string>

#include "quarantine/errc.hpp"

struct sqlite3;
struct sqlite3_backup;

namespace sluice::quarantine {

class database;

class index_copy {
 public:
  // `path` is made anew. Outlived by the store whose index it copies.
  static result<std::unique_ptr<index_copy>> begin(database& from, const std::string& path);
  ~index_copy();
  index_copy(const index_copy&) = delete;
  index_copy& operator=(const index_copy&) = delete;

  result<bool> step(int pages);  // true: complete, and closed

 private:
  explicit index_copy(database& from) : from_(from) {}
  void close();

  database& from_;
  sqlite3* to_ = nullptr;
  sqlite3_backup* work_ = nullptr;
};

}  // namespace sluice::quarantine
