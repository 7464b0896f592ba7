#include "firmware/gateway/records/digest_writer.hpp"

#include <algorithm>

namespace sluice::gateway {
namespace {

constexpr std::int64_t hour_s = 3600;

bool is_full(const boost::system::error_code& e) {
  return e == make_error_code(quarantine::errc::own_mail_full) || e == make_error_code(quarantine::errc::disk_full);
}

digest_facts digest_for(const std::string& recipient, std::uint64_t messages) {
  digest_facts f;
  f.recipient = recipient;
  f.messages = messages;
  return f;
}

digest_facts notice_of(const std::string& recipient) {
  digest_facts f = digest_for(recipient, 1);
  f.notice = true;
  return f;
}

}  // namespace

std::vector<digest_link> links_for(const quarantine::held_item& item, const digest_plan& plan, const status::link_key& key,
                                   std::int64_t until) {
  std::vector<digest_link> out;
  if (!plan.links) return out;
  const status::link_action first = may_release(item, plan.operator_rules) ? status::link_action::release : status::link_action::ask;
  for (const status::link_action a : {first, status::link_action::remove}) {
    const std::string token = status::make_link(key, {item.id, item.position, a, until}, item.address);
    if (!token.empty()) out.push_back({a, plan.link_url + "/q/" + token});
  }
  return out;
}

digest_writer::state& digest_writer::state_of(std::string_view domain) {
  const auto at = std::ranges::find(states_, domain, &state::domain);
  return at != states_.end() ? *at : states_.emplace_back(state{.domain = std::string(domain), .after = {}});
}

void digest_writer::send_now(std::string_view domain, const digest_plan& plan, std::int64_t now) {
  for (const digest_plan::domain& d : plan.domains)
    if (domain.empty() || d.name == domain) state_of(d.name).forced = now;
}

told_step digest_writer::step(quarantine::telling& told, const digest_plan& plan, const status::link_keys& keys, const inspect::lexicon& words,
                              std::int64_t now) {
  const auto gone = [&](const state& s) { return std::ranges::find(plan.domains, s.domain, &digest_plan::domain::name) == plan.domains.end(); };
  std::erase_if(states_, gone);
  const work w{told, plan, keys, words, now};
  for (const digest_plan::domain& d : plan.domains)
    if (const told_step done = domain_step(w, d, state_of(d.name)); done != told_step::idle) return done;
  return told_step::idle;
}

told_step digest_writer::domain_step(const work& w, const digest_plan::domain& d, state& s) {
  const auto p = w.told.progress(d.name);
  if (!p) return told_step::failed;
  const std::int64_t due = std::max(last_moment(d, w.now), s.forced);
  if (!p->known) {  // the first digest comes at the next scheduled moment; what is held already gets no notice
    const auto newest = w.told.newest();
    if (!newest || !w.told.set_progress(d.name, {true, s.forced != 0 ? s.forced - 1 : due, *newest})) return told_step::failed;
    return told_step::worked;
  }
  if (d.notice)
    if (const told_step done = notice_step(w, d, s, *p); done != told_step::idle) return done;
  return due > p->run ? digest_step(w, d, s, *p, due) : told_step::idle;
}

quarantine::result<bool> digest_writer::notice_is_due(const work& w, const digest_plan::domain& d, const quarantine::held_item& item) {
  if (!notice_fits(d, item.rules) || !w.plan.wants_notice(item.address)) return false;
  const auto refused = w.told.last_was_refused(item.address);
  if (!refused) return refused.error();
  if (*refused) return false;
  const auto sent = w.told.notices_since(item.address, w.now - hour_s);
  if (!sent) return sent.error();
  return *sent < w.plan.notices_per_hour;
}

told_step digest_writer::notice_step(const work& w, const digest_plan::domain& d, state& s, quarantine::told_progress p) {
  if (s.message == 0) {
    const auto next = w.told.next_held(d.name, p.noticed);
    if (!next) return told_step::failed;
    if (*next == 0) return told_step::idle;
    s.message = *next;
    s.position = -1;
  }
  const auto item = w.told.next_recipient(d.name, s.message, s.position);
  if (!item) return told_step::failed;
  if (!*item) {  // all of this message's recipients are done
    p.noticed = s.message;
    if (!w.told.set_progress(d.name, p)) return told_step::failed;
    s.message = 0;
    return told_step::worked;
  }
  const auto due = notice_is_due(w, d, **item);
  if (!due) return told_step::failed;
  if (*due) {
    const told_step done = queue(w, notice_of((*item)->address), {**item},
                                 {(*item)->address, 0, s.message});
    if (done != told_step::worked) return done;
  }
  s.position = (*item)->position;
  return told_step::worked;
}

told_step digest_writer::digest_step(const work& w, const digest_plan::domain& d, state& s, quarantine::told_progress p, std::int64_t due) {
  const auto next = w.told.next_untold(d.name, s.after, due, w.plan.rows);
  if (!next) return told_step::failed;
  if (!*next) {
    p.run = due;
    if (!d.notice) {  // so that notices, when they are switched on, begin with new mail
      const auto newest = w.told.newest();
      if (!newest) return told_step::failed;
      p.noticed = *newest;
    }
    if (!w.told.set_progress(d.name, p)) return told_step::failed;
    s.after.clear();
    s.forced = 0;
    return told_step::worked;
  }
  const quarantine::untold_mail& mail = **next;
  if (w.plan.wants_digest(mail.address) && !mail.refused) {
    const told_step done =
        queue(w, digest_for(mail.address, mail.messages), mail.items, {mail.address, due, 0});
    if (done != told_step::worked) return done;
  }
  s.after = mail.address;
  return told_step::worked;
}

// A mail that cannot be queued for a reason of its own is skipped: it must not keep the others waiting.
told_step digest_writer::queue(const work& w, digest_facts facts, const std::vector<quarantine::held_item>& items, const quarantine::told_mark& mark) {
  facts.hostname = w.plan.hostname;
  facts.from = w.plan.from;
  if (w.plan.links) facts.links_until = w.now + w.plan.link_lifetime_s;
  for (const quarantine::held_item& item : items) {
    digest_row row = row_of(item, w.words);
    row.links = links_for(item, w.plan, w.keys.current, facts.links_until);
    facts.rows.push_back(std::move(row));
  }
  const auto done = queue_(digest_of(facts), facts, mark, w.now);
  if (done) ++mails_;
  if (done || done.error() == make_error_code(quarantine::errc::invalid)) return told_step::worked;
  return is_full(done.error()) ? told_step::full : told_step::failed;
}

}  // namespace sluice::gateway
