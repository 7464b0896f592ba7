#include "relay/envelope.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace {

using sluice::gauge;
using sluice::relay::envelope;
namespace smtp = sluice::smtp;

smtp::extension_set everything() {
  smtp::extension_set e;
  for (unsigned i = 0; i < static_cast<unsigned>(smtp::extension::count_); ++i) e.add(static_cast<smtp::extension>(i));
  return e;
}

smtp::mail_command mail(const std::string& text) {
  smtp::mail_command out;
  REQUIRE(smtp::parse_mail(text, everything(), out) == smtp::cause::none);
  return out;
}

smtp::rcpt_command rcpt(const std::string& text) {
  smtp::rcpt_command out;
  REQUIRE(smtp::parse_rcpt(text, everything(), true, out) == smtp::cause::none);
  return out;
}

}  // namespace

TEST_CASE("an envelope gives back what was put in, after the input is gone") {
  gauge memory(64 * 1024);
  envelope e(memory);
  {
    std::string line = "FROM:<a@example.net> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=q+2B1";
    REQUIRE(e.set_mail(mail(line)));
    line.assign(line.size(), '#');
    std::string to = "TO:<\"x y\"@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x@example.org";
    REQUIRE(e.add_recipient(rcpt(to)));
    to.assign(to.size(), '#');
    std::string bare = "TO:<Postmaster>";
    REQUIRE(e.add_recipient(rcpt(bare)));
  }
  const auto m = e.mail();
  CHECK(m.from.text == "a@example.net");
  CHECK(m.from.address.domain == "example.net");
  CHECK(m.size == 100);
  CHECK(m.smtputf8);
  CHECK(m.envid == "q+2B1");
  REQUIRE(e.recipients() == 2);
  CHECK(e.recipient(0).to.address.local == "\"x y\"");
  CHECK(e.recipient(0).notify == (smtp::notify_success | smtp::notify_delay));
  CHECK(e.recipient(0).orcpt == "rfc822;x@example.org");
  CHECK(e.recipient(1).to.text == "Postmaster");
}

TEST_CASE("the null reverse path stays the null reverse path") {
  gauge memory(4096);
  envelope e(memory);
  const std::string line = "FROM:<>";
  REQUIRE(e.set_mail(mail(line)));
  CHECK(e.mail().from.null);
  CHECK(e.mail().from.text.empty());
}

TEST_CASE("a used-up envelope budget refuses, and everything is given back at the end") {
  gauge memory(400);
  {
    envelope e(memory);
    const std::string from = "FROM:<a@example.net>", to = "TO:<somebody@example.org>";
    REQUIRE(e.set_mail(mail(from)));
    std::size_t accepted = 0;
    while (accepted < 100 && e.add_recipient(rcpt(to))) ++accepted;
    CHECK(accepted > 0);
    CHECK(accepted < 10);
    CHECK(e.recipients() == accepted);
    CHECK(memory.used() <= 400);
  }
  CHECK(memory.used() == 0);
  CHECK(memory.refused() == 1);
}

TEST_CASE("one transaction cannot hold more than its share") {
  gauge memory(1 << 24);
  envelope e(memory);
  const std::string from = "FROM:<>", to = "TO:<" + std::string(60, 'l') + "@" + std::string(60, 'd') + ".example>";
  REQUIRE(e.set_mail(mail(from)));
  std::size_t accepted = 0;
  while (accepted < 10000 && e.add_recipient(rcpt(to))) ++accepted;
  CHECK(accepted < sluice::relay::envelope_bytes_max / 120);
  CHECK(accepted > 100);
}
