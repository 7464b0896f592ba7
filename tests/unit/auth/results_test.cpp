// Authentication-Results written and read, Received fields of trusted relays.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "auth/auth_results.hpp"
#include "auth/received.hpp"
#include "unit/auth/zone.hpp"

using namespace sluice;
using namespace sluice::auth;
using namespace sluice::auth::test;

TEST_CASE("values from mail cannot add results to the field") {
  char room[512];
  results_writer w(room, "mx.example.net", false);
  w.method("dkim", result::fail, "bad");
  w.property("header.d", "a.example; dmarc=pass");
  w.property("header.s", std::string("x\r\nFrom: y\"\\\0\xff", 14));
  const std::string text(w.finish());
  CHECK(text == "mx.example.net; dkim=fail (bad) header.d=\"a.example; dmarc=pass\" header.s=\"x??From: y\\\"\\\\??\"");
  results_reader r(text);
  results_reader::entry e;
  REQUIRE(r.next(e));
  CHECK(property_of(e, "header.d") == "a.example; dmarc=pass");
  CHECK_FALSE(r.next(e));
}

TEST_CASE("a result that does not fit is left out as a whole") {
  char room[64];
  results_writer w(room, "mx.example.net", false);
  w.method("spf", result::pass);
  w.property("smtp.mailfrom", "a.example");
  w.method("dkim", result::pass);
  w.property("header.d", "a-long-domain-name.example");
  CHECK(w.finish() == "mx.example.net; spf=pass smtp.mailfrom=a.example");
  CHECK_FALSE(w.complete());
  results_writer none(room, "mx.example.net", false);
  CHECK(none.finish() == "mx.example.net; none");
}

TEST_CASE("a field is read through comments, folding, versions and quotes") {
  results_reader r(" (c) mx.example.net (v) 1;\r\n\tspf=pass (a; b=c) smtp.mailfrom=\"x\"@a.example;\r\n"
                   " dkim/1 = fail reason=\"bad; dkim=pass\" header.d = b.example header.s=s; nonsense; arc=none");
  CHECK(r.authserv_id() == "mx.example.net");
  results_reader::entry e;
  REQUIRE(r.next(e));
  CHECK(e.method == "spf");
  CHECK(e.result == "pass");
  REQUIRE(r.next(e));
  CHECK(e.method == "dkim");
  CHECK(e.result == "fail");
  CHECK(property_of(e, "header.d") == "b.example");
  CHECK(property_of(e, "HEADER.S") == "s");
  CHECK(property_of(e, "header.i").empty());
  REQUIRE(r.next(e));
  CHECK(e.method == "arc");
  CHECK_FALSE(r.next(e));
}

TEST_CASE("our own field is recognised however it is written") {
  for (const std::string ours : {" mx.example.net; none", "MX.example.net 1; none", "(x)\r\n mx.example.net ;", "\"mx.example.net\"; spf=pass", "mx.example.net"})
    CHECK(claims_to_be_from(ours, "mx.example.net"));
  for (const std::string other : {"", ";", "mx.example.net.evil; none", "mx; none", "(mx.example.net) other; none"})
    CHECK_FALSE(claims_to_be_from(other, "mx.example.net"));
}

TEST_CASE("the address in a Received field is the one the relay saw") {
  const struct {
    std::string value, ip, helo;
  } rows[] = {
      {" from mx.a.example (host.a.example [192.0.2.1])\r\n\tby relay.example with ESMTP id 1; date", "192.0.2.1", "mx.a.example"},
      {" from [203.0.113.9] (unknown [192.0.2.1]) by relay.example", "192.0.2.1", "[203.0.113.9]"},
      {" from host.a.example ([192.0.2.1] helo=mx.a.example)\r\n by relay.example", "192.0.2.1", "mx.a.example"},
      {" from mx.a.example (mx.a.example [IPv6:2001:db8::1]) by relay.example", "2001:db8::1", "mx.a.example"},
      {" from unknown (HELO mx.a.example) (192.0.2.1) by relay.example", "192.0.2.1", "mx.a.example"},
      {" from A.prod.example (2001:db8::5) by relay.example", "2001:db8::5", "A.prod.example"},
      {" from fake([203.0.113.9]) (host [192.0.2.1]) by relay.example", "192.0.2.1", "fake([203.0.113.9])"},
      {" from by.example (by [192.0.2.1]) by relay.example", "192.0.2.1", "by.example"},
  };
  for (const auto& row : rows) {
    received_from got;
    INFO(row.value);
    REQUIRE(parse_received(row.value, got));
    CHECK(std::string(view(to_text(got.ip))) == row.ip);
    CHECK(got.helo == row.helo);
  }
  received_from got;
  for (const std::string bad : {"", " by relay.example with ESMTP", " from mx.a.example by relay.example (x [192.0.2.1])", " from x (unknown)",
                                " from x ([192.0.2.1)", " fromage ([192.0.2.1])"}) {
    INFO(bad);
    CHECK_FALSE(parse_received(bad, got));
  }
}

TEST_CASE("the client is the first address below an unbroken run of our relays") {
  const std::string header =
      "Received: from r1.example (r1 [10.0.0.1]) by r2.example\r\n"
      "Subject: x\r\n"
      "Received: from mx.a.example (mx [192.0.2.1]) by r1.example\r\n"
      "Received: from r9.example (r9 [10.0.0.9]) by mx.a.example\r\n";
  header_index index;
  REQUIRE(index.build(header));
  ip_network ours;
  REQUIRE(parse_network("10.0.0.0/8", ours));
  received_from got;
  std::size_t written = 0;
  REQUIRE(find_client(index, {&ours, 1}, got, written));
  CHECK(std::string(view(to_text(got.ip))) == "192.0.2.1");
  REQUIRE(index.build("Received: from r1.example (r1 [10.0.0.1]) by r2.example\r\nReceived: nonsense\r\n"));
  CHECK_FALSE(find_client(index, {&ours, 1}, got, written));
  CHECK(written == 2);
  REQUIRE(index.build("Received: nonsense\r\nX: 1\r\nReceived: from r1.example (r1 [10.0.0.1]) by r2.example\r\nX: 2\r\n"));
  CHECK_FALSE(find_client(index, {&ours, 1}, got, written));
  CHECK(written == 2);  // who wrote the next field is not known
  REQUIRE(index.build("Received: from r1.example (r1 [10.0.0.1]) by r2.example\r\n"));
  CHECK_FALSE(find_client(index, {&ours, 1}, got, written));
  REQUIRE(index.build("X: 1\r\nX: 2\r\n"));
  CHECK_FALSE(find_client(index, {&ours, 1}, got, written));
  CHECK(written == 0);
}

TEST_CASE("networks are read with or without a prefix length") {
  ip_network n;
  CHECK(parse_network("192.0.2.1", n));
  CHECK(n.bits == 32);
  CHECK(parse_network("2001:db8::/32", n));
  CHECK(n.bits == 32);
  for (const std::string bad : {"", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/a", "2001:db8::/129", "/24", "192.0.2.0/24x"}) CHECK_FALSE(parse_network(bad, n));
}
