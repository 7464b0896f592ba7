// Lists, filters, pages, figures.
#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;
using strings = std::vector<std::string>;

namespace {

strings ids(bench& b, const list_filter& f, std::size_t page = 100) {
  strings out;
  std::int64_t before = 0;
  do {
    const auto p = b.store->list(f, before, page);
    REQUIRE(p.has_value());
    CHECK(p->rows.size() <= page);
    for (const auto& row : p->rows) out.push_back(row.id);
    before = p->next;
  } while (before != 0);
  return out;
}

}  // namespace

TEST_CASE("filters") {
  scratch_directory dir;
  bench b(dir / "q");
  message a("a", {"Alice@example.com", "bob@example.org"}, "one@sender.example");
  message c("c", {"bob@example.org"}, "100%_two@other.example");
  message d("d", {"carol@example.net"}, "");
  a.findings = {{"slot-phone", "subject", "tenant", "call", 50, 0, 0, 0}};
  c.findings = {{"lure-word", "text", "", "cancel", 20, 0, 0, 0}, {"slot-phone", "text", "", "call", 30, 0, 0, 0}};
  REQUIRE(b.put(a, start).has_value());
  REQUIRE(b.put(c, start + 100).has_value());
  REQUIRE(b.put(d, start + 200).has_value());
  REQUIRE(b.store->remove("a", only({"bob@example.org"}), "x", start).has_value());
  REQUIRE(b.store->remove("d", everyone(), "x", start).has_value());

  const auto with = [&](auto set) {
    list_filter f;
    set(f);
    return ids(b, f);
  };
  CHECK(with([](auto&) {}) == strings{"d", "c", "a"});
  CHECK(with([](auto& f) { f.recipient = "ALICE@example.COM"; }) == strings{"a"});
  CHECK(with([](auto& f) { f.recipient = "@Example.org"; }) == strings{"c", "a"});
  CHECK(with([](auto& f) { f.recipient = "alice"; }).empty());
  CHECK(with([](auto& f) { f.sender = "OTHER.example"; }) == strings{"c"});
  CHECK(with([](auto& f) { f.sender = "%_"; }) == strings{"c"});                   // literally
  CHECK(with([](auto& f) { f.sender = "notices <"; }) == strings{"d", "c", "a"});  // the From text
  CHECK(with([](auto& f) { f.rule = "slot-phone"; }) == strings{"c", "a"});
  CHECK(with([](auto& f) { f.rule = "slot"; }).empty());
  CHECK(with([](auto& f) { f.state = recipient_state::deleted; }) == strings{"d", "a"});
  CHECK(with([](auto& f) { f.live_only = true; }) == strings{"c", "a"});
  CHECK(with([](auto& f) { f.state = recipient_state::deleted, f.recipient = "alice@example.com"; }).empty());
  CHECK(with([](auto& f) { f.live_only = true, f.recipient = "bob@example.org"; }) == strings{"c"});
  CHECK(with([](auto& f) { f.received_from = start + 100; }) == strings{"d", "c"});
  CHECK(with([](auto& f) { f.received_before = start + 100; }) == strings{"a"});
}

TEST_CASE("a row of the list") {
  scratch_directory dir;
  bench b(dir / "q");
  message a("a", {"alice@example.com", "bob@example.org"});
  a.findings = {{"light", "text", "", "", 5, 0, 0, 0}, {"heavy", "text", "", "", 50, 0, 0, 0}};
  REQUIRE(b.put(a).has_value());
  REQUIRE(b.store->remove("a", only({"bob@example.org"}), "x", start).has_value());
  const auto page = b.store->list({});
  REQUIRE(page->rows.size() == 1);
  const message_summary& row = page->rows[0];
  CHECK(row.received == start);
  CHECK(row.bytes == a.content.size());
  CHECK(row.first_recipient == "alice@example.com");
  CHECK(row.recipients == 2);
  CHECK(row.in_state[static_cast<int>(recipient_state::held)] == 1);
  CHECK(row.in_state[static_cast<int>(recipient_state::deleted)] == 1);
  CHECK(row.top_rule == "heavy");
  CHECK(page->next == 0);
}

TEST_CASE("pages of every size give every message once, newest first") {
  scratch_directory dir;
  bench b(dir / "q");
  strings expected;
  for (int i = 0; i < 23; ++i) {
    message m("m" + std::to_string(i));
    m.content = "x";
    REQUIRE(b.put(m).has_value());
    expected.insert(expected.begin(), m.id);
  }
  for (const std::size_t page : {1u, 2u, 7u, 22u, 23u, 24u, 500u}) CHECK(ids(b, {}, page) == expected);
  CHECK(b.store->list({}, 0, 0)->rows.size() == 1);
  CHECK(b.store->list({}, 1, 10)->rows.empty());
  CHECK(b.store->show("nobody").error() == make_error_code(errc::not_found));
}

TEST_CASE("figures follow what happens, also through every kind of end") {
  scratch_directory dir;
  bench b(dir / "q");
  message a("a", {"x@example.com", "y@example.com", "z@example.org"}), c("c", {"x@example.com"}, "n@other.example");
  REQUIRE(b.put(a).has_value());
  REQUIRE(b.put(c).has_value());
  auto s = *b.store->stats();
  CHECK(s.messages == 2);
  CHECK(s.bytes == slurp(dir / "q/mail/a.msg").size() + slurp(dir / "q/mail/c.msg").size());
  CHECK(s.recipients[0] == 4);
  CHECK(s.oldest == start);
  CHECK(s.index_bytes > 0);
  CHECK(s.sqlite_heap > 0);
  REQUIRE(s.senders.size() == 2);
  REQUIRE(s.recipient_domains.size() == 2);
  CHECK(s.recipient_domains[0].domain == "example.com");
  CHECK(s.recipient_domains[0].messages == 2);
  REQUIRE(b.store->remove("a", only({"z@example.org"}), "x", start).has_value());
  s = *b.store->stats();
  CHECK(s.messages == 2);
  CHECK(s.recipient_domains.size() == 1);
  REQUIRE(b.store->remove("a", everyone(), "x", start).has_value());
  REQUIRE(b.store->remove("c", everyone(), "x", start).has_value());
  s = *b.store->stats();
  CHECK(s.messages == 0);
  CHECK(s.bytes == 0);
  CHECK(s.senders.empty());
  CHECK(s.recipient_domains.empty());
  CHECK(s.rows == 2);
  CHECK(s.oldest == 0);
}
