// A whole message through the checker: cutting, budgets, deadlines, trusted relays and sealers, and that passing
// never helps.
#include "auth/checker.hpp"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>

#include "unit/auth/rfc8463.hpp"

using namespace sluice;
using namespace sluice::auth;
using namespace sluice::auth::test;

namespace {

const envelope from_joe{ip("192.0.2.1"), "mx.football.example.com", "joe@football.example.com", 1528637909};

zone joe_zone() {
  return rfc8463_zone()
      .txt("football.example.com", "v=spf1 ip4:192.0.2.1 -all")
      .txt("_dmarc.football.example.com", "v=DMARC1; p=reject");
}

std::string results(const checker& c, bool spf_only = false) {
  char room[4096];
  return std::string(c.write_results(room, false, spf_only));
}

int score(const checker& c) {
  checker::notice_list list;
  c.list_notices(list);
  int sum = 0;
  for (const notice& n : list) {
    CHECK(n.weight >= 0);
    sum += n.weight;
  }
  return sum;
}

bool has_notice(const checker& c, const std::string& rule) {
  checker::notice_list list;
  c.list_notices(list);
  for (const notice& n : list)
    if (n.rule == rule) return true;
  return false;
}

}  // namespace

TEST_CASE("everything about an honest message comes together") {
  workspace shared;
  checker c(shared);
  options o;
  o.authserv_id = "mx.example.net";
  zone z = joe_zone();
  run(c, o, from_joe, z, rfc8463_message);
  REQUIRE(c.settled());
  CHECK(c.spf().result == result::pass);
  CHECK(c.dmarc().result == result::pass);
  CHECK(c.dmarc().spf_aligned);
  CHECK(c.dmarc().dkim_aligned);
  CHECK(score(c) == 0);
  CHECK(results(c, true) == "mx.example.net; spf=pass smtp.mailfrom=football.example.com; spf=none smtp.helo=mx.football.example.com");
  CHECK(results(c).find("; dmarc=pass (p=reject dis=none) header.from=football.example.com") != std::string::npos);
  CHECK(shared.keys().available() == shared.keys().size());
  CHECK(shared.evaluators().available() == shared.evaluators().size());
}

TEST_CASE("the result does not depend on how the message is cut, nor on when answers come") {
  workspace shared;
  options o;
  zone reference_zone = joe_zone();
  checker reference(shared);
  run(reference, o, from_joe, reference_zone, rfc8463_message);
  const std::string expected = results(reference);
  std::mt19937 random(3);
  const auto try_cuts = [&](const std::vector<std::size_t>& header_cuts, const std::vector<std::size_t>& body_cuts, bool late) {
    checker c(shared);
    zone z = joe_zone();
    c.begin(o, from_joe);
    std::vector<byte_view> pieces;
    std::size_t at = 0;
    for (const std::size_t cut : header_cuts) {
      pieces.push_back(byte_view(rfc8463_header).substr(at, cut - at));
      at = cut;
    }
    pieces.push_back(byte_view(rfc8463_header).substr(at));
    c.on_header(pieces);
    if (!late) z.serve(c);
    at = 0;
    for (const std::size_t cut : body_cuts) {
      c.feed(byte_view(rfc8463_body).substr(at, cut - at));
      at = cut;
    }
    c.feed(byte_view(rfc8463_body).substr(at));
    c.finish();
    z.serve(c);
    REQUIRE(c.settled());
    REQUIRE(results(c) == expected);
  };
  for (std::size_t i = 0; i <= rfc8463_header.size(); ++i) try_cuts({i}, {}, i % 2 == 0);
  for (std::size_t i = 0; i <= rfc8463_body.size(); ++i) try_cuts({}, {i}, i % 2 == 0);
  std::vector<std::size_t> every_header, every_body;
  for (std::size_t i = 1; i < rfc8463_header.size(); ++i) every_header.push_back(i);
  for (std::size_t i = 1; i < rfc8463_body.size(); ++i) every_body.push_back(i);
  try_cuts(every_header, every_body, false);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = random() % 9; at < rfc8463_body.size(); at += 1 + random() % 9) cuts.push_back(at);
    try_cuts({}, cuts, round % 2 == 0);
  }
}

