#include "status/pages/profiles.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "status/pages/frame.hpp"
#include "status/pages/marks.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

std::string joined(const std::vector<std::string>& all) {
  std::string out;
  for (const std::string& one : all) append_to(out, (out.empty() ? "" : ", "), html(one));
  return out;
}

std::string listed(const std::vector<std::string>& all) { return all.empty() ? "<span class=\"dim\">none known</span>" : joined(all); }

// `name`: of its column, for a phone; in tables that table_of() makes it is put there anyway.
std::string number_cell(std::uint64_t n, std::string_view name = {}) { return concat("<td class=\"number\"", (name.empty() ? std::string() : concat(" data-name=\"", name, "\"")), ">", (n == 0 ? "<span class=\"dim\">0</span>" : std::to_string(n)), "</td>"); }

std::string mode_of(const inspect::profile& p) { return p.observe ? badge_of("warn", "observed") : badge_of("good", "acts"); }

std::string templates(const std::vector<inspect::text_template>& all) {
  std::string rows;
  for (const inspect::text_template& t : all) {
    std::string slots;
    for (const inspect::template_piece& p : t.pieces)
      if (p.is_slot) append_to(slots, (slots.empty() ? "" : ", "), html(p.text), " <small>(", html(inspect::name_of(p.type)), ")</small>");
    rows += row_of({form_html(t), slots, html(t.language)});
  }
  return rows;
}

std::string identities(const inspect::profile& p) {
  std::vector<std::string> phones;
  for (const std::string& n : p.phones) phones.push_back(concat("+", n));
  return facts_of({{"From, exactly", listed(p.from_addresses)},
                   {"From, domains", listed(p.from_domains)},
                   {"Sender", listed(p.sender_addresses)},
                   {"Signs as (DKIM)", listed(p.dkim_domains)},
                   {"Links to", listed(p.link_domains)},
                   {"Genuine mail always links to", listed(p.expected_links)},
                   {"Own telephone numbers", listed(phones)},
                   {"Own names", listed(p.brands)},
                   {"Abuse desk", p.abuse_address.empty() ? "<span class=\"dim\">none known</span>" : html(p.abuse_address)}});
}

std::string texts(const inspect::profile& p) {
  std::string out = concat("<h3>Subjects</h3>", table_of("Subjects", {"Template", "Slots", "Language"}, templates(p.subjects), "None known."));
  append_to(out, "<h3>Names of the sender</h3>", table_of("Names of the sender", {"Template", "Slots", "Language"}, templates(p.display_names), "None known."));
  std::string rows;
  for (const inspect::body_slot& s : p.body_slots) rows += row_of({html(s.label), concat("<span class=\"slot\">", html(s.slot), "</span>"), html(inspect::name_of(s.type))});
  if (!rows.empty()) append_to(out, "<h3>In the text</h3>", table_of("Slots in the text", {"Behind the words", "Slot", "For a"}, rows, ""));
  rows.clear();
  for (const inspect::skeleton& s : p.skeletons)
    append_to(rows, "<tr><td>", (s.language.empty() ? "any" : html(s.language)), "</td>", number_cell(s.size()), number_cell(s.samples), "<td class=\"number\">",
            std::to_string(s.floor), " %</td>", number_cell(s.longest), "</tr>");
  return concat(out, "<h3>Skeletons</h3>", table_of("Skeletons", {"Language", "Pieces of text", "Samples", "Least of them", "Longest other text, words"}, rows, "No fixed text is known of it."));
}

std::string usual(const std::vector<known_domain>& all) {
  std::string rows;
  for (const known_domain& k : all)
    append_to(rows, "<tr><td>", html(k.domain), "<span class=\"sub\">", (k.established ? "known" : "still new"), "</span></td><td>", utc(k.first).substr(0, 10), "</td><td>",
            utc(k.last).substr(0, 10), "</td>", number_cell(k.messages), number_cell(k.days), number_cell(k.links), number_cell(k.names), number_cell(k.texts),
            number_cell(k.surprising), "</tr>");
  return section_of("Usual here", table_of("Learned baseline", {"Domain", "First seen", "Last seen", "Mails", "Days", "Link domains", "Names", "Texts", "With news"}, rows,
                                           "Nothing has been learned of its domains yet."));
}

// What is shown of a list, and where the next page begins (0: nowhere).
std::vector<profile_row> part_of(const profile_list& list, std::size_t& next) {
  std::vector<profile_row> fitting, out;
  for (const profile_row& r : list.all) {
    const auto holds = [&](const std::string& text) {
      return std::search(text.begin(), text.end(), list.wanted.begin(), list.wanted.end(), [](char a, char b) { return ascii::lower(a) == ascii::lower(b); }) != text.end();
    };
    if (list.wanted.empty() || holds(r.sender->id) || holds(r.sender->name)) fitting.push_back(r);
  }
  for (std::size_t i = list.from; i < fitting.size() && out.size() < profiles_per_page; ++i) out.push_back(fitting[i]);
  next = list.from + out.size() < fitting.size() ? list.from + out.size() : 0;
  return out;
}

std::string row_of_list(const profile_row& r) {
  const inspect::profile& p = *r.sender;
  const std::vector<std::string>& from = !p.from_domains.empty() ? p.from_domains : !p.from_addresses.empty() ? p.from_addresses : p.sender_addresses;
  return concat("<tr><td><a href=\"/profiles/", html(p.id), "\">", html(p.name), "</a><span class=\"sub\">", joined(from), "</span></td><td data-name=\"Mode\">", mode_of(p), "</td>",
         number_cell(r.seen.seen, "Seen"), number_cell(r.seen.held, "Held"), number_cell(r.seen.would_hold, "Would have held"),
         number_cell(p.subjects.size() + p.display_names.size(), "Templates"), number_cell(p.skeletons.size(), "Skeletons"), "</tr>\n");
}

