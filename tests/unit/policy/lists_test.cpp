// Block and allow lists and exceptions: forms, precision, ends, and what no entry may do.
#include "policy/lists.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "inspect/rules.hpp"
#include "inspect/text_id.hpp"

using namespace sluice;
using namespace sluice::policy;

namespace {

constexpr std::int64_t now = 1'800'000'000;

list_entry entry(list_kind kind, list_subject subject, std::string what, std::int64_t expires = 0) {
  list_entry e;
  e.kind = kind;
  e.subject = subject;
  e.what = std::move(what);
  e.created = now;
  e.expires = expires;
  return e;
}

std::string added(list_table& t, list_entry e) {
  REQUIRE(normalise(e));
  REQUIRE(check(e, now) == list_fault::none);
  REQUIRE(t.add(e) == list_fault::none);
  return e.id;
}

auth::ip_address ip(std::string_view text) {
  auth::ip_address out;
  REQUIRE(auth::parse_ip(text, out));
  return out;
}

list_fault fault_of(list_entry e) { return !normalise(e) ? list_fault::bad_what : check(e, now); }

list_entry slot_exception(std::string recipient, std::string_view text) {
  list_entry e = entry(list_kind::exception, list_subject::recipient, std::move(recipient), now + 86400);
  e.rule = "slot-phone";
  e.profile = "paypal";
  e.text_id = inspect::text_id(text);
  e.text = std::string(text);
  return e;
}

inspect::finding slot_finding(std::string_view text) {
  inspect::finding f;
  f.rule = inspect::info_of(inspect::rule::slot_phone).id;
  f.weight = 100;
  f.text_id = inspect::text_id(text);
  return f;
}

}  // namespace

TEST_CASE("what an entry names is brought into one form, and what is none is refused") {
  const struct {
    list_subject subject;
    const char* given;
    const char* kept;  // null: refused
  } rows[] = {
      {list_subject::address, "Alice@Example.NET", "alice@example.net"},
      {list_subject::address, "<\"a b\"@example.net>", "a b@example.net"},
      {list_subject::address, "\"alice\"@example.net", "alice@example.net"},
      {list_subject::address, "alice@b\xC3\xBC" "cher.example", "alice@xn--bcher-kva.example"},
      {list_subject::address, "alice", nullptr},
      {list_subject::address, "@example.net", nullptr},
      {list_subject::domain, "*.Example.net", ".example.net"},
      {list_subject::domain, ".example.net.", ".example.net"},
      {list_subject::domain, "net", nullptr},
      {list_subject::domain, "", nullptr},
      {list_subject::network, "192.0.2.77/24", "192.0.2.0/24"},
      {list_subject::network, "192.0.2.7", "192.0.2.7/32"},
      {list_subject::network, "2001:DB8::5/32", "2001:db8::/32"},
      {list_subject::network, "192.0.2.0/33", nullptr},
      {list_subject::network, "192.0.2.0/x", nullptr},
      {list_subject::network, "example.net", nullptr},
      {list_subject::recipient, "Bob@Example.org", "bob@example.org"},
      {list_subject::recipient, "example.org", "example.org"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.given);
    list_entry e = entry(list_kind::block, row.subject, row.given);
    CHECK(normalise(e) == (row.kept != nullptr));
    if (row.kept != nullptr) CHECK(e.what == row.kept);
  }
}

