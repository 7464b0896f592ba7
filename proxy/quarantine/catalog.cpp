#include "quarantine/catalog.hpp"

#include <algorithm>
#include <limits>

#include "core/concat.hpp"

namespace sluice::quarantine::catalog {
namespace {

// What list() and show() select; the order of summary_from().
#define SLUICE_SUMMARY_COLUMNS                                                                                     \
  "SELECT m.seq, m.id, m.received, m.bytes, m.sender, m.header_from, m.header_to, m.subject, m.score, m.content, " \
  "coalesce((SELECT rule FROM finding f WHERE f.message = m.seq ORDER BY weight DESC, n LIMIT 1), ''), "           \
  "coalesce((SELECT address FROM recipient r WHERE r.message = m.seq AND position = 0), '') FROM message m "

result<message_summary> summary_from(index& i, const query& q) {
  message_summary s;
  s.sequence = q.integer(0);
  s.id = q.text(1);
  s.received = q.integer(2);
  s.bytes = q.natural(3);
  s.reverse_path = q.text(4);
  s.header_from = q.text(5);
  s.header_to = q.text(6);
  s.subject = q.text(7);
  s.score = static_cast<std::int32_t>(q.integer(8));
  s.content = static_cast<content_state>(q.integer(9));
  s.top_rule = q.text(10);
  s.first_recipient = q.text(11);
  query states(i.db(), "SELECT state, count(*) FROM recipient WHERE message = ?1 GROUP BY state");
  states.bind(s.sequence);
  while (states.next()) {
    const auto n = static_cast<std::uint32_t>(states.integer(1));
    s.in_state[std::min<std::size_t>(static_cast<std::size_t>(states.integer(0)), 5)] = n;
    s.recipients += n;
  }
  if (!states.ok()) return states.error();
  return s;
}

// A LIKE pattern that finds `text` anywhere and nothing else.
std::string like_anywhere(std::string_view text) {
  if (text.empty()) return {};
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return concat(out, '%');
}

envelope_recipient recipient_from(const query& q) {
  return {static_cast<std::uint32_t>(q.integer(0)), q.text(1), q.text(2), static_cast<std::uint8_t>(q.integer(3))};
}

result<void> add_recipients(index& i, message_detail& d) {
  query q(i.db(),
          "SELECT position, address, orcpt, notify, state, changed, reply, attempts, next_attempt, delivery FROM "
          "recipient WHERE message = ?1 ORDER BY position");
  q.bind(d.summary.sequence);
  while (q.next()) {
    recipient_status r;
    r.who = recipient_from(q);
    r.state = static_cast<recipient_state>(q.integer(4));
    r.changed = q.integer(5);
    r.reply = q.text(6);
    r.attempts = static_cast<std::uint32_t>(q.integer(7));
    r.next_attempt = q.integer(8);
    r.in_delivery = q.integer(9) != 0;
    d.recipients.push_back(std::move(r));
  }
  if (!q.ok()) return q.error();
  return {};
}

result<void> add_findings(index& i, message_detail& d) {
  query q(i.db(),
          "SELECT rule, place, slot, words, weight, part, length, at, text_id FROM finding WHERE message = ?1 ORDER BY weight "
          "DESC, n");
  q.bind(d.summary.sequence);
  while (q.next()) {
    d.findings.push_back({q.text(0), q.text(1), q.text(2), q.text(3), static_cast<std::int32_t>(q.integer(4)),
                          static_cast<std::uint32_t>(q.integer(5)), static_cast<std::uint32_t>(q.integer(6)),
                          q.natural(7), q.text(8)});
  }
  if (!q.ok()) return q.error();
  return {};
}

result<std::vector<store_stats::share>> largest(index& i, int scope) {
  std::vector<store_stats::share> out;
  query q(i.db(), "SELECT name, messages, bytes FROM usage WHERE scope = ?1 ORDER BY bytes DESC LIMIT 10");
  q.bind(scope);
  while (q.next()) out.push_back({q.text(0), q.natural(1), q.natural(2)});
  if (!q.ok()) return q.error();
  return out;
}

}  // namespace

result<list_page> list(index& i, const list_filter& f, std::int64_t before, std::size_t limit) {
  query q(
      i.db(), SLUICE_SUMMARY_COLUMNS
      "WHERE m.seq < ?1 AND m.received >= ?2 AND m.received < ?3 "
      "AND (?4 = '' OR m.sender LIKE ?4 ESCAPE '\\' OR m.header_from LIKE ?4 ESCAPE '\\') "
      "AND (?5 = '' OR EXISTS (SELECT 1 FROM finding f WHERE f.message = m.seq AND f.rule = ?5)) "
      "AND EXISTS (SELECT 1 FROM recipient r WHERE r.message = m.seq AND (?6 = '' OR r.address = ?6 COLLATE NOCASE) "
      "AND (?7 = '' OR r.domain = ?7) AND (?8 < 0 OR r.state = ?8) AND (?9 = 0 OR r.state IN (0, 1, 3))) "
      "AND (?11 = '' OR m.id = ?12 OR m.sender LIKE ?11 ESCAPE '\\' OR m.header_from LIKE ?11 ESCAPE '\\' OR "
      "m.subject LIKE ?11 ESCAPE '\\' OR EXISTS (SELECT 1 FROM recipient r WHERE r.message = m.seq AND r.address LIKE ?11 "
      "ESCAPE '\\') OR EXISTS (SELECT 1 FROM finding f WHERE f.message = m.seq AND f.rule LIKE ?11 ESCAPE '\\')) "
      "ORDER BY m.seq DESC LIMIT ?10");
  constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();
  const bool by_domain = f.recipient.starts_with('@');
  limit = std::clamp<std::size_t>(limit, 1, page_rows_max);
  q.bind(before > 0 ? before : forever, f.received_from, f.received_before > 0 ? f.received_before : forever,
         like_anywhere(f.sender), f.rule, by_domain ? "" : f.recipient, by_domain ? domain_of(f.recipient) : "",
         f.state ? static_cast<std::int64_t>(*f.state) : std::int64_t{-1}, f.live_only, limit + 1,
         like_anywhere(f.text), f.text);
  list_page page;
  page.rows.reserve(limit);
  while (q.next()) {
    if (page.rows.size() == limit) {
      page.next = page.rows.back().sequence;
      break;
    }
    auto row = summary_from(i, q);
    if (!row) return row.error();
    page.rows.push_back(std::move(*row));
  }
  if (!q.ok()) return q.error();
  return page;
}

result<envelope> envelope_of(index& i, std::int64_t seq, std::int64_t attempt) {
  envelope e;
  query q(
      i.db(),
      "SELECT sender, body, smtputf8, ret, envid, declared_size, client_ip, client_port, client_name, helo, listener, "
      "tls_version, tls_cipher, route_domain, auth_results FROM message WHERE seq = ?1");
  if (!q.bind(seq).next()) return q.ok() ? i.of().fail(errc::not_found, "envelope") : q.error();
  e.reverse_path = q.text(0);
  e.body = static_cast<body_type>(q.integer(1));
  e.smtputf8 = q.integer(2) != 0;
  e.ret = static_cast<dsn_return>(q.integer(3));
  e.envid = q.text(4);
  e.declared_size = q.natural(5);
  e.client_ip = q.text(6);
  e.client_port = static_cast<std::uint16_t>(q.integer(7));
  e.client_name = q.text(8);
  e.helo = q.text(9);
  e.listener = q.text(10);
  e.tls_version = q.text(11);
  e.tls_cipher = q.text(12);
  e.auth_results = q.text(14);
  e.route_domain = q.text(13);
  query recipients(
      i.db(),
      "SELECT position, address, orcpt, notify FROM recipient WHERE message = ?1 AND (?2 = 0 OR delivery = "
      "?2) ORDER BY position");
  recipients.bind(seq, attempt);
  while (recipients.next()) e.recipients.push_back(recipient_from(recipients));
  if (!recipients.ok()) return recipients.error();
  return e;
}

result<message_detail> show(index& i, std::string_view id) {
  snapshot at_once(i.db());
  message_detail d;
  {
    query q(i.db(), SLUICE_SUMMARY_COLUMNS "WHERE m.id = ?1");
    if (!q.bind(id).next()) return q.ok() ? i.of().fail(errc::not_found, id.substr(0, id_bytes_max)) : q.error();
    auto s = summary_from(i, q);
    if (!s) return s.error();
    d.summary = std::move(*s);
  }
  auto e = envelope_of(i, d.summary.sequence, 0);
  if (!e) return e.error();
  d.envelope = std::move(*e);
  {
    query q(i.db(), "SELECT message_id, preview, profile, cause, findings_dropped, auth, skeleton FROM message WHERE seq = ?1");
    if (!q.bind(d.summary.sequence).next()) return q.error();
    d.message_id = q.text(0);
    d.preview = q.text(1);
    d.profile = q.text(2);
    d.cause = q.text(3);
    d.findings_dropped = static_cast<std::uint32_t>(q.integer(4));
    d.auth = q.text(5);
    d.skeleton = q.text(6);
  }
  if (const auto r = add_recipients(i, d); !r) return r.error();
  if (const auto r = add_findings(i, d); !r) return r.error();
  auto entries = audit(i, id, 0, page_rows_max);
  if (!entries) return entries.error();
  d.audit = std::move(*entries);
  return d;
}

result<std::vector<audit_entry>> audit(index& i, std::string_view id, std::int64_t before, std::size_t limit) {
  const char* const whole =
      "SELECT at, who, action, id, recipient, result, seq FROM audit WHERE ?1 = '' AND seq < ?2 ORDER BY seq DESC "
      "LIMIT ?3";
  const char* const of_message =
      "SELECT at, who, action, id, recipient, result, seq FROM audit WHERE id = ?1 AND seq < ?2 ORDER BY seq LIMIT ?3";
  std::vector<audit_entry> out;
  query q(i.db(), id.empty() ? whole : of_message);
  q.bind(id, before > 0 ? before : std::numeric_limits<std::int64_t>::max(), std::min(limit, page_rows_max));
  while (q.next()) {
    out.push_back({q.integer(0), q.text(1), q.text(2), q.text(3), q.text(4), q.text(5), q.integer(6)});
  }
  if (!q.ok()) return q.error();
  return out;
}

result<store_totals> totals(index& i) {
  query q(i.db(), "SELECT messages, bytes FROM usage WHERE scope = 0 AND name = ''");
  if (!q.next()) return q.error();
  return store_totals{q.natural(0), q.natural(1)};
}

result<store_stats> stats(index& i) {
  snapshot at_once(i.db());
  store_stats s;
  {
    query q(
        i.db(),
        "SELECT messages, bytes, (SELECT count(*) FROM message WHERE content = 3), (SELECT count(*) FROM message "
        "WHERE content = 1), (SELECT count(*) FROM audit), (SELECT count(*) FROM message), coalesce((SELECT received "
        "FROM message WHERE seq = (SELECT min(message) FROM share)), 0) FROM usage WHERE scope = 0 AND name = ''");
    if (!q.next()) return q.error();
    s.messages = q.natural(0);
    s.bytes = q.natural(1);
    s.lost = q.natural(2);
    s.damaged = q.natural(3);
    s.audit_entries = q.natural(4);
    s.rows = q.natural(5);
    s.oldest = q.integer(6);
  }
  {
    query q(i.db(), "SELECT state, count(*) FROM recipient GROUP BY state");
    while (q.next()) s.recipients[std::min<std::size_t>(static_cast<std::size_t>(q.integer(0)), 5)] = q.natural(1);
    if (!q.ok()) return q.error();
  }
  auto senders = largest(i, 1), domains = largest(i, 2);
  if (!senders) return senders.error();
  if (!domains) return domains.error();
  s.senders = std::move(*senders);
  s.recipient_domains = std::move(*domains);
  const std::string path = concat(i.of().directory(), "/index.db");
  (void)i.of().fs().size_of(path.c_str(), s.index_bytes);
  (void)i.of().fs().size_of((concat(path, "-wal")).c_str(), s.wal_bytes);
  s.sqlite_heap = sqlite_heap_used();
  s.sqlite_heap_peak = sqlite_heap_peak();
  return s;
}

}  // namespace sluice::quarantine::catalog
