#include "quarantine/erase.hpp"

#include "core/concat.hpp"
#include "quarantine/actions.hpp"

namespace sluice::quarantine {
namespace {

struct live_message {
  std::string id;
  bool of_sender;
};

// Messages with a recipient that is not final yet, when the address sent them or is that recipient.
result<std::vector<live_message>> live_ones(index& i, std::string_view address) {
  std::vector<live_message> out;
  query q(i.db(),
          "SELECT DISTINCT m.id, m.sender = ?1 COLLATE NOCASE OR m.header_from = ?1 COLLATE NOCASE FROM message m "
          "JOIN recipient r ON r.message = m.seq WHERE r.state IN (0, 1, 3) AND (m.sender = ?1 COLLATE NOCASE "
          "OR m.header_from = ?1 COLLATE NOCASE OR r.address = ?1 COLLATE NOCASE)");
  q.bind(address);
  while (q.next()) out.push_back({q.text(0), q.integer(1) != 0});
  if (!q.ok()) return q.error();
  return out;
}

result<std::uint32_t> changed_rows(index& i, const char* sql, std::string_view address, std::string_view name) {
  query q(i.db(), sql);
  q.bind(address, name);
  std::uint32_t n = 0;
  while (q.next()) ++n;
  if (!q.ok()) return q.error();
  return n;
}

// Own mail to the address: what waits is not sent any more, what was sent forgets to whom.
result<void> forget_own_mail(change& c, std::string_view address, std::string_view name, unix_time now) {
  struct mail {
    std::int64_t seq;
    std::string id;
  };
  std::vector<mail> all;
  query q(c.of().db(),
          "UPDATE own_recipient SET address = ?2, reply = '', state = iif(state = 1, 4, state), changed = ?3 WHERE address = ?1 COLLATE NOCASE "
          "AND delivery = 0 RETURNING message, (SELECT id FROM own_mail WHERE seq = message)");
  q.bind(address, name, now);
  while (q.next()) all.push_back({q.integer(0), q.text(1)});
  if (!q.ok()) return q.error();
  for (const mail& m : all) {
    if (const auto r = c.settle_own(m.seq, m.id); !r) return r;
  }
  return {};
}

}  // namespace

result<erase_report> erase_address(index& i, std::string_view address, std::string_view name, bool held_too, std::string_view who, unix_time now) {
  erase_report out;
  auto live = live_ones(i, address);
  if (!live) return live.error();
  if (!live->empty() && !held_too) {
    out.held = static_cast<std::uint32_t>(live->size());
    return out;
  }
  for (const live_message& m : *live) {
    const selection s{.all = m.of_sender, .addresses = m.of_sender ? std::vector<std::string>{} : std::vector<std::string>{std::string(address)}};
    if (const auto r = actions::remove(i, m.id, s, who, now); !r) return r.error();
  }
  live = live_ones(i, address);  // a delivery that was under way keeps its recipient
  if (!live) return live.error();
  if (!live->empty()) {
    out.held = static_cast<std::uint32_t>(live->size());
    return out;
  }
  change c(i);
  if (const auto r = c.begin(); !r) return r.error();
  const auto messages = changed_rows(i,
                                     "UPDATE message SET sender = CASE WHEN sender = ?1 COLLATE NOCASE THEN ?2 ELSE sender END, "
                                     "header_from = CASE WHEN header_from = ?1 COLLATE NOCASE THEN ?2 ELSE header_from END, header_to = '', "
                                     "subject = CASE WHEN content > 1 THEN '' ELSE subject END, preview = CASE WHEN content > 1 THEN '' ELSE preview END, "
                                     "message_id = CASE WHEN content > 1 THEN '' ELSE message_id END "
                                     "WHERE sender = ?1 COLLATE NOCASE OR header_from = ?1 COLLATE NOCASE OR header_to = ?1 COLLATE NOCASE OR "
                                     "(content > 1 AND EXISTS (SELECT 1 FROM recipient r WHERE r.message = seq AND r.address = ?1 COLLATE NOCASE)) "
                                     "RETURNING seq",
                                     address, name);
  if (!messages) return messages.error();
  const auto recipients = changed_rows(i, "UPDATE recipient SET address = ?2, orcpt = '', reply = '' WHERE address = ?1 COLLATE NOCASE RETURNING message",
                                       address, name);
  if (!recipients) return recipients.error();
  if (const auto r = forget_own_mail(c, address, name, now); !r) return r.error();
  out.messages = *messages;
  out.recipients = *recipients;
  const auto at = i.steady(now);
  if (!at) return at.error();
  const std::string result = concat(std::to_string(out.messages), " messages, ", std::to_string(out.recipients), " recipients");
  if (const auto r = i.audit(*at, who, "erase", "", name, result); !r) return r.error();
  if (const auto r = c.commit(); !r) return r.error();
  return out;
}

}  // namespace sluice::quarantine
