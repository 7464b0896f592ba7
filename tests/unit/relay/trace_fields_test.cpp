#include "relay/trace_fields.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace {

using namespace sluice;

relay::trace_facts facts() {
  relay::trace_facts f{};
  f.hostname = "mx.example.org";
  f.authserv_id = "mx.example.org";
  f.helo = "client.example.net";
  f.client_ip = "192.0.2.7";
  f.unix_seconds = 1795466673;
  return f;
}

std::string trace(const relay::trace_facts& f, const inspect::verdict* v = nullptr) {
  relay::trace_text out;
  relay::write_trace(out, f, "v1", v);
  return std::string(out.data(), out.size());
}

}  // namespace

TEST_CASE("the Received field names the session as RFC 5321 and RFC 3848 want it") {
  relay::trace_facts f = facts();
  f.tls_version = "TLSv1.3";
  f.tls_cipher = "TLS1-3-AES-128-GCM-SHA256";
  f.only_recipient = "user@example.org";
  CHECK(trace(f) ==
        "Received: from client.example.net ([192.0.2.7])\r\n"
        "\tby mx.example.org (Sluice) with ESMTPS (TLSv1.3 TLS1-3-AES-128-GCM-SHA256)\r\n"
        "\tid v1\r\n"
        "\tfor <user@example.org>; Mon, 23 Nov 2026 20:44:33 +0000\r\n"
        "Authentication-Results: mx.example.org; none\r\n");
}

TEST_CASE("nothing that a client says can break a header line open") {
  relay::trace_facts f = facts();
  f.helo = "evil\r\nX-Sluice-Verdict: forward";
  f.client_ip = "2001:db8::1";
  f.only_recipient = "a>\r\nb@example.org";
  const std::string text = trace(f);
  CHECK(text.find("evil??X-Sluice-Verdict:?forward") != std::string::npos);
  CHECK(text.find("[IPv6:2001:db8::1]") != std::string::npos);
  CHECK(text.find("for <") == std::string::npos);
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
    CHECK(text[at - 1] == '\r');
}

TEST_CASE("the verdict header carries ids and never the words of a finding") {
  inspect::verdict v;
  v.act = inspect::action::tag;
  inspect::finding f;
  f.rule = "slot-phone";
  f.weight = 60;
  f.words = "call 802 538 3069";
  v.found.list.push_back(f);
  v.found.list.push_back(f);
  v.found.score = 120;
  const std::string text = trace(facts(), &v);
  CHECK(text.find("X-Sluice-Verdict: tag; id=v1; score=120;\r\n\trules=slot-phone\r\n") != std::string::npos);
  CHECK(text.find("802") == std::string::npos);
}

TEST_CASE("dates do not depend on the locale and reach beyond 2038") {
  CHECK(view(relay::rfc5322_date(0)) == "Thu, 01 Jan 1970 00:00:00 +0000");
  CHECK(view(relay::rfc5322_date(4102444800)) == "Fri, 01 Jan 2100 00:00:00 +0000");
}
