// Releases: what is due, back-off, the end after five days, crashes in between.
#include "quarantine/outbox.hpp"

#include <sqlite3.h>

#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;
using strings = std::vector<std::string>;

namespace {

struct released : bench {
  explicit released(const std::string& d, store_limits l = {}) : bench(d, std::move(l)) {
    REQUIRE(put(m).has_value());
    REQUIRE(store->release("m", everyone(), "admin", start).has_value());
  }
  // The next job must be there.
  release_job take(unix_time now) {
    auto job = store->next_due(now);
    REQUIRE(job.has_value());
    REQUIRE(job->has_value());
    return std::move(**job);
  }
  bool nothing_due(unix_time now) {
    auto job = store->next_due(now);
    REQUIRE(job.has_value());
    return !job->has_value();
  }
  message m{"m", {"a@example.com", "b@example.com", "c@example.com"}};
};

}  // namespace

TEST_CASE("each recipient ends by its own reply") {
  scratch_directory dir;
  released b(dir / "q");
  CHECK(b.store->next_due_time()->value() == start);
  auto job = b.take(start);
  CHECK(job.id == "m");
  CHECK(job.envelope.recipients.size() == 3);
  CHECK(job.envelope.reverse_path == "notices@sender.example");
  CHECK(read_all(job.content) == b.m.content);
  CHECK(b.nothing_due(start + day_s));  // it is under way
  CHECK_FALSE(b.store->next_due_time()->has_value());

  const delivery_result results[] = {{2, delivery::permanent, "550 5.1.1 no such user"},
                                     {0, delivery::delivered, "250 2.0.0 ok"},
                                     {1, delivery::temporary, "451 4.3.0 later"}};
  REQUIRE(b.store->record_attempt(job.attempt, results, start).has_value());
  CHECK(b.states("m") == strings{"a@example.com released", "b@example.com releasing", "c@example.com refused"});
  const auto d = b.store->show("m");
  CHECK(d->recipients[1].reply == "451 4.3.0 later");
  CHECK(d->recipients[1].attempts == 1);
  CHECK(d->recipients[1].next_attempt == start + 5 * minute_s);
  CHECK(d->recipients[2].reply == "550 5.1.1 no such user");
  CHECK(d->summary.content == content_state::stored);  // c may be released again

  // The next job has the deferred one alone.
  CHECK(b.nothing_due(start + 5 * minute_s - 1));
  auto again = b.take(start + 5 * minute_s);
  CHECK(again.attempt > job.attempt);
  REQUIRE(again.envelope.recipients.size() == 1);
  CHECK(again.envelope.recipients[0].address == "b@example.com");
}

TEST_CASE("when all are delivered the content is destroyed") {
  scratch_directory dir;
  released b(dir / "q");
  auto job = b.take(start);
  const delivery_result results[] = {
      {0, delivery::delivered, {}}, {1, delivery::delivered, {}}, {2, delivery::delivered, {}}};
  REQUIRE(b.store->record_attempt(job.attempt, results, start).has_value());
  CHECK(files_in(dir / "q/mail").empty());
  CHECK(read_all(job.content) == b.m.content);  // an open reader is not disturbed
  CHECK(b.stored() == 0);
}

TEST_CASE("temporary failures are tried again with growing delays and end as refused after five days") {
  scratch_directory dir;
  released b(dir / "q");
  unix_time now = start;
  std::vector<std::int64_t> delays;
  std::size_t attempts = 0;
  while (b.states("m")[0] == "a@example.com releasing") {
    const auto due = b.store->next_due_time();
    REQUIRE(due->has_value());
    if (attempts > 0) delays.push_back(**due - now);
    now = **due;
    auto job = b.take(now);
    REQUIRE(b.store->record_attempt(job.attempt, {}, now).has_value());  // no results: all of them "not tried"
    ++attempts;
    REQUIRE(attempts < 100);
  }
  CHECK(now == start + 5 * day_s);  // the last attempt is made at the very end
  CHECK(b.states("m") == strings{"a@example.com refused", "b@example.com refused", "c@example.com refused"});
  CHECK(b.store->show("m")->recipients[0].reply == "not tried");
  REQUIRE(delays.size() > 20);
  CHECK(delays[0] == 5 * minute_s);
  CHECK(delays[1] == 15 * minute_s);
  CHECK(delays[5] == 240 * minute_s);
  CHECK(delays[20] == 240 * minute_s);
  CHECK(content_of(*b.store, "m") == b.m.content);
}