TEST_CASE("entries that would do harm are refused with the reason") {
  CHECK(fault_of(entry(list_kind::block, list_subject::network, "0.0.0.0/0")) == list_fault::too_wide);
  CHECK(fault_of(entry(list_kind::allow, list_subject::network, "10.0.0.0/7")) == list_fault::too_wide);
  CHECK(fault_of(entry(list_kind::block, list_subject::network, "2000::/3")) == list_fault::too_wide);
  CHECK(fault_of(entry(list_kind::block, list_subject::network, "10.0.0.0/8")) == list_fault::none);
  CHECK(fault_of(entry(list_kind::block, list_subject::recipient, "PostMaster@example.org")) == list_fault::role);
  CHECK(fault_of(entry(list_kind::block, list_subject::recipient, "\"abuse\"@example.org")) == list_fault::role);
  CHECK(fault_of(entry(list_kind::allow, list_subject::recipient, "abuse@example.org")) == list_fault::none);
  CHECK(fault_of(entry(list_kind::block, list_subject::domain, "example.net", now)) == list_fault::bad_expiry);
  list_entry noted = entry(list_kind::block, list_subject::domain, "example.net");
  noted.note = "a\nb";
  CHECK(fault_of(noted) == list_fault::bad_text);
  noted.note = std::string(list_note_octets + 1, 'x');
  CHECK(fault_of(noted) == list_fault::bad_text);
  // An exception has an end, a known rule, and the one text or template that it is for.
  list_entry e = slot_exception("bob@example.org", "Acme, call +1 888 555 0142");
  CHECK(fault_of(e) == list_fault::none);
  list_entry blanket = e;
  blanket.text_id = 0;
  CHECK(fault_of(blanket) == list_fault::blanket);
  list_entry endless = e;
  endless.expires = 0;
  CHECK(fault_of(endless) == list_fault::bad_expiry);
  list_entry takeover = e;
  takeover.rule = "body-foreign";  // a text of a slot says nothing about the body
  CHECK(fault_of(takeover) == list_fault::bad_rule);
  takeover.text_id = 0;
  for (std::uint32_t i = 1; i <= inspect::skeleton_shingles; ++i) takeover.skeleton.push_back(i);
  CHECK(fault_of(takeover) == list_fault::none);
  list_entry unknown = e;
  unknown.rule = "no-such-rule";
  CHECK(fault_of(unknown) == list_fault::bad_rule);
  list_entry of_sender = e;
  of_sender.subject = list_subject::address;
  CHECK(fault_of(of_sender) == list_fault::bad_what);
}

TEST_CASE("the most precise entry decides, and hits are counted") {
  list_table t(100);
  const std::string below = added(t, entry(list_kind::block, list_subject::domain, ".example.net"));
  const std::string exact = added(t, entry(list_kind::allow, list_subject::domain, "mail.example.net"));
  const std::string person = added(t, entry(list_kind::block, list_subject::address, "eve@mail.example.net"));
  const auto says = [&](std::string_view sender) {
    const auto hit = t.sender(sender, now);
    return hit ? std::string(view(hit->id)) : std::string();
  };
  CHECK(says("a@example.net") == below);
  CHECK(says("a@deep.down.EXAMPLE.net") == below);
  CHECK(says("a@mail.example.net") == exact);
  CHECK(says("\"Eve\"@mail.example.net") == person);
  CHECK(says("a@notexample.net").empty());
  CHECK(says("").empty());
  CHECK(says("postmaster").empty());
  CHECK(t.find(below)->hits == 2);
  CHECK(t.find(person)->hits == 1);
  // networks: the longest prefix; IPv4 in IPv6 form is IPv4
  const std::string wide = added(t, entry(list_kind::block, list_subject::network, "192.0.0.0/16"));
  const std::string host = added(t, entry(list_kind::allow, list_subject::network, "192.0.2.7"));
  const std::string v6 = added(t, entry(list_kind::block, list_subject::network, "2001:db8::/32"));
  CHECK(view(t.client(ip("192.0.2.8"), now)->id) == wide);
  CHECK(view(t.client(ip("192.0.2.7"), now)->id) == host);
  CHECK(view(t.client(ip("::ffff:192.0.2.7"), now)->id) == host);
  CHECK(view(t.client(ip("2001:db8:1::1"), now)->id) == v6);
  CHECK_FALSE(t.client(ip("198.51.100.1"), now));
  // a block and an allow of one name: the block
  added(t, entry(list_kind::allow, list_subject::address, "both@example.com"));
  added(t, entry(list_kind::block, list_subject::address, "both@example.com"));
  CHECK(t.sender("both@example.com", now)->kind == list_kind::block);
  // an entry for a sender is none for a recipient
  CHECK_FALSE(t.recipient("a@example.net", now));
  added(t, entry(list_kind::block, list_subject::recipient, "example.org"));
  CHECK(t.recipient("bob@example.org", now)->kind == list_kind::block);
  CHECK_FALSE(t.recipient("bob@sub.example.org", now));
}

TEST_CASE("an entry stops at its end, before anybody purges it") {
  list_table t(10);
  added(t, entry(list_kind::block, list_subject::address, "a@example.net", now + 10));
  added(t, entry(list_kind::block, list_subject::network, "192.0.2.0/24", now + 10));
  CHECK(t.sender("a@example.net", now + 9));
  CHECK_FALSE(t.sender("a@example.net", now + 10));
  CHECK_FALSE(t.client(ip("192.0.2.1"), now + 10));
  CHECK(t.purge(now + 9) == 0);
  CHECK(t.purge(now + 10) == 2);
  CHECK(t.size() == 0);
  CHECK(t.text_octets() == 0);
}