TEST_CASE("a thousand signatures cost eight verifications and say so") {
  workspace shared;
  checker c(shared);
  options o;
  zone z = joe_zone();
  const std::string one = rfc8463_header.substr(0, rfc8463_header.find("DKIM-Signature", 10));
  std::string header;
  for (int i = 0; i < 1000; ++i) header += "DKIM-Signature: v=1; a=rsa-sha256; d=e.example; s=s; h=from; bh=" + std::string(43, 'A') + "=; b=AAAA\r\n";
  header = header.substr(0, limits::header_bytes - rfc8463_header.size() - 200);
  header = header.substr(0, header.rfind("DKIM-Signature")) + rfc8463_header;
  run(c, o, from_joe, z, header + "\r\n" + rfc8463_body);
  REQUIRE(c.settled());
  CHECK(c.dkim_count() == limits::dkim_signatures);
  CHECK(c.ignored_signatures() > 400);
  CHECK(has_notice(c, "dkim-many"));
  CHECK(c.dmarc().result == result::pass);  // by SPF
}

TEST_CASE("a header beyond the limits is refused with its reason, nothing in it is believed") {
  workspace shared;
  options o;
  std::string fields;
  for (int i = 0; i < 10000; ++i) fields += "a:\r\n";
  const std::string large = "From: <joe@football.example.com>\r\nX: " + std::string(limits::header_bytes, 'x') + "\r\n";
  for (const std::string& header : {fields + rfc8463_header, large}) {
    checker c(shared);
    zone z = joe_zone();
    run(c, o, from_joe, z, header + "\r\n" + rfc8463_body);
    REQUIRE(c.settled());
    CHECK(c.dkim_count() == 0);
    CHECK(c.dmarc().result == result::permerror);
    CHECK(has_notice(c, "from-ambiguous"));
  }
  checker c(shared);
  zone z = joe_zone();
  const std::string line = "X: " + std::string(60000, 'x') + "\r\n";
  run(c, o, from_joe, z, line + rfc8463_message);
  CHECK(c.dmarc().result == result::pass);
}

TEST_CASE("a DNS that never answers ends at the deadline with temperror") {
  workspace shared;
  checker c(shared);
  options o;
  c.begin(o, from_joe);
  dns::lookup l;
  CHECK(c.next_lookup(l));
  const byte_view header = rfc8463_header;
  c.on_header({&header, 1});
  while (c.next_lookup(l)) {
  }
  c.feed(rfc8463_body);
  c.finish();
  CHECK_FALSE(c.settled());
  c.expire();
  REQUIRE(c.settled());
  CHECK(c.spf().result == result::temperror);
  CHECK(c.dkim(0).result == result::temperror);
  CHECK(c.dmarc().result == result::temperror);
  CHECK(c.dmarc().disposition == dmarc::policy::none);
  CHECK(c.dns_failed());
  CHECK(score(c) == 0);
  CHECK(shared.keys().available() == shared.keys().size());
  // Answers that come later are nobody's.
  zone z = joe_zone();
  c.on_answer(l.id, z.find({"football.example.com", dns::record_type::txt}));
  CHECK(c.spf().result == result::temperror);
}

TEST_CASE("the budget of lookups ends questions, not the message") {
  workspace shared;
  checker c(shared);
  options o;
  o.lookups = 2;
  zone z = joe_zone();
  run(c, o, from_joe, z, rfc8463_message);
  REQUIRE(c.settled());
  CHECK(z.asked.size() == 2);
  CHECK(c.dns_failed());
  CHECK(c.dmarc().result != result::fail);
}

TEST_CASE("pools that are used up are temperror, and what was taken comes back") {
  workspace shared({.keys = 16, .evaluators = 1});
  options o;
  checker holder(shared);
  holder.begin(o, from_joe);  // holds the only evaluator
  checker c(shared);
  zone z = joe_zone();
  run(c, o, from_joe, z, rfc8463_message);
  CHECK(c.spf().result == result::temperror);
  CHECK(c.dns_failed());
  holder.begin(o, from_joe);
  z.serve(holder);
  CHECK(holder.spf().result == result::pass);
  CHECK(shared.evaluators().available() == 1);
  {
    checker leaver(shared);
    leaver.begin(o, from_joe);
    const byte_view header = rfc8463_header;
    leaver.on_header({&header, 1});
    CHECK(shared.keys().available() == 14);
  }
  CHECK(shared.keys().available() == 16);
  CHECK(shared.evaluators().available() == 1);
}

