// Digests: schedules, texts, and who is told when, against a real store.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdlib>
#include <filesystem>

#include "firmware/gateway/budget.hpp"
#include "firmware/gateway/records/digest_plan.hpp"
#include "firmware/gateway/records/digest_text.hpp"
#include "firmware/gateway/records/digest_writer.hpp"
#include "config/derive.hpp"
#include "hal/linux/files.hpp"
#include "inspect/rules.hpp"
#include "quarantine/store.hpp"
#include "quarantine/telling.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::gateway;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::int64_t day = 86'400, noon = 1'795'000'000 - 1'795'000'000 % day + day / 2;

const inspect::lexicon& words() { return real_rules().words(); }

quarantine::held_item item(std::string id, std::vector<std::string> rules, std::string subject = "Hello") {
  quarantine::held_item out;
  out.id = std::move(id);
  out.address = "bob@example.org";
  out.received = noon;
  out.header_from = "Microsoft <account@microsoftonline.com>";
  out.subject = std::move(subject);
  out.rules = std::move(rules);
  return out;
}

// A store in a directory of its own, and a writer whose mails end in a list.
struct bench {
  bench() {
    char name[] = "/tmp/sluice-unit-XXXXXX";
    directory = mkdtemp(name);
    volume = std::move(*quarantine::volume::open(files, {.directory = directory + "/q", .free_floor_bytes = 0, .as = quarantine::role::owner}));
    store = std::move(*quarantine::store::open(*volume, {}, noon));
    plan.domains = {{"example.org", {}, 3600, false, {}}};
    plan.hostname = "mx.example.org";
    plan.links = true;
    plan.link_url = "https://mail.example.org:8444";
    plan.link_lifetime_s = 600;
  }
  ~bench() {
    store.reset();
    volume.reset();
    std::filesystem::remove_all(directory);
  }

  void hold(const std::string& id, const std::vector<std::string>& to, std::int64_t at, const std::string& rule = "slot-phone") {
    std::vector<quarantine::new_recipient> recipients;
    for (const std::string& a : to) recipients.push_back({a, {}, 0});
    quarantine::new_finding finding;
    finding.rule = rule;
    finding.place = "subject";
    finding.words = "802";
    finding.weight = 100;
    quarantine::new_message m;
    m.id = id;
    m.reverse_path = "bounce@sender.example";
    m.recipients = recipients;
    m.findings = {&finding, 1};
    m.header_from = "Sender <a@sender.example>";
    m.subject = "Call 802 538 3069";
    const byte_view content = "Subject: x\r\n\r\ny\r\n";
    REQUIRE(store->put(m, {&content, 1}, at).has_value());
  }

