// Tree walk and alignment: what the public tables do not try.
#include "auth/dmarc/verify.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "unit/auth/zone.hpp"

using namespace sluice;
using namespace sluice::auth;
using namespace sluice::auth::test;
using dmarc::policy;

namespace {

struct passed {
  std::string domain;
  bool dkim;
};

dmarc::evaluator run_dmarc(zone& z, const std::string& author, const std::vector<passed>& ids = {}, bool complete = true) {
  dmarc::evaluator e;
  const auto serve = [&] {
    int rounds = 0;
    for (dns::question q; e.next_lookup(q);) {
      REQUIRE(++rounds < 200);
      e.on_answer(z.find({std::string(q.name), q.type}));
    }
  };
  e.begin(author);
  serve();
  std::vector<dmarc::identifier> list;
  for (const passed& p : ids) list.push_back({p.domain, p.dkim});
  e.conclude(list, complete);
  serve();
  REQUIRE(e.done());
  return e;
}

}  // namespace

TEST_CASE("a record is read leniently, but never as more than it says") {
  const struct {
    std::string text;
    bool usable;
    policy p, sp, np;
    bool test;
  } rows[] = {
      {"v=DMARC1; p=reject", true, policy::reject, policy::reject, policy::reject, false},
      {"v=DMARC1; p=Reject; SP=none", true, policy::reject, policy::none, policy::none, false},
      {"v=DMARC1; p=none; np=reject", true, policy::none, policy::none, policy::reject, false},
      {"v=DMARC1;p=reject;t=y", true, policy::reject, policy::reject, policy::reject, true},
      {"v=DMARC1;p=reject;pct=0", true, policy::reject, policy::reject, policy::reject, true},
      {"v=DMARC1;p=reject;pct=0;t=n", true, policy::reject, policy::reject, policy::reject, false},
      {"v=DMARC1;p=reject;pct=50", true, policy::reject, policy::reject, policy::reject, false},
      {"v=DMARC1", false, policy::none, policy::none, policy::none, false},
      {"v=DMARC1; p=nonsense", false, policy::none, policy::none, policy::none, false},
      {"v=DMARC1; p=nonsense; rua=mailto:a@example.com", true, policy::none, policy::none, policy::none, false},
      {"v=DMARC1; p=reject; sp=nonsense", false, policy::none, policy::none, policy::none, false},
      {"v=DMARC1; rua=mailto:a@example.com!10m", true, policy::none, policy::none, policy::none, false},
      {"v=DMARC1; rua=nonsense", false, policy::none, policy::none, policy::none, false},
      {"v=DMARC1; rua=mailto:, https://example.com/x", true, policy::none, policy::none, policy::none, false},
      {"v=DMARC1; p=none; p=reject", false, policy::none, policy::none, policy::none, false},
      {"v=DMARC1; ; garbage; p=reject", true, policy::reject, policy::reject, policy::reject, false},
  };
  for (const auto& row : rows) {
    const dmarc::record r = dmarc::parse_record(row.text);
    INFO(row.text);
    CHECK(dmarc::is_record(row.text));
    CHECK(r.usable == row.usable);
    CHECK(r.p == row.p);
    CHECK(r.sp == row.sp);
    CHECK(r.np == row.np);
    CHECK(r.test == row.test);
  }
  for (const std::string text : {"", "v=DMARC2; p=reject", "v=dmarc1; p=reject", "p=reject; v=DMARC1", "v=DMARC1 p=reject", "v=DMARC10"})
    CHECK_FALSE(dmarc::is_record(text));
}

TEST_CASE("a walk asks eight names at most") {
  zone z;
  run_dmarc(z, "a.b.c.d.e.f.g.h.i.j.mail.example.com");
  CHECK(z.asked == std::vector<std::string>{"_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com", "_dmarc.g.h.i.j.mail.example.com",
                                            "_dmarc.h.i.j.mail.example.com", "_dmarc.i.j.mail.example.com",
                                            "_dmarc.j.mail.example.com", "_dmarc.mail.example.com", "_dmarc.example.com",
                                            "_dmarc.com"});
  zone eight;
  run_dmarc(eight, "a.b.c.d.e.f.example.com");
  CHECK(eight.asked.size() == 8);
  CHECK(eight.asked[1] == "_dmarc.b.c.d.e.f.example.com");
}

