// The first view: how mail flows and what it flows through. Numbers that move carry data-live; parts that change with
// the minute are fetched again (data-reload). Without script it is the same page, as of its time.
#include <algorithm>
#include <cstdio>

#include "core/concat.hpp"
#include "status/pages/elements.hpp"
#include "status/pages/frame.hpp"
#include "status/snapshot.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

constexpr unsigned bar_width = 10, picture_height = 100;
constexpr std::int64_t day_s = 86400, soon_days = 21, urgent_days = 7;

std::uint64_t counter_of(const snapshot& s, std::string_view name) {
  const auto at = std::ranges::find_if(s.counters, [&](const counter_value& c) { return c.name == name; });
  return at == s.counters.end() ? 0 : at->value;
}

std::string tile(std::string_view live, std::uint64_t value, std::string_view what, std::string_view format = "count") {
  const std::string shown = format == "bytes" ? bytes(value) : format == "milliseconds" ? concat(std::to_string(value), " ms") : std::to_string(value);
  return concat("<div><strong data-live=\"", html(live), "\" data-format=\"", html(format), "\">", shown, "</strong><span>", html(what), "</span></div>");
}

std::string tiles(const snapshot& s) {
  return concat("<div class=\"tiles\">", tile("mail_minute", s.hour.minutes[traffic_minutes - 2].all(), "mails last minute"),
         tile("sessions", s.sessions, "sessions now"), tile("forwarded", counter_of(s, "forwarded"), "delivered"),
         tile("quarantined", counter_of(s, "quarantined"), "quarantined"), tile("rejected", counter_of(s, "rejected"), "rejected"),
         tile("held", s.held_messages, "held now"), tile("answer_p50_ms", s.hour.p50_ms, "answer time, median", "milliseconds"),
         tile("answer_p95_ms", s.hour.p95_ms, "answer time, 95 %", "milliseconds"), "</div>\n");
}

std::string bar(std::size_t minute, double& top, double height, const char* kind) {
  if (height <= 0) return {};
  top -= height;
  char out[128];
  std::snprintf(out, sizeof out, "<rect class=\"%s\" x=\"%zu\" y=\"%.1f\" width=\"%u\" height=\"%.1f\"/>", kind, minute * bar_width + 1, top, bar_width - 2, height);
  return out;
}

std::string picture(const traffic_view& hour) {
  std::uint32_t most = 0;
  for (const traffic_minute& m : hour.minutes) most = std::max(most, m.all());
  const double unit = static_cast<double>(picture_height - 4) / std::max<std::uint32_t>(most, 4);
  std::string bars;
  for (std::size_t i = 0; i < traffic_minutes; ++i) {
    const auto& n = hour.minutes[i].messages;
    double top = picture_height;
    append_to(bars, bar(i, top, n[0] * unit, "bar-good"), bar(i, top, n[1] * unit, "bar-bad"), bar(i, top, n[2] * unit, "bar-warn"));
  }
  const std::string words = concat(std::to_string(hour.hour), " mails in the last hour, at most ", std::to_string(most), " in a minute");
  return concat("<figure><svg class=\"spark\" viewBox=\"0 0 600 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"", words,
         "\"><path class=\"grid\" d=\"M0 4h600M0 52h600M0 99.5h600\"/>", bars, "</svg><figcaption><span>", words,
         "</span><span class=\"key\">delivered</span><span class=\"key held\">held or rejected</span><span class=\"key other\">turned away</span></figcaption></figure>\n");
}

std::string hosts(const snapshot& s) {
  std::string rows;
  for (const downstream_host& h : s.hosts)
    rows += row_of({concat(html(h.host), (h.last_error.empty() ? "" : concat("<span class=\"sub\">", html(h.last_error), "</span>"))), badge_of(h.state, h.state),
                    time_of(h.since)});
  return section_of("Mail servers behind", table_of("Mail servers behind", {"Host", "State", "Since"}, rows, "None has been asked yet."), "hosts");
}

std::string certificates(const snapshot& s) {
  std::string rows;
  for (const certificate& c : s.certificates) {
    const std::int64_t days = (c.not_after - s.now) / day_s;
    const char* kind = days <= urgent_days ? "bad" : days <= soon_days ? "warn" : "good";
    rows += row_of({concat(html(c.subject), "<span class=\"sub\">", html(c.type), ", until ", utc(c.not_after).substr(0, 10), "</span>"),
                    badge_of(kind, concat(std::to_string(days), " days"))});
  }
  return section_of("Certificates", table_of("Certificates", {"For", "Left"}, rows, "None in use."));
}

std::string encryptions(const traffic_view& hour) {
  const std::uint64_t all = hour.encryptions[0] + hour.encryptions[1] + hour.encryptions[2];
  const auto share = [&](encryption e) {
    const std::uint64_t n = hour.encryptions[static_cast<std::size_t>(e)];
    return concat(std::to_string(n), (all == 0 ? "" : concat(" <small>(", std::to_string((n * 100 + all / 2) / all), " %)</small>")));
  };
  return concat(share(encryption::tls13), " with TLS 1.3, ", share(encryption::tls12), " with TLS 1.2, ", share(encryption::none), " in the clear");
}

