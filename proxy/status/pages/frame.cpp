#include "status/pages/frame.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "core/concat.hpp"
#include "status/assets/assets.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

struct entry {
  view at;
  const char* path;
  const char* name;
  const char* icon;  // an SVG path on 24 by 24
};

constexpr std::array<entry, 7> entries{{
    {view::overview, "/", "Overview", "M4 20V12M10 20V5M16 20v-9M21 20H3"},
    {view::messages, "/messages", "Messages", "M3 6h18v12H3zM3 7l9 6.5 9-6.5"},
    {view::quarantine, "/quarantine", "Quarantine", "M12 3l8 3v6c0 4.5-3.4 7.6-8 9-4.6-1.4-8-4.5-8-9V6z"},
    {view::profiles, "/profiles", "Profiles", "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c.8-3.8 4-5.5 8-5.5s7.2 1.7 8 5.5"},
    {view::lists, "/lists", "Lists", "M9 6h12M9 12h12M9 18h12M4 6h.01M4 12h.01M4 18h.01"},
    {view::config, "/config", "Config", "M4 7h9M18 7h2M4 17h2M11 17h9M15.5 4.5v5M8.5 14.5v5"},
    {view::system, "/system", "System", "M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4"},
}};
constexpr const char* gate = "M5 3v18M19 3v18M5 6h14M9 6v7h6V6M3 18c2.5-2.4 5 2.4 7.5 0s5-2.4 7.5 0 2 1.2 3 .8";

constexpr std::size_t least_card_columns = 4;  // narrower tables fit a phone as they are

// The name of its column on each cell, which a phone shows in front of it; actions and boxes say themselves what they are.
std::string with_names(std::initializer_list<std::string_view> heads_text, std::string_view rows) {
  std::string out;
  const std::string_view* head = heads_text.begin();
  for (std::size_t at = rows.find("<t"); at != std::string_view::npos; at = rows.find("<t")) {
    out += rows.substr(0, at + 3);
    const bool is_cell = rows.substr(at).starts_with("<td") && rows.size() > at + 3 && (rows[at + 3] == '>' || rows[at + 3] == ' ');
    rows.remove_prefix(std::min(at + 3, rows.size()));
    if (out.ends_with("<tr")) head = heads_text.begin();
    if (!is_cell || head == heads_text.end()) continue;
    if (!head->empty() && *head != "Action" && *head != "Answer" && *head != "Chosen" && *head != "Remove") append_to(out, " data-name=\"", html(*head), "\"");
    ++head;
  }
  return out += rows;
}

std::string icon(const char* path) {
  return concat("<svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"", path, "\"/></svg>");
}

std::string navigation(view at, const principal& who) {
  std::string out = "<nav aria-label=\"Views\"><ul>";
  for (const entry& e : entries)
    out += std::string("<li><a href=\"") + e.path + "\"" + (e.at == at ? " aria-current=\"page\"" : "") + ">" + icon(e.icon) + e.name + "</a></li>";
  return concat(out, "</ul></nav><p class=\"who\"><a href=\"/account\">", html(who.name), "</a><span>", html(name_of(who.what)), "</span></p>");
}

std::string banner(const principal& who) {
  const page_context& context = context_of_pages();
  const std::string body = context.banner && who.what != role::nobody ? context.banner(who) : std::string();
  return body.empty() ? body : concat("<div class=\"banner\" role=\"status\">", body, "</div>\n");
}

}  // namespace

page_context& context_of_pages() {
  static page_context context;
  return context;
}

std::string framed(std::string_view title_text, view at, const principal& who, const std::string& body) {
  const std::string title = html(title_text), host = html(context_of_pages().hostname);
  const bool plain = who.what == role::nobody;
  return concat("<!DOCTYPE html>\n<html lang=\"en\" data-now=\"", std::to_string(std::time(nullptr)), "\"><head><meta charset=\"utf-8\"><title>", title,
         " - Sluice", (plain || host.empty() ? "" : concat(" ", host)), "</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
         "<meta name=\"color-scheme\" content=\"light dark\"><link rel=\"stylesheet\" href=\"", asset_link("/style.css"),
         "\"><link rel=\"icon\" type=\"image/svg+xml\" href=\"", asset_link("/icon.svg"), "\"><script src=\"", asset_link("/app.js"),
         "\" defer></script></head>\n<body", (plain ? " class=\"plain\"" : ""), "><a class=\"skip\" href=\"#main\">Skip to the content</a><header><p class=\"brand\">",
         icon(gate), "<span>Sluice", (plain || host.empty() ? "" : concat("<small>", host, "</small>")), "</span></p>", (plain ? "" : navigation(at, who)),
         "</header>\n<main id=\"main\" tabindex=\"-1\">", banner(who), "<h1>", title, "</h1>\n", body, "</main></body></html>\n");
}