std::string profile_json(const profile_row& r) {
  const inspect::profile& p = *r.sender;
  return concat("{\"id\":", json(p.id), ",\"name\":", json(p.name), ",\"observe\":", (p.observe ? "true" : "false"), ",\"seen\":", std::to_string(r.seen.seen),
         ",\"held\":", std::to_string(r.seen.held), ",\"would_have_held\":", std::to_string(r.seen.would_hold),
         ",\"templates\":", std::to_string(p.subjects.size() + p.display_names.size()), ",\"skeletons\":", std::to_string(p.skeletons.size()), "}");
}

}  // namespace

std::string profiles_page(const profile_list& list, const std::optional<pack_in_force>& pack, const principal& who) {
  std::size_t next = 0;
  std::string rows;
  for (const profile_row& r : part_of(list, next)) rows += row_of_list(r);
  const std::string packs = pack ? concat("Pack with serial <b>", std::to_string(pack->serial), "</b>, made ", utc(pack->made).substr(0, 10), ", ",
                                       std::to_string(pack->profiles), " profiles, in force beside those of the firmware.")
                                 : concat(std::to_string(list.all.size()), " profiles of firmware and configuration; no signed pack is in force.");
  std::string out = concat("<p class=\"lead\">Senders whose genuine mail is known. Being genuine selects the profile and takes no points away. ", packs, "</p>\n<section>");
  append_to(out, "<form method=\"get\" action=\"/profiles\" class=\"filters\" role=\"search\">", input_of("Search", "q", "search", list.wanted, "maxlength=\"40\""),
         "<button type=\"submit\" class=\"primary\">Show</button></form>\n");
  if (rows.empty()) out += "<p class=\"empty\">No profile fits.</p>";
  else
    append_to(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Profiles\"><table class=\"cards\"><thead><tr><th scope=\"col\">Sender</th><th scope=\"col\">Mode</th>"
           "<th scope=\"col\" class=\"number\">Seen</th><th scope=\"col\" class=\"number\">Held</th><th scope=\"col\" class=\"number\">Would have held</th>"
           "<th scope=\"col\" class=\"number\">Templates</th><th scope=\"col\" class=\"number\">Skeletons</th></tr></thead><tbody>", rows, "</tbody></table></div>\n");
  if (next != 0) append_to(out, "<p class=\"more\"><a href=\"/profiles?from=", std::to_string(next), "&amp;q=", percent_encoded(list.wanted), "\">More</a></p>");
  return framed("Profiles", view::profiles, who, concat(out, "</section>\n"));
}

std::string profiles_json(const profile_list& list) {
  std::size_t next = 0;
  std::string out;
  for (const profile_row& r : part_of(list, next)) append_to(out, (out.empty() ? "" : ",\n"), profile_json(r));
  return concat("{\"profiles\":[", out, "],\"from\":", (next == 0 ? "null" : std::to_string(next)), "}\n");
}

std::string profile_page(const profile_row& r, const std::vector<known_domain>& baseline, const principal& who) {
  const inspect::profile& p = *r.sender;
  std::string traits;
  if (p.platform) traits += " Its customers write the whole mail: names and subjects are slots, the text is theirs.";
  if (p.payments) traits += " Its mail is about payments: amounts and a shop's number are normal in it.";
  std::string out = concat("<p class=\"lead\">", mode_of(p), (p.observe ? " Findings are shown and do not count." : ""), traits, "</p>\n");
  append_to(out, "<div class=\"tiles\"><div><strong>", std::to_string(r.seen.seen), "</strong><span>seen since the start</span></div><div><strong>", std::to_string(r.seen.held),
         "</strong><span>held or rejected</span></div><div><strong>", std::to_string(r.seen.would_hold), "</strong><span>would have been held</span></div></div>\n");
  append_to(out, section_of("Who it is", identities(p)), section_of("What it writes", texts(p)), usual(baseline));
  if (!p.source.empty()) out += section_of("Where this is from", concat("<p>", html(p.source), "</p>"));
  return framed(p.name, view::profiles, who, concat(out, "<p class=\"more\"><a href=\"/messages?profile=", html(p.id), "\">Its recent mail</a><a href=\"/profiles\">All profiles</a></p>"));
}

std::string profile_detail_json(const profile_row& r, const std::vector<known_domain>& baseline) {
  const inspect::profile& p = *r.sender;
  const auto list = [](const char* key, const std::vector<std::string>& all) {
    std::string out;
    for (const std::string& one : all) append_to(out, (out.empty() ? "" : ","), json(one));
    return concat(",\"", key, "\":[", out, "]");
  };
  const auto forms = [](const std::vector<inspect::text_template>& all) {
    std::vector<std::string> out;
    for (const inspect::text_template& t : all) out.push_back(t.source);
    return out;
  };
  std::string out = profile_json(r), known;
  out.pop_back();
  append_to(out, list("from", p.from_addresses), list("from_domains", p.from_domains), list("sender", p.sender_addresses), list("dkim_domains", p.dkim_domains),
         list("link_domains", p.link_domains), list("phones", p.phones), list("brands", p.brands), list("subjects", forms(p.subjects)),
         list("display_names", forms(p.display_names)), ",\"abuse_address\":", json(p.abuse_address));
  for (const known_domain& k : baseline)
    append_to(known, std::string(known.empty() ? "" : ","), "{\"domain\":", json(k.domain), ",\"messages\":", std::to_string(k.messages), ",\"days\":", std::to_string(k.days),
             ",\"established\":", (k.established ? "true" : "false"), ",\"surprising\":", std::to_string(k.surprising), "}");
  return concat(out, ",\"baseline\":[", known, "]}\n");
}

}  // namespace sluice::status