  // Steps until nothing is due; what the writer did last.
  told_step run(std::int64_t now) {
    told_step done = told_step::worked;
    for (int i = 0; i < 1000 && done == told_step::worked; ++i) done = writer.step(store->told(), plan, keys, words(), now);
    return done;
  }

  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const auto& [facts, mail] : mails) {
      std::string line = (facts.notice ? "notice " : "digest ") + facts.recipient;
      for (const digest_row& r : facts.rows) line += " " + r.id;
      out.push_back(line + (facts.messages > facts.rows.size() ? " +" + std::to_string(facts.messages - facts.rows.size()) : ""));
    }
    return out;
  }

  hal::linux_files files;
  std::string directory;
  std::unique_ptr<quarantine::volume> volume;
  std::unique_ptr<quarantine::store> store;
  digest_plan plan;
  status::link_keys keys;
  std::vector<std::pair<digest_facts, digest_mail>> mails;
  std::size_t room = 1000;
  quarantine::errc fault = quarantine::errc::own_mail_full;
  digest_writer writer{[this](const digest_mail& mail, const digest_facts& facts, const quarantine::told_mark& mark, std::int64_t now) -> quarantine::result<void> {
    if (mails.size() >= room) return make_error_code(fault);
    if (const auto r = store->told().mark(mark, now); !r) return r;
    mails.emplace_back(facts, mail);
    return {};
  }};
};

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a schedule's last moment: by interval from the epoch, by times of the day across midnight") {
  const digest_plan::domain hourly{"example.org", {}, 3600, false, {}};
  CHECK(last_moment(hourly, noon) == noon);
  CHECK(last_moment(hourly, noon + 3599) == noon);
  const digest_plan::domain twice{"example.org", {7 * 3600, 13 * 3600 + 1800}, 1, false, {}};
  const std::int64_t midnight = noon - day / 2;
  CHECK(last_moment(twice, noon) == midnight + 7 * 3600);
  CHECK(last_moment(twice, midnight + 7 * 3600) == midnight + 7 * 3600);
  CHECK(last_moment(twice, midnight + 7 * 3600 - 1) == midnight - day + 13 * 3600 + 1800);
  CHECK(last_moment(twice, midnight + day - 1) == midnight + 13 * 3600 + 1800);
  config::model m;
  m.digest.domains = {{"example.org", {"13:30", "07:00"}, std::chrono::hours(1), true, {"slot-phone"}}};
  m.digest.recipients = {{"Anna@example.org", false, true}};
  const digest_plan p = plan_of(m);
  CHECK(p.domains[0].times_s == twice.times_s);
  CHECK_FALSE(p.wants_digest("anna@EXAMPLE.org"));
  CHECK(p.wants_notice("anna@example.org"));
  CHECK(p.wants_digest("bob@example.org"));
  CHECK(notice_fits(p.domains[0], {"lure-fee", "slot-phone"}));
  CHECK_FALSE(notice_fits(p.domains[0], {"lure-fee"}));
  CHECK(notice_fits(hourly, {}));
}

TEST_CASE("a digest names our reason and the claimed sender first, hides what a lure wants used, and escapes the rest") {
  digest_facts f;
  f.recipient = "bob@example.org";
  f.hostname = "mx.example.org";
  f.messages = 7;
  f.links_until = noon;
  f.rows = {row_of(item("id-1", {"slot-phone", "unknown-rule", "slot-money"}, "<b>Call</b> 8O2-538-3O69\r\nBcc: x"), words())};
  f.rows[0].links = {{status::link_action::ask, "https://mail.example.org/q/abc"}};
  const digest_mail mail = digest_of(f);
  CHECK(mail.subject == "7 messages held back for you");
  for (const std::string& text : {mail.plain, mail.html}) {
    CHECK_THAT(text, ContainsSubstring("[number hidden]") && ContainsSubstring("microsoftonline[.]com") && ContainsSubstring("And 6 more"));
    CHECK(text.find("3O69") == std::string::npos);
    CHECK(text.find("a telephone number stands") < text.find("Says it is from"));
    CHECK(text.find("Says it is from") < text.find("Subject:"));
    CHECK_THAT(text, ContainsSubstring("https://mail.example.org/q/abc"));
  }
  CHECK(mail.html.find("<b>") == std::string::npos);
  CHECK(mail.plain.find("\r") == std::string::npos);
  CHECK_THAT(mail.plain, ContainsSubstring("Ask an operator to look at it:\n"));
  f.notice = true;
  f.messages = 1;
  f.links_until = 0;
  f.rows[0].links.clear();
  CHECK_THAT(digest_of(f).plain, ContainsSubstring("give its id to your administrator"));
  CHECK(digest_of(f).subject == "A message for you was held back");
}