TEST_CASE("several records at one name are none, and the walk goes on") {
  zone z;
  z.txt("_dmarc.a.example.com", "v=DMARC1; p=none").txt("_dmarc.a.example.com", "v=DMARC1; p=reject");
  z.txt("_dmarc.example.com", "v=DMARC1; p=quarantine").txt("_dmarc.example.com", "something else");
  const auto e = run_dmarc(z, "a.example.com");
  CHECK(e.get().result == result::fail);
  CHECK(e.get().published == policy::quarantine);
  CHECK(e.get().found_at == "example.com");
}

TEST_CASE("np applies to names that do not exist, sp to those that do") {
  zone z;
  z.txt("_dmarc.example.com", "v=DMARC1; p=none; sp=quarantine; np=reject").a("here.example.com", "192.0.2.1");
  CHECK(run_dmarc(z, "here.example.com").get().published == policy::quarantine);
  CHECK(run_dmarc(z, "ghost.example.com").get().published == policy::reject);
  CHECK(run_dmarc(z, "example.com").get().published == policy::none);
}

TEST_CASE("alignment is by organization or by name, and across nothing else") {
  const struct {
    std::string record, author, id;
    bool dkim, aligned;
  } rows[] = {
      {"v=DMARC1; p=reject", "example.com", "example.com", true, true},
      {"v=DMARC1; p=reject", "example.com", "mail.example.com", true, true},
      {"v=DMARC1; p=reject", "mail.example.com", "example.com", false, true},
      {"v=DMARC1; p=reject", "a.example.com", "b.example.com", true, true},
      {"v=DMARC1; p=reject", "example.com", "badexample.com", true, false},
      {"v=DMARC1; p=reject", "example.com", "com", true, false},
      {"v=DMARC1; p=reject; adkim=s", "example.com", "mail.example.com", true, false},
      {"v=DMARC1; p=reject; adkim=s", "example.com", "EXAMPLE.com", true, true},
      {"v=DMARC1; p=reject; adkim=s", "example.com", "mail.example.com", false, true},
      {"v=DMARC1; p=reject; aspf=s", "example.com", "mail.example.com", false, false},
      {"v=DMARC1; p=reject; psd=y", "a.example.com", "b.example.com", true, false},
      {"v=DMARC1; p=reject; psd=y", "x.a.example.com", "y.a.example.com", true, true},
      {"v=DMARC1; p=reject; psd=n", "a.example.com", "b.example.com", true, true},
  };
  for (const auto& row : rows) {
    zone z;
    z.txt("_dmarc.example.com", row.record);
    INFO(row.record << ' ' << row.author << ' ' << row.id);
    const auto e = run_dmarc(z, row.author, {{row.id, row.dkim}});
    CHECK((e.get().result == result::pass) == row.aligned);
    CHECK(e.get().applied == (row.aligned ? policy::none : policy::reject));
  }
}

TEST_CASE("a record between identifier and organization can cut them apart") {
  zone z;
  z.txt("_dmarc.example.com", "v=DMARC1; p=reject").txt("_dmarc.dept.example.com", "v=DMARC1; p=none; psd=n");
  CHECK(run_dmarc(z, "example.com", {{"mail.dept.example.com", true}}).get().result == result::fail);
  CHECK(run_dmarc(z, "a.dept.example.com", {{"mail.dept.example.com", true}}).get().result == result::pass);
}

TEST_CASE("errors of the DNS never become pass or fail") {
  zone top;
  top.fail("_dmarc.example.com", dns::status::timeout);
  CHECK(run_dmarc(top, "example.com", {{"example.com", true}}).get().result == result::temperror);
  zone broken;
  broken.fail("_dmarc.example.com", dns::status::malformed);
  CHECK(run_dmarc(broken, "example.com", {{"example.com", true}}).get().result == result::permerror);
  zone id;
  id.txt("_dmarc.example.com", "v=DMARC1; p=reject").fail("_dmarc.mail.example.com", dns::status::servfail);
  const auto e = run_dmarc(id, "example.com", {{"mail.example.com", true}});
  CHECK(e.get().result == result::temperror);
  CHECK(e.get().applied == policy::none);
  CHECK(run_dmarc(id, "example.com", {{"mail.example.com", true}, {"example.com", false}}).get().result == result::pass);
  zone missing;
  missing.txt("_dmarc.example.com", "v=DMARC1; p=reject");
  CHECK(run_dmarc(missing, "example.com", {}, false).get().result == result::temperror);
}

