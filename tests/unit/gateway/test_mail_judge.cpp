#include "firmware/gateway/generations/test_mail_judge.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "firmware/profiles/embedded_profiles.hpp"
#include "firmware/profiles/profile_loader.hpp"
#include "inspect/message_inspector.hpp"
#include "mime/charset_pool.hpp"

using namespace sluice;
using namespace sluice::gateway;
using Catch::Matchers::ContainsSubstring;

namespace {

test_mail_result mail(test_sample s, inspect::action would, std::int32_t score, bool accepted = true) {
  test_mail_result r;
  r.listener = "0.0.0.0:25";
  r.sample = s;
  r.found.judged = true;
  r.found.would = would;
  r.found.score = score;
  r.found.asked = true;
  r.found.code = accepted ? 250 : 550;
  assign_cut(r.found.host, "10.0.0.5:25");
  assign_cut(r.found.reply, accepted ? "ok" : "no such user");
  return r;
}

test_report report(bool accepted = true) {
  test_report r;
  r.recipient = "postmaster@example.net";
  r.mails = {mail(test_sample::clean, inspect::action::forward, 0, accepted), mail(test_sample::scam, inspect::action::quarantine, 300, accepted)};
  return r;
}

std::int32_t score_of(const test_mail& m, const inspect::ruleset& rules) {
  mime::charset_pool charsets;
  auto inspector = std::make_unique<inspect::message_inspector>(rules, inspect::own_names{}, charsets);
  const std::array<byte_view, 1> to{"postmaster@example.net"};
  inspector->begin({.mail_from = "", .helo = "mx.example.net", .client_ip = "127.0.0.1", .recipients = to, .recipient_count = 1});
  inspector->feed(m.content);
  inspector->finish();
  return inspector->found().score;
}

std::shared_ptr<const inspect::ruleset> rules_with(std::vector<std::string> only) {
  std::vector<profiles::profile_problem> problems;
  const auto all = profiles::load_ruleset("", problems);
  REQUIRE(all);
  if (only.empty()) return all;
  std::vector<inspect::profile> some;
  for (const inspect::profile& p : all->profiles())
    if (std::find(only.begin(), only.end(), p.id) != only.end()) some.push_back(p);
  std::string error;
  const auto out = inspect::make_ruleset(some, std::string(profiles::embedded_lexicon()), error);
  REQUIRE(out);
  return out;
}

}  // namespace

TEST_CASE("test mails that went well are good, and nobody is to blame") {
  test_report r = report();
  judge(r, {}, true);
  CHECK(r.good);
  CHECK_FALSE(r.to_blame);
  CHECK(r.text == "2 test mails judged right, recipient accepted by 10.0.0.5:25");
}

TEST_CASE("a wrong verdict takes the generation back, unless verdicts are only reported") {
  test_report r = report();
  r.mails[1] = mail(test_sample::scam, inspect::action::tag, 60);
  judge(r, {}, true);
  CHECK((!r.good && r.to_blame));
  CHECK_THAT(r.text, ContainsSubstring("the scam test mail at 0.0.0.0:25 got the verdict tag with 60 points"));
  judge(r, {}, false);
  CHECK((!r.good && !r.to_blame));
  r.mails[1] = mail(test_sample::scam, inspect::action::quarantine, 300);
  r.mails[0] = mail(test_sample::clean, inspect::action::quarantine, 100);
  judge(r, {}, true);
  CHECK(r.to_blame);
}

TEST_CASE("who never holds by score is asked for points alone") {
  policy::settings never;
  never.limits = {50, 0, 0};
  std::string why;
  CHECK(judged_right(mail(test_sample::scam, inspect::action::tag, 300), never, why));
  CHECK_FALSE(judged_right(mail(test_sample::scam, inspect::action::tag, 99), never, why));
}

TEST_CASE("a listener that does not take the mail is the generation's fault") {
  test_report r = report();
  r.mails[0].failed = "RCPT";
  r.mails[0].why = "550 5.7.1 Relaying denied";
  judge(r, {}, true);
  CHECK(r.to_blame);
  CHECK_THAT(r.text, ContainsSubstring("failed at RCPT: 550 5.7.1"));
}

TEST_CASE("a mail server behind that says no counts only when the one before says yes") {
  test_report r = report(false);
  judge(r, {}, true);
  CHECK((!r.good && !r.to_blame));
  r.before = {.asked = true, .accepted = false, .host = "10.0.0.4:25", .text = "downstream_unreachable"};
  judge(r, {}, true);
  CHECK((!r.good && !r.to_blame));
  r.before.accepted = true;
  judge(r, {}, true);
  CHECK((!r.good && r.to_blame));
  CHECK_THAT(r.text, ContainsSubstring("550 no such user") && ContainsSubstring("reaches 10.0.0.4:25"));
}

TEST_CASE("a mail server that says yes when it is asked again said nothing about the generation") {
  const downstream_word yes = {.asked = true, .accepted = true, .host = "10.0.0.5:25", .text = "250 ok"};
  test_report r = report(false);
  r.before = yes;
  judge(r, {}, true, yes);
  CHECK((r.good && !r.to_blame));
  CHECK(r.downstream.accepted);
  CHECK_THAT(r.text, ContainsSubstring("did not take postmaster@example.net at first: 550 no such user"));
  r = report(false);
  r.before = yes;
  judge(r, {}, true, {.asked = true, .accepted = false, .host = "10.0.0.5:25", .text = "550 no such user"});
  CHECK((!r.good && r.to_blame));
}

TEST_CASE("no test mail at all proves nothing") {
  test_report r;
  judge(r, {}, true);
  CHECK_FALSE(r.good);
}

TEST_CASE("the samples are what they say, with every set of profiles, and fit a guaranteed window") {
  for (const std::vector<std::string>& only : {std::vector<std::string>{}, {"paypal"}, {"dropbox"}}) {
    const auto rules = rules_with(only);
    const test_mail clean = make_test_mail(test_sample::clean, *rules, "mx.example.net", "postmaster@example.net", 1795555555);
    const test_mail scam = make_test_mail(test_sample::scam, *rules, "mx.example.net", "postmaster@example.net", 1795555555);
    CHECK(score_of(clean, *rules) == 0);
    CHECK(score_of(scam, *rules) >= 100);
    CHECK(scam.profile == (only.empty() ? "entra" : only[0] == "paypal" ? "paypal" : ""));
    for (const test_mail* m : {&clean, &scam}) {
      CHECK(m->content.size() < 4096);
      CHECK(m->content.find("\r\n.") == std::string::npos);
      CHECK(m->content.ends_with("\r\n"));
    }
  }
}