TEST_CASE("no From, two of them, or a broken one: DMARC does not pass") {
  workspace shared;
  options o;
  const struct {
    std::string extra;
    result wanted;
    bool notice;
  } rows[] = {
      {"From: <evil@attack.example>\r\n", result::permerror, true},
      {"From : <evil@attack.example>\r\n", result::permerror, true},
      {"X: y\r\n", result::pass, false},
  };
  for (const auto& row : rows) {
    checker c(shared);
    zone z = joe_zone();
    run(c, o, from_joe, z, row.extra + rfc8463_message);
    INFO(row.extra);
    CHECK(c.dmarc().result == row.wanted);
    CHECK(has_notice(c, "from-ambiguous") == row.notice);
  }
  checker c(shared);
  zone z = joe_zone();
  run(c, o, from_joe, z, "Subject: x\r\n\r\nbody\r\n");
  CHECK(c.dmarc().result == result::none);
  checker empty(shared);
  run(empty, o, from_joe, z, "");
  CHECK(empty.settled());
}

TEST_CASE("the null sender is postmaster at the HELO name, for DMARC too") {
  workspace shared;
  checker c(shared);
  const options o;
  envelope bounce = from_joe;
  bounce.helo = "football.example.com";
  bounce.mail_from = "";
  zone z = joe_zone();
  run(c, o, bounce, z, "From: <mailer-daemon@football.example.com>\r\n\r\nbody\r\n");
  CHECK(c.spf().result == result::pass);
  CHECK(c.spf().identity == spf_identity::helo);
  CHECK(c.dmarc().result == result::pass);
  CHECK(c.dmarc().spf_aligned);
  bounce.mail_from = "x@example.net";  // a HELO name beside a sender never counts
  zone again = joe_zone();
  run(c, o, bounce, again, "From: <mailer-daemon@football.example.com>\r\n\r\nbody\r\n");
  CHECK(c.helo().result == result::pass);
  CHECK(c.dmarc().result == result::fail);
}

TEST_CASE("behind a trusted relay the client is the one its Received field names") {
  workspace shared;
  options o;
  ip_network relay;
  REQUIRE(parse_network("10.0.0.0/8", relay));
  o.trusted_relays.push_back(relay);
  o.trusted_authserv_ids.push_back("relay.example");
  envelope from = from_joe;
  from.client = ip("10.0.0.1");
  from.helo = "relay.example";
  const std::string received = "Received: from mx.football.example.com (x [192.0.2.1]) by relay.example; date\r\n";
  const std::string foreign = "Received: from y (y [203.0.113.5]) by mx.football.example.com; date\r\n";
  {
    checker c(shared);
    zone z = joe_zone();
    run(c, o, from, z, received + foreign + rfc8463_message);
    CHECK(c.spf().result == result::pass);
    CHECK(std::string(view(to_text(c.client()))) == "192.0.2.1");
  }
  {
    checker c(shared);  // nothing tells the client
    zone z = joe_zone();
    run(c, o, from, z, rfc8463_message);
    CHECK(c.spf().result == result::none);
    CHECK(c.settled());
  }
  const std::string upstream = "Authentication-Results: relay.example; dkim=pass header.d=football.example.com\r\n";
  const std::string unsigned_mail = "From: <joe@football.example.com>\r\n\r\nbody\r\n";
  {
    checker c(shared);  // the relay's own word, above what strangers wrote
    zone z = joe_zone();
    run(c, o, from, z, upstream + received + foreign + unsigned_mail);
    REQUIRE(c.dkim_count() == 1);
    CHECK(c.dkim(0).upstream);
    CHECK(c.dmarc().dkim_aligned);
  }
  {
    checker c(shared);  // below a stranger's Received field
    zone z = joe_zone();
    z.fail("football.example.com", dns::status::nxdomain);
    run(c, o, from, z, received + foreign + upstream + unsigned_mail);
    CHECK(c.dkim_count() == 0);
    CHECK(c.dmarc().result == result::fail);
  }
  {
    checker c(shared);  // not through the relay at all
    zone z = joe_zone();
    z.fail("football.example.com", dns::status::nxdomain);
    run(c, o, from_joe, z, upstream + unsigned_mail);
    CHECK(c.dkim_count() == 0);
  }
}

