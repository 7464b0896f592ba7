// What the administrator's lists say to a mail_session: blocked clients, senders and recipients at RCPT, blocked authors
// and whatever is allowed or excepted at the end of the data. postmaster and abuse stay reachable (RFC 5321 4.5.1), in
// transactions of their own, so that naming them beside others opens no door.
#include <algorithm>
#include <ctime>

#include "core/ascii.hpp"
#include "core/log.hpp"
#include "net/mail_session.hpp"
#include "policy/lists.hpp"

namespace sluice::net {
namespace {

using policy::list_hit;
using policy::list_kind;

bool is_block(const std::optional<list_hit>& hit) { return hit && hit->kind == list_kind::block; }
bool is_allow(const std::optional<list_hit>& hit) { return hit && hit->kind == list_kind::allow; }

std::optional<list_hit> client_hit(policy::list_table& table, byte_view client_ip, std::int64_t now) {
  auth::ip_address ip;
  if (!auth::parse_ip(client_ip.substr(0, client_ip.find('%')), ip)) return std::nullopt;
  return table.client(ip, now);
}

}  // namespace

bool mail_session::to_role() const {
  return envelope_.recipients() > 0 && policy::is_role_address(envelope_.recipient(0).to.text);
}

smtp::cause mail_session::listed_fault(const smtp::rcpt_command& rcpt, fixed_string<24>& entry) {
  const bool role = policy::is_role_address(rcpt.to.text);
  if (envelope_.recipients() > 0 && role != to_role()) return smtp::cause::other_route;
  if (probe_ || role || all_.listed.empty()) return smtp::cause::none;
  const std::int64_t now = std::time(nullptr);
  const smtp::mail_command mail = envelope_.mail();
  smtp::cause why = smtp::cause::none;
  all_.listed.with([&](policy::list_table& table) {
    const auto say = [&](const std::optional<list_hit>& hit, smtp::cause what) {
      if (why != smtp::cause::none || !is_block(hit)) return;
      why = what;
      entry = policy::cause_of(*hit);
    };
    say(client_hit(table, view(client_ip_), now), smtp::cause::client_blocked);
    if (why == smtp::cause::none) say(table.sender(mail.from.text, now), smtp::cause::sender_blocked);
    if (why == smtp::cause::none) say(table.recipient(rcpt.to.text, now), smtp::cause::recipient_blocked);
  });
  return why;
}

// An author is allowed only when authentication vouches for it: anybody can write a name into From. The client's address
// and the recipient need nobody's word.
void mail_session::apply_lists(policy::dmarc_disposition& dmarc) {
  if (probe_ || all_.listed.empty()) return;
  session_message& m = *message_;
  inspect::findings& found = m.verdict->found;
  const byte_view author = view(m.inspector().facts().from);
  const std::int64_t now = std::time(nullptr);
  std::uint64_t excepted = 0;
  all_.listed.with([&](policy::list_table& table) {
    const auto client = client_hit(table, view(client_ip_), now);
    const auto sender = table.sender(author, now);
    std::optional<list_hit> to;
    bool all_allowed = envelope_.recipients() > 0;
    for (std::size_t i = 0; all_allowed && i < envelope_.recipients(); ++i) {
      to = table.recipient(envelope_.recipient(i).to.text, now);
      all_allowed = is_allow(to);
    }
    if (is_block(sender)) {
      m.blocked = true;
      m.verdict->list = policy::cause_of(*sender);
      return;
    }
    const bool by_sender = is_allow(sender) && m.author_vouched;
    if (is_allow(client) || by_sender || all_allowed) {
      m.verdict->list = policy::cause_of(by_sender ? *sender : is_allow(client) ? *client : *to);
      policy::silence_all(found);
      dmarc = policy::dmarc_disposition::none;
      return;
    }
    for (std::size_t f = 0; f < found.list.size(); ++f) {
      if (found.list[f].weight == 0) continue;
      std::optional<list_hit> hit;
      bool for_all = envelope_.recipients() > 0;
      for (std::size_t i = 0; for_all && i < envelope_.recipients(); ++i) {
        hit = table.excepts(found.list[f], view(found.profile), m.inspector().text_sample(), envelope_.recipient(i).to.text, now);
        for_all = hit.has_value();
      }
      if (!for_all) continue;
      policy::silence(found, f);
      m.verdict->list = policy::cause_of(*hit);
      ++excepted;
    }
  });
  if (m.blocked) counters_.add(counter::lists_blocked);
  else if (excepted > 0) counters_.add(counter::lists_excepted, excepted);
  else if (!m.verdict->list.empty()) counters_.add(counter::lists_allowed);
}

// "FROM:<a@example.org> SIZE=9": the address, or as much of an argument as could be one.
void mail_session::tell_refused_command(refusal what, const smtp::step& s) {
  byte_view address = s.text.substr(std::min(s.text.size(), s.text.find(':') + 1));
  if (const std::size_t open = address.find('<'); open != byte_view::npos) address.remove_prefix(open + 1);
  address = ascii::trim(address.substr(0, address.find('>')));
  tell_refusal(what, smtp::name_of(s.fault), smtp::reply_of(s.fault), address.substr(0, smtp::limits::path_bytes));
}

void mail_session::tell_refusal(refusal what, byte_view cause, const smtp::reply& ours, byte_view address, const smtp::reply& downstream,
                                byte_view list_entry) {
  if (all_.events == nullptr || probe_) return;
  refusal_event e;
  e.what = what;
  e.cause = cause;
  e.list_entry = list_entry;
  e.client_ip = view(client_ip_);
  e.helo = view(helo_);
  if (const tls::engine* secured = stream_.tls_session()) e.tls_version = secured->version();
  if (what == refusal::sender) e.mail_from = address;
  else if (envelope_.open()) e.mail_from = envelope_.mail().from.text;
  if (what == refusal::recipient) e.rcpt = address;
  if (downstream_) e.route_host = downstream_->host_key();
  e.reply_code = ours.code;
  e.reply_text = ours.text;
  e.downstream_code = downstream.code;
  e.downstream_text = downstream.text;
  e.unix_seconds = std::time(nullptr);
  all_.events->on_refusal(e);
}

}  // namespace sluice::net
