#include "firmware/gateway/commands/quarantine_text.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "core/concat.hpp"
#include "core/utf8.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "inspect/rules.hpp"

namespace sluice::gateway {
namespace {

namespace q = quarantine;

std::string utc(q::unix_time at) {
  const auto when = static_cast<std::time_t>(at);
  std::tm t{};
  ::gmtime_r(&when, &t);
  std::array<char, 32> out;
  return {out.data(), std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%SZ", &t)};
}

// Exactly `width` columns for ASCII; other text may look narrower or wider, which only bends a column.
std::string cell(std::string_view text, std::size_t width) {
  std::string out = printable(utf8::cut(text, width));
  if (out.size() < width) out.append(width - out.size(), ' ');
  return concat(out, "  ");
}

std::string states(const q::message_summary& m) {
  std::string out;
  for (std::size_t i = 0; i < 6; ++i)
    if (m.in_state[i] > 0)
      append_to(out, (out.empty() ? "" : ", "), std::to_string(m.in_state[i]), " ", q::name_of(static_cast<q::recipient_state>(i)));
  return out;
}

class object {
 public:
  object& text(const char* key, std::string_view value) { return raw(key, json_string(value)); }
  object& number(const char* key, std::int64_t value) { return raw(key, std::to_string(value)); }
  object& raw(const char* key, const std::string& value) {
    append_to(out_, (out_.size() > 1 ? "," : ""), json_string(key), ":", value);
    return *this;
  }
  std::string end() const { return concat(out_, "}"); }

 private:
  std::string out_ = "{";
};

template <class List, class One>
std::string array(const List& list, One one) {
  std::string out = "[";
  for (const auto& item : list) out += (out.size() > 1 ? "," : "") + one(item);
  return concat(out, "]");
}

object summary(const q::message_summary& m) {
  object o;
  o.text("id", m.id).number("sequence", m.sequence).text("received", utc(m.received));
  o.number("bytes", static_cast<std::int64_t>(m.bytes)).text("reverse_path", m.reverse_path);
  o.text("from", m.header_from).text("to", m.header_to).text("subject", m.subject).number("score", m.score);
  o.text("top_rule", m.top_rule).text("recipient", m.first_recipient).number("recipients", m.recipients);
  object counts;
  for (std::size_t i = 0; i < 6; ++i) counts.number(q::name_of(static_cast<q::recipient_state>(i)), m.in_state[i]);
  o.raw("states", counts.end()).text("content", q::name_of(m.content));
  return o;
}

std::string line(const char* name, std::string_view value) {
  return value.empty() ? "" : concat(name, printable(value), "\n");
}

std::string place(const q::stored_finding& f) { return f.slot.empty() ? f.place : concat("slot '", f.slot, "' in ", f.place); }

}  // namespace

std::string_view rule_meaning(std::string_view rule) {
  const inspect::rule known = inspect::rule_named(rule);
  return known == inspect::rule::count_ ? rule : std::string_view(inspect::info_of(known).meaning);
}

std::string rows_table(const std::vector<q::message_summary>& rows, bool terminal) {
  if (rows.empty()) return terminal ? "Nothing is held.\n" : "";
  std::string out = concat(cell("ID", 18), cell("RECEIVED", 20), cell("SCORE", 5), cell("REASON", 18), cell("FROM", 32),
                    cell("RECIPIENT", 28), cell("STATE", 12), "SUBJECT\n");
  for (const q::message_summary& m : rows)
    append_to(out, cell(m.id, 18), cell(utc(m.received), 20), cell(std::to_string(m.score), 5), cell(m.top_rule, 18),
           cell(m.header_from.empty() ? m.reverse_path : m.header_from, 32),
           cell(concat(m.first_recipient, (m.recipients > 1 ? concat(" +", std::to_string(m.recipients - 1)) : "")), 28),
           cell(states(m), 12), printable(utf8::cut(m.subject, 60)), "\n");
  return out;
}

std::string rows_json(const std::vector<q::message_summary>& rows) {
  std::string out;
  for (const q::message_summary& m : rows) append_to(out, summary(m).end(), "\n");
  return out;
}

std::string recipients_text(const q::message_detail& m) {
  std::string out;
  for (const q::recipient_status& r : m.recipients) {
    append_to(out, "  ", printable(r.who.address), ": ", q::name_of(r.state), " since ", utc(r.changed));
    if (r.attempts > 0) append_to(out, ", ", std::to_string(r.attempts), " deliveries tried");
    if (r.state == q::recipient_state::releasing && r.next_attempt > 0) append_to(out, ", next ", utc(r.next_attempt));
    if (!r.reply.empty()) append_to(out, ", last reply: ", printable(r.reply));
    out += "\n";
  }
  return out;
}

std::string detail_text(const q::message_detail& m, bool colours) {
  const q::message_summary& s = m.summary;
  const q::envelope& e = m.envelope;
  std::string out = concat("Message     ", printable(s.id), "\nReceived    ", utc(s.received), ", ", std::to_string(s.bytes),
                    " octets, content ", q::name_of(s.content), "\n");
  append_to(out, line("From        ", s.header_from), line("To          ", s.header_to), line("Subject     ", s.subject),
         line("Message-ID  ", m.message_id), "MAIL FROM   <", printable(e.reverse_path), ">\n");
  append_to(out, "Client      ", printable(e.client_ip), " port ", std::to_string(e.client_port), ", HELO ", printable(e.helo));
  if (!e.tls_version.empty()) append_to(out, ", ", printable(e.tls_version), " ", printable(e.tls_cipher));
  append_to(out, "\n", line("Sender auth ", m.auth), line("Profile     ", m.profile), line("Unscanned   ", m.cause), "Score       ", std::to_string(s.score),
         "\nRecipients\n", recipients_text(m), "Findings\n");
  for (const q::stored_finding& f : m.findings)
    append_to(out, "  ", paint(printable(f.rule), colour::bold, colours), " +", std::to_string(f.weight), " in ",
           printable(place(f)), (f.words.empty() ? "" : concat(": ", paint(printable(f.words), colour::red, colours))), "\n");
  if (m.findings_dropped > 0) append_to(out, "  and ", std::to_string(m.findings_dropped), " more\n");
  if (!m.preview.empty()) append_to(out, "Preview\n  ", printable(m.preview), "\n");
  out += "Audit\n";
  for (const q::audit_entry& a : m.audit)
    append_to(out, "  ", utc(a.at), " ", printable(a.who), ": ", printable(a.action), " ", printable(a.recipient), " ",
           printable(a.result), "\n");
  return out;
}

std::string detail_json(const q::message_detail& m) {
  object o = summary(m.summary);
  const q::envelope& e = m.envelope;
  o.text("message_id", m.message_id).text("profile", m.profile).text("unscanned", m.cause).text("auth", m.auth).text("preview", m.preview);
  o.text("client_ip", e.client_ip).number("client_port", e.client_port).text("helo", e.helo);
  o.text("tls", e.tls_version).text("envid", e.envid);
  o.raw("recipient_states", array(m.recipients, [](const q::recipient_status& r) {
          return object()
              .text("address", r.who.address)
              .text("state", q::name_of(r.state))
              .text("changed", utc(r.changed))
              .text("reply", r.reply)
              .number("attempts", r.attempts)
              .end();
        }));
  o.raw("findings", array(m.findings, [](const q::stored_finding& f) {
          return object()
              .text("rule", f.rule)
              .number("weight", f.weight)
              .text("place", f.place)
              .text("slot", f.slot)
              .text("words", f.words)
              .number("part", f.part)
              .number("offset", static_cast<std::int64_t>(f.offset))
              .number("length", f.length)
              .end();
        }));
  o.raw("audit", array(m.audit, [](const q::audit_entry& a) {
          return object()
              .text("at", utc(a.at))
              .text("who", a.who)
              .text("action", a.action)
              .text("recipient", a.recipient)
              .text("result", a.result)
              .end();
        }));
  return concat(o.end(), "\n");
}

std::string actions_text(const std::vector<q::action_result>& results) {
  std::string out;
  for (const q::action_result& r : results)
    append_to(out, printable(r.recipient), ": ",
           (r.changed ? concat(q::name_of(r.before), " -> ", q::name_of(r.after))
                      : concat("unchanged, ", q::name_of(r.before), (r.note.empty() ? "" : concat(": ", printable(r.note))))),
           "\n");
  return out;
}

std::string actions_json(const std::string& id, const std::vector<q::action_result>& results) {
  std::string out;
  for (const q::action_result& r : results)
    append_to(out, object()
               .text("id", id)
               .text("recipient", r.recipient)
               .text("before", q::name_of(r.before))
               .text("after", q::name_of(r.after))
               .raw("changed", r.changed ? "true" : "false")
               .text("note", r.note)
               .end(),
           "\n");
  return out;
}

std::string stats_text(const q::store_stats& s) {
  std::string out = concat(std::to_string(s.messages), " messages, ", std::to_string(s.bytes), " octets, oldest ",
                    (s.oldest > 0 ? utc(s.oldest) : std::string("none")), "\n");
  for (std::size_t i = 0; i < 6; ++i)
    append_to(out, cell(q::name_of(static_cast<q::recipient_state>(i)), 10), std::to_string(s.recipients[i]), " recipients\n");
  if (s.lost + s.damaged > 0)
    append_to(out, std::to_string(s.lost), " lost, ", std::to_string(s.damaged), " damaged messages\n");
  for (const auto& share : s.senders)
    append_to(out, "from ", cell(share.domain, 32), std::to_string(share.messages), " messages, ", std::to_string(share.bytes), " octets\n");
  for (const auto& share : s.recipient_domains)
    append_to(out, "to   ", cell(share.domain, 32), std::to_string(share.messages), " messages, ", std::to_string(share.bytes), " octets\n");
  return out;
}

std::string stats_json(const q::store_stats& s) {
  const auto shares = [](const std::vector<q::store_stats::share>& list) {
    return array(list, [](const q::store_stats::share& one) {
      return object()
          .text("domain", one.domain)
          .number("messages", static_cast<std::int64_t>(one.messages))
          .number("bytes", static_cast<std::int64_t>(one.bytes))
          .end();
    });
  };
  object counts;
  for (std::size_t i = 0; i < 6; ++i)
    counts.number(q::name_of(static_cast<q::recipient_state>(i)), static_cast<std::int64_t>(s.recipients[i]));
  return concat(object()
             .number("messages", static_cast<std::int64_t>(s.messages))
             .number("bytes", static_cast<std::int64_t>(s.bytes))
             .raw("recipients", counts.end())
             .number("lost", static_cast<std::int64_t>(s.lost))
             .number("damaged", static_cast<std::int64_t>(s.damaged))
             .number("index_bytes", static_cast<std::int64_t>(s.index_bytes))
             .number("sqlite_heap_peak", static_cast<std::int64_t>(s.sqlite_heap_peak))
             .raw("senders", shares(s.senders))
             .raw("recipient_domains", shares(s.recipient_domains))
             .end(),
         "\n");
}

}  // namespace sluice::gateway
