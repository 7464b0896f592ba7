// Signatures and keys: what is refused, and why.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "auth/dkim/verify.hpp"
#include "unit/auth/rfc8463.hpp"

using namespace sluice;
using namespace sluice::auth;
using namespace sluice::auth::test;

namespace {

const std::string good = "v=1; a=rsa-sha256; d=example.com; s=sel; h=from:to; bh=aGk=; b=aGk=";

const char* parse(const std::string& value, dkim::field_kind kind = dkim::field_kind::dkim_signature) {
  static dkim::signature s;
  return dkim::parse_signature(kind, value, s);
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = good;
  text.replace(text.find(from), from.size(), to);
  return text;
}

const char* key(const std::string& txt, key_algorithm a = key_algorithm::rsa) {
  static char room[dkim::max_key_bytes];
  static dkim::public_key k;
  return dkim::parse_key(txt, a, room, k);
}

}  // namespace

TEST_CASE("a signature field is well-formed or says what is wrong") {
  CHECK(parse(good) == nullptr);
  CHECK(parse(good + ";") == nullptr);
  CHECK(parse(good + "; c=relaxed; l=10; t=1; x=2; q=dns/txt; i=@mail.example.com; z=whatever") == nullptr);
  CHECK(parse(with("v=1; ", "")) == nullptr);
  const std::string bad[] = {
      "",
      "nonsense",
      good + "; b=aGk=",
      with("v=1", "v=2"),
      with("rsa-sha256", "rsa-sha1"),
      with("rsa-sha256", "rsa-sha512"),
      with("d=example.com", "d=example"),
      with("d=example.com", "d=legitimate.com'a.example.com"),
      with("d=example.com", "d="),
      with("s=sel", "s=sel._domainkey.attack.com." + std::string(1, '\0') + ".any"),
      with("s=sel", "s="),
      with("h=from:to", "h=to"),
      with("h=from:to", "h="),
      with("h=from:to", "h=from:t o"),
      with("bh=aGk=; ", ""),
      with("b=aGk=", "b="),
      good + "; c=strange",
      good + "; c=simple/strange",
      good + "; l=ten",
      good + "; l=-1",
      good + "; t=soon",
      good + "; x=never",
      good + "; t=5; x=5",
      good + "; q=http",
      good + "; i=@example.org",
      good + "; i=@badexample.com",
      good + "; i=nobody",
  };
  for (const std::string& text : bad) {
    INFO(text);
    CHECK(parse(text) != nullptr);
  }
}

TEST_CASE("names in Unicode are asked for as A-labels") {
  dkim::signature s;
  const std::string text = with("d=example.com", "d=b\xc3\xbc""cher.example; i=@mail.B\xc3\x9c""CHER.example");
  REQUIRE(dkim::parse_signature(dkim::field_kind::dkim_signature, text, s) == nullptr);
  dkim::pending_key key;
  REQUIRE(dkim::prepare_key(s, key) == nullptr);
  CHECK(std::string(view(key.name)) == "sel._domainkey.xn--bcher-kva.example");
  CHECK(key.identity_below);
  CHECK(parse(with("d=example.com", "d=b\xc3\xbc""cher.example; i=@xn--bcher-kva.example")) == nullptr);
  CHECK(parse(with("d=example.com", "d=b\xc3\xbc""cher.example; i=@bucher.example")) != nullptr);
  CHECK(parse(with("d=example.com", "d=b\xff""cher.example")) != nullptr);
}

TEST_CASE("numbers beyond any clock count as the largest") {
  dkim::signature s;
  REQUIRE(dkim::parse_signature(dkim::field_kind::dkim_signature, good + "; l=" + std::string(70, '9'), s) == nullptr);
  CHECK(*s.length == INT64_MAX);
}

TEST_CASE("a key record is for mail, SHA-256 and this algorithm, or says what is wrong") {
  CHECK(key("p=aGk=") == nullptr);
  CHECK(key("v=DKIM1; k=rsa; h=sha1:sha256; s=email:web; t=y:s; n=note; x=y; p=aGk=") == nullptr);
  CHECK(key("v=DKIM1; s=*; p=aGk=") == nullptr);
  CHECK(key("k=ed25519; p=aGk=", key_algorithm::ed25519) == nullptr);
  for (const std::string bad : {"", "v=DKIM2; p=aGk=", "p=aGk=; v=DKIM1", "k=ed25519; p=aGk=", "h=sha1; p=aGk=", "s=web; p=aGk=",
                                "p=", "v=DKIM1", "p=***", "t; p=aGk=", "p=aGk=; p=aGk="}) {
    INFO(bad);
    CHECK(key(bad) != nullptr);
  }
  CHECK(key("p=aGk=", key_algorithm::ed25519) != nullptr);
}

TEST_CASE("the example of RFC 8463 verifies with both algorithms") {
  workspace shared;
  checker c(shared);
  options o;
  zone z = rfc8463_zone();
  run(c, o, {ip("192.0.2.1"), "mx.example.com", "a@example.com", 1528637909}, z, rfc8463_message);
  REQUIRE(c.dkim_count() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    INFO(c.dkim(i).reason);
    CHECK(c.dkim(i).result == result::pass);
  }
  CHECK(c.dkim(1).bits == 1024);
  CHECK(c.dkim(0).value_start == "/gCrinpc");
}

