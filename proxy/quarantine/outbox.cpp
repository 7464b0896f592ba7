#include "quarantine/outbox.hpp"

#include <algorithm>
#include <utility>

#include "core/concat.hpp"
#include "quarantine/catalog.hpp"
#include "quarantine/own_mail.hpp"

namespace sluice::quarantine {

// The same questions to the tables of releases and to those of own mail. An attempt at own mail has a negative id, so that
// who records its outcome need not know which it was.
struct outbox_tables {
  const char* due_time;
  const char* covered;  // the id last: under which it is audited
  const char* claim;
  const char* mark;
  const char* update;
  const char* damage;
};

namespace {

constexpr outbox_tables releases{
    "SELECT next_attempt FROM recipient WHERE state = 1 AND delivery = 0 ORDER BY next_attempt LIMIT 1",
    "SELECT r.message, m.id, r.position, r.attempts, r.address, r.started, m.id FROM recipient r JOIN message m ON m.seq = "
    "r.message WHERE r.delivery = ?1 AND r.delivery <> 0 ORDER BY r.position",
    "SELECT m.seq, m.id, m.content, m.bytes, m.key FROM recipient r JOIN message m ON m.seq = r.message WHERE r.state = 1 "
    "AND r.delivery = 0 AND r.next_attempt <= ?1 ORDER BY r.next_attempt LIMIT 1",
    "UPDATE recipient SET delivery = ?1 WHERE message = ?2 AND state = 1 AND delivery = 0 AND next_attempt <= ?3",
    "UPDATE recipient SET delivery = 0, state = ?3, changed = iif(state = ?3, changed, ?4), reply = ?5, "
    "attempts = attempts + 1, next_attempt = ?6 WHERE message = ?1 AND position = ?2",
    "UPDATE message SET content = 1 WHERE seq = ?1 AND content = 0"};

constexpr outbox_tables own_mails{
    "SELECT next_attempt FROM own_recipient WHERE state = 1 AND delivery = 0 ORDER BY next_attempt LIMIT 1",
    "SELECT r.message, m.id, r.position, r.attempts, r.address, r.started, iif(m.about = '', m.id, m.about) FROM "
    "own_recipient r JOIN own_mail m ON m.seq = r.message WHERE r.delivery = ?1 AND r.delivery <> 0 ORDER BY r.position",
    "SELECT m.seq, m.id, m.content, m.bytes, m.key FROM own_recipient r JOIN own_mail m ON m.seq = r.message WHERE r.state "
    "= 1 AND r.delivery = 0 AND r.next_attempt <= ?1 ORDER BY r.next_attempt LIMIT 1",
    "UPDATE own_recipient SET delivery = ?1 WHERE message = ?2 AND state = 1 AND delivery = 0 AND next_attempt <= ?3",
    "UPDATE own_recipient SET delivery = 0, state = ?3, changed = iif(state = ?3, changed, ?4), reply = ?5, "
    "attempts = attempts + 1, next_attempt = ?6 WHERE message = ?1 AND position = ?2",
    "UPDATE own_mail SET content = 1 WHERE seq = ?1 AND content = 0"};

struct in_flight {
  std::int64_t message;
  std::string id;
  std::uint32_t position, attempts;
  std::string address;
  unix_time started;
  std::string audited;
};

result<std::vector<in_flight>> covered_by(index& i, const outbox_tables& of, std::int64_t attempt) {
  std::vector<in_flight> out;
  query q(i.db(), of.covered);
  q.bind(attempt);
  while (q.next()) {
    out.push_back({q.integer(0), q.text(1), static_cast<std::uint32_t>(q.integer(2)),
                   static_cast<std::uint32_t>(q.integer(3)), q.text(4), q.integer(5), q.text(6)});
  }
  if (!q.ok()) return q.error();
  if (out.empty()) return i.of().fail(errc::not_found, concat("attempt ", std::to_string(attempt)));
  return out;
}

struct next_step {
  recipient_state state;
  unix_time at;  // of the next attempt, when it is still releasing
};

next_step step_after(const in_flight& r, delivery outcome, std::int64_t retry_for_s, unix_time now) {
  if (outcome == delivery::delivered) return {recipient_state::released, 0};
  const unix_time end = r.started + retry_for_s;
  if (outcome == delivery::permanent || now >= end) return {recipient_state::refused, 0};
  return {recipient_state::releasing, std::min(now + retry_delay_s(r.attempts + 1), end)};
}

// The outcome of one recipient of an attempt, audited. Recipients without a result were not tried.
result<void> write_one(index& i, const outbox_tables& of, const in_flight& r, std::span<const delivery_result> results,
                       bool damaged, unix_time now) {
  static const delivery_result not_tried{0, delivery::temporary, "not tried"};
  static const delivery_result broken{0, delivery::permanent, "the stored content is damaged"};
  const auto given =
      std::find_if(results.begin(), results.end(), [&](const auto& d) { return d.position == r.position; });
  const delivery_result& d = damaged ? broken : given == results.end() ? not_tried : *given;
  const std::string_view reply = std::string_view(d.reply).substr(0, reply_bytes_max);
  const next_step next = step_after(r, d.outcome, i.limits().retry_for_s, now);
  query update(i.db(), of.update);
  if (const auto done = update.bind(r.message, r.position, next.state, now, reply, next.at).run(); !done) return done;
  const std::string outcome = concat(name_of(next.state), ": ", reply);
  return i.audit(now, "sluice", "deliver", r.audited, r.address, outcome);
}

}  // namespace

std::int64_t retry_delay_s(std::uint32_t attempts) {
  constexpr std::int64_t minutes[] = {5, 15, 30, 60, 120, 240};
  return minutes[std::min<std::size_t>(attempts > 0 ? attempts - 1 : 0, std::size(minutes) - 1)] * minute_s;
}

outbox::outbox(index& i, of_what what)
    : index_(i), tables_(what == of_what::releases ? releases : own_mails), own_(what == of_what::own_mail) {}

result<std::optional<unix_time>> outbox::next_due_time() {
  if (!unwritten_.empty()) return std::optional<unix_time>(unwritten_.front().at);
  query q(index_.db(), tables_.due_time);
  std::optional<unix_time> at;
  if (q.next()) at = q.integer(0);
  if (!q.ok()) return q.error();
  return at;
}

result<std::optional<release_job>> outbox::next_due(unix_time now) {
  if (const auto r = write_unwritten(); !r) return r.error();
  for (;;) {
    const auto due = next_due_time();  // a cheap look first: a transaction would sync the WAL
    if (!due) return due.error();
    if (!*due || **due > now) return std::optional<release_job>();
    auto claimed = claim_one(now);
    if (!claimed) return claimed.error();
    if (!*claimed) continue;
    const claim& c = **claimed;
    auto e = own_ ? own_envelope_of(index_, c.message.seq, c.attempt)
                  : catalog::envelope_of(index_, c.message.seq, c.attempt);
    if (!e) return e.error();
    auto content = own_ ? index_.open_own(c.message) : index_.open_content(c.message);
    if (content)
      return std::optional<release_job>(release_job{c.attempt, c.message.id, std::move(*e), std::move(*content), own_});
    if (content.error() != make_error_code(errc::damaged) && content.error() != make_error_code(errc::no_content)) {
      // Trouble of the medium: back to waiting, with the usual delay.
      const boost::system::error_code trouble = content.error();
      if (const auto r = record(c.attempt, {}, now); !r) return r.error();
      return trouble;
    }
    if (const auto r = record_damage(c.attempt, now); !r) return r.error();
  }
}

// Marks the recipients of the message that waits longest; the attempt id is on the medium before the delivery starts.
result<std::optional<outbox::claim>> outbox::claim_one(unix_time now) {
  change c(index_);
  if (const auto r = c.begin(); !r) return r.error();
  claim out;
  {
    query q(index_.db(), tables_.claim);
    if (!q.bind(now).next()) return q.ok() ? result<std::optional<claim>>(std::optional<claim>()) : q.error();
    out.message = {q.integer(0), q.text(1), static_cast<content_state>(q.integer(2)), q.natural(3), q.text(4)};
  }
  {
    query q(index_.db(), "UPDATE meta SET value = value + 1 WHERE key = 'attempt' RETURNING value");
    if (!q.next()) return q.error();
    out.attempt = own_ ? -q.integer(0) : q.integer(0);
    while (q.next()) {
    }
    if (!q.ok()) return q.error();
  }
  query mark(index_.db(), tables_.mark);
  if (const auto r = mark.bind(out.attempt, out.message.seq, now).run(); !r) return r.error();
  if (const auto r = c.commit(); !r) return r.error();
  return std::optional<claim>(std::move(out));
}

result<void> outbox::record(std::int64_t attempt, std::span<const delivery_result> results, unix_time now) {
  outcome o{attempt, {results.begin(), results.end()}, false, now};
  const auto r = write(o);
  if (!r && r.error() != make_error_code(errc::not_found)) unwritten_.push_back(std::move(o));
  return r;
}

result<void> outbox::record_damage(std::int64_t attempt, unix_time now) {
  outcome o{attempt, {}, true, now};
  const auto r = write(o);
  if (!r && r.error() != make_error_code(errc::not_found)) unwritten_.push_back(std::move(o));
  return r;
}

result<void> outbox::write_unwritten() {
  while (!unwritten_.empty()) {
    const auto r = write(unwritten_.front());
    if (!r && r.error() != make_error_code(errc::not_found)) return r;
    unwritten_.erase(unwritten_.begin());
  }
  return {};
}

result<void> outbox::write(const outcome& o) {
  change c(index_);
  if (const auto r = c.begin(); !r) return r;
  const auto covered = covered_by(index_, tables_, o.attempt);
  if (!covered) return covered.error();
  const auto& first = covered->front();
  if (o.damaged) {
    if (const auto r = query(index_.db(), tables_.damage).bind(first.message).run(); !r) return r;
  }
  for (const in_flight& r : *covered) {
    if (const auto done = write_one(index_, tables_, r, o.results, o.damaged, o.at); !done) return done;
  }
  const auto settled = own_ ? c.settle_own(first.message, first.id) : c.settle(first.message, first.id);
  if (!settled) return settled;
  return c.commit();
}

}  // namespace sluice::quarantine