TEST_CASE("a lookup that fails on the way up leaves what is certain without it") {
  struct expected {
    result r;
    policy applied;
  };
  const struct {
    std::string what, author;
    std::vector<std::pair<std::string, std::string>> records;
    std::vector<std::string> failing;
    std::vector<passed> ids;
    expected want;
  } rows[] = {
      {"own record, nothing passed: the policy is known", "a.example.com", {{"a.example.com", "p=reject"}}, {"example.com"}, {}, {result::fail, policy::reject}},
      {"own record, the author's own name passed", "a.example.com", {{"a.example.com", "p=reject"}}, {"example.com"}, {{"a.example.com", true}}, {result::pass, policy::none}},
      {"own record, somebody else passed", "a.example.com", {{"a.example.com", "p=reject"}}, {"example.com"}, {{"example.net", true}}, {result::fail, policy::reject}},
      {"own record, a sister passed: one organization or two", "a.example.com", {{"a.example.com", "p=reject"}, {"b.example.com", "p=none"}}, {"example.com"}, {{"b.example.com", true}}, {result::temperror, policy::none}},
      {"strict alignment needs no organization", "a.example.com", {{"a.example.com", "p=reject; adkim=s"}}, {"example.com"}, {{"b.example.com", true}}, {result::fail, policy::reject}},
      {"a subdomain below the record that was found", "example.com", {{"example.com", "p=reject"}}, {"com"}, {{"mail.example.com", true}}, {result::pass, policy::none}},
      {"a top-level domain changes nothing above a record", "a.example.com", {{"example.com", "p=reject"}}, {"com"}, {{"example.net", true}}, {result::fail, policy::reject}},
      {"a top-level domain above nothing", "example.com", {}, {"com"}, {}, {result::temperror, policy::none}},
      {"a name between that cannot be asked does not shake off the policy", "a.b.example.com", {{"example.com", "p=reject"}}, {"b.example.com"}, {{"evil.example", true}}, {result::fail, policy::reject}},
      {"the same name may be an organization of its own", "a.b.example.com", {{"example.com", "p=reject"}}, {"b.example.com"}, {{"example.com", true}}, {result::temperror, policy::none}},
      {"the organization's record may be the one that is missing", "a.b.example.com", {{"b.example.com", "p=none"}}, {"example.com"}, {}, {result::temperror, policy::none}},
      {"and below a public suffix it is", "a.example.bank", {{"bank", "p=reject; psd=y"}}, {"example.bank"}, {}, {result::temperror, policy::none}},
      {"an identifier's own record may cut it off", "example.com", {{"example.com", "p=reject"}}, {"mail.example.com"}, {{"mail.example.com", false}}, {result::temperror, policy::none}},
      {"one that is certain is enough", "example.com", {{"example.com", "p=reject"}}, {"mail.example.com"}, {{"mail.example.com", true}, {"example.com", false}}, {result::pass, policy::none}},
      {"whether the author exists", "ghost.example.com", {{"example.com", "p=none; np=reject"}}, {"!ghost.example.com"}, {}, {result::temperror, policy::none}},
      {"which does not matter when it is aligned", "ghost.example.com", {{"example.com", "p=none; np=reject"}}, {"!ghost.example.com"}, {{"example.com", true}}, {result::pass, policy::none}},
  };
  for (const auto& row : rows) {
    zone z;
    for (const auto& [name, text] : row.records) z.txt("_dmarc." + name, "v=DMARC1; " + text);
    for (const std::string& name : row.failing) z.fail(name[0] == '!' ? name.substr(1) : "_dmarc." + name, dns::status::servfail);
    INFO(row.what);
    const auto e = run_dmarc(z, row.author, row.ids);
    CHECK(e.get().result == row.want.r);
    CHECK(e.get().applied == row.want.applied);
  }
}

TEST_CASE("test mode lowers what is done, not what is published") {
  zone z;
  z.txt("_dmarc.example.com", "v=DMARC1; p=reject; t=y");
  const auto e = run_dmarc(z, "example.com");
  CHECK(e.get().published == policy::reject);
  CHECK(e.get().applied == policy::quarantine);
}

TEST_CASE("the longest names are asked or passed over, never cut to others") {
  const std::string label(63, 'a');
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(57, 'b') + ".com";
  zone z;
  const auto e = run_dmarc(z, longest);
  CHECK(e.get().result == result::none);
  for (const std::string& name : z.asked) CHECK((name.empty() || dns::valid_name(name)));
}