TEST_CASE("recipients release what no rule reserves for operators, and nothing that was not inspected as a whole") {
  const std::vector<std::string>& reserved = config::digest_settings().operator_rules;
  // Those that no allow entry silences are those that no recipient releases.
  for (std::size_t i = 0; i < static_cast<std::size_t>(inspect::rule::count_); ++i) {
    const auto r = static_cast<inspect::rule>(i);
    const std::string id(inspect::info_of(r).id);
    CAPTURE(id);
    CHECK((std::ranges::find(reserved, id) != reserved.end()) == (inspect::abuse_of(r) != inspect::sender_abuse::none));
    CHECK_FALSE(may_release(item("a", {id}), {id}));
  }
  CHECK(may_release(item("a", {"lure-fee"}), reserved));
  CHECK_FALSE(may_release(item("a", {"lure-fee", "slot-phone"}), reserved));
  for (const std::string& r : reserved) {
    CHECK(inspect::rule_named(r) != inspect::rule::count_);
    CHECK_FALSE(may_release(item("a", {r}), reserved));
  }
  CHECK(may_release(item("a", {"slot-phone"}), {}));
  CHECK_FALSE(may_release(item("a", {}), {}));
  quarantine::held_item dropped = item("a", {"lure-fee"});
  dropped.rules_dropped = true;
  CHECK_FALSE(may_release(dropped, reserved));
}

