#include "quarantine/telling.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "unit/quarantine/support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;

namespace {

link_use link(const std::string& id, std::uint32_t position, link_deed deed, char mark) {
  link_use u;
  u.mark.fill(mark);
  u.expires = start + 1000;
  u.id = id;
  u.position = position;
  u.deed = deed;
  return u;
}

struct held_pair : bench {
  explicit held_pair(const std::string& where, store_limits most = {}) : bench(where, std::move(most)) {
    message m("one", {"a@example.com", "B@Example.com"});
    REQUIRE(put(m).has_value());
  }
};

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a link acts on its recipient only, and once") {
  scratch_directory dir;
  held_pair b(dir.path());
  telling& t = b.store->told();
  const link_use use = link("one", 1, link_deed::release, 'r');
  auto seen = t.subject_of(use);
  REQUIRE((seen && seen->has_value()));
  CHECK((*seen)->item.address == "B@Example.com");
  CHECK_FALSE((*seen)->used);
  auto done = t.use(use, "link", start + 1);
  REQUIRE(done.has_value());
  CHECK(done->what == link_outcome::done);
  CHECK(b.states("one") == lines{"a@example.com held", "B@Example.com releasing"});
  done = t.use(use, "link", start + 2);
  REQUIRE(done.has_value());
  CHECK(done->what == link_outcome::used_before);
  CHECK((**t.subject_of(use)).used);
  b.reopen(start + 3);  // remembered on the medium
  CHECK(b.store->told().use(use, "link", start + 3)->what == link_outcome::used_before);
  done = b.store->told().use(link("one", 0, link_deed::remove, 'd'), "link", start + 4);
  REQUIRE(done.has_value());
  CHECK(done->what == link_outcome::done);
  CHECK(b.states("one") == lines{"a@example.com deleted", "B@Example.com releasing"});
  done = b.store->told().use(link("one", 0, link_deed::release, 'x'), "link", start + 5);
  REQUIRE(done.has_value());
  CHECK(done->what == link_outcome::not_possible);
  CHECK(done->note == "is deleted already");
  const auto nothing = b.store->told().subject_of(link("one", 2, link_deed::ask, 'y'));
  CHECK((nothing && !nothing->has_value()));
  CHECK_FALSE(b.store->told().use(link("two", 0, link_deed::ask, 'y'), "link", start).has_value());
}

TEST_CASE("what fails is not counted as used") {
  scratch_directory dir;
  store_limits limits;
  limits.outbox_recipients = 1;
  held_pair b(dir.path(), limits);
  telling& t = b.store->told();
  REQUIRE(t.use(link("one", 0, link_deed::release, 'a'), "link", start).has_value());
  const auto full = t.use(link("one", 1, link_deed::release, 'b'), "link", start);
  REQUIRE_FALSE(full.has_value());
  CHECK(full.error() == make_error_code(errc::outbox_full));
  CHECK_FALSE((**t.subject_of(link("one", 1, link_deed::release, 'b'))).used);
  CHECK(b.states("one").back() == "B@Example.com held");
  CHECK(*t.used_links() == 1);
}

TEST_CASE("used links are forgotten when they have expired, not before") {
  scratch_directory dir;
  held_pair b(dir.path());
  telling& t = b.store->told();
  REQUIRE(t.use(link("one", 0, link_deed::ask, 'a'), "link", start).has_value());
  REQUIRE(t.use(link("one", 0, link_deed::ask, 'b'), "link", start + 1000).has_value());
  CHECK(*t.used_links() == 2);
  REQUIRE(t.use(link("one", 1, link_deed::ask, 'c'), "link", start + 1001).has_value());
  CHECK(*t.used_links() == 1);
}

