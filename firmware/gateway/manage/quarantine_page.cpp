#include "firmware/gateway/manage/quarantine_page.hpp"

#include <algorithm>

#include "core/concat.hpp"
#include "firmware/gateway/commands/quarantine_text.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
namespace q = quarantine;

// html() makes line ends visible; in <pre> they are line ends.
std::string lines_html(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::string spaced(line);
    std::ranges::replace(spaced, '\t', ' ');
    out += html(spaced);
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string path_of(std::string_view id) { return concat("/quarantine/", percent_encoded(id)); }

std::string hidden(std::string_view name, std::string_view value) {
  return concat("<input type=\"hidden\" name=\"", html(name), "\" value=\"", html(value), "\">");
}

std::string box(std::string_view name, std::string_view value, std::string_view label_text, bool checked) {
  return concat("<input type=\"checkbox\" name=\"", html(name), "\" value=\"", html(value), "\" aria-label=\"", html(label_text), "\"",
         (checked ? " checked" : ""), ">");
}

std::string state_html(q::recipient_state s) {
  static constexpr std::string_view kinds[] = {"warn", "warn", "good", "bad", "", ""};
  return concat("<span class=\"badge ", kinds[static_cast<std::size_t>(s)], "\">", html(q::name_of(s)), "</span>");
}

std::string states_html(const q::message_summary& m) {
  std::string out;
  for (std::size_t i = 0; i < 6; ++i) {
    if (m.in_state[i] == 0) continue;
    append_to(out, (out.empty() ? "" : " "), state_html(static_cast<q::recipient_state>(i)));
    if (m.recipients > 1) append_to(out, " ", std::to_string(m.in_state[i]));
  }
  return out;
}

std::string subject_or(std::string_view subject) { return subject.empty() ? std::string("(no subject)") : std::string(subject); }

std::string place_words(const q::stored_finding& f) {
  static constexpr std::pair<std::string_view, std::string_view> places[] = {
      {"envelope", "the envelope"}, {"header", "the header"}, {"subject", "the subject"}, {"display-name", "the display name"},
      {"text", "the text"}, {"html", "the text (HTML)"}, {"link", "a link"},
      {"attachment", "an attachment"}, {"structure", "the way it is built"}};
  std::string_view where = f.place;
  for (const auto& [name, words] : places)
    if (name == f.place) where = words;
  return f.slot.empty() ? std::string(where) : concat("the field \"", f.slot, "\" of ", where);
}

std::string search_form(const list_query& query) {
  std::vector<std::pair<std::string, std::string>> states{{"", "waiting for a decision"}, {"all", "all"}};
  for (std::size_t i = 0; i < 6; ++i) {
    const std::string name = q::name_of(static_cast<q::recipient_state>(i));
    states.emplace_back(name, name);
  }
  return concat("<form method=\"get\" action=\"/quarantine\" class=\"filters\" role=\"search\">",
         input_of("Search", "q", "search", query.text, "maxlength=\"200\" placeholder=\"sender, subject, reader, rule\""),
         select_of("Show", "state", query.state, states), "<button type=\"submit\" class=\"primary\">Search</button></form>\n");
}

std::string sentence(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::string findings_list(const q::message_detail& m) {
  std::string out;
  for (const q::stored_finding& f : m.findings) {
    append_to(out, "<li><span class=\"points\">", std::to_string(f.weight), "</span><div><p>", html(sentence(rule_meaning(f.rule))), ".</p>");
    if (!f.words.empty()) append_to(out, "<p><mark>", html(f.words), "</mark></p>");
    append_to(out, "<p class=\"hint\">In ", html(place_words(f)), " <code>", html(f.rule), "</code></p></div></li>");
  }
  out = out.empty() ? "<p class=\"empty\">Nothing was found in it.</p>" : concat("<ul class=\"findings\">", out, "</ul>");
  if (m.findings_dropped > 0) append_to(out, "<p>And ", std::to_string(m.findings_dropped), " more.</p>");
  if (!m.cause.empty()) append_to(out, "<p>It could not be inspected as a whole: ", html(m.cause), ".</p>");
  return out;
}

std::string recipients_part(const principal& who, const q::message_detail& m) {
  const bool may = who.what >= role::operate;
  const bool live = m.summary.in_state[0] + m.summary.in_state[1] + m.summary.in_state[3] > 0;
  std::string rows;
  for (const q::recipient_status& r : m.recipients) {
    std::vector<std::string> cells;
    if (may) cells.push_back(q::is_final(r.state) ? "" : box("recipient", r.who.address, r.who.address, true));
    std::string more = r.reply.empty() ? "" : html(r.reply);
    if (r.state == q::recipient_state::releasing && r.attempts > 0) append_to(more, " (next try ", time_of(r.next_attempt), ")");
    cells.insert(cells.end(), {html(r.who.address), state_html(r.state), time_of(r.changed), more});
    rows += row_of(cells);
  }
  const std::string table = may ? table_of("Recipients", {"Chosen", "Address", "State", "Since", "Last reply of the mail server"}, rows, "None.")
                                : table_of("Recipients", {"Address", "State", "Since", "Last reply of the mail server"}, rows, "None.");
  if (!may || !live) return table;
  return concat("<form method=\"post\" action=\"", path_of(m.summary.id), "/act\">", csrf_field(who), table,
         "<p class=\"actions\"><button name=\"action\" value=\"release\" class=\"primary\">Release</button> "
         "<button name=\"action\" value=\"release-and-allow\">Release and allow</button> "
         "<button name=\"action\" value=\"delete\" class=\"danger\">Delete</button></p></form>\n");
}

std::string_view words_of(mime::text_kind kind) {
  switch (kind) {
    case mime::text_kind::hidden: return "hidden from readers";
    case mime::text_kind::title: return "title";
    case mime::text_kind::alt: return "instead of pictures";
    case mime::text_kind::calendar: return "calendar entry";
    case mime::text_kind::conditional: return "shown by some mail programs only";
    case mime::text_kind::doubtful: return "hidden by some mail programs only";
    default: return "";
  }
}

std::string text_part(const message_page& m) {
  if (!m.text) return concat("<p class=\"empty\">", html(m.text_missing), "</p>");
  std::string out = "<p>As plain text. Nothing of it is a link, and nothing is loaded from anywhere.</p>";
  for (const text_piece& p : m.text->pieces()) {
    const std::string_view kind = words_of(p.kind);
    append_to(out, "<h3>", html(p.type.empty() ? std::string("text") : p.type), (kind.empty() ? "" : concat(", ", html(kind))), "</h3><div class=\"preview\">",
           marked_html(p.text, m.message.findings), "</div>");
  }
  if (m.text->pieces().empty()) out += "<p class=\"empty\">It has no text.</p>";
  if (m.text->cut()) out += "<p>The rest is not shown here.</p>";
  std::string files;
  for (const std::string& f : m.text->files()) append_to(files, "<li>", html(f), "</li>");
  if (!files.empty()) append_to(out, "<h3>Files in it</h3><ul>", files, "</ul>");
  return out;
}

std::string sender_part(const message_page& m) {
  const q::envelope& e = m.message.envelope;
  std::string out = facts_of({{"Checked", m.message.auth.empty() ? "not checked" : html(m.message.auth)},
                              {"MAIL FROM", html(concat("<", e.reverse_path, ">"))},
                              {"Client", concat(html(concat(e.client_ip, (e.client_name.empty() ? "" : concat(" (", e.client_name, ")")))), ", HELO ", html(e.helo))},
                              {"TLS", e.tls_version.empty() ? "none" : html(concat(e.tls_version, " ", e.tls_cipher))},
                              {"Message-ID", html(m.message.message_id)}});
  if (!e.auth_results.empty())
    append_to(out, "<details><summary>Authentication-Results</summary><div class=\"preview\">", lines_html(e.auth_results), "</div></details>");
  if (m.text)
    append_to(out, "<details><summary>Original header</summary><div class=\"preview\">", lines_html(m.text->header()), "</div>",
           (m.text->header_cut() ? "<p>It is longer; the download has all of it.</p>" : ""), "</details>");
  return out;
}

std::string lines_list(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) append_to(out, "<li>", html(line), "</li>");
  return out;
}

// To the form of the lists, filled in. Not for senders with a profile: who sends genuine notices to everybody is not the one who wrote this.
std::string block_link(const q::message_detail& m) {
  const std::string& author = m.summary.header_from.empty() ? m.summary.reverse_path : m.summary.header_from;
  if (!m.profile.empty() || author.empty()) return {};
  return concat("<a class=\"button\" href=\"/lists?what=", percent_encoded(author), "&amp;note=", percent_encoded(concat("sent ", m.summary.id)), "#add\">Block this sender</a> ");
}

std::string audit_part(const q::message_detail& m) {
  std::string rows;
  for (const q::audit_entry& a : m.audit)
    rows += row_of({time_of(a.at), html(a.who), html(a.action), html(a.recipient), html(a.result)});
  return table_of("History", {"When", "Who", "What", "Recipient", "Result"}, rows, "Nothing happened to it yet.");
}

}  // namespace

