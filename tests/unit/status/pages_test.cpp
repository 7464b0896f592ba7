#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "status/assets/assets.hpp"
#include "status/pages/frame.hpp"
#include "status/pages/marks.hpp"
#include "status/pages/messages.hpp"

using namespace sluice::status;
using Catch::Matchers::ContainsSubstring;
using sluice::assign_cut;
namespace inspect = sluice::inspect;

namespace {

inspect::text_template form(const char* text) {
  inspect::text_template out;
  std::string error;
  REQUIRE(inspect::parse_template(text, out, error));
  out.source = text;
  return out;
}

principal vera() {
  principal who;
  who.name = "vera";
  who.what = role::viewer;
  return who;
}

history_filter only(std::string history_filter::*member, const char* value) {
  history_filter f;
  f.*member = value;
  return f;
}

history_entry lure() {
  history_entry m;
  m.unix_seconds = 1'795'480'636;
  m.outcome = "quarantined";
  m.passage = "window";
  m.act = inspect::action::quarantine;
  m.score = 145;
  m.reply_code = 250;
  assign_cut(m.id, "vabc");
  assign_cut(m.from, "team@example.com");
  assign_cut(m.recipient, "bob@example.net");
  assign_cut(m.subject, "Call 555-0142 <now> account email verification code");
  assign_cut(m.auth, "spf=pass (example.com) dkim=fail (b.example) arc=none dmarc=fail (c.example, reject)");
  history_finding f;
  f.rule = "slot-phone";
  f.weight = 100;
  f.where = inspect::place::subject;
  assign_cut(f.slot, "tenant");
  assign_cut(f.words, "555-0142");
  m.findings.push_back(f);
  m.findings_count = 1;
  return m;
}

}  // namespace

TEST_CASE("slots of the sender's template and the guilty words in them are marked, strangers' markup is text") {
  const history_entry m = lure();
  const std::vector<inspect::text_template> forms{form("Your bill"), form("{tenant:name} account email verification code")};
  const template_fit fit = fit_of(sluice::view(m.subject), forms);
  REQUIRE(fit.form == &forms[1]);
  REQUIRE(fit.slots.size() == 1);
  CHECK(fit.slots[0].name == "tenant");
  CHECK(form_html(*fit.form) == "<span class=\"slot\">tenant</span> account email verification code");
  CHECK(marked_html(sluice::view(m.subject), inspect::place::subject, m, fit.slots) ==
        "<span class=\"slot\" title=\"tenant\">Call <mark>555-0142</mark> &lt;now&gt;</span> account email verification code");
  CHECK(marked_html("555-0142", inspect::place::display_name, m, {}) == "<mark>555-0142</mark>");
  history_entry shorter = m;
  assign_cut(shorter.findings[0].words, "Call");
  CHECK(marked_html("Caller", inspect::place::display_name, shorter, {}) == "Caller");  // found elsewhere, and short
}

TEST_CASE("words that reach over a slot's border are marked on both sides") {
  history_entry m = lure();
  m.findings[0].words.assign("bc12");
  CHECK(marked_html("abc123", inspect::place::subject, m, {{0, 3, "s", "name"}}) ==
        "<span class=\"slot\" title=\"s\">a<mark>bc</mark></span><mark>12</mark>3");
}

TEST_CASE("a message's page says why in words, and what was done") {
  const std::string page = message_page(lure(), nullptr, vera());
  for (const char* words : {"+100", "A telephone number stands in a field where none belongs.", "slot <b>tenant</b>", "<mark>555-0142</mark>", "DMARC", "c.example, reject",
                            "&lt;now&gt;", "145 points", "<code>250"})
    CHECK_THAT(page, ContainsSubstring(words));
  CHECK_THAT(page, !ContainsSubstring("<now>"));
}