TEST_CASE("who asks for an operator is listed until it is settled, page by page") {
  scratch_directory dir;
  held_pair b(dir.path());
  telling& t = b.store->told();
  for (const std::uint32_t position : {0u, 1u}) REQUIRE(t.use(link("one", position, link_deed::ask, static_cast<char>('a' + position)), "link", start + 7).has_value());
  const auto again = t.use(link("one", 0, link_deed::ask, 'z'), "link", start + 8);
  CHECK(again->what == link_outcome::not_possible);
  message m("two", {"c@example.com"});
  REQUIRE(b.put(m).has_value());
  REQUIRE(t.use(link("two", 0, link_deed::ask, 'q'), "link", start + 9).has_value());
  lines seen;
  std::int64_t before = 0;
  std::uint32_t position = 0;
  for (int page = 0; page < 5; ++page) {
    const auto rows = t.requests(before, position, 1);
    REQUIRE(rows.has_value());
    if (rows->empty()) break;
    seen.push_back(rows->front().id + " " + rows->front().address);
    before = rows->front().sequence;
    position = rows->front().position;
  }
  CHECK(seen == lines{"two c@example.com", "one B@Example.com", "one a@example.com"});
  REQUIRE(b.store->release("one", only({"a@example.com"}), "root", start).has_value());
  REQUIRE(b.store->remove("two", everyone(), "root", start).has_value());
  CHECK(t.requests(0, 0, 10)->size() == 1);
  // Refused: the copy stays held, the request is gone, and it stands in the audit.
  const auto refused = t.refuse_request("one", "b@EXAMPLE.com", "session:ann", start + 10);
  REQUIRE(refused.has_value());
  CHECK(refused->recipient == "B@Example.com");
  CHECK(t.requests(0, 0, 10)->empty());
  CHECK(b.states("one").back() == "B@Example.com held");
  const auto detail = b.store->show("one");
  REQUIRE(detail.has_value());
  CHECK(std::ranges::any_of(detail->audit, [](const audit_entry& e) { return e.who == "session:ann" && e.action == "refuse" && e.recipient == "B@Example.com"; }));
  for (const char* nobody : {"b@example.com", "a@example.com", "c@example.com"})
    CHECK(t.refuse_request("one", nobody, "session:ann", start + 11).error() == make_error_code(errc::not_found));
}

TEST_CASE("what was told is told once; addresses are one whatever their case") {
  scratch_directory dir;
  bench b(dir.path());
  message first("m1", {"Bob@example.com", "eve@other.example"}), second("m2", {"bob@Example.COM"});
  REQUIRE(b.put(first, start).has_value());
  REQUIRE(b.put(second, start + 10).has_value());
  telling& t = b.store->told();
  auto mail = t.next_untold("example.com", "", start + 10, 5);
  REQUIRE((mail && mail->has_value()));
  CHECK((*mail)->messages == 1);
  mail = t.next_untold("example.com", "", start + 11, 5);
  CHECK((*mail)->messages == 2);
  CHECK((*mail)->items.front().id == "m2");
  CHECK((*mail)->items.back().position == 0);
  CHECK_FALSE(t.next_untold("example.com", "bob@example.com", start + 11, 5)->has_value());
  REQUIRE(t.mark({"BOB@example.com", start + 10, 0}, start + 20).has_value());
  CHECK((**t.next_untold("example.com", "", start + 11, 5)).messages == 1);
  const auto sequence = t.next_held("example.com", 0);
  REQUIRE(sequence.has_value());
  const auto one = t.next_recipient("example.com", *sequence, -1);
  REQUIRE((one && one->has_value()));
  CHECK((*one)->id == "m2");
  REQUIRE(t.mark({(*one)->address, 0, *sequence}, start + 20).has_value());
  CHECK(*t.next_held("example.com", 0) == 0);
  CHECK((**t.next_untold("other.example", "", start + 11, 5)).messages == 1);
  CHECK_FALSE(t.progress("example.com")->known);
  REQUIRE(t.set_progress("example.com", {true, 5, 6}).has_value());
  CHECK(t.progress("example.com")->noticed == 6);
}
