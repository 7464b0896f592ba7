#include <catch2/catch_test_macros.hpp>
#include <string>

#include "inspect/header_fields.hpp"
#include "inspect/rules.hpp"
#include "inspect/slot_judge.hpp"
#include "inspect/template_match.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

slot_verdict judged(std::string_view text, slot_type type, const char* profile = nullptr) {
  findings out;
  return judge_slot(text, type, "slot", real_rules(), {profile != nullptr ? real_rules().find_id(profile) : nullptr, {}}, place::subject, out).verdict;
}

text_template form(std::string_view text) {
  text_template out;
  std::string error;
  REQUIRE(parse_template(text, out, error));
  return out;
}

}  // namespace

TEST_CASE("a telephone number in a name is abuse, in a memo it is business") {
  CHECK(judged("Call 802 538 3069", slot_type::name) == slot_verdict::abuse);
  CHECK(judged("For questions call 802 538 3069", slot_type::memo) != slot_verdict::abuse);
  CHECK(judged("If you did not authorize this PayPal charge of $499.99 call 802 538 3069 to cancel", slot_type::memo) == slot_verdict::abuse);
}

TEST_CASE("of a text of any length every piece is judged") {
  const std::string lure = "If you did not authorize this PayPal charge of $499.99 call 802 538 3069 to cancel";
  for (std::size_t before = 900; before < 1500; before += 37) {
    std::string text;
    while (text.size() < before) text += "thanks for lunch. ";
    CHECK(judged(text + lure + text, slot_type::memo) == slot_verdict::abuse);
  }
  CHECK(judged(std::string(20000, '\x80'), slot_type::memo) != slot_verdict::abuse);
}

TEST_CASE("ordinary names and titles are clean") {
  for (std::string_view name : {"Contoso Ltd", "7-Eleven", "Booking.com", "First National Bank", "Bj\u00F6rn M\u00FCller", "Bitcoin Depot", "Call a Bike", "PayPal",
                                "M\u00FCnchner R\u00FCck AG", "\u0421\u0447\u0435\u0442 \u2116 154", "\u041E\u041E\u041E \u0420\u043E\u043C\u0430\u0448\u043A\u0430", "3M Company"}) {
    INFO(name);
    CHECK(judged(name, slot_type::name) == slot_verdict::clean);
  }
  for (std::string_view title : {"Fix callback when payment fails", "Quarterly planning", "Update README.md", "Invoice 2026-113 for March"}) {
    INFO(title);
    CHECK(judged(title, slot_type::title) == slot_verdict::clean);
  }
}

TEST_CASE("the sender's own number is no evidence") {
  CHECK(judged("PayPal 888-221-1161", slot_type::name, "paypal") == slot_verdict::clean);
  CHECK(judged("PayPal 888-221-1162", slot_type::name, "paypal") == slot_verdict::abuse);
}

TEST_CASE("a host that is written to be taken for a brand's is a link in a name") {
  CHECK(judged("xn--pypal-4ve.com", slot_type::name) == slot_verdict::suspicious);  // a Cyrillic letter
  CHECK(judged("xn--mnchen-3ya.de", slot_type::name) == slot_verdict::clean);
  CHECK(judged("evil.example.com:8080/x", slot_type::name) == slot_verdict::suspicious);
}

TEST_CASE("templates cut slots out of subjects") {
  slot_list slots;
  const text_template entra = form("{tenant:name} account email verification code");  // slots refer to it
  REQUIRE(match_template("Fabrikam account email verification code", entra, slots));
  REQUIRE(slots.size() == 1);
  CHECK(slots[0].text == "Fabrikam");
  CHECK(slots[0].name == "tenant");
  REQUIRE(match_template("A account email verification code account email verification code", form("{tenant:name} account email verification code"), slots));
  CHECK(slots[0].text == "A account email verification code");
  REQUIRE(match_template("[team/repo] Title (#12)", form("[{repo:name}] {title:title} (#{number:name})"), slots));
  REQUIRE(slots.size() == 3);
  CHECK(slots[1].text == "Title");
  CHECK_FALSE(match_template("Fabrikam account email verification code now", form("{tenant:name} account email verification code"), slots));
  CHECK_FALSE(match_template("", form("{tenant:name} account"), slots));
}

TEST_CASE("bad templates are refused with the reason") {
  text_template out;
  std::string error;
  for (std::string_view text : {"{tenant:name", "{tenant}", "{tenant:thing}", "{a:name}{b:name}", "", "{:name} x"}) {
    INFO(text);
    error.clear();
    CHECK_FALSE(parse_template(text, out, error));
    CHECK_FALSE(error.empty());
  }
}

TEST_CASE("authserv-id and the receiving host are read as the RFCs write them") {
  for (const char* ours : {"mx.example.org; spf=pass", "MX.example.org", " (a (nested\\)) comment) mx.example.org 1; none",
                           "\"mx.example.org\"; spf=pass", "\"mx\\.exa\\mple.org\"; spf=pass", "mx.example.org(comment);", "\"mx.example.org"})
    CHECK(has_authserv_id(ours, "mx.example.org"));
  for (const char* other : {"", "mx.example.org.net; none", "\"mx.example.org \"; none", "\"mx.example\"; none", "; mx.example.org", "(mx.example.org)"})
    CHECK_FALSE(has_authserv_id(other, "mx.example.org"));
  CHECK(received_by("from a.example (b.example [192.0.2.1]) by mx.example.org (Sluice) with ESMTPS id 1; Mon") == "mx.example.org");
  CHECK(received_by("(by nobody) from x by\tmx.example.org; date") == "mx.example.org");
  CHECK(received_by("from x; by y") == "");
}

TEST_CASE("a finding of the same cause counts once") {
  findings out;
  add_finding(out, rule::callback, 30, {});
  add_finding(out, rule::callback, 50, {});
  add_finding(out, rule::callback, 20, {});
  CHECK(out.list.size() == 1);
  CHECK(out.score == 50);
}

TEST_CASE("when there are too many findings the heaviest stay and the score is whole") {
  findings out;
  static const std::string names = "abcdefghijklmnopqrstuvwxyz";
  for (std::size_t i = 0; i < names.size(); ++i) add_finding(out, rule::slot_words, static_cast<int>(i), {place::text, 0, 0, 0, std::string_view(names).substr(i, 1), "w"});
  CHECK(out.list.size() == max_findings);
  CHECK(out.dropped == names.size() - max_findings);
  CHECK(out.score == 325);
  for (const finding& f : out.list) CHECK(f.weight >= 10);
}

TEST_CASE("letters with nothing visible between them are a disguise, joiners of other scripts are not") {
  const std::string split = "T\xEF\xBB\xBFr\xEF\xBB\xBFu\xEF\xBB\xBFs\xEF\xBB\xBFt\xEF\xBB\xBFy O\xEF\xBB\xBFn\xEF\xBB\xBF" "e";
  findings out;
  CHECK(judge_slot(split, slot_type::name, "slot", real_rules(), {}, place::subject, out).verdict != slot_verdict::clean);
  findings persian;
  const std::string words = "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xB1\xD9\x88\xD9\x85 \xD9\x86\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xB4\xD9\x88\xD8\xAF \xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xB1\xD9\x88\xDB\x8C";
  CHECK(judge_slot(words, slot_type::name, "slot", real_rules(), {}, place::subject, persian).verdict == slot_verdict::clean);
}
