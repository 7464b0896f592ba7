// Limits of bytes, count and age; who is evicted, who never is; clocks that jump.
#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;
using strings = std::vector<std::string>;

namespace {

constexpr std::uint64_t kib = 1024;

message sized(const std::string& id, std::size_t octets, strings to = {"alice@example.com"},
              std::string from = "notices@sender.example") {
  message m(id, std::move(to), std::move(from));
  m.content = pattern(octets, 5);
  return m;
}

// Every message from a sender of its own, so that shares do not come into play.
message from_somebody(const std::string& id, std::size_t octets, strings to = {"alice@example.com"}) {
  return sized(id, octets, std::move(to), "x@" + id + ".example");
}

strings with_content(bench& b) {
  const auto page = b.store->list({}, 0, 500);
  REQUIRE(page.has_value());
  strings ids;
  for (auto row = page->rows.rbegin(); row != page->rows.rend(); ++row) {
    if (row->content == content_state::stored) ids.push_back(row->id);
  }
  return ids;
}

boost::system::error_code put(bench& b, message m, unix_time at) {
  const auto r = b.put(m, at);
  return r ? boost::system::error_code() : r.error();
}

const boost::system::error_code ok;

}  // namespace

TEST_CASE("a store full of young mail refuses, with old mail it evicts the oldest first") {
  scratch_directory dir;
  store_limits limits;
  limits.messages = 3;
  bench b(dir / "q", limits);
  for (const char* id : {"a", "b", "c"}) REQUIRE(put(b, from_somebody(id, 100), start) == ok);
  CHECK(put(b, from_somebody("d", 100), start + 7 * day_s - 1) == make_error_code(errc::store_full));
  CHECK(with_content(b) == strings{"a", "b", "c"});
  CHECK(put(b, from_somebody("d", 100), start + 7 * day_s) == ok);
  CHECK(with_content(b) == strings{"b", "c", "d"});
  CHECK(b.states("a") == strings{"alice@example.com expired"});
  const auto d = b.store->show("a");
  REQUIRE(d->audit.size() == 1);
  CHECK(d->audit[0].action == "expire");
  CHECK(d->audit[0].result == "evicted: store is full");
  CHECK(files_in(dir / "q/mail") == strings{"b.msg", "c.msg", "d.msg"});
}

