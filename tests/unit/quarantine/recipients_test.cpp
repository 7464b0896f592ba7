// State per recipient: what each action does from each state, and that it touches nobody else.
#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;
using strings = std::vector<std::string>;

namespace {

// Brings the only recipient of message "m" into a state.
void bring_to(bench& b, recipient_state s, bool in_delivery = false) {
  message m("m", {"r@example.com"});
  REQUIRE(b.put(m).has_value());
  const auto deliver = [&](delivery outcome) {
    auto job = b.store->next_due(start);
    REQUIRE(job.has_value());
    REQUIRE(job->has_value());
    const delivery_result r{0, outcome, "reply"};
    REQUIRE(b.store->record_attempt((*job)->attempt, {&r, 1}, start).has_value());
  };
  const auto release = [&] { REQUIRE(b.store->release("m", everyone(), "t", start).has_value()); };
  switch (s) {
    case recipient_state::held:
      break;
    case recipient_state::releasing:
      release();
      if (in_delivery) REQUIRE(b.store->next_due(start)->has_value());
      break;
    case recipient_state::released:
      release(), deliver(delivery::delivered);
      break;
    case recipient_state::refused:
      release(), deliver(delivery::permanent);
      break;
    case recipient_state::deleted:
      REQUIRE(b.store->remove("m", everyone(), "t", start).has_value());
      break;
    case recipient_state::expired:
      REQUIRE(b.store->upkeep(start + 31 * day_s).has_value());
      break;
  }
  REQUIRE(b.states("m") == strings{std::string("r@example.com ") + name_of(s)});
}

}  // namespace

TEST_CASE("release and delete do from each state what the table says") {
  struct row {
    recipient_state from;
    bool in_delivery;
    const char *after_release, *release_note, *after_delete, *delete_note;
  };
  const row table[] = {
      {recipient_state::held, false, "releasing", "", "deleted", ""},
      {recipient_state::releasing, false, "releasing", "was waiting already, will be tried at once", "deleted", ""},
      {recipient_state::releasing, true, "releasing", "a delivery is under way", "releasing",
       "a delivery is under way"},
      {recipient_state::released, false, "released", "is released already", "released", "is released already"},
      {recipient_state::refused, false, "releasing", "", "deleted", ""},
      {recipient_state::deleted, false, "deleted", "is deleted already", "deleted", "is deleted already"},
      {recipient_state::expired, false, "expired", "is expired already", "expired", "is expired already"},
  };
  for (const row& r : table) {
    INFO("from " << name_of(r.from) << (r.in_delivery ? " in delivery" : ""));
    for (const bool release : {true, false}) {
      scratch_directory dir;
      bench b(dir / "q");
      bring_to(b, r.from, r.in_delivery);
      const auto done = release ? b.store->release("m", everyone(), "admin", start)
                                : b.store->remove("m", everyone(), "admin", start);
      REQUIRE(done.has_value());
      REQUIRE(done->size() == 1);
      const action_result& a = (*done)[0];
      CHECK(std::string(name_of(a.before)) == name_of(r.from));
      CHECK(std::string(name_of(a.after)) == (release ? r.after_release : r.after_delete));
      CHECK(a.note == (release ? r.release_note : r.delete_note));
      CHECK(a.changed == (a.before != a.after));
      CHECK(b.states("m") == strings{std::string("r@example.com ") + name_of(a.after)});
      const auto d = b.store->show("m");
      CHECK(d->audit.back().who == "admin");
      CHECK(d->audit.back().action == (release ? "release" : "delete"));
      CHECK(d->audit.back().recipient == "r@example.com");
    }
  }
}

TEST_CASE("an action touches the named recipients only") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("m", {"a@example.com", "b@example.com", "c@example.org"});
  REQUIRE(b.put(m).has_value());
  REQUIRE(b.store->remove("m", only({"b@example.com"}), "admin", start).has_value());
  CHECK(b.states("m") == strings{"a@example.com held", "b@example.com deleted", "c@example.org held"});
  REQUIRE(b.store->release("m", only({"c@example.org"}), "admin", start).has_value());
  CHECK(b.states("m") == strings{"a@example.com held", "b@example.com deleted", "c@example.org releasing"});
  CHECK(content_of(*b.store, "m") == m.content);
}

TEST_CASE("a name that the message does not have fails the whole call") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("m", {"a@example.com"});
  REQUIRE(b.put(m).has_value());
  CHECK(b.store->release("m", only({"a@example.com", "z@example.com"}), "x", start).error() ==
        make_error_code(errc::no_such_recipient));
  CHECK(b.store->remove("m", only({}), "x", start).error() == make_error_code(errc::no_such_recipient));
  CHECK(b.store->remove("nothing", everyone(), "x", start).error() == make_error_code(errc::not_found));
  CHECK(b.states("m") == strings{"a@example.com held"});
}

TEST_CASE("an exact local part wins over one in another case, domains have no case") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("m", {"Bob@example.com", "bob@example.com", "Eve@Example.COM"});
  REQUIRE(b.put(m).has_value());
  REQUIRE(b.store->remove("m", only({"bob@EXAMPLE.com", "eve@example.com"}), "x", start).has_value());
  CHECK(b.states("m") == strings{"Bob@example.com held", "bob@example.com deleted", "Eve@Example.COM deleted"});
}

TEST_CASE("when nobody needs the content any more its key and file are destroyed, and the row stays as history") {
  scratch_directory dir;
  bench b(dir / "q");
  message m("m", {"a@example.com", "b@example.org"}), other("other");
  REQUIRE(b.put(m).has_value());
  REQUIRE(b.put(other).has_value());
  REQUIRE(b.store->remove("m", only({"a@example.com"}), "x", start).has_value());
  CHECK(files_in(dir / "q/mail").size() == 2);
  REQUIRE(b.store->remove("m", only({"b@example.org"}), "x", start).has_value());
  CHECK(files_in(dir / "q/mail") == strings{"other.msg"});
  CHECK(b.store->read("m").error() == make_error_code(errc::no_content));
  CHECK(b.store->show("m")->summary.content == content_state::removed);
  CHECK(b.stored() == 1);
  CHECK(content_of(*b.store, "other") == other.content);
}

TEST_CASE("a recipient that was refused can be released again, with the full time") {
  scratch_directory dir;
  bench b(dir / "q");
  bring_to(b, recipient_state::refused);
  const unix_time later = start + 6 * day_s;
  REQUIRE(b.store->release("m", everyone(), "x", later).has_value());
  auto job = b.store->next_due(later);
  REQUIRE(job->has_value());
  const delivery_result r{0, delivery::temporary, "451 not now"};
  REQUIRE(b.store->record_attempt((*job)->attempt, {&r, 1}, later).has_value());
  CHECK(b.states("m") == strings{"r@example.com releasing"});
}

TEST_CASE("the audit can be neither changed nor cut short") {
  scratch_directory dir;
  bench b(dir / "q");
  bring_to(b, recipient_state::deleted);
  const auto all = b.store->audit(0, 10);
  REQUIRE(all.has_value());
  REQUIRE(all->size() == 1);
  CHECK((*all)[0].result == "held -> deleted");
  CHECK((*all)[0].at == start);
  CHECK((*all)[0].id == "m");
}
