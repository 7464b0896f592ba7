#include "quarantine/actions.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/concat.hpp"

namespace sluice::quarantine::actions {
namespace {

struct row {
  std::uint32_t position;
  std::string address;
  recipient_state state;
  bool in_delivery;
};

result<std::vector<row>> recipients_of(index& i, std::int64_t seq) {
  std::vector<row> rows;
  query q(i.db(), "SELECT position, address, state, delivery <> 0 FROM recipient WHERE message = ?1 ORDER BY position");
  q.bind(seq);
  while (q.next()) {
    rows.push_back({static_cast<std::uint32_t>(q.integer(0)), q.text(1), static_cast<recipient_state>(q.integer(2)),
                    q.integer(3) != 0});
  }
  if (!q.ok()) return q.error();
  return rows;
}

// Local parts are case-sensitive by RFC 5321 section 2.4, people are not: an exact match wins, any case is good enough.
bool names(std::string_view wanted, const row& r, bool exact) {
  if (!exact) return ascii::iequals(wanted, r.address);
  const auto at = r.address.rfind('@');
  const std::string_view local = std::string_view(r.address).substr(0, at);
  return wanted.substr(0, wanted.rfind('@')) == local && domain_of(wanted) == domain_of(r.address);
}

result<std::vector<row>> select(index& i, std::int64_t seq, const selection& s) {
  auto rows = recipients_of(i, seq);
  if (!rows || s.all) return rows;
  std::vector<bool> chosen(rows->size());
  for (const std::string& wanted : s.addresses) {
    bool found = false;
    for (const bool exact : {true, false}) {
      for (std::size_t n = 0; n < rows->size() && !(found && !exact); ++n) {
        if (!names(wanted, (*rows)[n], exact)) continue;
        chosen[n] = found = true;
      }
      if (found) break;
    }
    if (!found) return i.of().fail(errc::no_such_recipient, wanted.substr(0, address_bytes_max));
  }
  std::vector<row> out;
  for (std::size_t n = 0; n < rows->size(); ++n) {
    if (chosen[n]) out.push_back(std::move((*rows)[n]));
  }
  if (out.empty()) return i.of().fail(errc::no_such_recipient, "none was named");
  return out;
}

bool is_waiting(const row& r) { return r.state == recipient_state::held || r.state == recipient_state::refused; }

result<void> check_outbox_room(index& i, std::size_t more) {
  query q(i.db(), "SELECT count(*) FROM recipient WHERE state = 1");
  if (!q.next()) return q.error();
  if (q.natural(0) + more > i.limits().outbox_recipients)
    return i.of().fail(errc::outbox_full, std::to_string(q.integer(0)));
  return {};
}

result<action_result> release_one(index& i, std::int64_t seq, const row& r, unix_time now) {
  action_result out{r.address, r.state, r.state, false, {}};
  if (is_waiting(r)) {
    out.after = recipient_state::releasing;
    out.changed = true;
    const auto done =
        query(i.db(),
              "UPDATE recipient SET state = 1, changed = ?3, started = ?3, next_attempt = ?3, attempts = 0, "
              "reply = '' WHERE message = ?1 AND position = ?2")
            .bind(seq, r.position, now)
            .run();
    if (!done) return done.error();
  } else if (r.state == recipient_state::releasing && r.in_delivery) {
    out.note = "a delivery is under way";
  } else if (r.state == recipient_state::releasing) {
    out.note = "was waiting already, will be tried at once";
    const auto done =
        query(i.db(),
              "UPDATE recipient SET next_attempt = ?3 WHERE message = ?1 AND position = ?2 AND next_attempt > ?3")
            .bind(seq, r.position, now)
            .run();
    if (!done) return done.error();
  } else {
    out.note = concat("is ", name_of(r.state), " already");
  }
  return out;
}

result<action_result> remove_one(index& i, std::int64_t seq, const row& r, unix_time now) {
  action_result out{r.address, r.state, r.state, false, {}};
  if (is_final(r.state)) {
    out.note = concat("is ", name_of(r.state), " already");
    return out;
  }
  if (r.in_delivery) {
    out.note = "a delivery is under way";
    return out;
  }
  out.after = recipient_state::deleted;
  out.changed = true;
  const auto done =
      query(i.db(),
            "UPDATE recipient SET state = 4, changed = ?3, next_attempt = 0 WHERE message = ?1 AND position "
            "= ?2")
          .bind(seq, r.position, now)
          .run();
  if (!done) return done.error();
  return out;
}

result<void> audit(index& i, unix_time now, std::string_view who, std::string_view action, std::string_view id,
                   const action_result& r) {
  const std::string outcome = r.changed ? concat(name_of(r.before), " -> ", name_of(r.after)) : r.note;
  return i.audit(now, who, action, id, r.recipient, outcome);
}

}  // namespace

result<std::vector<action_result>> release_within(index& i, std::string_view id, const selection& s, std::string_view who,
                                                  unix_time now) {
  const auto m = i.find(id);
  if (!m) return m.error();
  const auto rows = select(i, m->seq, s);
  if (!rows) return rows.error();
  const auto waiting = std::count_if(rows->begin(), rows->end(), is_waiting);
  if (waiting > 0 && m->content != content_state::stored) {
    return i.of().fail(m->content == content_state::damaged ? errc::damaged : errc::no_content, id);
  }
  if (const auto r = check_outbox_room(i, static_cast<std::size_t>(waiting)); !r) return r.error();
  std::vector<action_result> out;
  for (const row& r : *rows) {
    auto one = release_one(i, m->seq, r, now);
    if (!one) return one.error();
    if (const auto done = audit(i, now, who, "release", id, *one); !done) return done.error();
    out.push_back(std::move(*one));
  }
  return out;
}

result<std::vector<action_result>> release(index& i, std::string_view id, const selection& s, std::string_view who,
                                           unix_time now) {
  change c(i);
  if (const auto r = c.begin(); !r) return r.error();
  auto out = release_within(i, id, s, who, now);
  if (!out) return out;
  if (const auto r = c.commit(); !r) return r.error();
  return out;
}

result<std::vector<action_result>> remove_within(change& c, std::string_view id, const selection& s, std::string_view who,
                                                 unix_time now) {
  index& i = c.of();
  const auto m = i.find(id);
  if (!m) return m.error();
  const auto rows = select(i, m->seq, s);
  if (!rows) return rows.error();
  std::vector<action_result> out;
  for (const row& r : *rows) {
    auto one = remove_one(i, m->seq, r, now);
    if (!one) return one.error();
    if (const auto done = audit(i, now, who, "delete", id, *one); !done) return done.error();
    out.push_back(std::move(*one));
  }
  if (const auto r = c.settle(m->seq, id); !r) return r.error();
  return out;
}

result<std::vector<action_result>> remove(index& i, std::string_view id, const selection& s, std::string_view who,
                                          unix_time now) {
  change c(i);
  if (const auto r = c.begin(); !r) return r.error();
  auto out = remove_within(c, id, s, who, now);
  if (!out) return out;
  if (const auto r = c.commit(); !r) return r.error();
  i.db().checkpoint();  // the key must not live on in the WAL
  return out;
}

}  // namespace sluice::quarantine::actions