TEST_CASE("a digest comes once per recipient and run, with what came before it, the newest first") {
  bench b;
  b.hold("old", {"zoe@example.org"}, noon - 10);
  CHECK(b.run(noon + 1) == told_step::idle);  // the domain is new: the next run is the first
  CHECK(b.mails.empty());
  b.hold("m1", {"zoe@example.org", "Anna@Example.org", "carl@other.example"}, noon + 5);
  b.hold("m2", {"anna@example.org"}, noon + 6);
  CHECK(b.run(noon + 3599) == told_step::idle);
  CHECK(b.mails.empty());
  b.hold("late", {"anna@example.org"}, noon + 3600);
  CHECK(b.run(noon + 3600) == told_step::idle);
  CHECK(b.told() == lines{"digest anna@example.org m2 m1", "digest zoe@example.org m1 old"});
  CHECK(b.run(noon + 5000) == told_step::idle);
  CHECK(b.mails.size() == 2);
  CHECK(b.run(noon + 7200) == told_step::idle);
  CHECK(b.told().back() == "digest anna@example.org late");
  b.run(noon + 20'000);
  CHECK(b.mails.size() == 3);
}

TEST_CASE("what does not fit into the outbox is told later; another writer after a crash goes on where the first one was") {
  bench b;
  b.run(noon);
  for (const char* to : {"a@example.org", "b@example.org", "c@example.org"}) b.hold(std::string("m") + to[0], {to}, noon + 5);
  b.room = 1;
  CHECK(b.run(noon + 3600) == told_step::full);
  CHECK(b.run(noon + 3605) == told_step::full);
  CHECK(b.mails.size() == 1);
  b.hold("new", {"a@example.org"}, noon + 3610);
  b.room = 1000;
  digest_writer fresh([&](const digest_mail& mail, const digest_facts& facts, const quarantine::told_mark& mark, std::int64_t now) -> quarantine::result<void> {
    if (const auto r = b.store->told().mark(mark, now); !r) return r;
    b.mails.emplace_back(facts, mail);
    return {};
  });
  b.writer = fresh;
  CHECK(b.run(noon + 3620) == told_step::idle);
  CHECK(b.told() == lines{"digest a@example.org ma", "digest b@example.org mb", "digest c@example.org mc"});
  b.run(noon + 7200);
  CHECK(b.told().back() == "digest a@example.org new");
}

TEST_CASE("an address that cannot be written to does not keep the others waiting") {
  bench b;
  b.run(noon);
  b.hold("m1", {"a@example.org", "b@example.org"}, noon + 5);
  b.room = 0;
  b.fault = quarantine::errc::invalid;
  CHECK(b.run(noon + 3600) == told_step::idle);
  b.fault = quarantine::errc::io;
  b.hold("m2", {"a@example.org"}, noon + 3700);
  CHECK(b.run(noon + 7200) == told_step::failed);
}

TEST_CASE("opting out, rows and the operator's wish for a digest now") {
  bench b;
  b.plan.rows = 2;
  b.plan.recipients = {{"anna@example.org", false, false}};
  b.run(noon);
  for (int i = 1; i <= 5; ++i) b.hold("m" + std::to_string(i), {"Anna@example.org", "bob@example.org"}, noon + i);
  b.writer.send_now("other.example", b.plan, noon + 60);
  b.run(noon + 61);
  CHECK(b.mails.empty());
  b.writer.send_now("example.org", b.plan, noon + 60);
  CHECK(b.run(noon + 61) == told_step::idle);
  CHECK(b.told() == lines{"digest bob@example.org m5 m4 +3"});
  b.run(noon + 3600);
  CHECK(b.mails.size() == 1);  // the three were told by number
}

TEST_CASE("notices: one per message and recipient, for the rules asked for, so many an hour; the digest has the others") {
  bench b;
  b.plan.domains[0].notice = true;
  b.plan.domains[0].notice_rules = {"slot-phone"};
  b.plan.recipients = {{"quiet@example.org", true, false}};
  b.hold("before", {"a@example.org"}, noon - 5);
  b.run(noon);
  CHECK(b.mails.empty());
  b.hold("n1", {"a@example.org", "x@other.example", "quiet@example.org", "b@example.org"}, noon + 5);
  b.hold("n2", {"a@example.org"}, noon + 6, "lure-fee");
  b.room = 1;
  CHECK(b.run(noon + 10) == told_step::full);
  b.room = 1000;
  CHECK(b.run(noon + 11) == told_step::idle);
  CHECK(b.told() == lines{"notice a@example.org n1", "notice b@example.org n1"});
  CHECK(b.run(noon + 100) == told_step::idle);
  CHECK(b.mails.size() == 2);
  CHECK(b.run(noon + 3600) == told_step::idle);
  const lines all = b.told();
  CHECK(lines(all.begin() + 2, all.end()) == lines{"digest a@example.org n2 before", "digest quiet@example.org n1"});
}

TEST_CASE("links of a row: an operator is asked where recipients may not release, each link is for its recipient") {
  bench b;
  b.plan.operator_rules = {"slot-phone"};
  const auto one = links_for(item("id-1", {"slot-phone"}), b.plan, b.keys.current, noon);
  REQUIRE(one.size() == 2);
  CHECK(one[0].action == status::link_action::ask);
  CHECK(one[1].action == status::link_action::remove);
  const std::string prefix = b.plan.link_url + "/q/";
  REQUIRE(one[0].url.starts_with(prefix));
  const auto read = status::read_link(b.keys, one[0].url.substr(prefix.size()));
  REQUIRE(read);
  CHECK(read->claim.expires == noon);
  CHECK(status::is_for(b.keys, *read, "bob@example.org"));
  CHECK(links_for(item("id-1", {"lure-fee"}), b.plan, b.keys.current, noon)[0].action == status::link_action::release);
  b.plan.links = false;
  CHECK(links_for(item("id-1", {"lure-fee"}), b.plan, b.keys.current, noon).empty());
}

TEST_CASE("digests cost nothing until they are configured, and little then") {
  config::model m;
  config::fill_derived(m, {"mx.example.org", 4});
  const std::uint64_t off = compute_budget(m).process_bytes();
  m.digest.domains = {{"example.org", {}, std::chrono::hours(1), true, {}}};
  const std::uint64_t mails = compute_budget(m).process_bytes();
  m.digest.link_listen = {"0.0.0.0", 8444};
  const std::uint64_t links = compute_budget(m).process_bytes();
  CHECK(mails - off <= 96 * config::kib);
  CHECK(links - mails <= 96 * config::kib);
  config::model two = m;
  two.memory.loops = 2;
  CHECK(compute_budget(two).fits());  // four loops leave less room in 32 MiB: firmware/docs/digest.md
  m.digest.link_sessions += 10;
  CHECK(compute_budget(m).process_bytes() > links);
}
