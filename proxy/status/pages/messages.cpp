#include "status/pages/messages.hpp"

#include <charconv>

#include "core/concat.hpp"
#include "inspect/rules.hpp"
#include "status/pages/elements.hpp"
#include "status/pages/frame.hpp"
#include "status/pages/marks.hpp"
#include "status/snapshot.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

std::string query_of(const message_list& l, std::uint64_t before) {
  std::string out;
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) append_to(out, (out.empty() ? "?" : "&"), key, "=", percent_encoded(value));
  };
  add("q", l.wanted.text);
  add("outcome", l.wanted.outcome);
  add("sender", l.wanted.sender);
  add("rule", l.wanted.rule);
  add("profile", l.wanted.profile);
  if (before != 0) add("before", std::to_string(before));
  return concat("/messages", out);
}

std::string filters(const history_filter& f) {
  std::vector<std::pair<std::string, std::string>> outcomes{{"", "any"}}, rules{{"", "any"}};
  for (const char* o : {"forwarded", "quarantined", "rejected", "deferred", "refused", "violation", "abandoned"}) outcomes.emplace_back(o, o);
  for (const inspect::rule_info& r : inspect::all_rules()) rules.emplace_back(r.id, r.id);
  return concat("<form method=\"get\" action=\"/messages\" class=\"filters\" role=\"search\">", input_of("Search", "q", "search", f.text, "maxlength=\"120\""),
         select_of("Outcome", "outcome", f.outcome, outcomes), input_of("Sender", "sender", "text", f.sender, "maxlength=\"120\""),
         select_of("Finding", "rule", f.rule, rules), input_of("Profile", "profile", "text", f.profile, "maxlength=\"40\""),
         "<button type=\"submit\" class=\"primary\">Show</button><a class=\"button\" href=\"/messages\">All</a></form>\n");
}

std::string sentence(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return concat(out, ".");
}

std::string findings(const history_entry& m) {
  std::string out;
  for (const history_finding& f : m.findings) {
    const inspect::rule r = inspect::rule_named(f.rule);
    const std::string meaning = r == inspect::rule::count_ ? "" : sentence(inspect::info_of(r).meaning);
    const std::string where = f.slot.empty() ? html(inspect::name_of(f.where)) : concat(html(inspect::name_of(f.where)), ", slot <b>", html(sluice::view(f.slot)), "</b>");
    append_to(out, "<li><span class=\"points\">+", std::to_string(f.weight), "</span><div><p>", html(meaning), "</p>",
           (f.words.empty() ? "" : concat("<p><mark>", html(sluice::view(f.words)), "</mark></p>")), "<p class=\"hint\"><a href=\"/messages?rule=", html(f.rule), "\">",
           html(f.rule), "</a> in ", where, "</p></div></li>");
  }
  if (out.empty()) return "<p class=\"empty\">Nothing was found.</p>";
  out = concat("<ul class=\"findings\">", out, "</ul>");
  if (m.findings_count > m.findings.size()) append_to(out, "<p class=\"hint\">and ", std::to_string(m.findings_count - m.findings.size()), " lighter ones, which the log names.</p>");
  return out;
}

// One line of the message beside the sender's template for it.
std::string compared(const char* what, std::string_view text, inspect::place where, const history_entry& m, const std::vector<inspect::text_template>* forms) {
  if (text.empty()) return {};
  const template_fit fit = forms == nullptr ? template_fit() : fit_of(text, *forms);
  std::string out = concat("<h3>", what, "</h3><p class=\"template\">", marked_html(text, where, m, fit.slots), "</p>");
  if (fit.form != nullptr) {
    append_to(out, "<p class=\"hint\">The sender's template: ", form_html(*fit.form), "</p>");
    for (const slot_place& s : fit.slots)
      append_to(out, "<p class=\"hint\">In the slot <b>", html(s.name), "</b>, which is for a ", html(s.type), ", stood: ", html(text.substr(s.begin, s.end - s.begin)), "</p>");
  } else if (forms != nullptr && !forms->empty()) {
    append_to(out, "<p class=\"hint\">It fits none of the ", std::to_string(forms->size()), " templates known of this sender.</p>");
  }
  return out;
}

