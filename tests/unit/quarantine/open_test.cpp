// Opening: locks, versions, keys, what an unclean stop and missing files mean. Nothing that was answered is ever thrown
// away because something else is missing.
#include <sqlite3.h>
#include <sys/stat.h>

#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;
using strings = std::vector<std::string>;

namespace {

void sql(const std::string& file, const char* statement) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  INFO(sqlite3_errmsg(db));
  CHECK(sqlite3_exec(db, statement, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

boost::system::error_code open_error(bench& b, role as = role::owner) {
  b.close();
  auto v = volume::open(b.fs, {b.directory, 0, as});
  if (!v) return v.error();
  auto s = store::open(**v, b.limits, start);
  return s ? boost::system::error_code() : s.error();
}

unsigned mode_of(const std::string& path) {
  struct stat st {};
  REQUIRE(::stat(path.c_str(), &st) == 0);
  return st.st_mode & 0777;
}

}  // namespace

TEST_CASE("nobody else may read what is stored") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("m");
  REQUIRE(b.put(m).has_value());
  CHECK(mode_of(dir / "q") == 0700);
  CHECK(mode_of(dir / "q/mail") == 0700);
  for (const char* f : {"q/master.key", "q/index.db", "q/index.db-wal", "q/mail/m.msg"})
    CHECK(mode_of(dir / f) == 0600);
}

TEST_CASE("one owner at a time, guests beside it") {
  scratch_directory dir;
  bench b(dir / "q");
  CHECK(volume::open(b.fs, {dir / "q", 0, role::owner}).error() == make_error_code(errc::in_use));
  bench guest(dir / "q", {}, role::guest);
  CHECK(guest.store->list({})->rows.empty());
  CHECK(volume::open(b.fs, {dir / "nowhere", 0, role::guest}).error() == make_error_code(errc::not_initialised));
}

TEST_CASE("a guest touches no leftovers and marks nothing clean") {
  scratch_directory dir;
  bench b(dir / "q");
  spill(dir / "q/mail/9.part", "being written");
  spill(dir / "q/mail/being-put.msg", "renamed, its row not yet committed");
  { bench guest(dir / "q", {}, role::guest); }
  CHECK(files_in(dir / "q/mail").size() == 2);
}

TEST_CASE("an index of a later version is refused and left alone") {
  scratch_directory dir;
  bench b(dir / "q");
  b.close();
  sql(dir / "q/index.db", "PRAGMA user_version = 99");
  CHECK(open_error(b) == make_error_code(errc::schema_too_new));
}

TEST_CASE("an index of the version before becomes a new one, with what it held") {
  scratch_directory dir;
  bench b(dir / "q");
  message old("old");
  old.content = "held by the version before";
  REQUIRE(b.put(old).has_value());
  b.close();
  sql(dir / "q/index.db", "DROP TABLE told; DROP TABLE used_link; DROP INDEX recipient_untold; DROP INDEX recipient_asked; "
                           "ALTER TABLE recipient DROP COLUMN told; ALTER TABLE recipient DROP COLUMN asked; "
                           "DROP TABLE own_recipient; DROP TABLE own_mail; ALTER TABLE message DROP COLUMN skeleton; "
                           "ALTER TABLE finding DROP COLUMN text_id; ALTER TABLE message DROP COLUMN auth_results; PRAGMA user_version = 2");
  b.reopen();
  CHECK(b.stored() == 1);
  CHECK(content_of(*b.store, "old") == old.content);
  CHECK(b.store->show("old")->envelope.auth_results.empty());
  message fresh("fresh");
  fresh.auth_results = "mx.example.net;\r\n\tspf=pass smtp.mailfrom=sender.example";
  REQUIRE(b.put(fresh).has_value());
  message large("large");
  large.auth_results = std::string(auth_results_bytes_max + 1, 'x');
  REQUIRE(b.put(large).has_value());
  b.reopen();
  CHECK(b.store->show("fresh")->envelope.auth_results == fresh.auth_results);
  CHECK(b.store->show("large")->envelope.auth_results.empty());  // half of a field says something else
  REQUIRE(b.store->release("fresh", everyone(), "admin", start).has_value());
  const auto job = b.store->next_due(start);
  REQUIRE((job.has_value() && job->has_value()));
  CHECK((*job)->envelope.auth_results == fresh.auth_results);
}

TEST_CASE("after an unclean stop the index is checked") {
  scratch_directory dir;
  bench b(dir / "q");
  b.close();
  sql(dir / "q/index.db", "UPDATE meta SET value = 0 WHERE key = 'clean'");
  b.reopen();
  CHECK(b.report.was_unclean);
  b.reopen();
  CHECK_FALSE(b.report.was_unclean);
}

TEST_CASE("a damaged index is a definite error and message files stay") {
  scratch_directory dir;
  bench b(dir / "q");
  for (int i = 0; i < 200; ++i) {
    message m("m" + std::to_string(i));
    m.content = "x";
    REQUIRE(b.put(m).has_value());
  }
  b.close();
  sql(dir / "q/index.db", "UPDATE meta SET value = 0 WHERE key = 'clean'");
  const std::string good = slurp(dir / "q/index.db");
  const auto damage = [&](std::size_t at, std::size_t n) {
    std::string bad = good;
    for (std::size_t i = at; i < at + n && i < bad.size(); ++i) bad[i] = static_cast<char>(bad[i] ^ 0x5a);
    spill(dir / "q/index.db", bad);
  };
  damage(0, 100);
  CHECK(open_error(b) == make_error_code(errc::corrupt));
  damage(good.size() / 2, 4096);
  CHECK(open_error(b) == make_error_code(errc::corrupt));
  CHECK(files_in(dir / "q/mail").size() == 200);
  spill(dir / "q/index.db", good);
  b.reopen();
  CHECK(b.stored() == 200);
}

TEST_CASE("message files without an index are left for a human") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("m");
  REQUIRE(b.put(m).has_value());
  b.close();
  REQUIRE(b.fs.remove((dir / "q/index.db").c_str()) == 0);
  CHECK(open_error(b) == make_error_code(errc::index_missing));
  CHECK(open_error(b) == make_error_code(errc::index_missing));  // also the second time, with an empty index there
  CHECK(files_in(dir / "q/mail") == strings{"m.msg"});
}

