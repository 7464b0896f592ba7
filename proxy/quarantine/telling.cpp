#include "quarantine/telling.hpp"

#include <algorithm>
#include <limits>

#include "quarantine/actions.hpp"
#include "quarantine/index.hpp"

namespace sluice::quarantine {

result<void> telling::add_rules(held_item& item) {
  query q(index_.db(), "SELECT rule FROM finding WHERE message = ?1 ORDER BY weight DESC, n LIMIT ?2");
  q.bind(item.sequence, std::uint64_t{findings_stored_max});
  while (q.next()) {
    std::string rule = q.text(0);
    if (std::ranges::find(item.rules, rule) != item.rules.end()) continue;
    if (item.rules.size() == told_rules_max) item.rules_dropped = true;
    else item.rules.push_back(std::move(rule));
  }
  if (!q.ok()) return q.error();
  return {};
}

// The columns of every statement that makes an item.
#define SLUICE_ITEM "m.seq, r.position, m.id, r.address, m.received, m.sender, m.header_from, m.subject, m.findings_dropped"

namespace {

held_item item_from(const query& q) {
  held_item item;
  item.sequence = q.integer(0);
  item.position = static_cast<std::uint32_t>(q.integer(1));
  item.id = q.text(2);
  item.address = q.text(3);
  item.received = q.integer(4);
  item.reverse_path = q.text(5);
  item.header_from = q.text(6);
  item.subject = q.text(7);
  item.rules_dropped = q.integer(8) > 0;
  return item;
}

}  // namespace

result<std::vector<held_item>> telling::with_rules(query& q) {
  std::vector<held_item> items;
  while (q.next()) items.push_back(item_from(q));
  if (!q.ok()) return q.error();
  for (held_item& item : items)
    if (const auto r = add_rules(item); !r) return r.error();
  return items;
}

result<bool> telling::was_used(std::string_view mark) {
  query q(index_.db(), "SELECT 1 FROM used_link WHERE mark = ?1");
  const bool found = q.bind(query::blob{mark}).next();
  if (!q.ok()) return q.error();
  return found;
}

// The link counts as used from here on, whatever becomes of the deed; full: it does not.
result<bool> telling::remember(const link_use& u, unix_time now) {
  index& i = index_;
  const std::string_view mark(u.mark.data(), u.mark.size());
  {
    query q(i.db(), "DELETE FROM used_link WHERE mark IN (SELECT mark FROM used_link WHERE expires < ?1 LIMIT ?2)");
    if (const auto r = q.bind(now, std::uint64_t{used_links_per_use}).run(); !r) return r.error();
  }
  const auto before = was_used(mark);
  if (!before) return before.error();
  if (*before) return false;
  const auto used = used_links();
  if (!used) return used.error();
  if (*used >= used_links_max) return i.of().fail(errc::busy, "used links");
  if (const auto r = query(i.db(), "INSERT INTO used_link VALUES (?1, ?2)").bind(query::blob{mark}, u.expires).run(); !r) return r.error();
  return true;
}

result<action_result> telling::ask(const link_subject& s, std::string_view who, unix_time now) {
  index& i = index_;
  action_result out{s.item.address, s.state, s.state, s.asked == 0, s.asked == 0 ? "asks an operator" : "has asked already"};
  if (s.state != recipient_state::held && s.state != recipient_state::refused) out = {s.item.address, s.state, s.state, false, std::string("is ") + name_of(s.state) + " already"};
  if (out.changed) {
    query q(i.db(), "UPDATE recipient SET asked = ?3 WHERE message = ?1 AND position = ?2");
    if (const auto r = q.bind(s.item.sequence, s.item.position, now).run(); !r) return r.error();
  }
  if (const auto r = i.audit(now, who, "ask", s.item.id, s.item.address, out.note); !r) return r.error();
  return out;
}

result<link_subject> telling::find(const link_use& u) {
  index& i = index_;
  link_subject s;
  {
    query q(i.db(), "SELECT " SLUICE_ITEM ", r.state, m.content, r.asked, r.told FROM message m JOIN recipient r ON r.message = m.seq "
                    "WHERE m.id = ?1 AND r.position = ?2");
    if (!q.bind(u.id, u.position).next()) return q.ok() ? i.of().fail(errc::not_found, "link") : q.error();
    s.item = item_from(q);
    s.state = static_cast<recipient_state>(q.integer(9));
    s.content = static_cast<content_state>(q.integer(10));
    s.asked = q.integer(11);
    s.told = q.integer(12);
  }
  if (const auto r = add_rules(s.item); !r) return r.error();
  const auto used = was_used({u.mark.data(), u.mark.size()});
  if (!used) return used.error();
  s.used = *used;
  return s;
}

result<action_result> telling::act(change& c, const link_use& u, const link_subject& s, std::string_view who, unix_time now) {
  index& i = index_;
  if (u.deed == link_deed::ask) return ask(s, who, now);
  const selection one{false, {s.item.address}};
  auto done = u.deed == link_deed::release ? actions::release_within(i, u.id, one, who, now) : actions::remove_within(c, u.id, one, who, now);
  if (!done) return done.error();
  return std::move(done->front());
}

result<std::optional<untold_mail>> telling::next_untold(std::string_view domain, std::string_view after, unix_time before,
                                                        std::size_t rows) {
  index& i = index_;
  untold_mail out;
  {
    query q(i.db(),
            "SELECT r.address, count(*) FROM recipient r JOIN message m ON m.seq = r.message WHERE r.domain = ?1 AND r.state = 0 "
            "AND r.told = 0 AND m.content = 0 AND m.received < ?2 AND r.address > ?3 COLLATE NOCASE GROUP BY r.address COLLATE NOCASE "
            "ORDER BY r.address COLLATE NOCASE LIMIT 1");
    if (!q.bind(domain, before, after).next()) return q.ok() ? result<std::optional<untold_mail>>(std::optional<untold_mail>()) : q.error();
    out.address = q.text(0);
    out.messages = q.natural(1);
  }
  {
    query q(i.db(), "SELECT " SLUICE_ITEM " FROM recipient r JOIN message m ON m.seq = r.message WHERE r.domain = ?1 "
                    "AND r.address = ?2 COLLATE NOCASE AND r.state = 0 AND r.told = 0 AND m.content = 0 AND m.received < ?3 "
                    "ORDER BY m.seq DESC LIMIT ?4");
    q.bind(domain, out.address, before, rows);
    auto items = with_rules(q);
    if (!items) return items.error();
    out.items = std::move(*items);
    if (!out.items.empty()) out.address = out.items.front().address;  // as the newest writes it
  }
  const auto refused = last_was_refused(out.address);
  if (!refused) return refused.error();
  out.refused = *refused;
  return std::optional<untold_mail>(std::move(out));
}

result<std::int64_t> telling::next_held(std::string_view domain, std::int64_t after) {
  query q(index_.db(), "SELECT coalesce(min(r.message), 0) FROM recipient r JOIN message m ON m.seq = r.message WHERE r.domain = ?1 "
                       "AND r.state = 0 AND r.told = 0 AND r.message > ?2 AND m.content = 0");
  if (!q.bind(domain, after).next()) return q.error();
  return q.integer(0);
}

result<std::optional<held_item>> telling::next_recipient(std::string_view domain, std::int64_t sequence, std::int64_t after) {
  query q(index_.db(), "SELECT " SLUICE_ITEM " FROM recipient r JOIN message m ON m.seq = r.message WHERE r.message = ?2 AND r.domain = ?1 "
                       "AND r.position > ?3 AND r.state = 0 AND r.told = 0 AND m.content = 0 ORDER BY r.position LIMIT 1");
  q.bind(domain, sequence, after);
  auto items = with_rules(q);
  if (!items) return items.error();
  if (items->empty()) return std::optional<held_item>();
  return std::optional<held_item>(std::move(items->front()));
}

result<std::uint64_t> telling::notices_since(std::string_view address, unix_time since) {
  query q(index_.db(), "SELECT count(*) FROM own_mail m JOIN own_recipient r ON r.message = m.seq WHERE m.kind = 'notice' AND m.queued >= ?2 "
                  "AND r.address = ?1 COLLATE NOCASE");
  if (!q.bind(address, since).next()) return q.error();
  return q.natural(0);
}

result<bool> telling::last_was_refused(std::string_view address) {
  query q(index_.db(), "SELECT r.state = 3 FROM own_mail m JOIN own_recipient r ON r.message = m.seq WHERE m.kind IN ('notice', 'digest') "
                  "AND r.address = ?1 COLLATE NOCASE ORDER BY m.seq DESC LIMIT 1");
  const bool refused = q.bind(address).next() && q.integer(0) != 0;
  if (!q.ok()) return q.error();
  return refused;
}

result<void> telling::mark(const told_mark& m, unix_time now) {
  if (m.address.empty()) return {};
  if (m.sequence != 0) {
    query q(index_.db(), "UPDATE recipient SET told = ?3 WHERE message = ?1 AND address = ?2 COLLATE NOCASE AND told = 0");
    return q.bind(m.sequence, m.address, now).run();
  }
  query q(index_.db(), "UPDATE recipient SET told = ?3 WHERE domain = ?1 AND address = ?2 COLLATE NOCASE AND state = 0 AND told = 0 "
                  "AND (SELECT received FROM message WHERE seq = recipient.message) < ?4");
  return q.bind(domain_of(m.address), m.address, now, m.received_before).run();
}

result<told_progress> telling::progress(std::string_view domain) {
  query q(index_.db(), "SELECT run, noticed FROM told WHERE domain = ?1");
  told_progress out;
  if (q.bind(domain).next()) out = {true, q.integer(0), q.integer(1)};
  if (!q.ok()) return q.error();
  return out;
}

result<void> telling::set_progress(std::string_view domain, const told_progress& p) {
  query q(index_.db(), "INSERT INTO told VALUES (?1, ?2, ?3) ON CONFLICT (domain) DO UPDATE SET run = excluded.run, noticed = excluded.noticed");
  return q.bind(domain, p.run, p.noticed).run();
}

result<std::int64_t> telling::newest() {
  query q(index_.db(), "SELECT coalesce(max(seq), 0) FROM message");
  if (!q.next()) return q.error();
  return q.integer(0);
}

result<std::optional<link_subject>> telling::subject_of(const link_use& u) {
  snapshot at_once(index_.db());
  auto s = find(u);
  if (!s && s.error() == make_error_code(errc::not_found)) return std::optional<link_subject>();
  if (!s) return s.error();
  return std::optional<link_subject>(std::move(*s));
}

result<link_result> telling::use(const link_use& u, std::string_view who, unix_time now) {
  change c(index_);
  if (const auto r = c.begin(); !r) return r.error();
  const auto s = find(u);
  if (!s) return s.error();
  const auto first = remember(u, now);
  if (!first) return first.error();
  if (!*first) return link_result{link_outcome::used_before, {}};
  const auto done = act(c, u, *s, who, now);
  if (!done) return done.error();
  if (const auto r = c.commit(); !r) return r.error();
  if (u.deed == link_deed::remove) index_.db().checkpoint();  // the key must not live on in the WAL
  if (done->changed) return link_result{};
  return link_result{link_outcome::not_possible, done->note};
}

result<std::vector<release_request>> telling::requests(std::int64_t before, std::uint32_t before_position, std::size_t limit) {
  std::vector<release_request> out;
  query q(index_.db(), "SELECT m.seq, r.position, m.id, r.address, m.header_from, m.subject, m.received, r.asked FROM recipient r JOIN message m "
                       "ON m.seq = r.message WHERE r.asked <> 0 AND r.state IN (0, 3) AND (m.seq, r.position) < (?1, ?2) "
                       "ORDER BY m.seq DESC, r.position DESC LIMIT ?3");
  q.bind(before > 0 ? before : std::numeric_limits<std::int64_t>::max(), before_position, std::min(limit, page_rows_max));
  while (q.next())
    out.push_back({q.integer(0), static_cast<std::uint32_t>(q.integer(1)), q.text(2), q.text(3), q.text(4), q.text(5), q.integer(6), q.integer(7)});
  if (!q.ok()) return q.error();
  return out;
}

result<action_result> telling::refuse_request(std::string_view id, std::string_view address, std::string_view who, unix_time now) {
  change c(index_);
  if (const auto r = c.begin(); !r) return r.error();
  action_result out;
  std::int64_t message = 0, position = 0;
  {
    query q(index_.db(), "SELECT m.seq, r.position, r.address, r.state FROM recipient r JOIN message m ON m.seq = r.message "
                         "WHERE m.id = ?1 AND r.address = ?2 COLLATE NOCASE AND r.asked <> 0 AND r.state IN (0, 3)");
    if (!q.bind(id, address).next()) return q.ok() ? index_.of().fail(errc::not_found, "request") : q.error();
    message = q.integer(0);
    position = q.integer(1);
    const auto state = static_cast<recipient_state>(q.integer(3));
    out = {q.text(2), state, state, true, "request refused"};
  }
  if (const auto r = query(index_.db(), "UPDATE recipient SET asked = 0 WHERE message = ?1 AND position = ?2").bind(message, position).run(); !r) return r.error();
  if (const auto r = index_.audit(now, who, "refuse", id, out.recipient, out.note); !r) return r.error();
  if (const auto r = c.commit(); !r) return r.error();
  return out;
}

result<std::uint64_t> telling::used_links() {
  query q(index_.db(), "SELECT count(*) FROM used_link");
  if (!q.next()) return q.error();
  return q.natural(0);
}

#undef SLUICE_ITEM

}  // namespace sluice::quarantine