TEST_CASE("the table is bounded by entries and by their texts, and says so") {
  list_table t(4);
  for (int i = 0; i < 4; ++i) added(t, entry(list_kind::block, list_subject::address, "a" + std::to_string(i) + "@example.net"));
  list_entry one_more = entry(list_kind::block, list_subject::address, "b@example.net");
  CHECK(t.add(one_more) == list_fault::full);
  CHECK(t.refused() == 1);
  REQUIRE(t.remove(t.sender("a0@example.net", now) ? std::string(view(t.sender("a0@example.net", now)->id)) : "") == list_fault::none);
  one_more.note = std::string(200, 'n');
  CHECK(t.add(one_more) == list_fault::none);
  list_entry again = entry(list_kind::block, list_subject::address, "b@example.net");
  CHECK(t.add(again) == list_fault::known);
  list_table small(4);  // 256 octets of text
  list_entry fat = entry(list_kind::block, list_subject::address, "c@example.net");
  fat.note = std::string(200, 'n');
  REQUIRE(small.add(fat) == list_fault::none);
  list_entry fatter = entry(list_kind::block, list_subject::address, "d@example.net");
  fatter.note = std::string(200, 'n');
  CHECK(small.add(fatter) == list_fault::full);
  list_table none(0);
  CHECK(none.add(again) == list_fault::full);
  CHECK_FALSE(none.sender("b@example.net", now));
}

TEST_CASE("many entries come and go, and the index stays right") {
  list_table t(1000);
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back(added(t, entry(list_kind::block, list_subject::domain, "d" + std::to_string(i) + ".example")));
  for (int i = 0; i < 1000; i += 2) REQUIRE(t.remove(ids[static_cast<std::size_t>(i)]) == list_fault::none);
  for (int i = 0; i < 1000; ++i) CHECK(t.sender("x@d" + std::to_string(i) + ".example", now).has_value() == (i % 2 == 1));
  std::uint64_t at = 0;
  std::size_t seen = 0;
  while (t.next(at)) ++seen;
  CHECK(seen == 500);
  at = 0;
  std::string newest = t.before(at)->what;
  CHECK(newest == "d999.example");
}

TEST_CASE("an exception is for one text of one rule, of one sender, to one recipient") {
  list_table t(10);
  const std::string text = "Acme Ltd, call +1 (888) 555-0142";
  added(t, slot_exception("bob@example.org", text));
  const auto hit = [&](const inspect::finding& f, const char* profile, const char* to, std::int64_t at = now) { return t.excepts(f, profile, {}, to, at).has_value(); };
  CHECK(hit(slot_finding(text), "paypal", "Bob@example.org"));
  CHECK(hit(slot_finding("  ACME  Ltd, call +1 (888) 555-0142"), "paypal", "bob@example.org"));  // as readers see it
  CHECK_FALSE(hit(slot_finding(text + " or +1 (888) 555-0199"), "paypal", "bob@example.org"));
  CHECK_FALSE(hit(slot_finding(text), "docusign", "bob@example.org"));
  CHECK_FALSE(hit(slot_finding(text), "paypal", "carol@example.org"));
  CHECK_FALSE(hit(slot_finding(text), "paypal", "bob@example.org", now + 86400));
  inspect::finding money = slot_finding(text);
  money.rule = inspect::info_of(inspect::rule::slot_money).id;
  CHECK_FALSE(hit(money, "paypal", "bob@example.org"));
  CHECK_FALSE(t.recipient("bob@example.org", now));  // it allows nothing by itself
  list_entry domain = slot_exception("example.org", text);
  added(t, domain);
  CHECK(hit(slot_finding(text), "paypal", "carol@example.org"));
  // Longer texts than are looked at have no name, so nothing excepts them.
  CHECK(inspect::text_id(std::string(2000, 'a')) == 0);
}

TEST_CASE("a template is known again by its shingles, another text is not") {
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t i = 0; i < 20; ++i) chosen.push_back(i * 977 + 5);
  const inspect::skeleton_id s = inspect::skeleton_of(chosen);
  REQUIRE(s.size() == inspect::skeleton_shingles);
  inspect::skeleton_id read;
  REQUIRE(inspect::parse_skeleton(view(inspect::text_of_skeleton(s)), read));
  CHECK(read == s);
  CHECK(inspect::same_skeleton(chosen, s));
  std::vector<std::uint32_t> other = chosen;
  other[0] = other[1] = 1'000'001;  // a name and an amount differ
  CHECK(inspect::same_skeleton(other, s));
  other[2] = other[3] = 1'000'003;
  CHECK_FALSE(inspect::same_skeleton(other, s));
  CHECK(inspect::skeleton_of(std::vector<std::uint32_t>{1, 2, 3}).empty());
  CHECK_FALSE(inspect::same_skeleton(chosen, {}));
}