TEST_CASE("passing never lowers a score: every result of each method, with and without") {
  // The same message, once with everything failing or missing and once with everything passing: what is counted for
  // the second is never less than nothing, and no notice exists that a pass could take away.
  workspace shared;
  options o;
  for (const bool spf : {false, true})
    for (const bool dkim : {false, true})
      for (const bool policy : {false, true}) {
        zone z;
        if (spf) z.txt("football.example.com", "v=spf1 +all");
        if (policy) z.txt("_dmarc.football.example.com", "v=DMARC1; p=reject");
        if (dkim) z = joe_zone();
        checker c(shared);
        run(c, o, from_joe, z, rfc8463_message);
        CHECK(score(c) == 0);
      }
}

TEST_CASE("a chain of our own making validates, and is never continued when it failed") {
  workspace shared;
  options o;
  auto key = std::make_shared<private_key>();
  REQUIRE(key->load("ed25519:c2x1aWNlIHRlc3RzIG9mIGFyYyBzZWFsaW5nLi4uLi4="));
  o.authserv_id = "mx.example.net";
  o.seal.key = key;
  o.seal.domain = "example.net";
  o.seal.selector = "arc";
  zone z = joe_zone();
  z.txt("arc._domainkey.example.net", "v=DKIM1; k=ed25519; p=OITMWP5KBUYjOgkjNbrQWmc5m+pVUWGZfVSvO5lPF+o=");
  std::string message = rfc8463_message;
  char room[arc::seal_bytes], results_room[4096];
  for (unsigned i = 1; i <= 4; ++i) {
    checker c(shared);
    run(c, o, from_joe, z, message);
    INFO(c.arc().reason);
    CHECK(c.arc().result == (i == 1 ? result::none : result::pass));
    CHECK(c.arc().instance == i - 1);
    const byte_view seal = c.write_seal(room, c.write_results(results_room, true, false));
    REQUIRE_FALSE(seal.empty());
    message = std::string(seal) + message;
  }
  {
    checker c(shared);  // as of any signature, x= is the end of it (RFC 6376 3.5)
    std::string expired = message;
    expired.insert(expired.find("ARC-Message-Signature:") + 22, " x=1528637908;");
    run(c, o, from_joe, z, expired);
    CHECK(c.arc().result == result::fail);
    CHECK(std::string(c.arc().reason) == "the newest signature has expired");
  }
  {
    checker c(shared);  // a trusted sealer's word about DMARC
    o.trusted_sealers = {"example.net"};
    zone spoofed = z;
    spoofed.fail("football.example.com", dns::status::nxdomain);
    std::string broken = message;
    broken.replace(broken.find("Subject: Is dinner"), 18, "Subject: [l] is it");
    run(c, o, {ip("203.0.113.1"), "list.example.net", "list@example.net", 0}, spoofed, broken);
    CHECK(c.arc().result == result::fail);  // the newest signature covers the subject
    CHECK(c.dmarc().disposition == dmarc::policy::reject);
    CHECK(c.write_seal(room, c.write_results(results_room, true, false)).empty());
    run(c, o, {ip("203.0.113.1"), "list.example.net", "list@example.net", 0}, spoofed, message);
    CHECK(c.arc().trusted_pass);
  }
  {
    checker c(shared);
    zone dead = z;
    dead.fail("arc._domainkey.example.net", dns::status::timeout);
    run(c, o, from_joe, dead, message);
    CHECK(c.arc().result == result::temperror);
    CHECK(c.write_seal(room, c.write_results(results_room, true, false)).empty());
  }
}

TEST_CASE("a chain of fifty sets is followed, one of fifty-one is not") {
  workspace shared({.keys = 200});
  options o;
  for (const int sets : {50, 51}) {
    std::string message;
    for (int i = 1; i <= sets; ++i) {
      const std::string n = std::to_string(i);
      message = "ARC-Seal: i=" + n + "; a=rsa-sha256; cv=" + (i == 1 ? "none" : "pass") + "; d=a.example; s=s; b=AAAA\r\n" +
                "ARC-Message-Signature: i=" + n + "; a=rsa-sha256; d=a.example; s=s; h=from; bh=" + std::string(43, 'A') + "=; b=AAAA\r\n" +
                "ARC-Authentication-Results: i=" + n + "; a.example; none\r\n" + message;
    }
    checker c(shared);
    zone z;
    run(c, o, from_joe, z, message + rfc8463_message);
    REQUIRE(c.settled());
    CHECK(c.arc().result == result::fail);
    CHECK(std::string(c.arc().reason) == (sets == 50 ? "no key at that name" : "ARC-Seal without i="));
    CHECK(shared.keys().available() == shared.keys().size());
  }
}

