// When an order is due, what is remembered, what a CA's words mean.
#include "firmware/gateway/acme/schedule.hpp"

#include <catch2/catch_test_macros.hpp>

#include "firmware/gateway/acme/account_file.hpp"
#include "firmware/gateway/acme/limits.hpp"
#include "firmware/gateway/acme/message.hpp"

using namespace sluice;
using namespace sluice::gateway;

namespace {

constexpr std::int64_t day = 86'400, start = 1'800'000'000;

tls::certificate_info lasting(std::int64_t days, const char* digits = "00000000ffff") {
  tls::certificate_info c;
  c.names = {"mx.example.org"};
  c.not_before = start;
  c.not_after = start + days * day;
  c.sha256 = digits;
  return c;
}

config::acme_settings settings() {
  config::acme_settings s;
  s.directory = "https://ca.example/dir";
  s.accept_terms = true;
  s.names = {"mx.example.org", "smtp.example.org"};
  return s;
}

acme::memory good_memory() {
  acme::memory m;
  m.made_for = m.tried_for = acme::order_mark(settings());
  return m;
}

}  // namespace

TEST_CASE("a certificate is renewed when a third of its lifetime is left, up to a tenth of that earlier") {
  for (const std::int64_t days : {6, 45, 90, 398}) {
    const std::int64_t third = days * day / 3;
    CHECK(acme::renewal_moment(lasting(days)) == start + days * day - third);
    const std::int64_t early = acme::renewal_moment(lasting(days, "ffffffff00"));
    CHECK(early < start + days * day - third);
    CHECK(early >= start + days * day - third - third / 10 - 1);
  }
  CHECK(acme::renewal_moment(lasting(90, "80000000aa")) == start + 60 * day - 3 * day / 2);
  tls::certificate_info odd = lasting(1);
  odd.not_before = odd.not_after + 10;
  CHECK(acme::renewal_moment(odd) == odd.not_after);
}

TEST_CASE("an order is due when there is none, when it ends, and when something else is wanted") {
  const auto s = settings();
  const std::int64_t now = start + day;
  const auto look = [&](const config::acme_settings& with, const acme::memory& m, std::optional<tls::certificate_info> kept, bool usable = true) { return acme::look_ahead(with, m, kept, usable, now); };
  CHECK(look({}, {}, std::nullopt).why == acme::cause::none);
  auto unread = s;
  unread.accept_terms = false;
  CHECK(look(unread, {}, std::nullopt).why == acme::cause::none);
  CHECK(look(s, {}, std::nullopt).why == acme::cause::first);
  CHECK(look(s, {}, std::nullopt).when == now);
  const auto fine = look(s, good_memory(), lasting(90));
  CHECK(fine.why == acme::cause::renewal);
  CHECK(fine.when == start + 60 * day);
  CHECK(look(s, good_memory(), lasting(90), false).why == acme::cause::unusable);
  auto other = s;
  std::swap(other.names[0], other.names[1]);
  CHECK(look(other, good_memory(), lasting(90)).why == acme::cause::renewal);  // the same names
  other.names.pop_back();
  CHECK(look(other, good_memory(), lasting(90)).why == acme::cause::changed);
  other = s;
  other.key = config::acme_key::rsa_2048;
  CHECK(look(other, good_memory(), lasting(90)).when == now);
  other = s;
  other.directory = "https://ca2.example/dir";
  CHECK(look(other, good_memory(), lasting(90)).why == acme::cause::changed);
  other = s;
  other.contact = "a@example.org";  // no reason for another certificate
  CHECK(look(other, good_memory(), lasting(90)).why == acme::cause::renewal);
}

TEST_CASE("after a failure there is a pause, unless the settings change; a CA's own pause holds for that CA") {
  auto m = good_memory();
  m.failures = 2;
  m.next_try = start + 5 * day;
  CHECK(acme::look_ahead(settings(), m, std::nullopt, false, start).when == start + 5 * day);
  CHECK(acme::look_ahead(settings(), m, lasting(90), true, start).when == start + 60 * day);  // the later one
  auto other = settings();
  other.names.pop_back();
  CHECK(acme::look_ahead(other, m, std::nullopt, false, start).when == start);
  m.not_before = start + 2 * day;
  m.not_before_of = other.directory;
  CHECK(acme::look_ahead(other, m, std::nullopt, false, start).when == start + 2 * day);
  other.directory = "https://ca2.example/dir";
  CHECK(acme::look_ahead(other, m, std::nullopt, false, start).when == start);
}

