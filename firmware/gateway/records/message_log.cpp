#include "firmware/gateway/records/message_log.hpp"

#include <algorithm>

#include "core/log.hpp"
#include "core/utf8.hpp"
#include "policy/decide.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t logged_recipients = 8;

template <std::size_t N>
void keep(fixed_string<N>& out, byte_view text) {
  assign_cut(out, utf8::cut(text, N));
}

// The findings as a JSON array, heaviest rules first as they are in the list; cut to what a log line holds.
void append_findings(fixed_string<log::line_bytes>& out, const inspect::findings& found, bool without_words) {
  out.push_back('[');
  bool first = true;
  for (const inspect::finding& f : found.list) {
    fixed_string<log::line_bytes> one;
    append_cut(one, first ? R"({"rule":")" : R"(,{"rule":")");
    append_cut(one, f.rule);
    append_cut(one, R"(","weight":)");
    append_cut(one, std::to_string(f.weight));
    append_cut(one, R"(,"place":")");
    append_cut(one, inspect::name_of(f.where));
    if (!f.slot.empty()) {
      append_cut(one, R"(","slot":")");
      log::append_escaped(one, sluice::view(f.slot));
    }
    if (f.text_id != 0) {
      append_cut(one, R"(","text_id":")");
      append_cut(one, sluice::view(inspect::text_of_id(f.text_id)));
    }
    append_cut(one, R"(","words":")");
    if (!without_words) log::append_escaped(one, sluice::view(f.words));
    append_cut(one, "\"}");
    if (out.size() + one.size() > log::line_bytes / 2) break;
    append_cut(out, sluice::view(one));
    first = false;
  }
  out.push_back(']');
}

}  // namespace

void message_log::on_message(const net::message_event& e) {
  if (e.probe) return;
  count(e);
  meter_.count(e);
  remember(e);
  trace_.on_message(e);
  const log::level level = e.end == net::outcome::refused ? log::level::warning : log::level::info;
  if (!log::enabled(level)) return;
  const inspect::findings& found = e.verdict->found;
  const bool hashed = hide_addresses_, bare = hide_subjects_;
  pseudonym_text name;
  const auto shown = [&](byte_view address, pseudonym_text& room) {
    if (hashed) room = names_.of(address);
    return hashed ? sluice::view(room) : address;
  };
  fixed_string<log::line_bytes> recipients, findings;
  for (std::size_t i = 0; i < std::min(e.envelope->recipients(), logged_recipients); ++i) {
    append_cut(recipients, i == 0 ? "" : ",");
    append_cut(recipients, shown(e.envelope->recipient(i).to.text, name));
  }
  append_findings(findings, found, bare);
  log::line line(level, "message");
  line.with("id", sluice::view(e.verdict->id))
      .with("outcome", net::name_of(e.end))
      .with("verdict", inspect::name_of(e.verdict->act))
      .with("score", found.score)
      .with("way", net::name_of(e.way))
      .with("client", e.client_ip)
      .with("helo", e.helo)
      .with("tls", e.tls_version)
      .with("mail_from", e.envelope->open() ? shown(e.envelope->mail().from.text, name) : byte_view{})
      .with("rcpt", sluice::view(recipients))
      .with("rcpt_count", static_cast<std::int64_t>(e.envelope->recipients()))
      .with("octets", static_cast<std::int64_t>(e.octets))
      .with("ms", e.milliseconds_total)
      .with("ms_after_end", e.milliseconds_after_end)
      .with("reply", e.reply_code)
      .with("route", e.route_host);
  if (!e.verdict->list.empty()) line.with("list", sluice::view(e.verdict->list));
  if (e.end == net::outcome::forwarded && e.way == net::passage::streamed && e.verdict->act == inspect::action::tag) line.with("tag", "missed");
  if (!found.profile.empty()) line.with("profile", sluice::view(found.profile));
  if (found.cause != inspect::unscanned::none) line.with("unscanned", inspect::name_of(found.cause));
  if (e.auth != nullptr) line.with("auth", sluice::view(net::text_of(*e.auth)));
  if (e.auth != nullptr && e.auth->cut_short) line.with("dns", "cut-short");
  if (e.facts != nullptr) line.with("from", shown(sluice::view(e.facts->from), name)).with("subject", bare ? byte_view{} : sluice::view(e.facts->subject)).with("message_id", sluice::view(e.facts->message_id));
  if (e.facts != nullptr && e.facts->new_things.count() != 0) {
    const inspect::novelty& n = e.facts->new_things;
    fixed_string<32> what;
    if (n.link) append_cut(what, "link ");
    if (n.name) append_cut(what, "name ");
    if (n.text) append_cut(what, "text ");
    line.with("new_to_sender", sluice::view(what).substr(0, what.size() - 1));
  }
  if (e.facts != nullptr && e.facts->signature_messages > 1) {
    line.with("signature_messages", static_cast<std::int64_t>(e.facts->signature_messages)).with("signature_recipients", static_cast<std::int64_t>(e.facts->signature_recipients));
  }
  if (e.facts != nullptr && e.facts->conformance.measured) {
    const inspect::conformance& c = e.facts->conformance;
    line.with("template_percent", static_cast<std::int64_t>(c.percent())).with("template_words", static_cast<std::int64_t>(c.words)).with("other_text", bare ? byte_view{} : sluice::view(c.foreign));
  }
  if (!found.list.empty() && !e.skeleton.empty()) line.with("skeleton", sluice::view(inspect::text_of_skeleton(e.skeleton)));
  if (!found.list.empty()) line.with_json("findings", sluice::view(findings));
}

