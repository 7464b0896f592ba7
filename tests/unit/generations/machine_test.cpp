// The life of a generation as a script of events: what is done, in which order, and what stays when it goes wrong.
#include "config/generations/machine.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sstream>

using namespace sluice::config::generations;

namespace {

std::string text_of_actions(const actions& all) {
  constexpr const char* names[] = {"keep", "save", "apply", "prove", "wait", "settle", "drop", "restart"};
  std::ostringstream out;
  for (const action& a : all) {
    out << (out.tellp() > 0 ? ", " : "") << names[static_cast<int>(a.what)];
    if (a.number != 0) out << " " << a.number;
  }
  return out.str();
}

offer offered(std::string hash, way from = way::api, std::uint64_t serial = 0) {
  offer o;
  o.hash = std::move(hash);
  o.who = "anna";
  o.from = from;
  o.serial = serial;
  o.confirm_within_s = 60;
  o.needs_confirm = from != way::file && from != way::pull;
  return o;
}

// A box with generation 1, by file, confirmed and running.
machine first() {
  machine m;
  m.take(offered("a", way::file), {100, 1});
  m.applied(true, {}, {101, 2});
  REQUIRE(m.known().confirmed == 1);
  REQUIRE(m.running() == 1);
  return m;
}

}  // namespace

TEST_CASE("the first generation of a box is its file, and is confirmed as soon as it runs") {
  machine m;
  CHECK(m.boot({1, 1}).empty());
  CHECK(text_of_actions(m.take(offered("a", way::file), {100, 1})) == "keep 1, save, apply 1");
  CHECK(text_of_actions(m.applied(true, {}, {101, 2})) == "save, settle");
  CHECK(m.known().confirmed == 1);
  CHECK(m.known().file_hash == "a");
  CHECK(m.at() == state::idle);
}

TEST_CASE("a push waits for its confirm and rules after it") {
  machine m = first();
  REQUIRE(m.objection(offered("b")) == refusal::none);
  CHECK(text_of_actions(m.take(offered("b"), {200, 10})) == "keep 2, save, apply 2");
  CHECK(m.known().candidate == 2);
  CHECK(m.known().confirmed == 1);
  CHECK(m.objection(offered("c")) == refusal::busy);
  CHECK(m.may_confirm() == refusal::too_early);
  CHECK(m.may_take_back() == refusal::too_early);
  m.applied(true, {}, {201, 11});
  CHECK(m.running() == 2);
  CHECK(m.may_confirm() == refusal::too_early);
  CHECK(text_of_actions(m.proven(true, "downstream away", {202, 12})) == "wait");
  CHECK(m.deadline().unix_s == 262);
  CHECK(m.tick({1000, 71}).empty());
  CHECK(text_of_actions(m.confirm("berta", {240, 40})) == "save, settle");
  const entry* e = m.known().find(2);
  REQUIRE(e != nullptr);
  CHECK(e->what == result::confirmed);
  CHECK(e->by == "berta");
  CHECK(e->why == "downstream away");
  CHECK(e->before == 1);
  CHECK(m.known().confirmed == 2);
  CHECK(m.may_confirm() == refusal::nothing_to_confirm);
}

