#include "firmware/gateway/trust/expiry_watch.hpp"

#include <catch2/catch_test_macros.hpp>

#include "firmware/gateway/trust/expiry_mail.hpp"

using namespace sluice;
using gateway::expiry;

namespace {
constexpr std::int64_t day = 86'400, now = 1'800'000'000;

tls::certificate_info ending(std::int64_t after, const char* digits) {
  tls::certificate_info c;
  c.names = {"mx.example.org"};
  c.not_before = now - 100 * day;
  c.not_after = now + after;
  c.sha256 = digits;
  return c;
}
}  // namespace

TEST_CASE("a certificate's end is told by how near it is") {
  const gateway::expiry_limits l;
  CHECK(expiry_of(ending(22 * day, "a"), now, l) == expiry::fine);
  CHECK(expiry_of(ending(21 * day, "a"), now, l) == expiry::notice);
  CHECK(expiry_of(ending(8 * day, "a"), now, l) == expiry::notice);
  CHECK(expiry_of(ending(7 * day, "a"), now, l) == expiry::alarm);
  CHECK(expiry_of(ending(0, "a"), now, l) == expiry::alarm);
  CHECK(expiry_of(ending(-1, "a"), now, l) == expiry::expired);
  CHECK(expiry_text(ending(22 * day, "a"), now, l).empty());
  CHECK(expiry_text(ending(6 * day, "a"), now, l) == "mx.example.org ends in 6 days");
  CHECK(expiry_text(ending(day, "a"), now, l) == "mx.example.org ends in 1 day");
  CHECK(expiry_text(ending(60, "a"), now, l) == "mx.example.org ends within a day");
  CHECK(expiry_text(ending(-1, "a"), now, l) == "mx.example.org has expired");
}

TEST_CASE("each certificate is told once a day, and again when it becomes urgent") {
  gateway::expiry_watch w;
  const gateway::expiry_limits l;
  const std::int64_t morning = now / day * day;
  std::vector<tls::certificate_info> all{ending(100 * day, "fine"), ending(10 * day, "soon"), ending(3 * day, "urgent")};
  auto due = w.look(all, morning, l);
  REQUIRE(due.size() == 2);
  CHECK(due[0].what == expiry::notice);
  CHECK(due[1].what == expiry::alarm);
  CHECK(w.look(all, morning + 3600, l).empty());
  all[1].not_after = morning + 7 * day;  // a limit that was changed, or a clock that came right
  due = w.look(all, morning + 7200, l);
  REQUIRE(due.size() == 1);
  CHECK(due[0].certificate->sha256 == "soon");
  CHECK(w.look(all, morning + day, l).size() == 2);
}

TEST_CASE("a mail is due once for each certificate and threshold, also over restarts") {
  const gateway::expiry_limits l;
  gateway::expiry_marks marks;
  tls::certificate_info c = ending(30 * day, "aa");
  CHECK(marks.due(c, now, l) == expiry::fine);
  CHECK(marks.due(c, now + 9 * day, l) == expiry::notice);
  CHECK(marks.due(c, now + 9 * day, l) == expiry::notice);  // nobody was told yet
  marks.told(c, expiry::notice);
  CHECK(marks.due(c, now + 9 * day, l) == expiry::fine);
  CHECK(marks.due(c, now + 22 * day, l) == expiry::fine);
  marks = gateway::expiry_marks::from(marks.text() + "nonsense\nbb never\n");
  CHECK(marks.due(c, now + 22 * day, l) == expiry::fine);
  CHECK(marks.due(c, now + 23 * day, l) == expiry::alarm);
  marks.told(c, expiry::alarm);
  CHECK(marks.due(c, now + 9 * day, l) == expiry::fine);  // a clock that was set back
  CHECK(marks.due(c, now + 31 * day, l) == expiry::expired);
  marks.told(c, expiry::expired);
  CHECK(marks.due(c, now + 300 * day, l) == expiry::fine);
  const tls::certificate_info other = ending(-5, "bb");  // in use since today: once is enough
  CHECK(marks.due(other, now, l) == expiry::expired);
  marks.told(other, expiry::expired);
  marks.keep_only({other});
  CHECK(marks.text() == "bb expired\n");
}

TEST_CASE("a certificate that is renewed by itself is news only when its renewal is overdue") {
  const gateway::expiry_limits l;
  tls::certificate_info c = ending(0, "aa");
  const auto limits = [&](std::int64_t days) {
    c.not_before = c.not_after - days * day;
    return gateway::limits_for(c, l, true);
  };
  CHECK(limits(90).notice_s == 21 * day);
  CHECK(limits(90).alarm_s == 7 * day);
  CHECK(limits(40).notice_s == 10 * day);
  CHECK(limits(40).alarm_s == 5 * day);
  CHECK(limits(6).alarm_s < limits(6).notice_s);
  CHECK(gateway::limits_for(c, l, false).notice_s == 21 * day);
}

TEST_CASE("the mail names the certificate and what to do") {
  const gateway::expiry_limits l;
  tls::certificate_info c = ending(6 * day, "0123");
  c.names.push_back("bad\r\nBcc: x@example.org");
  c.issuer = "CN=Some CA";
  CHECK(gateway::expiry_mail_subject(c, now, l) == "Certificate: mx.example.org ends in 6 days");
  const std::string body = gateway::expiry_mail_body(c, "mx.example.org", expiry::alarm, "");
  CHECK(body.find("Names:    mx.example.org, bad??Bcc: x@example.org\n") != std::string::npos);
  CHECK(body.find("CN=Some CA") != std::string::npos);
  CHECK(body.find("sluice certificate upload") != std::string::npos);
  CHECK(body.find('\r') == std::string::npos);
  CHECK(gateway::expiry_mail_body(c, "mx", expiry::expired, "The last order failed: x.").find("The last order failed: x.") != std::string::npos);
}