std::string marked_html(std::string_view text, std::span<const q::stored_finding> findings) {
  std::string out;
  std::size_t at = 0;
  for (const text_mark& m : marks_in(text, findings)) {
    append_to(out, lines_html(text.substr(at, m.start - at)), "<mark title=\"", html(rule_meaning(findings[m.finding].rule)), "\">",
           lines_html(text.substr(m.start, m.length)), "</mark>");
    at = m.start + m.length;
  }
  return concat(out, lines_html(text.substr(at)));
}

std::string quarantine_list_page(const principal& who, const list_query& query, const q::list_page& page) {
  const bool may = who.what >= role::operate;
  std::string rows;
  for (const q::message_summary& m : page.rows) {
    std::vector<std::string> cells;
    if (may) cells.push_back(box("id", m.id, concat("Choose ", subject_or(m.subject)), false));
    const std::string from = m.header_from.empty() ? m.reverse_path : m.header_from;
    cells.insert(cells.end(), {concat("<a href=\"", path_of(m.id), "\">", html(subject_or(m.subject)), "</a><br><small>", html(sentence(rule_meaning(m.top_rule))), "</small>"),
                               concat(html(from), "<br><small>to ", html(m.first_recipient),
                                   (m.recipients > 1 ? concat(" and ", std::to_string(m.recipients - 1), " more") : ""), "</small>"),
                               std::to_string(m.score), time_of(m.received), states_html(m)});
    rows += row_of(cells);
  }
  const std::string nothing = query.text.empty() && query.state.empty() ? "Nothing is held." : "Nothing fits this search.";
  const std::string table =
      may ? table_of("Held mail", {"Chosen", "Subject and reason", "From and to", "Score", "Received", "State"}, rows, nothing)
          : table_of("Held mail", {"Subject and reason", "From and to", "Score", "Received", "State"}, rows, nothing);
  std::string body = concat(query.asked, search_form(query), "<section>");
  if (may && !rows.empty()) {
    append_to(body, "<form method=\"post\" action=\"/quarantine/bulk\">", csrf_field(who), table,
            "<p class=\"actions\"><label class=\"check\" data-needs-script hidden><input type=\"checkbox\" data-select-all=\"id\"> All of this page</label> "
            "<button name=\"action\" value=\"release\" class=\"primary\" data-needs-selection=\"id\">Release the chosen</button> "
            "<button name=\"action\" value=\"delete\" class=\"danger\" data-needs-selection=\"id\">Delete the chosen</button></p></form>\n");
  } else {
    body += table;
  }
  append_to(body, next_page(query.older), "</section>");
  append_to(body, "<p><a href=\"/quarantine/requests\">Recipients' requests</a>", std::string(may ? " · <a href=\"/quarantine/own-mail\">Mail that Sluice sent</a>" : ""), "</p>");
  return framed("Quarantine", view::quarantine, who, body);
}

