// Spool files: bounded, encrypted, gone when nobody holds them, and taken over by the store without a copy.
#include "quarantine/spool.hpp"

#include <cerrno>

#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;
using strings = std::vector<std::string>;

TEST_CASE("what is appended comes back in order, and no trace of it is readable on the medium") {
  scratch_directory dir;
  bench b(dir / "q");
  spool s(*b.vol, b.spool_budget, 1024 * 1024);
  auto f = s.create();
  REQUIRE(f.has_value());
  const std::string content = pattern(100'000, 1);
  for (std::size_t at = 0; at < content.size(); at += 7000)
    REQUIRE(f->append(byte_view(content).substr(at, 7000)).has_value());
  CHECK(f->read().error() == make_error_code(errc::invalid));  // not finished
  REQUIRE(f->finish().has_value());
  REQUIRE(f->finish().has_value());
  CHECK(f->append("x").error() == make_error_code(errc::invalid));
  CHECK(f->size() == content.size());
  for (int i = 0; i < 2; ++i) {
    auto reader = f->read();
    REQUIRE(reader.has_value());
    CHECK(reader->size() == content.size());
    CHECK(read_all(*reader) == content);
  }
  CHECK(slurp(dir / "q/mail/1.part").find(content.substr(100, 24)) == std::string::npos);
  CHECK(b.spool_budget.used() == slurp(dir / "q/mail/1.part").size());
}

TEST_CASE("a discarded or forgotten file leaves nothing") {
  scratch_directory dir;
  bench b(dir / "q");
  spool s(*b.vol, b.spool_budget, 1024 * 1024);
  {
    auto forgotten = s.create(), discarded = s.create();
    REQUIRE(forgotten->append("abc").has_value());
    REQUIRE(discarded->append("abc").has_value());
    CHECK(files_in(dir / "q/mail").size() == 2);
    discarded->discard();
    CHECK_FALSE(*discarded);
    CHECK(discarded->append("x").error() == make_error_code(errc::invalid));
    CHECK(files_in(dir / "q/mail").size() == 1);
    spool_file moved = std::move(*forgotten);
    CHECK(moved.size() == 3);
    CHECK(forgotten->size() == 0);
  }
  CHECK(files_in(dir / "q/mail").empty());
  CHECK(b.spool_budget.used() == 0);
}

TEST_CASE("the budget of all files and the cap of one end in spool_full") {
  scratch_directory dir;
  bench b(dir / "q");
  gauge budget(100'000);
  spool s(*b.vol, budget, 60'000);
  auto first = s.create(), second = s.create();
  const std::string block(10'000, 'x');
  for (int i = 0; i < 6; ++i) REQUIRE(first->append(block).has_value());
  CHECK(first->append("x").error() == make_error_code(errc::spool_full));
  REQUIRE(first->finish().has_value());
  for (int i = 0; i < 3; ++i) REQUIRE(second->append(block).has_value());
  CHECK(second->append(block).error() == make_error_code(errc::spool_full));
  CHECK(is_no_room(second->append(block).error()));
  CHECK(budget.refused() > 0);
  // Ending what is there is paid for already.
  gauge exact(file_header_bytes + 2 * frame_overhead_bytes + 100);
  spool tight(*b.vol, exact, 60'000);
  auto f = tight.create();
  REQUIRE(f->append(byte_view(block).substr(0, 100)).has_value());
  CHECK(f->append("x").error() == make_error_code(errc::spool_full));
  CHECK(f->finish().has_value());
  CHECK(tight.create().error() == make_error_code(errc::spool_full));
}

TEST_CASE("a growing file stops at the free-space floor, before the disk is full") {
  scratch_directory dir;
  bench b(dir / "q");
  b.close();
  auto v = volume::open(b.fs, {dir / "q", 10 * 1024 * 1024, role::owner});
  REQUIRE(v.has_value());
  spool s(**v, b.spool_budget, 64 * 1024 * 1024);
  auto f = s.create();
  b.fs.pretend_free(10 * 1024 * 1024 + 500'000);
  const std::string block(frame_bytes, 'x');
  boost::system::error_code error;
  for (int i = 0; i < 200 && !error; ++i)
    error = f->append(block).has_value() ? boost::system::error_code() : f->append(block).error();
  CHECK(error == make_error_code(errc::disk_full));
  CHECK(f->size() <= space_check_bytes);
}

TEST_CASE("leftovers of a crash are removed at the next start, messages are not") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("kept");
  REQUIRE(b.put(m).has_value());
  b.close();
  spill(dir / "q/mail/17.part", "half a message");
  b.reopen();
  CHECK(b.report.leftovers == 1);
  CHECK(files_in(dir / "q/mail") == strings{"kept.msg"});
}

TEST_CASE("the store takes a spooled message over without copying it") {
  scratch_directory dir;
  bench b(dir / "q");
  spool s(*b.vol, b.spool_budget, 1024 * 1024);
  message m("spooled");
  m.content = pattern(200'000, 9);
  auto f = s.create();
  for (std::size_t at = 0; at < m.content.size(); at += frame_bytes) {
    REQUIRE(f->append(byte_view(m.content).substr(at, frame_bytes)).has_value());
  }
  const std::uint64_t written = b.vol->bytes_written();
  REQUIRE(b.store->put(m.view(), *f, start).has_value());
  CHECK(b.vol->bytes_written() - written == frame_overhead_bytes);  // the final frame
  CHECK_FALSE(*f);
  CHECK(b.spool_budget.used() == 0);
  CHECK(files_in(dir / "q/mail") == strings{"spooled.msg"});
  b.reopen();
  CHECK(content_of(*b.store, "spooled") == m.content);
}

TEST_CASE("a spooled message that the store refuses is still the caller's") {
  scratch_directory dir;
  store_limits limits;
  limits.messages = 1;
  bench b(dir / "q", limits);
  message first("first"), second("second");
  REQUIRE(b.put(first).has_value());
  spool s(*b.vol, b.spool_budget, 1024 * 1024);
  auto f = s.create();
  REQUIRE(f->append(second.content).has_value());
  CHECK(b.store->put(second.view(), *f, start).error() == make_error_code(errc::store_full));
  auto reader = f->read();
  REQUIRE(reader.has_value());
  CHECK(read_all(*reader) == second.content);
  f->discard();
  CHECK(files_in(dir / "q/mail") == strings{"first.msg"});
  CHECK(b.spool_budget.used() == 0);
}