TEST_CASE("files and rows that do not name each other") {
  scratch_directory dir;
  bench b(dir / "q");
  message kept("kept"), gone("gone"), cut("cut");
  for (message* m : {&kept, &gone, &cut}) REQUIRE(b.put(*m).has_value());
  b.close();
  spill(dir / "q/mail/never-answered.msg", "no row");
  REQUIRE(b.fs.remove((dir / "q/mail/gone.msg").c_str()) == 0);
  spill(dir / "q/mail/cut.msg", slurp(dir / "q/mail/cut.msg").substr(0, 100));
  b.reopen();
  CHECK(b.report.orphans == 1);
  CHECK(b.report.lost == 1);
  CHECK(b.report.damaged == 1);
  CHECK(files_in(dir / "q/mail") == strings{"cut.msg", "kept.msg"});
  CHECK(b.store->show("gone")->summary.content == content_state::lost);
  CHECK(b.store->show("gone")->audit.back().result == "file is missing");
  CHECK(b.store->show("cut")->summary.content == content_state::damaged);
  CHECK(b.store->read("gone").error() == make_error_code(errc::no_content));
  CHECK(b.store->release("gone", everyone(), "x", start).error() == make_error_code(errc::no_content));
  CHECK(b.store->remove("gone", everyone(), "x", start).has_value());
  CHECK(b.store->stats()->messages == 2);
  CHECK(content_of(*b.store, "kept") == kept.content);
  b.reopen();
  CHECK(b.report.lost == 0);  // reported once
}

TEST_CASE("without the master key nothing opens, and with another one neither") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("m");
  REQUIRE(b.put(m).has_value());
  b.close();
  const std::string key = slurp(dir / "q/master.key");
  CHECK(key.size() == 32);
  REQUIRE(b.fs.remove((dir / "q/master.key").c_str()) == 0);
  CHECK(open_error(b) == make_error_code(errc::master_key_missing));
  CHECK(open_error(b, role::guest) == make_error_code(errc::master_key_missing));
  spill(dir / "q/master.key", pattern(32, 1));
  CHECK(open_error(b) == make_error_code(errc::master_key_wrong));
  spill(dir / "q/master.key", key + "x");
  CHECK(open_error(b) == make_error_code(errc::master_key_wrong));
  spill(dir / "q/master.key", key);
  b.reopen();
  CHECK(content_of(*b.store, "m") == m.content);
}

TEST_CASE("a key cannot be moved to another message") {
  scratch_directory dir;
  bench b(dir / "q");
  message a("a"), c("c");
  REQUIRE(b.put(a).has_value());
  REQUIRE(b.put(c).has_value());
  b.close();
  sql(dir / "q/index.db", "UPDATE message SET key = (SELECT key FROM message WHERE id = 'c') WHERE id = 'a'");
  b.reopen();
  CHECK(b.store->read("a").error() == make_error_code(errc::damaged));
  CHECK(content_of(*b.store, "c") == c.content);
}

TEST_CASE("a deleted message's key is nowhere in the quarantine's files any more") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("m"), other("other");
  REQUIRE(b.put(m).has_value());
  REQUIRE(b.put(other).has_value());
  std::string key;
  {
    sqlite3* db = nullptr;
    sqlite3_stmt* q = nullptr;
    REQUIRE(sqlite3_open((dir / "q/index.db").c_str(), &db) == SQLITE_OK);
    REQUIRE(sqlite3_prepare_v2(db, "SELECT key FROM message WHERE id = 'm'", -1, &q, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(q) == SQLITE_ROW);
    key.assign(static_cast<const char*>(sqlite3_column_blob(q, 0)),
               static_cast<std::size_t>(sqlite3_column_bytes(q, 0)));
    sqlite3_finalize(q);
    sqlite3_close(db);
  }
  REQUIRE(key.size() == 72);
  const auto found = [&] {
    return slurp(dir / "q/index.db").find(key) != std::string::npos ||
           slurp(dir / "q/index.db-wal").find(key) != std::string::npos;
  };
  CHECK(found());
  REQUIRE(b.store->remove("m", everyone(), "x", start).has_value());
  CHECK_FALSE(found());
  CHECK(content_of(*b.store, "other") == other.content);
}

TEST_CASE("a data directory that cannot be used says why") {
  scratch_directory dir;
  hal::linux_files fs;
  std::string why;
  CHECK(volume::open(fs, {dir / "no/such/parent", 0, role::owner}, &why).error() == make_error_code(errc::io));
  CHECK(why.find("no/such/parent") != std::string::npos);
  CHECK(why.find("No such file") != std::string::npos);
  spill(dir / "file", "not a directory");
  CHECK_FALSE(volume::open(fs, {dir / "file", 0, role::owner}, &why).has_value());
}