std::string quarantine_message_page(const principal& who, const message_page& m) {
  const q::message_summary& s = m.message.summary;
  const std::string path = path_of(s.id);
  std::string body = notice_of(m.told_kind, m.told);
  append_to(body, "<section>", facts_of({{"Subject", marked_html(subject_or(s.subject), m.message.findings)},
                    {"From", html(s.header_from.empty() ? s.reverse_path : s.header_from)},
                    {"To", html(s.header_to)},
                    {"Sender profile", m.message.profile.empty() ? "none" : html(m.message.profile)},
                    {"Score", std::to_string(s.score)},
                    {"Received", concat(time_of(s.received), ", ", bytes(s.bytes))},
                    {"State", states_html(s)},
                    {"Verdict", html(s.id)}}), "</section>");
  body += section_of("Why it is held", findings_list(m.message), "why");
  body += section_of("Recipients", recipients_part(who, m.message), "recipients");
  body += section_of("Text", text_part(m), "text");
  body += section_of("Sender", sender_part(m), "sender");
  if (who.what >= role::operate && m.text) {
    body += section_of("More", concat("<p class=\"actions\"><a class=\"button\" href=\"", path, "/report\">Report to the sender's abuse desk</a> ", block_link(m.message),
                               "<a class=\"button\" href=\"/api/v1", path, "/original\" download>Download as it came in</a></p>"), "more");
  }
  body += section_of("History", audit_part(m.message), "history");
  return framed(subject_or(s.subject), view::quarantine, who, body);
}

