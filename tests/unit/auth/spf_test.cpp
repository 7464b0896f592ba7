// check_host(): what the public suite does not try. Hostile records, limits, errors of the DNS, memory.
#include "auth/spf/verify.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "unit/auth/zone.hpp"

using namespace sluice;
using namespace sluice::auth;
using namespace sluice::auth::test;

namespace {

spf::outcome check_host(zone& z, const std::string& client, const std::string& mail_from, const std::string& helo = "mx.example.com",
                   bool explain = false) {
  spf::evaluator e;
  e.begin({ip(client), helo, mail_from, "receiver.example", 1000, explain});
  int rounds = 0;
  for (dns::question q; e.next_lookup(q);) {
    REQUIRE(dns::valid_name(q.name));
    REQUIRE(++rounds < 400);
    e.on_answer(z.find({std::string(q.name), q.type}));
  }
  REQUIRE(e.done());
  return e.get();
}

std::string mx(const std::string& host) { return std::string("\0\x0a", 2) + host; }

}  // namespace

TEST_CASE("results name the term that decided and where it stood") {
  zone z;
  z.txt("example.com", "v=spf1 include:_spf.example.net -all").txt("_spf.example.net", "v=spf1 ip4:192.0.2.0/24 ?all");
  const spf::outcome pass = check_host(z, "192.0.2.7", "a@example.com");
  CHECK(pass.result == result::pass);
  CHECK(view(pass.reason) == "ip4:192.0.2.0/24 at _spf.example.net");
  const spf::outcome fail = check_host(z, "198.51.100.1", "a@example.com");
  CHECK(fail.result == result::fail);
  CHECK(view(fail.reason) == "-all at example.com");
}

TEST_CASE("errors of the DNS are temporary or permanent, never a pass") {
  const struct {
    dns::status state;
    result wanted;
  } rows[] = {
      {dns::status::timeout, result::temperror},   {dns::status::servfail, result::temperror},
      {dns::status::budget, result::temperror},    {dns::status::malformed, result::permerror},
      {dns::status::too_large, result::permerror}, {dns::status::nxdomain, result::none},
  };
  for (const auto& row : rows) {
    INFO(dns::name_of(row.state));
    zone top;
    top.fail("example.com", row.state);
    CHECK(check_host(top, "192.0.2.1", "a@example.com").result == row.wanted);
    zone inner;
    inner.txt("example.com", "v=spf1 a:host.example.com -all").fail("host.example.com", row.state);
    const result expected = row.wanted == result::none ? result::fail : row.wanted;
    CHECK(check_host(inner, "192.0.2.1", "a@example.com").result == expected);
  }
}

TEST_CASE("a chain of includes ends at ten lookups, however it is built") {
  zone z;
  for (int i = 0; i < 20; ++i)
    z.txt("i" + std::to_string(i) + ".example.com", "v=spf1 include:i" + std::to_string(i + 1) + ".example.com -all");
  CHECK(check_host(z, "192.0.2.1", "a@i0.example.com").result == result::permerror);
  zone loop;
  loop.txt("example.com", "v=spf1 include:example.com -all");
  CHECK(check_host(loop, "192.0.2.1", "a@example.com").result == result::permerror);
  CHECK(loop.asked.size() <= 12);
  zone redirect;
  redirect.txt("example.com", "v=spf1 redirect=example.com");
  CHECK(check_host(redirect, "192.0.2.1", "a@example.com").result == result::permerror);
}

TEST_CASE("nested records that do not fit into the arena are permerror") {
  const std::string padding(1500, 'x');
  zone z;
  for (int i = 0; i < 5; ++i)
    z.txt("i" + std::to_string(i) + ".example.com",
          "v=spf1 include:i" + std::to_string(i + 1) + ".example.com u=" + padding + " -all");
  CHECK(check_host(z, "192.0.2.1", "a@i0.example.com").result == result::permerror);
  zone one;
  one.txt("example.com", "v=spf1 u=" + std::string(8000, 'x') + " -all");
  CHECK(check_host(one, "192.0.2.1", "a@example.com").result == result::permerror);
}

TEST_CASE("a record of 4,000 octets with many terms is evaluated") {
  std::string text = "v=spf1";
  for (int i = 0; text.size() < 3900; ++i) text += " ip4:198.51." + std::to_string(i % 250) + ".0/24";
  zone z;
  z.txt("example.com", text + " ip4:192.0.2.1 -all");
  CHECK(check_host(z, "192.0.2.1", "a@example.com").result == result::pass);
}

TEST_CASE("ten exchangers are tried, eleven are too many") {
  zone z;
  z.txt("example.com", "v=spf1 mx -all");
  for (int i = 0; i < 10; ++i) {
    const std::string host = "mx" + std::to_string(i) + ".example.com";
    z.add("example.com", dns::record_type::mx, mx(host)).a(host, i == 9 ? "192.0.2.1" : "192.0.2.99");
  }
  CHECK(check_host(z, "192.0.2.1", "a@example.com").result == result::pass);
  z.add("example.com", dns::record_type::mx, mx("mx10.example.com"));
  CHECK(check_host(z, "192.0.2.1", "a@example.com").result == result::permerror);
}