std::string section_of(std::string_view title_text, const std::string& body, std::string_view id) {
  return concat("<section", (id.empty() ? std::string() : concat(" id=\"", html(id), "\"")), "><h2>", html(title_text), "</h2>\n", body,
         "</section>\n");
}

std::string table_of(std::string_view caption_text, std::initializer_list<std::string_view> heads_text, const std::string& rows,
                     std::string_view empty_text) {
  if (rows.empty()) return concat("<p class=\"empty\">", html(empty_text), "</p>");
  const bool cards = heads_text.size() >= least_card_columns;
  std::string out = concat("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", html(caption_text), (cards ? "\"><table class=\"cards\"><thead><tr>" : "\"><table><thead><tr>"));
  for (const std::string_view h : heads_text) append_to(out, "<th scope=\"col\">", html(h), "</th>");
  return concat(out, "</tr></thead><tbody>", (cards ? with_names(heads_text, rows) : rows), "</tbody></table></div>\n");
}

std::string row_of(const std::vector<std::string>& cells) {
  std::string out = "<tr>";
  for (const std::string& c : cells) append_to(out, "<td>", c, "</td>");
  return concat(out, "</tr>\n");
}

std::string facts_of(const std::vector<std::pair<std::string, std::string>>& label_text_and_body) {
  std::string out = "<dl class=\"facts\">";
  for (const auto& [label_text, body] : label_text_and_body) append_to(out, "<div><dt>", html(label_text), "</dt><dd>", body, "</dd></div>");
  return concat(out, "</dl>\n");
}

std::string time_of(std::int64_t unix_seconds) {
  if (unix_seconds == 0) return {};
  const std::string text = utc(unix_seconds);  // "2026-11-23 20:44:33Z"
  return concat("<time datetime=\"", text.substr(0, 10), "T", text.substr(11), "\" data-relative>", text, "</time>");
}

std::string badge_of(std::string_view kind, std::string_view text) {
  return concat("<span class=\"badge ", html(kind), "\">", html(text), "</span>");
}

std::string notice_of(std::string_view kind, std::string_view text) {
  if (text.empty()) return {};
  return concat("<p class=\"notice ", html(kind), "\" role=\"", (kind == "bad" ? "alert" : "status"), "\">", html(text), "</p>\n");
}

std::string csrf_field(const principal& who) {
  return concat("<input type=\"hidden\" name=\"csrf\" value=\"", html(who.csrf), "\">");
}

std::string post_button(const principal& who, role least, std::string_view action_text, std::string_view label_text,
                        const std::vector<std::pair<std::string, std::string>>& hidden_text, std::string_view kind,
                        std::string_view question_text) {
  if (who.what < least) return {};
  std::string out = concat("<form method=\"post\" action=\"", html(action_text), "\" class=\"inline\"",
                    (question_text.empty() ? std::string() : concat(" data-confirm=\"", html(question_text), "\"")), ">", csrf_field(who));
  for (const auto& [name, value] : hidden_text)
    append_to(out, "<input type=\"hidden\" name=\"", html(name), "\" value=\"", html(value), "\">");
  return concat(out, "<button type=\"submit\"", (kind.empty() ? std::string() : concat(" class=\"", html(kind), "\"")), ">", html(label_text),
         "</button></form>");
}

std::string input_of(std::string_view label_text, std::string_view name, std::string_view type, std::string_view value_text,
                     std::string_view more) {
  const std::string id = html(name);
  return concat("<p class=\"field\"><label for=\"", id, "\">", html(label_text), "</label><input id=\"", id, "\" name=\"", id, "\" type=\"",
         html(type), "\" value=\"", html(value_text), "\"", (more.empty() ? "" : " "), more, "></p>");
}

std::string select_of(std::string_view label_text, std::string_view name, std::string_view chosen,
                      const std::vector<std::pair<std::string, std::string>>& options_text) {
  const std::string id = html(name);
  std::string out = concat("<p class=\"field\"><label for=\"", id, "\">", html(label_text), "</label><select id=\"", id, "\" name=\"", id, "\">");
  for (const auto& [value, label_of] : options_text)
    append_to(out, "<option value=\"", html(value), "\"", (value == chosen ? " selected" : ""), ">", html(label_of), "</option>");
  return concat(out, "</select></p>");
}

std::string next_page(std::string_view href_text) {
  return href_text.empty() ? std::string() : concat("<p class=\"more\"><a href=\"", html(href_text), "\">Older ones</a></p>");
}

}  // namespace sluice::status