std::string words(const history_entry& m, const inspect::profile* sender) {
  std::string out = compared("Subject", sluice::view(m.subject), inspect::place::subject, m, sender == nullptr ? nullptr : &sender->subjects);
  out += compared("Name of the sender", sluice::view(m.from_name), inspect::place::display_name, m, sender == nullptr ? nullptr : &sender->display_names);
  if (m.template_words > 0) {
    append_to(out, "<h3>Text</h3><p>", std::to_string(m.template_percent), " % of ", std::to_string(m.template_words), " words are the sender's own");
    if (m.template_floor > 0) append_to(out, "; its genuine mail has at least ", std::to_string(m.template_floor), " %");
    out += ".</p>";
    if (!m.foreign.empty()) append_to(out, "<p class=\"hint\">The longest other text begins: ", html(sluice::view(m.foreign)), "</p>");
  }
  if (sender != nullptr) append_to(out, "<p class=\"hint\">Compared with the profile <a href=\"/profiles/", html(sender->id), "\">", html(sender->name), "</a>. Words that can be anybody's are <span class=\"slot\">slots</span>.</p>");
  return out;
}

// "spf=pass (a.example) dkim=fail (b.example)" as words in colour.
std::string authentication(std::string_view auth) {
  if (auth.empty()) return "<p class=\"empty\">Not checked.</p>";
  std::vector<std::pair<std::string, std::string>> facts;
  const std::string whole = concat("<p class=\"hint\"><code>", html(auth), "</code></p>");
  while (!auth.empty()) {
    const std::size_t equals = auth.find('=');
    if (equals == std::string_view::npos) break;
    const std::string name(auth.substr(0, equals));
    auth.remove_prefix(equals + 1);
    const std::string_view result = auth.substr(0, auth.find(' '));
    auth.remove_prefix(std::min(auth.size(), result.size() + 1));
    std::string_view domain;
    if (auth.starts_with('(')) {
      domain = auth.substr(1, std::min(auth.find(')'), auth.size()) - 1);
      auth.remove_prefix(std::min(auth.size(), domain.size() + 3));
    }
    const char* kind = result == "pass" ? "good" : result == "fail" || result == "permerror" ? "bad" : result == "none" || result == "neutral" ? "" : "warn";
    std::string label = name;
    for (char& c : label) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    facts.emplace_back(label, concat(badge_of(kind, result), (domain.empty() ? "" : concat(" ", html(domain)))));
  }
  return concat(facts_of(facts), whole);
}

std::string way_of(const history_entry& m) {
  if (m.passage == std::string_view("window")) return "was whole in memory before a byte went on";
  if (m.passage == std::string_view("spilled")) return "outgrew its window and waited in the spool";
  return "outgrew its window and went on while it was inspected";
}

std::string handling(const history_entry& m) {
  const std::string reply = m.reply_code == 0 ? "none, the client had gone" : concat("<code>", std::to_string(m.reply_code), " ", html(sluice::view(m.reply)), "</code>");
  return facts_of({{"Reply to the client", reply},
                   {"Client", concat(html(sluice::view(m.client_ip)), (m.tls.empty() ? ", in the clear" : concat(", ", html(sluice::view(m.tls)))))},
                   {"Mail server behind", m.route.empty() ? "not spoken to" : html(sluice::view(m.route))},
                   {"Time to our reply", concat(std::to_string(m.milliseconds_after_end), " ms after its end")},
                   {"Size", concat(bytes(m.octets), "; ", way_of(m))},
                   {"Inspected", m.cause == inspect::unscanned::none ? "completely" : concat("not in full: ", html(inspect::name_of(m.cause)))}});
}