TEST_CASE("without a confirm, with a failed test mail, by hand: the former one comes back") {
  machine m = first();
  m.take(offered("b"), {200, 10});
  m.applied(true, {}, {201, 11});
  result expected = result::no_confirm;
  actions back;
  SECTION("no confirm in time, whatever the wall clock does") {
    m.proven(true, {}, {202, 12});
    CHECK(m.tick({99'999, 71}).empty());
    back = m.tick({5, 72});
  }
  SECTION("a test mail failed") {
    back = m.proven(false, "the scam sample was forwarded", {202, 12});
    expected = result::not_proven;
    CHECK(m.known().find(2)->why == "the scam sample was forwarded");
  }
  SECTION("taken back") {
    m.proven(true, {}, {202, 12});
    back = m.take_back("anna", {203, 13});
    expected = result::taken_back;
    CHECK(m.known().find(2)->by == "anna");
  }
  CHECK(text_of_actions(back) == "save, apply 1");
  CHECK(m.known().find(2)->what == expected);
  CHECK(m.known().candidate == 0);
  CHECK(m.objection(offered("c")) == refusal::busy);
  CHECK(text_of_actions(m.returned(true)) == "settle");
  CHECK(m.running() == 1);
  CHECK(m.objection(offered("b")) == refusal::none);
}

TEST_CASE("a generation that cannot be applied changes nothing") {
  machine m = first();
  m.take(offered("b"), {200, 10});
  CHECK(text_of_actions(m.applied(false, "no such certificate", {201, 11})) == "save, settle");
  CHECK(m.running() == 1);
  CHECK(m.at() == state::idle);
  CHECK(m.known().find(2)->what == result::not_applied);
}

TEST_CASE("when even the former one cannot be applied, going back is tried again by hand or ends with a new push") {
  machine m = first();
  m.take(offered("b"), {200, 10});
  m.applied(true, {}, {201, 11});
  m.proven(false, "bad", {202, 12});
  m.returned(false);
  CHECK(m.running() == 2);
  CHECK(m.may_take_back() == refusal::none);
  CHECK(m.objection(offered("a")) == refusal::none);
  CHECK(text_of_actions(m.take_back("anna", {203, 13})) == "save, apply 1");
  m.returned(true);
  CHECK(m.running() == 1);
}

TEST_CASE("a start gives up what was not confirmed") {
  machine m = first();
  m.take(offered("b"), {200, 10});
  m.applied(true, {}, {201, 11});
  machine again(m.known());
  CHECK(text_of_actions(again.boot({300, 1})) == "save");
  CHECK(again.known().candidate == 0);
  CHECK(again.known().confirmed == 1);
  CHECK(again.known().find(2)->what == result::interrupted);
  CHECK(again.boot({300, 1}).empty());
}

TEST_CASE("a generation for the next start is tried by that one, and given up by the one after it") {
  machine m = first();
  offer o = offered("b", way::api, 7);
  o.at_start = true;
  o.confirm_within_s = 90;
  REQUIRE(m.objection(o) == refusal::none);
  CHECK(text_of_actions(m.take(o, {200, 10})) == "keep 2, save, restart 2");
  CHECK(m.at() == state::restarting);
  CHECK(m.running() == 1);
  CHECK(m.objection(offered("c")) == refusal::busy);
  CHECK(m.may_confirm() == refusal::too_early);
  CHECK(m.may_take_back() == refusal::too_early);
  CHECK(m.tick({9'999, 9'999}).empty());
  const auto written = record_from(text_of(m.known()));
  REQUIRE(written);
  CHECK(*written == m.known());
  machine next(*written);
  next.runs(1);
  CHECK(text_of_actions(next.boot({300, 1})) == "save, apply 2");
  CHECK(next.at() == state::applying);
  CHECK(next.known().candidate == 2);
  const record begun = next.known();
  SECTION("confirmed, within what the push asked for") {
    CHECK(text_of_actions(next.applied(true, {}, {301, 2})) == "prove");
    CHECK(text_of_actions(next.proven(true, {}, {302, 3})) == "wait");
    CHECK(next.deadline().steady_s == 93);
    next.confirm("berta", {310, 11});
    CHECK(next.known().confirmed == 2);
    CHECK(next.known().serial == 7);
    CHECK(next.known().find(2)->who == "anna");
  }
  SECTION("no confirm in time") {
    next.applied(true, {}, {301, 2});
    next.proven(true, {}, {302, 3});
    CHECK(text_of_actions(next.tick({400, 93})) == "save, apply 1");
    CHECK(next.known().find(2)->what == result::no_confirm);
  }
  SECTION("it could not be started with") {
    CHECK(text_of_actions(next.applied(false, "no such address", {301, 2})) == "save, settle");
    CHECK(next.known().candidate == 0);
    CHECK(next.running() == 1);
  }
  SECTION("the start could not be recorded") {
    next.abandon("no room", {301, 2});
    CHECK(next.at() == state::idle);
    CHECK(next.known().candidate == 0);
    CHECK(next.known().find(2)->why == "no room");
  }
  SECTION("the program ended meanwhile") {
    machine after(begun);
    CHECK(text_of_actions(after.boot({400, 1})) == "save");
    CHECK(after.at() == state::idle);
    CHECK(after.known().find(2)->what == result::interrupted);
    CHECK(after.known().confirmed == 1);
  }
}

// A program from before this reads the ninth word as the end of something that has not ended, and gives the candidate up.
TEST_CASE("the record of one for the next start has the form of any other") {
  machine m = first();
  offer o = offered("b");
  m.take(o, {200, 10});
  const std::string now = text_of(m.known());
  machine n = first();
  o.at_start = true;
  n.take(o, {200, 10});
  const std::string at_start = text_of(n.known());
  const std::string begin = "entry 2 1 0 0 200 ", end = " api trying b anna - -";
  CHECK(now.find(begin + "0" + end) != std::string::npos);
  CHECK(at_start.find(begin + "60" + end) != std::string::npos);
  CHECK(at_start.starts_with(now.substr(0, now.find(begin))));
}

TEST_CASE("serials only rise, and each counts for one content") {
  machine m = first();
  const auto accept = [&](offer o) {
    REQUIRE(m.objection(o) == refusal::none);
    m.take(std::move(o), {200, 10});
    m.applied(true, {}, {201, 11});
    m.proven(true, {}, {202, 12});
    m.confirm("anna", {203, 13});
  };
  accept(offered("s5", way::api, 5));
  CHECK(m.objection(offered("s5", way::api, 5)) == refusal::unchanged);
  CHECK(m.objection(offered("other", way::api, 5)) == refusal::used_serial);
  CHECK(m.objection(offered("old", way::api, 4)) == refusal::old_serial);
  CHECK(m.objection(offered("none", way::api, 0)) == refusal::old_serial);
  CHECK(m.objection(offered("file", way::file, 4)) == refusal::old_serial);
  accept(offered("s7", way::api, 7));
  CHECK(m.objection(offered("s5", way::api, 5)) == refusal::old_serial);
  // What was never confirmed has spent no number.
  m.take(offered("s9", way::api, 9), {200, 10});
  m.applied(false, "no", {201, 11});
  CHECK(m.objection(offered("s8", way::api, 8)) == refusal::none);
  CHECK(m.objection(offered("s9b", way::api, 9)) == refusal::none);
}

TEST_CASE("twenty generations are kept, never at the cost of the confirmed one") {
  machine m = first();
  for (int i = 0; i < 60; ++i) {
    const actions a = m.take(offered("x" + std::to_string(i)), {200, 10});
    m.applied(true, {}, {201, 11});
    m.proven(false, "bad", {202, 12});
    m.returned(true);
    CHECK(m.known().entries.size() <= most_entries);
    CHECK(m.known().find(1) != nullptr);
    if (i > 20) CHECK(text_of_actions(a).find("drop") != std::string::npos);
  }
  CHECK(m.known().next == 62);
}

TEST_CASE("a record is read as it was written, and a damaged one not at all") {
  machine m = first();
  offer o = offered("b");
  o.who = "anna % \n\xff b";
  m.take(o, {200, 10});
  m.applied(false, "-", {201, 11});
  m.saw_file("f");
  const std::string text = text_of(m.known());
  const auto read = record_from(text);
  REQUIRE(read);
  CHECK(*read == m.known());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK_FALSE(record_from(bad));
    CHECK_FALSE(record_from(text.substr(0, i)));
  }
}