std::string quarantine_question_page(const principal& who, const question& ask) {
  const bool removes = ask.verb == "delete";
  const bool allows = ask.verb == "release-and-allow";
  const std::string title = removes ? "Delete for good?" : allows ? "Release, and allow the next one?" : "Release to its readers?";
  const std::string list = lines_list(ask.about);
  std::string body = removes ? "<p>The key of the mail is destroyed; nothing brings it back.</p>"
                             : "<p>It goes to the mail server behind as it came in, and its readers will see what was held.</p>";
  append_to(body, "<ul>", list, "</ul><form method=\"post\" action=\"", (ask.bulk ? "/quarantine/bulk" : concat(path_of(ask.ids.front()), "/act")), "\">",
          csrf_field(who), hidden("action", ask.verb), hidden("sure", "yes"));
  if (ask.bulk) for (const std::string& id : ask.ids) body += hidden("id", id);
  for (const std::string& r : ask.recipients) body += hidden("recipient", r);
  if (allows)
    append_to(body, "<h2>What is excepted for these recipients</h2><ul>", lines_list(ask.allowed), "</ul>",
            input_of("For how many days", "days", "number", std::to_string(allow_days_default), concat("min=\"1\" max=\"", std::to_string(allow_days_max), "\"")));
  append_to(body, "<p class=\"actions\"><button type=\"submit\" class=\"", std::string(removes ? "danger" : "primary"), "\">",
          (removes ? "Delete" : allows ? "Release and allow" : "Release"), "</button> <a class=\"button\" href=\"",
          (ask.bulk ? "/quarantine" : path_of(ask.ids.front())), "\">Back</a></p></form>");
  return framed(title, view::quarantine, who, body);
}

std::string quarantine_outcome_page(const principal& who, const std::string& verb, const std::vector<desk_outcome>& all) {
  std::string rows;
  std::size_t done = 0;
  for (const desk_outcome& o : all) {
    std::size_t changed = 0;
    std::string note;
    for (const q::action_result& r : o.results) {
      changed += r.changed;
      if (!r.changed) note = r.note;
    }
    done += changed > 0;
    const std::string result = !o.ok() ? o.words : changed > 0 ? concat(std::to_string(changed), (changed == 1 ? " recipient" : " recipients")) : concat("nothing to do: ", note);
    rows += row_of({concat("<a href=\"", path_of(o.id), "\">", html(o.id), "</a>"), html(result)});
  }
  const std::string words = concat(std::to_string(done), " of ", std::to_string(all.size()), (verb == "delete" ? " deleted." : " on their way."));
  return framed("Quarantine", view::quarantine, who,
                concat(notice_of(done == all.size() ? "good" : "warn", words), table_of("Results", {"Message", "Result"}, rows, "Nothing was chosen."),
                    "<p><a class=\"button\" href=\"/quarantine\">Back to the quarantine</a></p>"));
}

std::string quarantine_report_page(const principal& who, const desk_report& r, const std::string& problem) {
  const std::string path = concat(path_of(r.message.summary.id), "/report");
  std::string body = notice_of("bad", problem);
  if (!r.refused.empty())
    return framed("Report to " + r.to, view::quarantine, who,
                  notice_of("warn", r.refused) + "<p><a class=\"button\" href=\"" + path_of(r.message.summary.id) + "\">Back</a></p>");
  if (r.to.empty()) {
    body += "<p>No abuse desk is known for this sender: its profile names none.</p>";
    if (who.what < role::admin) return framed("Report", view::quarantine, who, concat(body, "<p>An administrator may give an address.</p>"));
    append_to(body, "<form method=\"get\" action=\"", path, "\">",
            input_of("Address of the abuse desk", "to", "email", r.desk.suggested, "required maxlength=\"254\""),
            "<p class=\"hint\">Suggested by RFC 2142; nobody has checked that it is read.</p>"
            "<p class=\"actions\"><button type=\"submit\">See the report</button></p></form>");
    return framed("Report", view::quarantine, who, body);
  }
  body += facts_of({{"To", html(r.to)}, {"Carries", r.text.header_only ? "the header of the message only" : "the whole message"}});
  append_to(body, section_of("Letter", concat("<div class=\"preview\">", lines_html(r.text.letter), "</div>")),
          section_of("For machines", concat("<div class=\"preview\">", lines_html(r.text.fields), "</div>")));
  append_to(body, "<form method=\"post\" action=\"", path, "\">", csrf_field(who), hidden("to", r.to),
          "<p class=\"actions\"><button type=\"submit\" class=\"primary\">Send the report</button> <a class=\"button\" href=\"",
          path_of(r.message.summary.id), "\">Back</a></p></form>");
  return framed(concat("Report to ", r.to), view::quarantine, who, body);
}

}  // namespace sluice::gateway
