// A pack's rules are tried on what the history keeps of recent mail.
#include "firmware/gateway/records/pack_trial.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "firmware/profiles/pack.hpp"
#include "firmware/profiles/profile_loader.hpp"

using namespace sluice;
using namespace sluice::gateway;

namespace {

std::shared_ptr<const inspect::ruleset> rules(const std::string& profile, bool observe = false) {
  std::vector<profiles::profile_problem> problems;
  profiles::pack one;
  if (!profile.empty()) one.profiles.push_back({"bank", profile});
  auto made = profiles::load_ruleset("", problems, &one, observe);
  for (const auto& p : problems) FAIL(profiles::format(p));
  return made;
}

std::string bank(const std::string& more) {
  return "id = \"bank\"\nname = \"Bank\"\nsource = \"written for this test\"\n[identity]\nfrom = [\"notice@bank.example\"]\n" + more + "[[subject]]\ntemplate = \"Message from {sender:name}\"\n";
}

status::history_entry mail(const std::string& subject, const std::string& auth = "spf=pass (bank.example) dkim=pass (bank.example) arc=none dmarc=pass (bank.example)") {
  status::history_entry e;
  assign_cut(e.id, "v" + std::to_string(subject.size()));
  assign_cut(e.from, "notice@bank.example");
  assign_cut(e.from_name, "The \"Bank\"");
  assign_cut(e.subject, subject);
  assign_cut(e.auth, auth);
  return e;
}

const policy::settings usual;

}  // namespace

TEST_CASE("rules that hold what was let through are found out, and which message it was") {
  const auto before = rules(""), after = rules(bank(""));
  const std::string lure = "Message from your account is locked, call +1 (888) 555-0142 now";
  const pack_trial t = try_rules({mail("Message from Ann"), mail(lure), mail("Message from Bob")}, *before, *after, usual);
  CHECK(t.messages == 3);
  CHECK(t.held == 1);
  CHECK(t.let_through == 0);
  CHECK(view(t.first_held) == "v" + std::to_string(lure.size()));
  CHECK(try_rules({mail(lure)}, *after, *after, usual).held == 0);
}

TEST_CASE("genuine mail that a pack takes for forged is found out") {
  const auto before = rules("");
  const std::string elsewhere = "spf=pass (mailer.example) dkim=pass (mailer.example) arc=none dmarc=fail (bank.example)";
  CHECK(try_rules({mail("Hello", elsewhere)}, *before, *rules(bank("")), usual).held == 1);
  CHECK(try_rules({mail("Hello", elsewhere)}, *before, *rules(bank("dkim_domains = [\"mailer.example\"]\n")), usual).held == 0);
  CHECK(try_rules({mail("Hello")}, *before, *rules(bank("")), usual).held == 0);
  CHECK(try_rules({mail("Hello", "")}, *before, *rules(bank("")), usual).held == 0);  // nobody looked
}

TEST_CASE("what the body gave stays, and what was held and no longer would be is counted") {
  const auto before = rules(""), after = rules(bank(""));
  status::history_entry e = mail("Message from Ann");
  e.score = 120;
  e.act = e.would = inspect::action::quarantine;
  CHECK(try_rules({e}, *before, *after, usual).let_through == 0);
  CHECK(try_rules({e}, *before, *after, usual).held == 0);
  status::history_entry spoofed = mail("Hello", "spf=fail dkim=none arc=none dmarc=fail (bank.example)");
  spoofed.score = 100;
  spoofed.act = spoofed.would = inspect::action::quarantine;
  CHECK(try_rules({spoofed}, *after, *before, usual).let_through == 1);
}

TEST_CASE("a pack that is observed is tried as if it acted") {
  const auto observed = rules(bank(""), true), acting = rules(bank(""));
  status::history_entry e = mail("Message from your account is locked, call +1 (888) 555-0142 now");
  e.score = 150;
  assign_cut(e.profile, "bank");
  e.would = inspect::action::quarantine;  // and was forwarded
  CHECK(try_rules({e}, *observed, *acting, usual).held == 1);
  // Observed by the policy for another reason: nothing new.
  CHECK(try_rules({e}, *acting, *acting, usual).held == 0);
}

TEST_CASE("mail of which rules say nothing is left out of a trial") {
  const auto before = rules(""), after = rules(bank(""));
  status::history_entry listed = mail("Hello", "spf=fail dkim=none arc=none dmarc=fail (bank.example)"), blind = listed, nobody = listed;
  assign_cut(listed.list, "allow-list k3vq7a2x");
  blind.cause = inspect::unscanned::budget;
  nobody.from.clear();
  const pack_trial t = try_rules({listed, blind, nobody}, *before, *after, usual);
  CHECK(t.messages == 0);
  CHECK(t.held == 0);
}

TEST_CASE("the newest messages of the history are tried, and no more than the limit") {
  const auto before = rules(""), after = rules(bank(""));
  status::history past(trial_messages + 100);
  for (std::size_t i = 0; i < trial_messages + 100; ++i) {
    status::history_entry e = i < 100 ? mail("Message from your account is locked, call +1 (888) 555-0142 now") : mail("Message from Ann");
    assign_cut(e.id, "v" + std::to_string(i));
    past.add(e);
  }
  pack_trial t = try_rules(past, *before, *after, usual);
  CHECK(t.messages == trial_messages);
  CHECK(t.held == 0);  // the lures are older
  for (int i = 0; i < 2; ++i) past.add(mail("Message from your account is locked, call +1 (888) 555-0142 now"));
  t = try_rules(past, *before, *after, usual);
  CHECK(t.messages == trial_messages);
  CHECK(t.held == 2);
  CHECK_FALSE(t.first_held.empty());
  CHECK(try_rules(status::history(0), *before, *after, usual).messages == 0);
}