TEST_CASE("an attempt is recorded once") {
  scratch_directory dir;
  released b(dir / "q");
  auto job = b.take(start);
  REQUIRE(b.store->record_attempt(job.attempt, {}, start).has_value());
  CHECK(b.store->record_attempt(job.attempt, {}, start).error() == make_error_code(errc::not_found));
  CHECK(b.store->record_attempt(0, {}, start).error() == make_error_code(errc::not_found));
  CHECK(b.store->record_attempt(-1, {}, start).error() == make_error_code(errc::not_found));
}

TEST_CASE("a delivery that a crash cut off is due again") {
  scratch_directory dir;
  released b(dir / "q");
  (void)b.take(start);
  b.reopen(start + 60);
  CHECK(b.report.requeued == 3);
  auto job = b.take(start + 60);
  CHECK(job.envelope.recipients.size() == 3);
  const auto d = b.store->show("m");
  CHECK(d->audit.back().result == "interrupted, will be tried again");
}

TEST_CASE("messages come in the order of their time") {
  scratch_directory dir;
  released b(dir / "q");
  message second("second");
  REQUIRE(b.put(second).has_value());
  REQUIRE(b.store->release("second", everyone(), "x", start - 10).has_value());
  CHECK(b.take(start).id == "second");
  CHECK(b.take(start).id == "m");
  CHECK(b.nothing_due(start));
}

TEST_CASE("a stored file that was tampered with is never delivered as if it were whole") {
  scratch_directory dir;
  released b(dir / "q");
  std::string file = slurp(dir / "q/mail/m.msg");
  file[file.size() / 2] = static_cast<char>(file[file.size() / 2] ^ 1);
  spill(dir / "q/mail/m.msg", file);
  auto job = b.take(start);
  std::string buffer(frame_bytes, '\0');
  auto n = job.content.read(buffer);
  while (n && *n > 0) n = job.content.read(buffer);
  REQUIRE_FALSE(n.has_value());
  CHECK(n.error() == make_error_code(errc::damaged));
  REQUIRE(b.store->record_damage(job.attempt, start).has_value());
  CHECK(b.states("m") == strings{"a@example.com refused", "b@example.com refused", "c@example.com refused"});
  CHECK(b.store->show("m")->summary.content == content_state::damaged);
  CHECK(b.store->release("m", everyone(), "x", start).error() == make_error_code(errc::damaged));
  CHECK(b.store->remove("m", everyone(), "x", start).has_value());
}

TEST_CASE("a file that vanished while the store was open ends as refused, and the next message goes on") {
  scratch_directory dir;
  released b(dir / "q");
  message second("second");
  REQUIRE(b.put(second).has_value());
  REQUIRE(b.store->release("second", everyone(), "x", start + 1).has_value());
  REQUIRE(b.fs.remove((dir / "q/mail/m.msg").c_str()) == 0);
  CHECK(b.take(start + 1).id == "second");
  CHECK(b.states("m")[0] == "a@example.com refused");
}

TEST_CASE("an outcome that cannot be written is kept, and written before anything else is delivered") {
  scratch_directory dir;
  store_limits limits;
  limits.busy_wait_ms = 10;
  released b(dir / "q", limits);
  message second("second");
  REQUIRE(b.put(second).has_value());
  REQUIRE(b.store->release("second", everyone(), "x", start).has_value());
  auto job = b.take(start);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((dir / "q/index.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const delivery_result r{0, delivery::delivered, "250 ok"};
  CHECK(b.store->record_attempt(job.attempt, {&r, 1}, start).error() == make_error_code(errc::busy));
  CHECK(b.store->next_due(start).error() == make_error_code(errc::busy));
  CHECK(b.store->next_due_time()->value() == start);
  REQUIRE(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  CHECK(b.take(start).id == "second");
  CHECK(b.states("m")[0] == "a@example.com released");
}

TEST_CASE("the outbox is bounded") {
  scratch_directory dir;
  store_limits limits;
  limits.outbox_recipients = 4;
  released b(dir / "q", limits);
  message second("second", {"x@example.com", "y@example.com"});
  REQUIRE(b.put(second).has_value());
  CHECK(b.store->release("second", everyone(), "x", start).error() == make_error_code(errc::outbox_full));
  CHECK(b.states("second") == strings{"x@example.com held", "y@example.com held"});
  CHECK(b.store->release("second", only({"x@example.com"}), "x", start).has_value());
}

TEST_CASE("the delays never fall below 30 minutes after the third try") {
  CHECK(retry_delay_s(0) == 5 * minute_s);
  for (std::uint32_t n = 3; n < 100; ++n) CHECK(retry_delay_s(n) >= 30 * minute_s);
}