TEST_CASE("pauses grow to a day, and are shorter near the end") {
  std::int64_t before = 0;
  for (std::uint64_t n = 1; n < 70; ++n) {
    const std::int64_t p = acme::pause_after(n, std::nullopt, 1U << 31);
    CHECK(p >= before);
    before = p;
  }
  CHECK(acme::pause_after(1, std::nullopt, 0) == acme::first_pause_s * 9 / 10);
  CHECK(before == acme::most_pause_s);
  CHECK(acme::pause_after(50, std::nullopt, 0xffffffff) <= acme::most_pause_s * 11 / 10);
  CHECK(acme::pause_after(50, day, 1U << 31) == day / 8);
  CHECK(acme::pause_after(50, 0, 1U << 31) == acme::first_pause_s);
  CHECK(acme::pause_after(50, 90 * day, 1U << 31) == acme::most_pause_s);
}

TEST_CASE("what is remembered comes back, whatever a CA wrote into it") {
  acme::memory m = good_memory();
  m.account = {"https://ca.example/dir", "https://ca.example/account-1", "a@example.org"};
  m.failures = 3;
  m.tried = 5;
  m.succeeded = 6;
  m.next_try = 7;
  m.not_before = 8;
  m.not_before_of = "https://ca.example/dir";
  m.error = "the CA says: no";
  CHECK(acme::memory_from(acme::to_text(m)) == m);
  m.error = "one\nfailures 99\r\naccount https://evil.example/";
  const acme::memory back = acme::memory_from(acme::to_text(m));
  CHECK(back.failures == 3);
  CHECK(back.account == m.account);
  CHECK(acme::memory_from("") == acme::memory());
  CHECK(acme::memory_from("failures -4\nnonsense\n\ntried x\nother 1\n") == acme::memory());
}

TEST_CASE("Retry-After is read in both forms") {
  const std::int64_t now = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
  CHECK(acme::retry_after_of("120", now) == 120);
  CHECK(acme::retry_after_of("0", now) == 0);
  CHECK(acme::retry_after_of("99999999999", now) == acme::most_asked_pause_s);
  CHECK(acme::retry_after_of("Sun, 06 Nov 1994 08:49:37 GMT", now - 30) == 30);
  CHECK(acme::retry_after_of("Sun, 06 Nov 1994 08:49:37 GMT", now + 30) == 0);
  for (const char* bad : {"", "-5", "soon", "12 ", "Sun, 06 Nov 1994 08:49:37", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08-49-37 UTC"}) {
    INFO(bad);
    CHECK(acme::retry_after_of(bad, now) == -1);
  }
}

TEST_CASE("a CA's refusal is told in words, with the server's own at the end, harmless and short") {
  const std::string prefix = R"({"type":"urn:ietf:params:acme:error:)";
  const auto words = [&](const std::string& rest) { return acme::words_of(acme::read_problem(prefix + rest)); };
  CHECK(words(R"(caa","detail":"CAA record for mx.example.org prevents issuance","identifier":{"type":"dns","value":"mx.example.org"}})") ==
        "a CAA record in the DNS forbids this CA to certify mx.example.org; add the CA to it or remove it. The CA says: CAA record for mx.example.org prevents issuance");
  CHECK(words(R"(dns"})").find("could not look up the name") != std::string::npos);
  CHECK(words(R"(rateLimited","detail":"x"})").ends_with("The CA says: x"));
  CHECK(words(R"(newThing","detail":"x"})") == "the CA refused. The CA says: x");
  CHECK(words(R"(newThing"})") == "the CA refused (newThing)");
  CHECK(acme::words_of(acme::read_problem("not json")) == "the CA refused");
  const std::string hostile = words(R"(malformed","detail":"a\u0000\r\n\u202e)" + std::string(1000, 'b') + "\"}");
  CHECK(hostile.find('\n') == std::string::npos);
  CHECK(hostile.find("a????") != std::string::npos);
  CHECK(hostile.size() < 400);
  // RFC 8555 section 6.7.1
  CHECK(words(R"(compound","detail":"errors","subproblems":[{"type":"urn:ietf:params:acme:error:caa","detail":"no CAA for b","identifier":{"type":"dns","value":"b.example"}}]})").find("certify b.example") != std::string::npos);
}