TEST_CASE("names that cannot be asked do not exist") {
  zone z;
  z.txt("example.com", "v=spf1 exists:%{l}.example.com a:%{l}.example.com -all");
  CHECK(check_host(z, "192.0.2.1", std::string(80, 'a') + "@example.com").result == result::fail);
  CHECK(check_host(z, "192.0.2.1", "a..b@example.com").result == result::fail);
  CHECK(check_host(z, "192.0.2.1", std::string("a\0b", 3) + "@example.com").result == result::fail);
  CHECK(check_host(z, "192.0.2.1", "\xff\xfe@example.com").result == result::fail);
  for (const std::string& name : z.asked) CHECK(dns::valid_name(name));
  // Nor are they lookups without result: which senders there are is not the publisher's choice (RFC 8616 4).
  zone many;
  many.txt("example.com", "v=spf1 exists:%{l}.a.example.com exists:%{l}.b.example.com exists:%{l}.c.example.com ~all");
  CHECK(check_host(many, "192.0.2.1", "j\xc3\xb6rg@example.com").result == result::softfail);
  CHECK(check_host(many, "192.0.2.1", "joerg@example.com").result == result::permerror);
}

TEST_CASE("identities without a domain are none") {
  zone z;
  for (const std::string from : {"a@localhost", "a@", "@", "a@[192.0.2.1]", "a@example..com", "a@.example.com"}) {
    INFO(from);
    CHECK(check_host(z, "192.0.2.1", from, "localhost").result == result::none);
  }
  CHECK(check_host(z, "192.0.2.1", "a@" + std::string(300, 'a') + ".com").result == result::none);
  CHECK(check_host(z, "192.0.2.1", "", std::string(300, 'a') + ".com").result == result::none);
  CHECK(check_host(z, "192.0.2.1", "a@example.com" + std::string(400, 'a')).result == result::none);
}

TEST_CASE("an internationalized sender's domain is asked for as A-labels") {
  zone z;
  z.txt("xn--bcher-kva.example", "v=spf1 ip4:192.0.2.1 -all");
  CHECK(check_host(z, "192.0.2.1", "j\xc3\xb6rg@b\xc3\xbc" "cher.example").result == result::pass);
}

TEST_CASE("the null sender is checked as postmaster at the HELO name") {
  zone z;
  z.txt("mx.example.com", "v=spf1 exists:%{l}.ok.example.com -all").a("postmaster.ok.example.com", "127.0.0.2");
  CHECK(check_host(z, "192.0.2.1", "", "mx.example.com.").result == result::pass);
}

TEST_CASE("IPv6 clients match AAAA and ip6, IPv4-mapped ones are IPv4") {
  zone z;
  z.txt("example.com", "v=spf1 a ip6:2001:db8:1::/48 -all").a("example.com", "2001:db8::1").a("example.com", "192.0.2.1");
  CHECK(check_host(z, "2001:db8::1", "a@example.com").result == result::pass);
  CHECK(check_host(z, "2001:db8:1::9", "a@example.com").result == result::pass);
  CHECK(check_host(z, "2001:db8:2::9", "a@example.com").result == result::fail);
  CHECK(check_host(z, "::ffff:192.0.2.1", "a@example.com").result == result::pass);
}

TEST_CASE("macros that blow up are cut to a name from the right") {
  zone z;
  std::string spec;
  for (int i = 0; i < 60; ++i) spec += "%{l}.";
  z.txt("example.com", "v=spf1 exists:" + spec + "end.example.com -all");
  CHECK(check_host(z, "192.0.2.1", std::string(60, 'a') + "@example.com").result == result::fail);
  REQUIRE(z.asked.size() == 2);
  CHECK(z.asked[1].size() <= 253);
  CHECK(z.asked[1].substr(z.asked[1].size() - 15) == "end.example.com");
}

TEST_CASE("an explanation is printable, short, and only fetched on request") {
  zone z;
  z.txt("example.com", "v=spf1 -all exp=why.example.com").txt("why.example.com", "%{i} is not ours, see %{d}");
  CHECK(check_host(z, "192.0.2.1", "a@example.com").explanation.empty());
  CHECK(z.asked.size() == 1);
  CHECK(view(check_host(z, "192.0.2.1", "a@example.com", "h.example", true).explanation) == "192.0.2.1 is not ours, see example.com");
  zone bad;
  bad.txt("example.com", "v=spf1 -all exp=why.example.com").txt("why.example.com", "caf\xc3\xa9");
  CHECK(check_host(bad, "192.0.2.1", "a@example.com", "h.example", true).explanation.empty());
}

TEST_CASE("an evaluator can be used again") {
  zone z;
  z.txt("example.com", "v=spf1 include:b.example.com -all").txt("b.example.com", "v=spf1 +all").txt("c.example.com", "v=spf1 ~all");
  spf::evaluator e;
  for (int i = 0; i < 3; ++i) {
    e.begin({ip("192.0.2.1"), "h", i == 1 ? "a@c.example.com" : "a@example.com", "", 0, false});
    dns::question q;
    if (i == 0) {
      CHECK(e.next_lookup(q));  // left in the middle
      continue;
    }
    while (e.next_lookup(q)) e.on_answer(z.find({std::string(q.name), q.type}));
    CHECK(e.get().result == (i == 1 ? result::softfail : result::pass));
  }
}