// What the device tells; "not known" where nothing does.
std::string device(const snapshot& s) {
  const std::string unknown = "<span class=\"dim\">not known</span>";
  const auto decimals = [](double v, const char* unit) {
    char out[40];
    std::snprintf(out, sizeof out, "%.1f%s", v, unit);
    return std::string(out);
  };
  const hal::device_health& d = s.device;
  const std::string space = s.data.total_bytes == 0 ? unknown
                                                    : concat(bytes(s.data.free_bytes), " <small>of ", bytes(s.data.total_bytes), "</small>",
                                                          meter_of("Used data partition", s.data.total_bytes - s.data.free_bytes, s.data.total_bytes));
  const std::string memory = d.memory_bytes && d.memory_free_bytes ? concat(bytes(*d.memory_free_bytes), " <small>of ", bytes(*d.memory_bytes), "</small>") : unknown;
  const std::string worn = d.flash_worn_percent ? concat("at most ", std::to_string(*d.flash_worn_percent), " % of its life <small>(", html(d.flash), ")</small>") : unknown;
  std::string links;
  for (const hal::network_link& l : d.links)
    if (l.carrier) append_to(links, (links.empty() ? "" : ", "), html(l.name), (*l.carrier ? l.megabits ? concat(" ", std::to_string(*l.megabits), " Mbit/s") : " up" : " <b class=\"bad\">no cable</b>"));
  const std::string clock = !d.clock ? unknown : hal::is_trusted(*d.clock) ? std::string(hal::name_of(*d.clock)) : concat("<b class=\"bad\">not trusted</b> <small>(", hal::name_of(*d.clock), ")</small>");
  return section_of("Device", facts_of({{"Temperature", d.celsius ? decimals(*d.celsius, " \u00b0C") : unknown},
                                        {"Flash used up", worn},
                                        {"Free on the data partition", d.data_volume.read_only ? concat(space, " <b class=\"bad\">read-only</b>") : space},
                                        {"Network", links.empty() ? unknown : links},
                                        {"Clock", clock},
                                        {"Free memory of the device", memory},
                                        {"Load", d.load ? decimals(*d.load, "") : unknown},
                                        {"Device up", d.up_seconds ? duration_of(static_cast<std::int64_t>(*d.up_seconds)) : unknown}}), "device");
}

std::string program(const snapshot& s) {
  std::int64_t lag = 0;
  for (const std::int64_t ms : s.loop_lag_ms) lag = std::max(lag, ms);
  const std::string dns = !s.checks_senders ? "<span class=\"dim\">sender checks are off</span>" : s.dns_answers ? badge_of("good", "answers") : badge_of("bad", "no answer");
  return section_of("Sluice", facts_of({{"Version", html(s.version)},
                                        {"Configuration", concat("<a href=\"/config\">generation ", std::to_string(s.generation), "</a>")},
                                        {"Up", concat("<span data-live=\"uptime_seconds\" data-format=\"duration\">", duration_of(s.now - s.started), "</span>")},
                                        {"DNS", dns},
                                        {"Mail since the start", encryptions(s.hour)},
                                        {"Memory of the program", concat("<span data-live=\"resident_bytes\" data-format=\"bytes\">", bytes(s.resident_bytes),
                                                                      "</span> <small>of ", bytes(s.budget_bytes), " planned</small>")},
                                        {"Slowest event loop", concat(std::to_string(lag), " ms behind")}}), "program");
}

std::string budgets(const snapshot& s) {
  std::string out = "<p class=\"hint\">The bar is the most that was ever in use; what is used up gets a temporary reply, never an error.</p><ul class=\"budgets\">";
  for (const budget_gauge& b : s.budgets) {
    const auto amount = [&](std::uint64_t n) { return b.unit == "bytes" ? bytes(n) : std::to_string(n); };
    append_to(out, "<li><span>", html(b.name), (b.refused > 0 ? concat(" ", badge_of("warn", concat("used up ", std::to_string(b.refused), " times"))) : ""), "</span><span class=\"hint\">",
           amount(b.used), " now, ", amount(b.peak), " of ", amount(b.limit), "</span>", meter_of(b.name, b.peak, b.limit), "</li>");
  }
  return section_of("Budgets", concat(out, "</ul>"), "budgets");
}

std::string latest(const snapshot& s) {
  std::string rows;
  for (const history_entry& m : s.messages) rows += message_row(m);
  return section_of("Latest mail", concat(message_table(rows, "No mail yet."), "<p class=\"more\"><a href=\"/messages\">All messages</a></p>"));
}

std::string counters(const snapshot& s) {
  std::string rows;
  for (const counter_value& c : s.counters) rows += row_of({html(c.help), concat("<span data-live=\"", html(c.name), "\">", std::to_string(c.value), "</span>")});
  return concat("<section><details><summary>All counters since the start</summary>", table_of("Counters", {"What", "Count"}, rows, "None."), "</details></section>\n");
}

}  // namespace

std::string overview_page(const snapshot& s, const principal& who) {
  std::string out = concat(tiles(s), "<section id=\"traffic\" data-reload=\"10\"><h2>Mail per minute</h2>", picture(s.hour), "</section>\n");
  append_to(out, "<div class=\"cols\" id=\"state\" data-reload=\"10\">", program(s), device(s), hosts(s), certificates(s), "</div>\n");
  append_to(out, "<div id=\"latest\" data-reload=\"10\">", latest(s), "</div><div id=\"gauges\" data-reload=\"10\">", budgets(s), "</div>\n", counters(s));
  return framed("Overview", view::overview, who, out);
}

}  // namespace sluice::status