std::string identity(const history_entry& m) {
  const std::string more = m.recipients > 1 ? concat(" <small>and ", std::to_string(m.recipients - 1), " more</small>") : "";
  return facts_of({{"From", html(sluice::view(m.from))},
                   {"To", concat(html(sluice::view(m.recipient)), more)},
                   {"Received", concat("<time datetime=\"", utc(m.unix_seconds).substr(0, 10), "T", utc(m.unix_seconds).substr(11), "\">", utc(m.unix_seconds), "</time>")},
                   {"Verdict id", concat("<span class=\"id\">", html(sluice::view(m.id)), "</span>")},
                   {"Message-ID", m.message_id.empty() ? "<span class=\"dim\">none</span>" : concat("<span class=\"id\">", html(sluice::view(m.message_id)), "</span>")}});
}

std::string lead(const history_entry& m) {
  std::string out = concat("<p class=\"lead\">", badge_of(m.outcome, m.outcome), " ", std::to_string(m.score), " points, verdict <b>", html(inspect::name_of(m.act)), "</b>");
  if (m.would != m.act) append_to(out, "; without observe mode it would have been <b>", html(inspect::name_of(m.would)), "</b>");
  if (m.outcome == std::string_view("quarantined")) append_to(out, ". <a href=\"/quarantine?q=", html(sluice::view(m.id)), "\">Find it in the quarantine</a>");
  return concat(out, "</p>\n");
}

}  // namespace

message_list list_for(const web_request& q, const history& past, std::size_t limit) {
  message_list out;
  out.wanted = {q.query_value("q"), q.query_value("outcome"), q.query_value("sender"), q.query_value("rule"), q.query_value("profile")};
  const std::string before = q.query_value("before");
  std::from_chars(before.data(), before.data() + before.size(), out.before);
  out.kept = past.capacity();
  out.entries = past.page(out.before, limit + 1, out.wanted);
  if (out.entries.size() > limit) {
    out.entries.pop_back();
    out.older = out.entries.back().serial;
  }
  return out;
}

std::string messages_page(const message_list& list, const principal& who) {
  std::string rows;
  for (const history_entry& m : list.entries) rows += message_row(m);
  std::string out = concat("<p class=\"lead\">The last ", std::to_string(list.kept), " messages, in memory only; older ones, refused recipients and connections are found under "
                    "<a href=\"/trace\">Where is my mail?</a></p>\n<section>", filters(list.wanted));
  append_to(out, "<div id=\"list\"", std::string(list.before == 0 ? " data-reload=\"5\"" : ""), ">", message_table(rows, "No message fits."));
  if (list.older != 0) out += next_page(query_of(list, list.older));
  return framed("Messages", view::messages, who, concat(out, "</div></section>\n"));
}

std::string message_page(const history_entry& m, const inspect::profile* sender, const principal& who) {
  const std::string title = m.subject.empty() ? "Message without a subject" : std::string(sluice::view(m.subject));
  return framed(title, view::messages, who,
                concat(lead(m), section_of("Why", findings(m)), section_of("What stood where", words(m, sender)), "<div class=\"cols\">", section_of("Message", identity(m)),
                    section_of("Authentication", authentication(sluice::view(m.auth))), "</div>", section_of("What was done", handling(m)),
                    "<p class=\"more\"><a href=\"/messages\">Back to all messages</a></p>"));
}

std::string message_detail_json(const history_entry& m, const inspect::profile* sender) {
  const auto slots_of = [&](std::string_view text, const std::vector<inspect::text_template>& forms) {
    const template_fit fit = fit_of(text, forms);
    if (fit.form == nullptr) return std::string("null");
    std::string slots;
    for (const slot_place& s : fit.slots)
      append_to(slots, std::string(slots.empty() ? "" : ","), "{\"name\":", json(s.name), ",\"type\":", json(s.type), ",\"text\":", json(text.substr(s.begin, s.end - s.begin)), "}");
    return concat("{\"template\":", json(fit.form->source), ",\"slots\":[", slots, "]}");
  };
  std::string out = message_json(m);
  out.pop_back();
  if (sender != nullptr)
    append_to(out, ",\"subject_slots\":", slots_of(sluice::view(m.subject), sender->subjects), ",\"name_slots\":", slots_of(sluice::view(m.from_name), sender->display_names));
  return concat(out, "}\n");
}

}  // namespace sluice::status