TEST_CASE("eviction frees as many bytes as are needed, or none at all") {
  scratch_directory dir;
  store_limits limits;
  limits.bytes = 40 * kib;
  limits.sender_share_percent = 100;
  bench b(dir / "q", limits);
  for (const char* id : {"a", "b", "c"}) REQUIRE(put(b, from_somebody(id, 10'000), start) == ok);
  REQUIRE(put(b, from_somebody("young", 9'000), start + 6 * day_s) == ok);
  const unix_time later = start + 8 * day_s;
  // Even without a, b and c it would not fit beside the young one: nothing is evicted.
  CHECK(put(b, from_somebody("big", 35'000), later) == make_error_code(errc::store_full));
  CHECK(with_content(b) == strings{"a", "b", "c", "young"});
  CHECK(put(b, from_somebody("mid", 20'000), later) == ok);
  CHECK(with_content(b) == strings{"c", "young", "mid"});
  CHECK(put(b, from_somebody("whale", 60'000), later) == make_error_code(errc::sender_share_full));
  CHECK(b.store->stats()->bytes <= limits.bytes);
}

TEST_CASE("one sender domain cannot hold more than its share") {
  scratch_directory dir;
  store_limits limits;
  limits.bytes = 100 * kib;
  bench b(dir / "q", limits);
  REQUIRE(put(b, sized("a", 12'000, {"alice@example.com"}, "one@evil.example"), start) == ok);
  REQUIRE(put(b, sized("b", 12'000, {"alice@example.com"}, "two@EVIL.example"), start) == ok);
  CHECK(put(b, sized("c", 12'000, {"alice@example.com"}, "three@evil.example"), start) ==
        make_error_code(errc::sender_share_full));
  CHECK(put(b, sized("d", 12'000, {"alice@example.com"}, "x@other.example"), start) == ok);
  CHECK(put(b, sized("e", 12'000, {"alice@example.com"}, ""), start) == ok);  // <> counts as a sender of its own
  // Old mail of the same sender goes first, other people's stays.
  CHECK(put(b, sized("f", 12'000, {"alice@example.com"}, "four@evil.example"), start + 8 * day_s) == ok);
  CHECK(with_content(b) == strings{"b", "d", "e", "f"});
}

TEST_CASE("the caller may say what the sender's domain is") {
  scratch_directory dir;
  store_limits limits;
  limits.bytes = 100 * kib;
  bench b(dir / "q", limits);
  for (const char* id : {"a", "b", "c"}) {
    message m = sized(id, 12'000, {"alice@example.com"}, std::string("x@") + id + ".evil.example");
    new_message n = m.view();
    n.sender_domain = "evil.example";
    const byte_view piece = m.content;
    CHECK(b.store->put(n, {&piece, 1}, start).has_value() == (std::string(id) != "c"));
  }
}

TEST_CASE("recipient domains have limits of their own, and eviction for one leaves the other's recipients") {
  scratch_directory dir;
  store_limits limits;
  limits.per_domain.messages = 2;
  limits.domains = {{"big.example", 0, 0, 0}, {"small.example", 0, 1, 0}};
  bench b(dir / "q", limits);
  const unix_time later = start + 8 * day_s;
  REQUIRE(put(b, from_somebody("both", 100, {"a@small.example", "b@big.example"}), start) == ok);
  CHECK(put(b, from_somebody("no", 100, {"c@Small.example"}), start) == make_error_code(errc::domain_full));
  for (const char* id : {"b1", "b2", "b3"}) CHECK(put(b, from_somebody(id, 100, {"b@big.example"}), start) == ok);
  CHECK(put(b, from_somebody("yes", 100, {"c@small.example"}), later) == ok);
  CHECK(b.states("both") == strings{"a@small.example expired", "b@big.example held"});
  CHECK(content_of(*b.store, "both").size() == 100);
  for (const char* id : {"o1", "o2"}) CHECK(put(b, from_somebody(id, 100, {"x@other.example"}), later) == ok);
  CHECK(put(b, from_somebody("o3", 100, {"x@other.example"}), later) == make_error_code(errc::domain_full));
}

TEST_CASE("a release under way is neither evicted nor expired") {
  scratch_directory dir;
  store_limits limits;
  limits.messages = 2;
  bench b(dir / "q", limits);
  REQUIRE(put(b, from_somebody("a", 100), start) == ok);
  REQUIRE(put(b, from_somebody("b", 100), start) == ok);
  REQUIRE(b.store->release("a", everyone(), "x", start).has_value());
  CHECK(put(b, from_somebody("c", 100), start + 8 * day_s) == ok);
  CHECK(with_content(b) == strings{"a", "c"});
  REQUIRE(b.store->upkeep(start + 100 * day_s).has_value());
  CHECK(with_content(b) == strings{"a"});
  CHECK(b.states("a") == strings{"alice@example.com releasing"});
}

TEST_CASE("upkeep expires by age, per domain, never before the minimum") {
  scratch_directory dir;
  store_limits limits;
  limits.domains = {
      {"short.example", 0, 0, 10 * day_s}, {"long.example", 0, 0, 90 * day_s}, {"tiny.example", 0, 0, day_s}};
  bench b(dir / "q", limits);
  REQUIRE(put(b,
              from_somebody("m", 100,
                            {"a@short.example", "b@long.example", "c@tiny.example", "d@example.com", "postmaster"}),
              start) == ok);
  const auto states_after = [&](std::int64_t days) {
    REQUIRE(b.store->upkeep(start + days * day_s).has_value());
    std::string out;
    const auto d = b.store->show("m");
    REQUIRE(d.has_value());
    for (const auto& r : d->recipients) out += name_of(r.state)[0];
    return out;
  };
  CHECK(states_after(6) == "hhhhh");
  CHECK(states_after(7) == "hhehh");
  CHECK(states_after(10) == "ehehh");
  CHECK(states_after(30) == "eheee");
  CHECK(states_after(89) == "eheee");
  CHECK(files_in(dir / "q/mail").size() == 1);
  CHECK(states_after(90) == "eeeee");
  CHECK(files_in(dir / "q/mail").empty());
}

TEST_CASE("upkeep does a bounded share of the work at a time and prunes history") {
  scratch_directory dir;
  store_limits limits;
  limits.history_messages = 50;
  bench b(dir / "q", limits);
  for (int i = 0; i < 250; ++i) REQUIRE(put(b, from_somebody("m" + std::to_string(i), 10), start) == ok);
  int calls = 0;
  upkeep_report all;
  for (bool more = true; more; ++calls) {
    const auto r = b.store->upkeep(start + 30 * day_s);
    REQUIRE(r.has_value());
    CHECK(r->expired <= upkeep_messages_max);
    all.expired += r->expired;
    all.pruned += r->pruned;
    more = r->more;
  }
  CHECK(calls >= 3);
  CHECK(all.expired == 250);
  CHECK(all.pruned == 200);
  CHECK(b.store->stats()->rows == 50);
  REQUIRE(b.store->upkeep(start + 60 * day_s).has_value());
  CHECK(b.store->stats()->rows == 50);
  REQUIRE(b.store->upkeep(start + 60 * day_s + 1).has_value());
  CHECK(b.store->stats()->rows == 0);
  CHECK(b.store->stats()->audit_entries == 250);
}

TEST_CASE("the audit keeps its newest entries") {
  scratch_directory dir;
  store_limits limits;
  limits.audit_entries = 10;
  bench b(dir / "q", limits);
  message m("m");
  REQUIRE(b.put(m).has_value());
  for (int i = 0; i < 25; ++i) REQUIRE(b.store->release("m", everyone(), "n" + std::to_string(i), start).has_value());
  REQUIRE(b.store->upkeep(start).has_value());
  const auto kept = b.store->audit(0, 100);
  REQUIRE(kept->size() == 10);
  CHECK(kept->front().who == "n24");
  CHECK(kept->back().who == "n15");
}

TEST_CASE("a clock in the past makes nothing old") {
  scratch_directory dir;
  store_limits limits;
  limits.messages = 2;
  bench b(dir / "q", limits);
  REQUIRE(put(b, from_somebody("a", 100), start) == ok);
  REQUIRE(put(b, from_somebody("b", 100), 1000) == ok);  // no RTC: 1970
  CHECK(b.store->show("b")->summary.received == start);
  CHECK(put(b, from_somebody("c", 100), start + 6 * day_s) == make_error_code(errc::store_full));
}

TEST_CASE("when the right time is known, what this run stamped moves with it") {
  scratch_directory dir;
  bench b(dir / "q");
  REQUIRE(put(b, from_somebody("old", 100), start) == ok);
  b.reopen();
  const unix_time wrong = start + 10, right = start + 300 * day_s;
  REQUIRE(put(b, from_somebody("fresh", 100), wrong) == ok);
  REQUIRE(b.store->release("fresh", everyone(), "x", wrong).has_value());
  REQUIRE(b.store->clock_corrected(wrong, right).has_value());
  CHECK(b.store->show("fresh")->summary.received == right);
  CHECK(b.store->show("old")->summary.received == start);
  CHECK(b.store->show("fresh")->recipients[0].next_attempt == right);
  // A second correction does not move it again.
  REQUIRE(b.store->clock_corrected(right + 5, right + 5).has_value());
  CHECK(b.store->show("fresh")->summary.received == right);
  REQUIRE(b.store->upkeep(right).has_value());
  CHECK(with_content(b) == strings{"fresh"});
}

TEST_CASE("a clock that was ahead does not keep mail for ever") {
  scratch_directory dir;
  store_limits limits;
  limits.messages = 1;
  bench b(dir / "q", limits);
  REQUIRE(put(b, from_somebody("a", 100), start + 4000 * day_s) == ok);
  b.reopen();
  REQUIRE(b.store->clock_corrected(start, start).has_value());
  CHECK(put(b, from_somebody("b", 100), start + 8 * day_s) == ok);
}

TEST_CASE("one put may have to evict thousands") {
  scratch_directory dir;
  store_limits limits;
  limits.bytes = 400 * kib;
  limits.sender_share_percent = 100;
  limits.sqlite_heap_bytes = 0;
  bench b(dir / "q", limits);
  int stored = 0;
  while (put(b, from_somebody("m" + std::to_string(stored), 100), start) == ok) ++stored;
  CHECK(stored > 2000);
  CHECK(put(b, from_somebody("large", 390 * kib), start + 8 * day_s) == ok);
  CHECK(files_in(dir / "q/mail").size() <= 60);
  CHECK(files_in(dir / "q/mail").size() == b.stored());
}