TEST_CASE("allow never silences a slot or takeover finding of a profiled sender") {
  using inspect::rule;
  const auto silenced = [](rule what, const char* profile) {
    inspect::findings f;
    assign_cut(f.profile, profile);
    inspect::add_finding(f, what, 100, {});
    silence_all(f);
    return f.score == 0;
  };
  for (std::size_t i = 0; i < static_cast<std::size_t>(rule::count_); ++i) {
    const auto r = static_cast<rule>(i);
    const std::string id(inspect::info_of(r).id);
    CAPTURE(id);
    static constexpr std::string_view others[] = {"greeting", "template-missing", "body-foreign", "body-stuffed", "callback", "foreign-brand", "wallet",
                                                  "relayed", "replayed", "spoofed-profile", "unverified-profile"};
    const bool kept = id.starts_with("slot-") || std::ranges::find(others, id) != std::end(others);
    CHECK(silenced(r, "paypal") == !kept);
    CHECK(kept == (inspect::abuse_of(r) != inspect::sender_abuse::none));
    CHECK(silenced(r, ""));
  }
  // What did not fit into the list may have been a slot's: its points stay for a profiled sender.
  inspect::findings many;
  assign_cut(many.profile, "paypal");
  for (std::size_t i = 0; i < static_cast<std::size_t>(rule::count_); ++i) inspect::add_finding(many, static_cast<rule>(i), 10, {});
  REQUIRE(many.dropped > 0);
  const std::int32_t dropped = 10 * many.dropped;
  silence_all(many);
  CHECK(many.score >= dropped);
}

TEST_CASE("beside a slot or takeover finding of a profiled sender allow silences nothing, beside a detour only what is not about it") {
  using inspect::rule;
  const auto left = [](std::initializer_list<rule> rules, const char* profile) {
    inspect::findings f;
    assign_cut(f.profile, profile);
    for (const rule r : rules) inspect::add_finding(f, r, 40, {});
    silence_all(f);
    return f.score;
  };
  for (const rule sure : {rule::slot_phone, rule::slot_length, rule::greeting, rule::body_foreign, rule::callback, rule::foreign_brand, rule::wallet,
                          rule::spoofed_profile}) {
    CAPTURE(std::string(inspect::info_of(sure).id));
    for (const rule beside : {rule::relayed, rule::replayed, rule::new_to_sender, rule::callback, rule::link_foreign, rule::lure_fee, rule::text_disguised}) {
      if (beside == sure) continue;
      CHECK(left({sure, beside}, "paypal") == 80);
      CHECK(left({beside, sure}, "paypal") == 80);
      CHECK(left({sure, beside}, "") == 0);
    }
  }
  // Genuine mail through a list or in a bad hour of the DNS: what a list may silence is silenced.
  for (const rule detour : {rule::relayed, rule::replayed, rule::unverified_profile}) {
    CHECK(left({detour, rule::link_foreign, rule::new_to_sender}, "paypal") == 40);
    CHECK(left({detour, rule::link_foreign}, "") == 0);
  }
}

TEST_CASE("one rule and slot with two texts has no name that an exception could use") {
  inspect::findings f;
  inspect::finding_text a, b;
  a.slot = b.slot = "tenant";
  a.text_id = 1;
  b.text_id = 2;
  inspect::add_finding(f, inspect::rule::slot_phone, 100, a);
  inspect::add_finding(f, inspect::rule::slot_phone, 100, a);
  CHECK(f.list[0].text_id == 1);
  inspect::add_finding(f, inspect::rule::slot_phone, 100, b);
  CHECK(f.list[0].text_id == 0);
}

TEST_CASE("postmaster and abuse are known however they are written") {
  for (const char* role : {"postmaster", "Postmaster@example.org", "ABUSE@example.org", "\"abuse\"@example.org", "\"post\\master\"@example.org"}) {
    CAPTURE(role);
    CHECK(is_role_address(role));
  }
  for (const char* other : {"postmasters@example.org", "bob@example.org", "", "abuse.team@example.org"}) CHECK_FALSE(is_role_address(other));
}
