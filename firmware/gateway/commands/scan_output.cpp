// See scan_output.hpp. Everything that comes from mail goes through printable() or json_string().
#include "firmware/gateway/commands/scan_output.hpp"

#include <algorithm>
#include <cstdio>

#include "core/concat.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "inspect/rules.hpp"

namespace sluice::gateway {
namespace {

colour colour_of(inspect::action act) {
  switch (act) {
    case inspect::action::forward: return colour::green;
    case inspect::action::tag:
    case inspect::action::defer: return colour::yellow;
    case inspect::action::quarantine:
    case inspect::action::reject: return colour::red;
  }
  return colour::none;
}

std::vector<const inspect::finding*> heaviest_first(const inspect::findings& found) {
  std::vector<const inspect::finding*> list;
  for (const inspect::finding& f : found.list) list.push_back(&f);
  std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) { return a->weight != b->weight ? a->weight > b->weight : a < b; });
  return list;
}

std::string place_of(const inspect::finding& f) {
  std::string out = inspect::name_of(f.where);
  if (!f.slot.empty()) append_to(out, ", slot ", printable(view(f.slot)));
  if (f.part != 0) append_to(out, ", part ", std::to_string(f.part));
  return out;
}

// `text` with the words of findings of that place marked.
std::string marked(std::string_view text, inspect::place where, const inspect::findings& found, bool colour_on) {
  for (const inspect::finding* f : heaviest_first(found)) {
    if (f->where != where || f->words.empty()) continue;
    const std::size_t at = text.find(view(f->words));
    if (at == std::string_view::npos) continue;
    const std::string_view words = text.substr(at, f->words.size());
    const std::string shown = colour_on ? paint(printable(words), colour::red, true) : concat("[", printable(words), "]");
    return concat(printable(text.substr(0, at)), shown, printable(text.substr(at + words.size())));
  }
  return printable(text);
}

// How much of the text is the sender's template, when there was something to compare with.
std::string template_line(const inspect::conformance& c) {
  if (!c.measured) return {};
  std::string out = concat("      template ", std::to_string(c.percent()), " % of ", std::to_string(c.words), " words are the sender's own");
  if (!c.locale_known) out += c.language.empty() ? ", no template for its language" : concat(", no template in its language (", view(c.language), ")");
  if (c.floor != 0) append_to(out, " (its genuine mail: at least ", std::to_string(c.floor), " %)");
  if (c.longest != 0) append_to(out, "; longest other text, ", std::to_string(c.longest), " words: \"", printable(view(c.foreign)), "\"");
  return concat(out, "\n");
}

std::string for_people(const scan::scan_result& r, bool explain, bool colour_on) {
  if (!r.error.empty()) return concat(paint("unreadable", colour::red, colour_on), "  ", printable(r.name), ": ", r.error, "\n");
  std::string act = inspect::name_of(r.decision.act);
  act.resize(std::max<std::size_t>(act.size(), 10), ' ');
  char score[16];
  std::snprintf(score, sizeof score, "%4d", r.decision.score);
  std::string out = concat(paint(act, colour_of(r.decision.act), colour_on), " ", score, "  ", printable(r.name), "\n");
  if (r.decision.act == inspect::action::forward && !explain) return out;
  append_to(out, "      from     ", marked(view(r.facts.from_name), inspect::place::display_name, r.found, colour_on), " <", printable(view(r.facts.from)), ">");
  if (!r.found.profile.empty()) append_to(out, ", profile ", printable(view(r.found.profile)));
  append_to(out, "\n      subject  ", marked(view(r.facts.subject), inspect::place::subject, r.found, colour_on), "\n");
  for (const inspect::finding* f : heaviest_first(r.found)) {
    char points[16];
    std::snprintf(points, sizeof points, "%7d", f->weight);
    out += points;
    append_to(out, "  ", f->rule, " (", place_of(*f), ")");
    if (explain) append_to(out, ": ", inspect::info_of(inspect::rule_named(f->rule)).meaning);
    if (!f->words.empty()) append_to(out, ": ", paint(concat("\"", printable(view(f->words)), "\""), colour::bold, colour_on));
    out += "\n";
  }
  if (explain) out += template_line(r.facts.conformance);
  if (r.found.dropped != 0) append_to(out, "         and ", std::to_string(r.found.dropped), " lighter findings\n");
  if (r.found.cause != inspect::unscanned::none) append_to(out, "         not inspected in full: ", inspect::name_of(r.found.cause), "\n");
  return out;
}

std::string as_json(const scan::scan_result& r) {
  std::string out = concat("{\"file\":", json_string(r.name));
  if (!r.error.empty()) return concat(out, ",\"error\":", json_string(r.error), "}\n");
  append_to(out, ",\"verdict\":\"", inspect::name_of(r.decision.act), "\",\"score\":", std::to_string(r.decision.score));
  append_to(out, ",\"profile\":", json_string(view(r.found.profile)), ",\"from\":", json_string(view(r.facts.from)));
  append_to(out, ",\"from_name\":", json_string(view(r.facts.from_name)), ",\"subject\":", json_string(view(r.facts.subject)));
  append_to(out, ",\"unscanned\":\"", inspect::name_of(r.found.cause), "\",\"findings\":[");
  bool first = true;
  for (const inspect::finding* f : heaviest_first(r.found)) {
    if (!first) out += ',';
    first = false;
    append_to(out, "{\"rule\":", json_string(f->rule), ",\"weight\":", std::to_string(f->weight), ",\"place\":\"", inspect::name_of(f->where), "\"");
    if (!f->slot.empty()) append_to(out, ",\"slot\":", json_string(view(f->slot)));
    append_to(out, ",\"part\":", std::to_string(f->part), ",\"words\":", json_string(view(f->words)), "}");
  }
  out += "]";
  const inspect::conformance& c = r.facts.conformance;
  if (c.measured) {
    append_to(out, ",\"template\":{\"percent\":", std::to_string(c.percent()), ",\"words\":", std::to_string(c.words), ",\"own_words\":", std::to_string(c.own),
           ",\"language\":", json_string(view(c.language)), ",\"floor\":", std::to_string(c.floor), ",\"longest_other\":", std::to_string(c.longest),
           ",\"other\":", json_string(view(c.foreign)), "}");
  }
  return concat(out, "}\n");
}

std::string cell(std::string_view text) {
  std::string out = printable(text);
  std::replace(out.begin(), out.end(), '\t', ' ');
  return out;
}

std::string as_tsv(const scan::scan_result& r) {
  if (!r.error.empty()) return concat("unreadable\t0\t\t\t\t\t", cell(r.name), "\n");
  std::string rules;
  for (const inspect::finding* f : heaviest_first(r.found)) {
    append_to(rules, (rules.empty() ? "" : " "), f->rule, "=", std::to_string(f->weight));
  }
  return concat(inspect::name_of(r.decision.act), "\t", std::to_string(r.decision.score), "\t", cell(view(r.found.profile)), "\t",
         cell(view(r.facts.from)), "\t", cell(view(r.facts.subject)), "\t", rules, "\t", cell(r.name), "\n");
}

}  // namespace

std::string format_heading(scan_form form) { return form == scan_form::tsv ? "verdict\tscore\tprofile\tfrom\tsubject\trules\tfile\n" : ""; }

std::string format_result(const scan::scan_result& result, scan_form form, bool explain, bool colour_on) {
  switch (form) {
    case scan_form::people: return for_people(result, explain, colour_on);
    case scan_form::json: return as_json(result);
    case scan_form::tsv: return as_tsv(result);
  }
  return {};
}

}  // namespace sluice::gateway
