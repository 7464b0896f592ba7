// The store's face: it holds the parts and passes the calls on. What each part does stands in its header.
#include "quarantine/store.hpp"

#include <utility>

#include "quarantine/actions.hpp"
#include "quarantine/catalog.hpp"
#include "quarantine/erase.hpp"
#include "quarantine/index.hpp"
#include "quarantine/intake.hpp"
#include "quarantine/outbox.hpp"
#include "quarantine/own_mail.hpp"
#include "quarantine/retention.hpp"
#include "quarantine/spool_body.hpp"
#include "quarantine/telling.hpp"

namespace sluice::quarantine {

struct store::parts {
  parts(volume& v, store_limits limits)
      : idx(v, std::move(limits)),
        in(idx),
        own(idx),
        out(idx, outbox::of_what::releases),
        own_out(idx, outbox::of_what::own_mail),
        told(idx) {}
  index idx;
  intake in;
  own_mail own;
  outbox out, own_out;
  telling told;
  std::int64_t data_version = -1;
  std::int64_t first_seq = 0;  // messages of this run have a higher one
  bool opened = false;
};

store::store(std::unique_ptr<parts> p) : parts_(std::move(p)) {}

store::~store() {
  if (parts_->opened && parts_->idx.of().as() == role::owner) parts_->idx.mark_clean();
}

result<std::unique_ptr<store>> store::open(volume& v, store_limits limits, unix_time now, open_report* report) {
  open_report ignored;
  open_report& out = report != nullptr ? *report : ignored;
  out = {};
  out.leftovers = v.leftovers_removed();
  auto p = std::make_unique<parts>(v, std::move(limits));
  if (const auto r = p->idx.open(now, out); !r) return r.error();
  {
    query q(p->idx.db(), "SELECT coalesce(max(seq), 0) FROM message");
    if (!q.next()) return q.error();
    p->first_seq = q.integer(0);
  }
  p->opened = true;
  p->data_version = p->idx.db().data_version();
  return std::unique_ptr<store>(new store(std::move(p)));
}

result<void> store::set_limits(store_limits limits) { return parts_->idx.set_limits(std::move(limits)); }

result<void> store::put(const new_message& m, std::span<const byte_view> content, unix_time now) {
  return parts_->in.put(m, content, now);
}

result<void> store::put(const new_message& m, spool_file& content, unix_time now) {
  if (const auto r = content.finish(); !r) return r;
  spool_file::body& b = *content.body_;
  const auto r =
      parts_->in.put(m, {b.path, b.fd, b.key, b.writer.content_bytes(), b.writer.file_bytes(), b.adopted}, now);
  if (r) content.discard();  // closes it and gives its octets back to the spool's budget; the file stays
  return r;
}

result<list_page> store::list(const list_filter& f, std::int64_t before, std::size_t limit) {
  return catalog::list(parts_->idx, f, before, limit);
}

result<message_detail> store::show(std::string_view id) { return catalog::show(parts_->idx, id); }

result<content_reader> store::read(std::string_view id) {
  const auto row = parts_->idx.find(id);
  if (!row) return row.error();
  return parts_->idx.open_content(*row);
}

result<store_stats> store::stats() { return catalog::stats(parts_->idx); }

result<store_totals> store::totals() { return catalog::totals(parts_->idx); }

result<std::vector<audit_entry>> store::audit(std::int64_t before, std::size_t limit) {
  return catalog::audit(parts_->idx, {}, before, limit);
}

result<std::vector<action_result>> store::release(std::string_view id, const selection& s, std::string_view who,
                                                  unix_time now) {
  return actions::release(parts_->idx, id, s, who, now);
}

result<std::vector<action_result>> store::remove(std::string_view id, const selection& s, std::string_view who,
                                                 unix_time now) {
  return actions::remove(parts_->idx, id, s, who, now);
}

result<erase_report> store::erase(std::string_view address, std::string_view name, bool held_too, std::string_view who, unix_time now) {
  return erase_address(parts_->idx, address, name, held_too, who, now);
}

result<std::string> store::queue_own(const new_own_mail& m, std::span<const own_piece> content, std::string_view who,
                                     unix_time now) {
  return parts_->own.queue(m, content, who, now);
}

result<std::vector<own_summary>> store::own_list(std::int64_t before, std::size_t limit) {
  return parts_->own.list(before, limit);
}

result<own_totals> store::own_waiting() { return parts_->own.totals(); }

std::string store::pseudonym(std::string_view text) const { return parts_->idx.key().pseudonym(text); }

result<void> store::drop_own(std::string_view id, std::string_view who, unix_time now) {
  return parts_->own.drop(id, who, now);
}

result<std::optional<unix_time>> store::next_due_time() {
  auto first = parts_->out.next_due_time();
  if (!first) return first;
  auto own = parts_->own_out.next_due_time();
  if (!own || !*first || (*own && **own < **first)) return own;
  return first;
}

result<std::optional<release_job>> store::next_due(unix_time now) {
  auto job = parts_->out.next_due(now);
  if (!job || *job) return job;
  return parts_->own_out.next_due(now);
}

result<void> store::record_attempt(std::int64_t attempt, std::span<const delivery_result> results, unix_time now) {
  return (attempt < 0 ? parts_->own_out : parts_->out).record(attempt, results, now);
}

result<void> store::record_damage(std::int64_t attempt, unix_time now) {
  return (attempt < 0 ? parts_->own_out : parts_->out).record_damage(attempt, now);
}

telling& store::told() { return parts_->told; }

result<std::unique_ptr<index_copy>> store::begin_copy(const std::string& path) { return index_copy::begin(parts_->idx.db(), path); }
result<upkeep_report> store::upkeep(unix_time now) { return keep_up(parts_->idx, now); }

result<void> store::clock_corrected(unix_time before, unix_time now) {
  index& i = parts_->idx;
  change c(i);
  if (const auto r = c.begin(); !r) return r;
  const auto stamped = i.steady(before);  // what put() wrote while the clock was wrong
  if (!stamped) return stamped.error();
  query fresh(
      i.db(),
      "UPDATE message SET received = received + ?2, held_since = held_since + ?2 WHERE seq > ?1 AND content <= 1");
  if (const auto r = fresh.bind(parts_->first_seq, now - *stamped).run(); !r) return r;
  if (const auto r = query(i.db(), "UPDATE message SET held_since = ?1 WHERE held_since > ?1").bind(now).run(); !r)
    return r;
  // Releases under way get their full time again, from the right clock.
  query releases(i.db(), "UPDATE recipient SET started = ?1, next_attempt = ?1 WHERE state = 1");
  if (const auto r = releases.bind(now).run(); !r) return r;
  query own(i.db(), "UPDATE own_recipient SET started = ?1, next_attempt = ?1 WHERE state = 1");
  if (const auto r = own.bind(now).run(); !r) return r;
  const std::string step = std::to_string(now - before) + " s";
  if (const auto r = i.audit(now, "sluice", "clock", "", "", step); !r) return r;
  const auto committed = c.commit();
  if (committed) {
    query q(i.db(), "SELECT coalesce(max(seq), 0) FROM message");
    if (q.next()) parts_->first_seq = q.integer(0);  // these are right now; a later step must not move them again
  }
  return committed;
}

bool store::changed_elsewhere() {
  const std::int64_t seen = parts_->idx.db().data_version();
  const bool changed = seen != parts_->data_version;
  parts_->data_version = seen;
  return changed;
}

}  // namespace sluice::quarantine
