// The status page: one HTML document without script and without anything from elsewhere; it reloads itself. Readable
// on a phone, in the dark and without a mouse.
#include "status/snapshot.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

std::string row(std::initializer_list<std::string> cells) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) out += "<td>" + cell + "</td>";
  return out + "</tr>\n";
}

std::string table(std::string_view title, std::initializer_list<const char*> heads, const std::string& rows) {
  std::string out = "<section><h2>" + html(title) + "</h2><div class=\"scroll\"><table><thead><tr>";
  for (const char* head : heads) out += std::string("<th scope=\"col\">") + head + "</th>";
  return out + "</tr></thead><tbody>" + rows + "</tbody></table></div></section>\n";
}

std::string amount(const budget_gauge& b, std::uint64_t n) {
  return b.unit == "bytes" ? bytes(n) : std::to_string(n);
}

std::string budgets(const snapshot& s) {
  std::string rows;
  for (const budget_gauge& b : s.budgets) {
    const std::string meter = "<meter min=\"0\" max=\"" + std::to_string(b.limit) + "\" high=\"" +
                              std::to_string(b.limit * 9 / 10) + "\" value=\"" + std::to_string(b.peak) +
                              "\">" + amount(b, b.peak) + "</meter>";
    rows += row({html(b.name), amount(b, b.used), meter + " " + amount(b, b.peak), amount(b, b.limit),
                 std::to_string(b.refused)});
  }
  return table("Budgets", {"Budget", "In use", "High-water mark", "Limit", "Used up"}, rows);
}

std::string reasons(const history_entry& m) {
  std::string out;
  for (const history_finding& f : m.findings) {
    out += "<li><b>" + html(f.rule) + "</b> +" + std::to_string(f.weight) + " in ";
    out += f.slot.empty() ? html(inspect::name_of(f.where)) : "slot " + html(view(f.slot));
    if (!f.words.empty()) out += ": <mark>" + html(view(f.words)) + "</mark>";
    out += "</li>";
  }
  if (m.findings_count > m.findings.size())
    out += "<li>and " + std::to_string(m.findings_count - m.findings.size()) + " more in the log</li>";
  return out.empty() ? "" : "<ul>" + out + "</ul>";
}

std::string messages(const snapshot& s) {
  std::string rows;
  for (const history_entry& m : s.messages)
    rows += row({html(utc(m.unix_seconds)),
                 "<span class=\"" + std::string(inspect::name_of(m.act)) + "\">" + html(m.outcome) + "</span><br><small>" +
                     html(view(m.id)) + "</small>",
                 html(view(m.from)) + "<br>to " + html(view(m.recipient)) +
                     (m.auth.empty() ? "" : "<br><small>" + html(view(m.auth)) + "</small>"),
                 html(view(m.subject)) + reasons(m),
                 std::to_string(m.score)});
  if (rows.empty()) rows = "<tr><td colspan=\"5\">No message yet.</td></tr>";
  return table("Messages", {"Time", "Outcome", "From and to", "Subject and reasons", "Score"}, rows);
}

std::string hosts(const snapshot& s) {
  std::string rows;
  for (const downstream_host& h : s.hosts)
    rows += row({html(h.host), "<span class=\"" + html(h.state) + "\">" + html(h.state) + "</span>",
                 h.since > 0 ? utc(h.since) : "", html(h.offers), html(h.last_error)});
  return table("Mail servers behind", {"Host", "State", "Since", "Offers", "Last error"}, rows);
}

std::string counters(const snapshot& s) {
  std::string rows;
  for (const counter_value& c : s.counters) rows += row({html(c.help), std::to_string(c.value)});
  return table("Counters since the start", {"What", "Count"}, rows);
}

std::string certificates(const snapshot& s) {
  std::string rows;
  for (const certificate& c : s.certificates)
    rows += row({html(c.subject), html(c.type), utc(c.not_after), std::to_string((c.not_after - s.now) / 86400)});
  return table("Certificates", {"Subject", "Key", "Valid until", "Days left"}, rows);
}

}  // namespace

std::string page_of(const snapshot& s) {
  std::string lag;
  for (const std::int64_t ms : s.loop_lag_ms) lag += (lag.empty() ? "" : ", ") + std::to_string(ms) + " ms";
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sluice: " + html(s.hostname) +
      "</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta http-equiv=\"refresh\" content=\"10\"><link rel=\"stylesheet\" href=\"/style.css\"></head>\n<body>"
      "<header><h1>Sluice <small>" + html(s.hostname) + "</small></h1></header>\n<main>\n<section class=\"tiles\">";
  const auto tile = [&](const std::string& value, const char* what) {
    out += "<div><strong>" + value + "</strong><span>" + what + "</span></div>";
  };
  tile(std::to_string(s.sessions), "sessions now");
  for (const counter_value& c : s.counters)
    if (c.name == "forwarded" || c.name == "quarantined" || c.name == "rejected")
      tile(std::to_string(c.value), c.name == "forwarded" ? "forwarded" : c.name == "rejected" ? "rejected" : "quarantined");
  tile(std::to_string(s.held_messages), "held now");
  tile(bytes(s.resident_bytes), "resident memory");
  out += "</section>\n" + messages(s) + hosts(s) + budgets(s) + certificates(s) + counters(s);
  out += "</main>\n<footer>Version " + html(s.version) + ", generation " + std::to_string(s.generation) + ", up since " +
         utc(s.started) + ", page of " + utc(s.now) + ", loop lag " + lag + "</footer></body></html>\n";
  return out;
}

std::string_view style_sheet() {
  return R"(:root{color-scheme:light dark;--fg:#1b1f24;--bg:#f6f7f9;--card:#fff;--line:#d5dae1;--dim:#57606a;
--good:#116329;--bad:#a40e26;--warn:#7a4b00;--mark:#ffe08a;--markfg:#1b1f24}
@media (prefers-color-scheme:dark){:root{--fg:#e6e9ee;--bg:#14171b;--card:#1d2127;--line:#363c45;--dim:#a3acb8;
--good:#6fd08c;--bad:#ff8f9b;--warn:#f0b860;--mark:#5c4a00;--markfg:#fff3c4}}
*{box-sizing:border-box}body{margin:0;font:15px/1.45 system-ui,sans-serif;color:var(--fg);background:var(--bg)}
header,main,footer{max-width:75rem;margin:0 auto;padding:.6rem 1rem}h1{font-size:1.4rem;margin:.4rem 0}
h1 small,small{color:var(--dim);font-weight:400}h2{font-size:1.05rem;margin:.2rem 0 .6rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem;margin:0 0 1rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.8rem}
.tiles div{display:flex;flex-direction:column}.tiles strong{font-size:1.5rem;font-variant-numeric:tabular-nums}
.tiles span,footer{color:var(--dim)}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}th{text-align:left;color:var(--dim);font-weight:600}
th,td{padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
tr:last-child td{border-bottom:0}th,td span{white-space:nowrap}ul{margin:.3rem 0 0;padding-left:1.1rem;font-size:.92em}
mark{background:var(--mark);color:var(--markfg);padding:0 .2em;border-radius:.2em}meter{width:7rem;vertical-align:middle}
.forward,.up{color:var(--good)}.quarantine,.reject,.down{color:var(--bad);font-weight:600}
.tag,.defer,.unknown{color:var(--warn);font-weight:600}footer{font-size:.85rem}
)";
}

}  // namespace sluice::status