TEST_CASE("a checker is small enough to belong to every session") {
  CHECK(sizeof(checker) <= 5 * 1024);
  WARN("sizeof(checker) " << sizeof(checker) << ", awaited_key " << sizeof(awaited_key) << ", evaluator " << sizeof(spf::evaluator)
                          << ", workspace " << workspace().memory_bytes());
}

TEST_CASE("dead name servers of a domain that cannot be aligned do not save a forgery from failing") {
  workspace shared;
  options o;
  const std::string forged =
      "DKIM-Signature: v=1; a=rsa-sha256; d=evil.example; s=dead; h=from; bh=" + std::string(43, 'A') + "=; b=AAAA\r\n" +
      "From: <joe@football.example.com>\r\n\r\nHello\r\n";
  const envelope from{ip("203.0.113.9"), "mx.evil.example", "x@evil.example", 0};
  {
    zone z = joe_zone();
    z.fail("dead._domainkey.evil.example", dns::status::timeout);
    z.fail("evil.example", dns::status::servfail);
    checker c(shared);
    run(c, o, from, z, forged);
    CHECK(c.dkim(0).result == result::temperror);
    CHECK(c.spf().result == result::temperror);
    CHECK(c.dmarc().result == result::fail);
    CHECK(c.dmarc().disposition == dmarc::policy::reject);
  }
  {
    zone z = joe_zone();  // the author's own: then nothing is known
    z.fail("sel._domainkey.football.example.com", dns::status::timeout);
    std::string own = forged;
    own.replace(own.find("d=evil.example; s=dead"), 22, "d=football.example.com; s=sel");
    checker c(shared);
    run(c, o, from, z, own);
    CHECK(c.dmarc().result == result::temperror);
  }
}

TEST_CASE("a header that could not be kept is a temporary error, and an abandoned message gives everything back") {
  workspace shared;
  options o;
  zone z = joe_zone();
  checker c(shared);
  c.begin(o, from_joe);
  z.serve(c);
  c.lose_header();
  c.feed("Hello\r\n");
  c.finish();
  z.serve(c);
  CHECK(c.settled());
  CHECK(c.dmarc().result == result::temperror);
  CHECK(c.dns_failed());
  CHECK_FALSE(has_notice(c, "from-ambiguous"));
  c.begin(o, from_joe);
  const byte_view header = byte_view(rfc8463_message).substr(0, byte_view(rfc8463_message).find("\r\n\r\n") + 2);
  c.on_header({&header, 1});
  CHECK(shared.keys().available() < shared.keys().size());
  CHECK(c.dmarc_may_object());
  c.abandon();
  CHECK(shared.keys().available() == shared.keys().size());
  CHECK(shared.evaluators().available() == shared.evaluators().size());
  dns::lookup none;
  CHECK_FALSE(c.next_lookup(none));
}

TEST_CASE("whether DMARC may still object is known early when SPF is aligned or nobody asks for anything") {
  workspace shared;
  options o;
  const auto header_only = [&](zone z, const envelope& from) {
    checker c(shared);
    c.begin(o, from);
    const byte_view header = "From: <joe@football.example.com>\r\n";
    z.serve(c);
    c.on_header({&header, 1});
    z.serve(c);
    return c.dmarc_may_object();
  };
  CHECK_FALSE(header_only(joe_zone(), from_joe));
  CHECK(header_only(joe_zone(), {ip("203.0.113.9"), "h", "joe@football.example.com", 0}));
  CHECK(header_only(joe_zone(), {ip("192.0.2.1"), "h", "x@other.example", 0}));
  CHECK_FALSE(header_only(rfc8463_zone(), {ip("203.0.113.9"), "h", "x@other.example", 0}));
}