TEST_CASE("what the key lookup ends with decides over the result") {
  const struct {
    dns::status state;
    result wanted;
  } rows[] = {
      {dns::status::timeout, result::temperror},   {dns::status::servfail, result::temperror},
      {dns::status::malformed, result::permerror}, {dns::status::too_large, result::permerror},
      {dns::status::nxdomain, result::permerror},  {dns::status::no_data, result::permerror},
  };
  for (const auto& row : rows) {
    workspace shared;
    checker c(shared);
    options o;
    zone z = rfc8463_zone();
    z.fail("brisbane._domainkey.football.example.com", row.state);
    run(c, o, {ip("192.0.2.1"), "h", "", 0}, z, rfc8463_message);
    INFO(dns::name_of(row.state));
    CHECK(c.dkim(0).result == row.wanted);
    CHECK(c.dkim(1).result == result::pass);
    CHECK(c.dns_failed() == (row.wanted == result::temperror));
  }
}

TEST_CASE("an expired signature does not pass, unless the clock is not trusted") {
  std::string message = rfc8463_message;
  message.insert(message.find("t=1528637909"), "x=1528637910; ");  // breaks the signature, but expiry is told first
  for (const std::int64_t now : {std::int64_t{1528637911}, std::int64_t{0}}) {
    workspace shared;
    checker c(shared);
    options o;
    zone z = rfc8463_zone();
    run(c, o, {ip("192.0.2.1"), "h", "", now}, z, message);
    CHECK(c.dkim(0).result == (now == 0 ? result::fail : result::permerror));
  }
}

TEST_CASE("h= is followed from the bottom up and signs missing fields as missing") {
  header_index index;
  REQUIRE(index.build("A: top\r\nA: bottom\r\nB: b\r\n"));
  const auto digest_of = [&](const std::string& names) {
    dkim::signature s;
    s.header = dkim::canon::relaxed;
    s.fields = names;
    sha256 hash;
    REQUIRE(dkim::hash_signed_fields(index, s, UINT32_MAX, hash) == nullptr);
    return hash.finish();
  };
  const auto digest_of_text = [](const std::string& text) {
    sha256 hash;
    hash.update(text);
    return hash.finish();
  };
  CHECK(digest_of("a:b") == digest_of_text("a:bottom\r\nb:b\r\n"));
  CHECK(digest_of("a:a:a:b") == digest_of_text("a:bottom\r\na:top\r\nb:b\r\n"));
  CHECK(digest_of("c:A") == digest_of_text("a:bottom\r\n"));
  CHECK(digest_of("") == digest_of_text(""));
}

TEST_CASE("a list of names above the limit is not followed") {
  header_index index;
  REQUIRE(index.build("A: x\r\n"));
  std::string names = "from";
  for (std::size_t i = 0; i < limits::signed_names; ++i) names += ":a";
  dkim::signature s;
  s.fields = names;
  sha256 hash;
  CHECK(dkim::hash_signed_fields(index, s, UINT32_MAX, hash) != nullptr);
}

TEST_CASE("l= takes its digest on the way, beyond the body it never matches") {
  const auto digest_of = [](const std::string& text) {
    sha256 hash;
    hash.update(text);
    return hash.finish();
  };
  const struct {
    std::uint64_t length;
    std::string covered;
    bool matches;
    std::uint64_t rest;
  } rows[] = {
      {0, "", true, 10}, {4, "abcd", true, 6}, {10, "abcd\r\nef\r\n", true, 0}, {11, "abcd\r\nef\r\n", false, 0}, {4, "abce", false, 6},
  };
  for (const auto& row : rows) {
    dkim::body_check checks[2] = {{dkim::canon::simple, true, false, false, row.length, digest_of(row.covered)},
                                  {dkim::canon::simple, false, false, false, 0, digest_of("abcd\r\nef\r\n")}};
    dkim::body_hasher hasher;
    hasher.begin(checks);
    for (const char c : std::string("abcd\r\nef\r\n\r\n")) hasher.feed({&c, 1}, checks);
    hasher.finish(checks);
    INFO(row.length);
    CHECK(checks[0].matches == row.matches);
    CHECK(checks[1].matches);
    CHECK(hasher.unsigned_octets(checks[0]) == row.rest);
  }
}

TEST_CASE("keys that are too weak or too costly are told apart from wrong signatures") {
  // 512 bits; 1024 bits with the exponent 2^33 + 1; no key at all
  const struct {
    std::string p;
    result wanted;
  } rows[] = {
      {"MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMsPec5qisMu6b2QNDchkwEpB9spD02bRXkwLhbb7O7kKLvXa7Y9w09F535wKHiJK78GNJiEXWNMMGMrAKwyiAMC"
       "AwEAAQ==",
       result::policy},
      {"MIGhMA0GCSqGSIb3DQEBAQUAA4GPADCBiwKBgQDI+CneXScJVR1l9A09SnQu907clcwGQA2yS855XdSW3Y/zGeTCUJzQKZvjyMbmcF2yiBU6Snnsxyyy+oSt"
       "Fv3ZIqnELEIQyxc3ZO/UZ6vUF6+TMgKRZCTb3//1ri0xjn6jywhfMYkQssQi0HprbGdMZeWFRo9aKO22xBLnnPbxJwIFAgAAAAE=",
       result::policy},
      {"aGk=", result::permerror},
  };
  for (const auto& row : rows) {
    workspace shared;
    checker c(shared);
    options o;
    zone z;
    z.txt("test._domainkey.football.example.com", "v=DKIM1; k=rsa; p=" + row.p);
    run(c, o, {ip("192.0.2.1"), "h", "", 0}, z, rfc8463_message);
    INFO(c.dkim(1).reason);
    CHECK(c.dkim(1).result == row.wanted);
  }
}
