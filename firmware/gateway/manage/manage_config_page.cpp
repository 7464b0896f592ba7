// The page of the generations: what runs, what is tried and until when, the form to push, differences, history. Plain HTML
// that works without script; the countdown is the script's, the time of the deadline stands there anyway.
#include "config/hide_queries.hpp"
#include "config/toml_reader.hpp"
#include "core/concat.hpp"
#include "firmware/gateway/manage/manage_config.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
using generations::entry;
using generations::result;
using generations::state;

constexpr std::size_t text_rows = 24;
constexpr const char* restart_field =
    "<p class=\"field\"><label><input type=\"checkbox\" name=\"restart\" value=\"true\"> Restart where only that changes a value</label></p>";

// For the text area: exactly these octets come back from it, so that line ends and signatures stay as they are.
std::string exact(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

// For reading: lines and tabs as they are, every other control character visible.
std::string lines_html(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\n\t");
    out += html(text.substr(0, end));
    if (end == text.npos) break;
    out += text[end];
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string time_html(std::int64_t t) {
  if (t == 0) return "-";
  std::string machine = utc(t);
  machine[10] = 'T';
  return concat("<time data-relative datetime=\"", machine, "\">", html(utc(t)), "</time>");
}

std::string link_to(std::uint64_t number) {
  const std::string n = std::to_string(number);
  return concat("<a href=\"/config/history/", n, "\">", n, "</a>");
}

const char* words_of(result r) {
  switch (r) {
    case result::trying: return "being tried";
    case result::confirmed: return "confirmed";
    case result::not_applied: return "could not be applied";
    case result::not_proven: return "failed its test mails";
    case result::no_confirm: return "not confirmed in time";
    case result::taken_back: return "taken back";
    case result::interrupted: return "interrupted by a restart";
  }
  return "";
}

const char* kind_of(result r) { return r == result::confirmed ? "good" : r == result::trying ? "warn" : "bad"; }

std::string words_of(generations::way w) {
  switch (w) {
    case generations::way::file: return "the file of the box";
    case generations::way::api: return "the API";
    case generations::way::page: return "this page";
    case generations::way::shell: return "the shell";
    case generations::way::pull: return "a web server";
  }
  return {};
}

std::string badge(const entry& e) { return concat("<span class=\"badge ", kind_of(e.what), "\">", words_of(e.what), "</span>"); }

std::string changes_table(const std::vector<config::change>& all, const principal& who) {
  std::string rows;
  for (const config::change& c : all) {
    const bool came = c.before.empty() && !c.now.empty(), went = !c.before.empty() && c.now.empty();
    rows += row_of({concat("<code>", html(c.key), "</code>"), went || !came ? concat("<del>", html(shown_to(who, c.before)), "</del>") : "",
                    concat("<ins>", html(shown_to(who, c.now)), "</ins>")});
  }
  return table_of("Changes", {"Key", "Before", "Now"}, rows, "No value changes; at most comments and order.");
}

std::string problems_table(const std::vector<config::problem>& all) {
  std::string rows;
  for (const config::problem& p : all)
    rows += row_of({p.at.line == 0 ? "-" : concat(std::to_string(p.at.line), ":", std::to_string(p.at.column)), concat("<code>", html(p.key), "</code>"),
                    concat(std::string(p.is_note ? "note: " : ""), html(p.what), (p.remedy.empty() ? "" : concat("<br><b>", html(p.remedy), "</b>")))});
  return rows.empty() ? std::string() : table_of("Problems", {"Line", "Key", "What and what to do"}, rows, "");
}

std::string present(const generation_keeper& keeper) {
  const generations_view v = keeper.look();
  const entry* running = keeper.known().find(v.running);
  std::vector<std::pair<std::string, std::string>> facts{{"Running", v.running == 0 ? "not recorded" : concat("generation ", link_to(v.running))}};
  if (running != nullptr) {
    facts.emplace_back("Came by", concat(html(words_of(running->from)), (running->who.empty() ? "" : concat(", ", html(running->who)))));
    facts.emplace_back("Taken", time_html(running->taken));
    facts.emplace_back("State", badge(*running));
  }
  if (v.confirmed != v.running) facts.emplace_back("Confirmed", v.confirmed == 0 ? "none" : concat("generation ", link_to(v.confirmed)));
  if (v.serial != 0) facts.emplace_back("Highest serial", std::to_string(v.serial));
  return section_of("Now", concat(facts_of(facts), "<p><a href=\"/api/v1/config\">The running configuration as TOML</a></p>"), "now");
}

// The box that says what is being tried. While it moves by itself the page asks again.
std::string pending(const generation_keeper& keeper, const principal& who) {
  const generations_view v = keeper.look();
  if (v.at == state::idle && v.running == v.confirmed) return "<div id=\"pending\" data-reload=\"5\"></div>";
  std::string body;
  const std::string n = std::to_string(v.candidate);
  if (v.at == state::applying) body = notice_of("warn", concat("Generation ", n, " is being applied."));
  if (v.at == state::restarting) body = notice_of("warn", concat("The program restarts, to try generation ", n, "."));
  if (v.at == state::proving) body = notice_of("warn", concat("Generation ", n, " runs; test mails are on their way through it."));
  if (v.at == state::returning) body = notice_of("warn", concat("Generation ", std::to_string(v.confirmed), " is coming back."));
  if (v.at == state::idle) {
    body = concat(notice_of("bad", "The confirmed generation could not be brought back. Try again, or push another one."),
           post_button(who, role::admin, "/config/rollback", "Go back", {}, "danger"));
  }
  if (v.at == state::waiting) {
    const entry* e = keeper.known().find(v.candidate);
    body = concat(notice_of("warn", concat("Generation ", n, " runs and passed its test mails. Without a confirm generation ", std::to_string(v.confirmed), " comes back by itself.")),
           (e != nullptr && !e->why.empty() ? concat("<p>", html(config::hide_queries(e->why)), "</p>") : std::string()),
           "<p>Confirm until <time>", html(utc(v.deadline)), "</time>: <b class=\"countdown\" data-countdown=\"", std::to_string(v.deadline), "\">",
           std::to_string(v.seconds_left), " s</b></p><div class=\"actions\">",
           post_button(who, role::admin, "/config/confirm", "Confirm", {{"generation", n}}, "primary"),
           post_button(who, role::admin, "/config/rollback", "Go back", {{"generation", n}}, "danger"), "</div>");
  }
  return concat("<div id=\"pending\" data-reload=\"2\">", section_of("Being tried", body), "</div>");
}

std::string history(const generation_keeper& keeper) {
  std::string rows;
  const auto& all = keeper.known().entries;
  for (auto e = all.rbegin(); e != all.rend(); ++e)
    rows += row_of({link_to(e->number), badge(*e), time_html(e->taken), html(words_of(e->from)), html(e->who), html(e->by), html(config::hide_queries(e->why))});
  return section_of("History", table_of("Generations", {"Number", "Result", "Taken", "By way of", "Who", "Ended by", "Why"}, rows, "Nothing is recorded."), "history");
}

// The same from a file. Its octets are taken as they are, so that a signature made elsewhere holds. The file comes last: the
// fields of such a form are read before it.
std::string file_form(const generation_keeper& keeper, const principal& who, const std::string& etag) {
  const bool is_required = keeper.settings().signature_required, is_possible = !keeper.settings().signature_keys.empty();
  std::string form = concat("<form method=\"post\" action=\"/config?do=check\" enctype=\"multipart/form-data\" class=\"push\">", csrf_field(who),
                     "<input type=\"hidden\" name=\"etag\" value=\"", html(etag), "\">");
  if (is_possible)
    append_to(form, "<p class=\"field\"><label for=\"file-signature\">Signature of the file (base64)</label><input id=\"file-signature\" name=\"signature\" type=\"text\" "
            "autocomplete=\"off\" maxlength=\"128\"", std::string(is_required ? " required" : ""), "></p>");
  append_to(form, restart_field, "<p class=\"field\"><label for=\"file\">Configuration file (TOML, at most ", std::to_string(config::max_file_bytes / 1024),
          " KiB)</label><input id=\"file\" name=\"file\" type=\"file\" accept=\".toml,text/plain\" required></p>"
          "<div class=\"actions\"><button type=\"submit\">Check and compare the file</button>"
          "<button type=\"submit\" formaction=\"/config?do=push\" class=\"primary\">Push the file</button></div></form>");
  return section_of("Change by a file", form, "change-file");
}

std::string push_form(const generation_keeper& keeper, const principal& who, const std::string& text, const std::string& etag) {
  if (who.what < role::admin) return {};
  const bool is_required = keeper.settings().signature_required, is_possible = !keeper.settings().signature_keys.empty();
  const auto minutes = std::chrono::duration_cast<std::chrono::seconds>(keeper.settings().confirm_timeout).count();
  std::string form = concat("<form method=\"post\" action=\"/config\" class=\"push\">", csrf_field(who), "<input type=\"hidden\" name=\"etag\" value=\"", html(etag),
                     "\"><p class=\"field\"><label for=\"text\">Configuration (TOML)</label><textarea id=\"text\" name=\"text\" class=\"code\" rows=\"",
                     std::to_string(text_rows), "\" spellcheck=\"false\" autocomplete=\"off\" maxlength=\"", std::to_string(config::max_file_bytes),
                     "\" required>\n", exact(text), "</textarea></p>");
  if (is_possible)
    form += input_of("Signature (base64)", "signature", "text", "", concat("autocomplete=\"off\" maxlength=\"128\"", (is_required ? " required" : "")));
  form += input_of("Seconds to confirm", "confirm", "number", std::to_string(minutes), "min=\"60\" max=\"86400\"");
  form += restart_field;
  return concat(section_of("Change", concat(form, "<div class=\"actions\"><button type=\"submit\" name=\"do\" value=\"check\">Check and compare</button>"
                                     "<button type=\"submit\" name=\"do\" value=\"push\" class=\"primary\">Push</button></div></form>"),
                    "change"),
         file_form(keeper, who, etag));
}

reply show(generation_keeper& keeper, const web_request& q) {
  const principal who = q.who;
  std::string text;
  if (who.what >= role::admin) {
    auto current = co_await keeper.text_of(keeper.look().running);
    if (current) text = std::move(*current);
  }
  co_return html_reply(framed("Config", view::config, who, concat(pending(keeper, who), present(keeper), push_form(keeper, who, text, keeper.etag()), history(keeper))));
}

// Lines of forms end with CR LF (HTML); a signature is over the text with LF.
std::string with_lf(std::string text) {
  std::erase(text, '\r');
  return text;
}

reply post(generation_keeper& keeper, const web_request& q) {
  const principal who = q.who;
  const std::string file = q.form_value("file"), asked = q.query_value("do");
  const bool check = (asked.empty() ? q.form_value("do") : asked) != "push";
  const std::string etag = q.form_value("etag");
  push_request r;
  r.text = file.empty() ? with_lf(q.form_value("text")) : file;
  r.signature = q.form_value("signature");
  r.who = who_of(who);
  r.from = way_of(who);
  r.only_check = check;
  r.may_restart = q.form_value("restart") == "true";
  bool good = true;
  r.confirm_within_s = confirm_seconds(q.form_value("confirm"), good);
  const std::string text = r.text;
  push_answer a;
  if (!good) {
    a.status = 422;
    a.detail = "The time to confirm is 60 to 86400 seconds.";
  } else if (etag != keeper.etag()) {
    a.status = 412;
    a.detail = "Another generation runs since you opened this page. Compare, then push again.";
  } else {
    a = co_await keeper.push(std::move(r));
  }
  if (a.status == 202) {
    web_reply out = see_other("/config");
    out.audit = audit_of(a, "push");
    co_return out;
  }
  std::string body = concat(notice_of(a.status < 300 ? "good" : "bad", a.detail), problems_table(a.problems));
  if (a.status < 300 || !a.changes.empty()) body += changes_table(a.changes, who);
  web_reply out = html_reply(framed(check ? "Check" : "Push", view::config, who,
                                    concat(section_of("Result", body), push_form(keeper, who, text, keeper.etag()), "<p><a href=\"/config\">Back without a change</a></p>")));
  out.status = a.status;
  out.audit = audit_of(a, check ? "check" : "push");
  co_return out;
}

web_reply after_action(const push_answer& a, const principal& who, const char* did) {
  web_reply out = a.status < 300 ? see_other("/config")
                                 : html_reply(framed("Config", view::config, who, concat(notice_of("bad", a.detail), "<p><a href=\"/config\">Back</a></p>")));
  if (a.status >= 300) out.status = a.status;
  out.audit = audit_of(a, did);
  return out;
}

reply show_entry(generation_keeper& keeper, const web_request& q) {
  const principal who = q.who;
  const std::string wanted = q.parameters[0];
  const entry* found = nullptr;
  for (const entry& e : keeper.known().entries)
    if (std::to_string(e.number) == wanted) found = &e;
  if (found == nullptr) co_return problem(404, "Not kept", "There is no generation of this number in the history.");
  const entry e = *found;
  const auto changes = co_await keeper.changes_between(e.before, e.number);
  const auto text = co_await keeper.text_of(e.number);
  std::vector<std::pair<std::string, std::string>> facts{{"Result", badge(e)}, {"Came by", html(words_of(e.from))}, {"Taken", time_html(e.taken)}};
  if (!e.who.empty()) facts.emplace_back("Who", html(e.who));
  if (e.ended != 0) facts.emplace_back("Decided", concat(time_html(e.ended), (e.by.empty() ? "" : concat(" by ", html(e.by)))));
  if (!e.why.empty()) facts.emplace_back("Why", html(config::hide_queries(e.why)));
  if (e.serial != 0) facts.emplace_back("Serial", std::to_string(e.serial));
  facts.emplace_back("SHA-256", concat("<code class=\"digest\">", html(e.hash), "</code>"));
  std::string body = section_of("About", facts_of(facts));
  const std::string since = e.before == 0 ? "Changes" : concat("Changes against generation ", std::to_string(e.before));
  body += section_of(since, changes ? changes_table(*changes, who) : "<p class=\"empty\">The generation before it is not kept.</p>");
  if (text) body += section_of("Text", concat("<pre class=\"code\" tabindex=\"0\">", lines_html(shown_to(who, *text)), "</pre>"));
  co_return html_reply(framed(concat("Generation ", std::to_string(e.number)), view::config, who, concat(body, "<p><a href=\"/config\">All generations</a></p>")));
}

// Above every page while a generation waits: who is elsewhere on the page must not miss it.
std::string waiting_banner(const generation_keeper& keeper, const principal& who) {
  const generations_view v = keeper.look();
  if (v.at != state::waiting) return {};
  const std::string n = std::to_string(v.candidate);
  return concat("<p><b>Generation ", n, " waits to be confirmed.</b> Without it generation ", std::to_string(v.confirmed), " comes back in <b data-countdown=\"",
         std::to_string(v.deadline), "\">", std::to_string(v.seconds_left), " s</b>. <a href=\"/config\">See what changed</a></p>",
         post_button(who, role::admin, "/config/confirm", "Confirm", {{"generation", n}}, "primary"),
         post_button(who, role::admin, "/config/rollback", "Go back", {{"generation", n}}));
}

}  // namespace

void add_config_pages(web_routes& routes, generation_keeper& keeper) {
  context_of_pages().banner = [&keeper](const principal& who) { return waiting_banner(keeper, who); };
  routes.add({verb::get, "/config", role::viewer, no_body, "Show the configuration and its history", [&keeper](const web_request& q) -> reply { return show(keeper, q); }});
  routes.add({verb::post, "/config", role::admin, max_body_octets,
              {"Check or push a configuration by form", "do:check|push",
               "multipart/form-data application/x-www-form-urlencoded;do:check|push;file:file;text;etag;signature;"
               "restart:flag;confirm:60-86400"}, [&keeper](const web_request& q) -> reply { return post(keeper, q); }});
  routes.add({verb::post, "/config/confirm", role::admin, small_body,
              {"Confirm the generation that waits, by form", "", "generation:number"}, [&keeper](const web_request& q) -> reply {
                const principal who = q.who;
                const push_answer a = co_await keeper.confirm(who_of(who), number_of(q.form_value("generation"), 0));
                co_return after_action(a, who, "confirm");
              }});
  routes.add({verb::post, "/config/rollback", role::admin, small_body,
              {"Go back to the confirmed generation, by form", "", "generation:number"},
              [&keeper](const web_request& q) -> reply {
                const principal who = q.who;
                const push_answer a = co_await keeper.take_back(who_of(who), number_of(q.form_value("generation"), 0));
                co_return after_action(a, who, "rollback");
              }});
  routes.add({verb::get, "/config/history/{number}", role::viewer, no_body, "Show one generation", [&keeper](const web_request& q) -> reply { return show_entry(keeper, q); }});
}

}  // namespace sluice::gateway
