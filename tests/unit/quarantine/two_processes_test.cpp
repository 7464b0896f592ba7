// The daemon and the command line on the same store at the same time.
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;
using strings = std::vector<std::string>;

namespace {

// A process that does its work when it is told to. It is forked before this one opens the store: SQLite's locks and its
// notes about them must not be inherited.
class other_process {
 public:
  explicit other_process(const std::function<int(other_process&)>& work) {
    REQUIRE(::pipe(to_child_) == 0);
    REQUIRE(::pipe(to_parent_) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    wait();
    ::_exit(work(*this));
  }
  ~other_process() {
    for (const int fd : {to_child_[0], to_child_[1], to_parent_[0], to_parent_[1]}) ::close(fd);
  }
  other_process(const other_process&) = delete;
  other_process& operator=(const other_process&) = delete;

  // Between the two sides: one tells, the other waits.
  void tell() { REQUIRE(::write(pid_ != 0 ? to_child_[1] : to_parent_[1], "x", 1) == 1); }
  void wait() {
    char c;
    if (::read(pid_ != 0 ? to_parent_[0] : to_child_[0], &c, 1) != 1) ::_exit(99);
  }
  int status() {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  int to_child_[2], to_parent_[2];
  pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("the daemon notices what another process did") {
  scratch_directory dir;
  other_process cli([&](other_process&) {
    bench guest(dir / "q", {}, role::guest);
    return guest.store->release("m", everyone(), "cli", start).has_value() ? 0 : 1;
  });
  bench b(dir / "q");
  message m("m");
  REQUIRE(b.put(m).has_value());
  CHECK_FALSE(b.store->changed_elsewhere());
  CHECK_FALSE(b.store->next_due_time()->has_value());
  cli.tell();
  CHECK(cli.status() == 0);
  CHECK(b.store->changed_elsewhere());
  CHECK_FALSE(b.store->changed_elsewhere());
  CHECK(b.store->next_due_time()->value() == start);
}

TEST_CASE("a reader goes on when the other process deletes the message") {
  scratch_directory dir;
  other_process cli([&](other_process&) {
    bench guest(dir / "q", {}, role::guest);
    return guest.store->remove("m", everyone(), "cli", start).has_value() ? 0 : 1;
  });
  bench b(dir / "q");
  message m("m");
  m.content = pattern(100'000, 3);
  REQUIRE(b.put(m).has_value());
  auto reader = b.store->read("m");
  REQUIRE(reader.has_value());
  cli.tell();
  CHECK(cli.status() == 0);
  CHECK(files_in(dir / "q/mail").empty());
  CHECK(read_all(*reader) == m.content);
  CHECK(b.states("m") == strings{"alice@example.com deleted"});
}

TEST_CASE("the daemon puts while two others list, release and delete: nothing is lost, all figures agree") {
  scratch_directory dir;
  store_limits limits;
  limits.sqlite_heap_bytes = 0;
  constexpr int count = 150;
  // Each takes its half of the messages as they appear.
  const auto half = [&](int first) {
    return [&, first](other_process&) {
      bench guest(dir / "q", limits, role::guest);
      for (int i = first; i < count; i += 2) {
        const std::string id = "m" + std::to_string(i);
        for (int tries = 0; guest.store->show(id).has_error(); ++tries) {
          if (tries > 20'000 || guest.store->list({}, 0, 20).has_error()) return 2;
          ::usleep(500);
        }
        if (guest.store->release(id, only({"a@example.com"}), "cli", start).has_error()) return 3;
        if (guest.store->remove(id, only({"b@example.com"}), "cli", start).has_error()) return 4;
        if (i % 4 == 0 && guest.store->remove(id, everyone(), "cli", start).has_error()) return 5;
      }
      return 0;
    };
  };
  other_process even(half(0)), odd(half(1));
  bench b(dir / "q", limits);
  even.tell();
  odd.tell();
  for (int i = 0; i < count; ++i) {
    message m("m" + std::to_string(i), {"a@example.com", "b@example.com"});
    m.content = pattern(500, static_cast<unsigned>(i));
    REQUIRE(b.put(m).has_value());
  }
  CHECK(even.status() == 0);
  CHECK(odd.status() == 0);
  std::uint64_t stored = 0;
  for (int i = 0; i < count; ++i) {
    const std::string id = "m" + std::to_string(i);
    const bool deleted = i % 4 == 0;
    CHECK(b.states(id) ==
          strings{deleted ? "a@example.com deleted" : "a@example.com releasing", "b@example.com deleted"});
    if (deleted) continue;
    ++stored;
    CHECK(content_of(*b.store, id) == pattern(500, static_cast<unsigned>(i)));
  }
  CHECK(b.stored() == stored);
  CHECK(files_in(dir / "q/mail").size() == stored);
  b.reopen();
  CHECK(b.report.orphans == 0);
  CHECK(b.report.lost == 0);
}

TEST_CASE("while another process keeps the index locked a put says busy, and leaves nothing") {
  scratch_directory dir;
  other_process rude([&](other_process& self) {
    sqlite3* db = nullptr;
    if (sqlite3_open((dir / "q/index.db").c_str(), &db) != SQLITE_OK) return 1;
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) return 2;
    self.tell();
    self.wait();
    return sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr);
  });
  store_limits limits;
  limits.busy_wait_ms = 50;
  bench b(dir / "q", limits);
  message m("m");
  rude.tell();
  rude.wait();
  const auto r = b.put(m);
  REQUIRE_FALSE(r.has_value());
  CHECK(r.error() == make_error_code(errc::busy));
  CHECK(is_temporary(r.error()));
  CHECK(files_in(dir / "q/mail").empty());
  CHECK(b.store->list({})->rows.empty());  // readers are not in the way of a writer, nor it in theirs
  rude.tell();
  CHECK(rude.status() == 0);
  CHECK(b.put(m).has_value());
}