TEST_CASE("the history is searched by text, outcome, sender, rule and profile, page by page") {
  history past(8);
  for (int i = 0; i < 12; ++i) {
    history_entry m = lure();
    if (i % 2 == 0) {
      m.outcome = "forwarded";
      m.findings.clear();
      assign_cut(m.from, "a@mail.example.org");
    }
    assign_cut(m.id, "v" + std::to_string(i));
    past.add(m);
  }
  const auto ids = [&](const history_filter& f) {
    std::string out;
    for (const history_entry& m : past.page(0, 20, f)) out += std::string(sluice::view(m.id)) + " ";
    return out;
  };
  CHECK(ids({}) == "v11 v10 v9 v8 v7 v6 v5 v4 ");
  CHECK(ids(only(&history_filter::text, "TEAM@")) == "v11 v9 v7 v5 ");
  CHECK(ids(only(&history_filter::outcome, "forwarded")) == "v10 v8 v6 v4 ");
  CHECK(ids(only(&history_filter::sender, "example.org")) == "v10 v8 v6 v4 ");
  CHECK(ids(only(&history_filter::sender, "ample.org")).empty());
  CHECK(ids(only(&history_filter::rule, "slot-phone")) == "v11 v9 v7 v5 ");
  CHECK(ids(only(&history_filter::profile, "x")).empty());
  CHECK(past.find("v4"));
  CHECK(!past.find("v3"));
  web_request q;
  q.query = "outcome=quarantined";
  message_list first = list_for(q, past, 3);
  CHECK(first.entries.size() == 3);
  REQUIRE(first.older != 0);
  q.query += "&before=" + std::to_string(first.older);
  const message_list second = list_for(q, past, 3);
  REQUIRE(second.entries.size() == 1);
  CHECK(sluice::view(second.entries[0].id) == "v5");
  CHECK(second.older == 0);
}

TEST_CASE("assets are sent in the coding that the client takes, and kept by browsers only under their hash") {
  for (const asset& a : all_assets()) {
    INFO(a.path);
    std::ifstream file(std::filesystem::path(SLUICE_SOURCE_DIR) / "proxy" / "status" / "assets" / a.path.substr(1), std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    web_request q;
    web_reply r = asset_reply(a, q);
    CHECK(r.body == content);
    CHECK(content.size() == a.size);
    q.accept_encoding = "br, gzip;q=0.5";
    q.query = "v=" + std::string(a.hash);
    r = asset_reply(a, q);
    CHECK(r.body == a.gzip);
    CHECK(static_cast<unsigned char>(r.body[0]) == 0x1f);
    std::string tag, keep;
    for (const auto& [name, value] : r.headers) (name == "ETag" ? tag : name == "Cache-Control" ? keep : q.host) = value;
    CHECK_THAT(keep, ContainsSubstring("immutable"));
    q.if_none_match = "\"x\", " + tag;
    CHECK(asset_reply(a, q).status == 304);
    q.query = "v=other";
    q.if_none_match.clear();
    for (const auto& [name, value] : asset_reply(a, q).headers)
      if (name == "Cache-Control") CHECK(value == "no-cache");
  }
  CHECK(takes_gzip("*"));
  CHECK(!takes_gzip("gzip;q=0, *"));
  CHECK(!takes_gzip("identity"));
  CHECK(!takes_gzip(""));
  CHECK(!takes_gzip("br;q=1, *;q=0.0"));
}

TEST_CASE("what waits for somebody stands on every page of people, and on none of strangers") {
  context_of_pages().banner = [](const principal& who) { return "<p>Confirm, " + who.name + "</p>"; };
  CHECK_THAT(framed("X", sluice::status::view::none, vera(), ""), ContainsSubstring("<div class=\"banner\" role=\"status\"><p>Confirm, vera</p></div>"));
  CHECK_THAT(framed("X", sluice::status::view::none, {}, ""), !ContainsSubstring("banner"));
  context_of_pages().banner = nullptr;
}

TEST_CASE("a wide table names each value for a phone, a narrow one stays as it is") {
  const std::string rows = row_of({"<b>1</b>", "two <time>now</time>", "", "<form>x</form>"}) + "<tr><td class=\"number\">5</td><td>6</td><td>7</td><td>8</td></tr>";
  const std::string wide = table_of("Things", {"A & B", "Second", "Third", "Action"}, rows, "None.");
  CHECK_THAT(wide, ContainsSubstring("<table class=\"cards\">"));
  CHECK_THAT(wide, ContainsSubstring("<tr><td data-name=\"A &amp; B\"><b>1</b></td><td data-name=\"Second\">two <time>now</time></td><td data-name=\"Third\"></td><td><form>x</form></td></tr>"));
  CHECK_THAT(wide, ContainsSubstring("<tr><td data-name=\"A &amp; B\" class=\"number\">5</td>"));
  const std::string narrow = table_of("Things", {"A", "B", "C"}, row_of({"1", "2", "3"}), "None.");
  CHECK_THAT(narrow, ContainsSubstring("<table><thead>") && ContainsSubstring("<tr><td>1</td><td>2</td><td>3</td></tr>"));
  CHECK(table_of("Things", {"A", "B", "C", "D"}, "", "None.") == "<p class=\"empty\">None.</p>");
}
