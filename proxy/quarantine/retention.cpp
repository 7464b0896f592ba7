#include "quarantine/retention.hpp"

#include <algorithm>
#include <optional>

#include "quarantine/own_mail.hpp"

namespace sluice::quarantine {
namespace {

enum class scope : std::uint8_t { all = 0, sender = 1, recipient = 2 };  // usage.scope

struct amount {
  std::uint64_t bytes = 0, messages = 0;
};

struct candidate {
  std::int64_t seq;
  unix_time held_since;
  std::string id;
};

result<amount> usage_of(index& i, scope s, std::string_view name) {
  query q(i.db(), "SELECT bytes, messages FROM usage WHERE scope = ?1 AND name = ?2");
  amount a;
  if (q.bind(s, name).next()) a = {q.natural(0), q.natural(1)};
  if (!q.ok()) return q.error();
  return a;
}

const char* oldest_sql(scope s) {
  // Three literals rather than one with ORs: each walks its own index.
  switch (s) {
    case scope::all:
      return "SELECT s.message, m.held_since, m.id FROM share s JOIN message m ON m.seq = s.message WHERE s.message > "
             "?1 "
             "AND ?2 = '' AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message = s.message AND r.state = 1) "
             "ORDER BY s.message LIMIT 1";
    case scope::sender:
      return "SELECT m.seq, m.held_since, m.id FROM message m WHERE m.seq > ?1 AND m.sender_domain = ?2 AND content <= "
             "1 "
             "AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message = m.seq AND r.state = 1) ORDER BY m.seq LIMIT "
             "1";
    case scope::recipient:
      break;
  }
  return "SELECT s.message, m.held_since, m.id FROM share s JOIN message m ON m.seq = s.message WHERE s.message > ?1 "
         "AND s.domain = ?2 AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message = s.message AND r.domain = ?2 "
         "AND "
         "r.state = 1) ORDER BY s.message LIMIT 1";
}

// The oldest message after `seq` that may go.
result<std::optional<candidate>> oldest_after(index& i, scope s, std::string_view name, std::int64_t seq) {
  query q(i.db(), oldest_sql(s));
  std::optional<candidate> found;
  if (q.bind(seq, name).next()) found = candidate{q.integer(0), q.integer(1), q.text(2)};
  if (!q.ok()) return q.error();
  return found;
}

// Expires what is held or refused of the message; with a domain, its recipients only.
result<std::uint32_t> expire(change& c, const candidate& m, std::string_view domain, std::string_view why,
                             unix_time now) {
  std::uint32_t expired = 0;
  {
    query q(
        c.of().db(),
        "UPDATE recipient SET state = 5, changed = ?1 WHERE message = ?2 AND state IN (0, 3) AND (?3 = '' OR domain = "
        "?3) RETURNING address");
    q.bind(now, m.seq, domain);
    while (q.next()) {
      ++expired;
      if (const auto r = c.of().audit(now, "sluice", "expire", m.id, q.view(0), why); !r) return r.error();
    }
    if (!q.ok()) return q.error();
  }
  if (const auto r = c.settle(m.seq, m.id); !r) return r.error();
  return expired;
}

domain_limit limit_of(const store_limits& limits, const std::string& domain) {
  for (const domain_limit& d : limits.domains) {
    if (d.domain == domain) return d;
  }
  return limits.per_domain;
}

bool fits(const amount& used, std::uint64_t bytes, std::uint64_t bytes_max, std::uint64_t messages_max) {
  return (bytes_max == 0 || used.bytes + bytes <= bytes_max) &&
         (messages_max == 0 || used.messages + 1 <= messages_max);
}

struct demand {
  scope of;
  std::string name;
  std::uint64_t bytes_max, messages_max;  // 0: no limit
  errc when_full;
  const char* why;
};

result<void> make_room_in(change& c, const demand& d, std::uint64_t bytes, unix_time now) {
  index& i = c.of();
  const auto full = [&] { return i.of().fail(d.when_full, d.name.empty() ? "all" : d.name); };
  if (d.bytes_max != 0 && bytes > d.bytes_max) return full();
  std::int64_t seq = 0;
  for (;;) {
    const auto used = usage_of(i, d.of, d.name);
    if (!used) return used.error();
    if (fits(*used, bytes, d.bytes_max, d.messages_max)) return {};
    const auto oldest = oldest_after(i, d.of, d.name, seq);
    if (!oldest) return oldest.error();
    // Arrival order is age order: when the oldest is too young, all are.
    if (!*oldest || now - (*oldest)->held_since < i.limits().minimum_age_s) return full();
    seq = (*oldest)->seq;
    const std::string_view domain = d.of == scope::recipient ? std::string_view(d.name) : std::string_view();
    if (const auto r = expire(c, **oldest, domain, d.why, now); !r) return r.error();
  }
}

// ---- by age ----

// Expires the recipients of one domain that are older than `age_s`, a bounded number of messages at a time.
result<void> expire_by_age(index& i, const std::string& domain, std::int64_t age_s, unix_time now,
                           upkeep_report& report) {
  const std::int64_t age = std::max(age_s, i.limits().minimum_age_s);
  change c(i);
  if (const auto r = c.begin(); !r) return r;
  std::int64_t seq = 0;
  for (std::size_t n = 0;; ++n) {
    const auto oldest = oldest_after(i, scope::recipient, domain, seq);
    if (!oldest) return oldest.error();
    if (!*oldest || now - (*oldest)->held_since < age) break;
    if (n == upkeep_messages_max) {
      report.more = true;
      break;
    }
    seq = (*oldest)->seq;
    const auto expired = expire(c, **oldest, domain, "age", now);
    if (!expired) return expired.error();
    report.expired += *expired;
  }
  return c.commit();
}

// Each recipient domain by its own age, or by the store's.
result<void> expire_all(index& i, unix_time now, upkeep_report& report) {
  std::vector<std::string> domains;
  {
    query q(i.db(), "SELECT name FROM usage WHERE scope = 2");
    while (q.next()) domains.push_back(q.text(0));
    if (!q.ok()) return q.error();
  }
  for (const std::string& domain : domains) {
    const std::int64_t own = limit_of(i.limits(), domain).age_s;
    if (const auto r = expire_by_age(i, domain, own != 0 ? own : i.limits().age_s, now, report); !r) return r;
  }
  return {};
}

// History: rows whose content is gone. They go when nothing happened to them for the store's age, and oldest first
// beyond the count.
result<void> prune_history(index& i, unix_time now, upkeep_report& report) {
  transaction t(i.db());
  if (const auto r = t.begin(); !r) return r;
  {
    query by_age(
        i.db(),
        "DELETE FROM message WHERE seq IN (SELECT seq FROM message m WHERE content > 1 AND held_since < ?1 AND "
        "NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message = m.seq AND r.changed >= ?1) ORDER BY seq "
        "LIMIT ?2) RETURNING 1");
    by_age.bind(now - i.limits().age_s, upkeep_messages_max);
    query surplus(
        i.db(),
        "DELETE FROM message WHERE seq IN (SELECT seq FROM message WHERE content > 1 ORDER BY seq LIMIT min(?2, "
        "max(0, (SELECT count(*) FROM message) - ?1))) RETURNING 1");
    surplus.bind(i.limits().history_messages, upkeep_messages_max);
    for (query* q : {&by_age, &surplus}) {
      std::uint32_t n = 0;
      while (q->next()) ++n;
      if (!q->ok()) return q->error();
      report.pruned += n;
      report.more = report.more || n == upkeep_messages_max;
    }
  }
  if (const auto r = prune_own_mail(i, now); !r) return r;
  query q(i.db(), "DELETE FROM audit WHERE seq <= (SELECT max(seq) FROM audit) - ?1");
  if (const auto r = q.bind(i.limits().audit_entries).run(); !r) return r;
  return t.commit();
}

}  // namespace

result<void> make_room(change& c, const std::string& sender_domain, std::span<const std::string> recipient_domains,
                       std::uint64_t bytes, unix_time now) {
  const store_limits& limits = c.of().limits();
  const std::uint64_t share = limits.bytes / 100 * limits.sender_share_percent;
  demand d{scope::sender, sender_domain, share, 0, errc::sender_share_full, "evicted: sender's share"};
  if (const auto r = make_room_in(c, d, bytes, now); !r) return r;
  for (const std::string& domain : recipient_domains) {
    const domain_limit own = limit_of(limits, domain);
    if (own.bytes == 0 && own.messages == 0) continue;
    d = {scope::recipient, domain, own.bytes, own.messages, errc::domain_full, "evicted: domain's limit"};
    if (const auto r = make_room_in(c, d, bytes, now); !r) return r;
  }
  d = {scope::all, "", limits.bytes, limits.messages, errc::store_full, "evicted: store is full"};
  return make_room_in(c, d, bytes, now);
}

result<upkeep_report> keep_up(index& i, unix_time now) {
  upkeep_report report;
  const auto steady = i.steady(now);
  if (!steady) return steady.error();
  if (const auto r = expire_all(i, *steady, report); !r) return r.error();
  if (const auto r = prune_history(i, *steady, report); !r) return r.error();
  if (!report.more) i.db().checkpoint();
  return report;
}

}  // namespace sluice::quarantine