// What the verdict would have been if nothing were only observed; exceptions for recipients are left out.
inspect::action message_log::without_observe(const net::message_event& e) const {
  const auto settings = all_.current();
  const inspect::action act = e.verdict->act;
  if (!settings || act != inspect::action::forward || !(e.verdict->found.observe || settings->policy.observe)) return act;
  return policy::decide(e.verdict->found, settings->policy).would;
}

void message_log::count(const net::message_event& e) {
  const bool held = e.end == net::outcome::quarantined || e.end == net::outcome::rejected;
  const status::fate what = e.end == net::outcome::forwarded ? status::fate::delivered : held ? status::fate::held : status::fate::turned_away;
  const status::encryption how = e.tls_version == "TLSv1.3" ? status::encryption::tls13 : e.tls_version.empty() ? status::encryption::none : status::encryption::tls12;
  hour_.add(e.unix_seconds, what, how, e.milliseconds_after_end);
  if (e.verdict->found.profile.empty()) return;
  const bool would = e.verdict->act < inspect::action::quarantine && without_observe(e) >= inspect::action::quarantine;
  profiles_.add(sluice::view(e.verdict->found.profile), held, would);
}

void message_log::remember(const net::message_event& e) {
  status::history_entry entry;
  const inspect::findings& found = e.verdict->found;
  entry.unix_seconds = e.unix_seconds;
  entry.octets = e.octets;
  entry.score = found.score;
  entry.milliseconds_after_end = e.milliseconds_after_end;
  entry.reply_code = e.reply_code;
  entry.recipients = static_cast<std::uint16_t>(e.envelope->recipients());
  entry.findings_count = static_cast<std::uint8_t>(found.list.size());
  entry.act = e.verdict->act;
  entry.would = without_observe(e);
  entry.cause = found.cause;
  entry.outcome = net::name_of(e.end);
  entry.passage = net::name_of(e.way);
  entry.id = e.verdict->id;
  keep(entry.profile, sluice::view(found.profile));
  keep(entry.list, sluice::view(e.verdict->list));
  keep(entry.client_ip, e.client_ip);
  keep(entry.tls, e.tls_version);
  keep(entry.route, e.route_host);
  keep(entry.reply, e.reply_text);
  if (e.auth != nullptr) keep(entry.auth, sluice::view(net::text_of(*e.auth)));
  if (e.envelope->recipients() > 0) keep(entry.recipient, e.envelope->recipient(0).to.text);
  if (e.facts != nullptr) {
    keep(entry.from, sluice::view(e.facts->from));
    keep(entry.from_name, sluice::view(e.facts->from_name));
    keep(entry.subject, sluice::view(e.facts->subject));
    keep(entry.message_id, sluice::view(e.facts->message_id));
    const inspect::conformance& c = e.facts->conformance;
    if (c.measured) {
      entry.template_words = static_cast<std::uint16_t>(std::min<std::uint32_t>(c.words, 0xFFFF));
      entry.template_percent = static_cast<std::uint8_t>(c.percent());
      entry.template_floor = static_cast<std::uint8_t>(c.floor);
      keep(entry.foreign, sluice::view(c.foreign));
    }
  }
  fixed_vector<const inspect::finding*, inspect::max_findings> heaviest;
  for (const inspect::finding& f : found.list) heaviest.push_back(&f);
  std::sort(heaviest.begin(), heaviest.end(), [](const auto* a, const auto* b) { return a->weight != b->weight ? a->weight > b->weight : a < b; });
  for (const inspect::finding* f : heaviest) {
    if (entry.findings.size() == status::shown_findings) break;
    status::history_finding kept{.rule = f->rule, .weight = f->weight, .where = f->where, .slot = f->slot, .words = {}};
    keep(kept.words, sluice::view(f->words));
    entry.findings.push_back(kept);
  }
  past_.add(std::move(entry));
}

}  // namespace sluice::gateway
