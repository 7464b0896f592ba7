// The downstream side of a mail_session: a connection for the route, the envelope there, and its loss.
#include <algorithm>
#include <charconv>

#include "net/mail_session.hpp"

namespace sluice::net {
namespace {

// Replies of the downstream that may not be passed on as they are: its 421 would end the client's session although
// only the downstream's ends; 3xx has no meaning here (design: reply mapping).
answer passed_on(answer a) {
  if (a.failure != smtp::cause::none) return a;
  if (a.reply.code == 421) {
    a.reply.code = 451;
    if (a.reply.status.klass == 0) a.reply.status = {4, 4, 2};
  } else if (a.reply.intermediate()) {
    a.failure = smtp::cause::downstream_malformed;
  }
  return a;
}

answer failed(smtp::cause why) {
  answer a;
  a.failure = why;
  return a;
}

}  // namespace

smtp::client_info mail_session::client_facts() const {
  using enum smtp::client_attribute;
  using kind = smtp::client_value::kind;
  smtp::client_info info;
  info[addr] = {kind::given, view(client_ip_)};
  info[name] = client_name_ && !client_name_->empty() ? smtp::client_value{kind::given, view(*client_name_)}
                                                       : smtp::client_value{kind::unavailable, {}};
  if (!helo_.empty()) info[helo] = {kind::given, view(helo_)};
  info[proto] = {kind::given, smtp_.esmtp() ? "ESMTP" : "SMTP"};
  return info;
}

awaitable<smtp::cause> mail_session::try_host(const host_settings& host) {
  const route_settings& route = rules_->routes[route_];
  const std::string key = key_of(host);
  downstream_ = home_.pool().take(route_, rules_->generation, key);
  if (downstream_) {
    downstream_->use_deadline(until_);
    downstream_->discreet = probe_;
    // One that offers no XCLIENT behind the first, as the host does to newcomers, would take us for the client before.
    const auto usual = all_.capabilities.offers_of(key).value_or(smtp::extension_set{});
    const bool bound = route.send_xclient && usual.has(smtp::extension::xclient) &&
                       !downstream_->offers().has(smtp::extension::xclient);
    smtp::cause failure = smtp::cause::downstream_lost;
    if (!bound) failure = co_await introduce(route);
    if (failure == smtp::cause::none) co_return failure;
    drop_downstream();  // also when it died while nobody looked
  }
  auto fresh = std::make_unique<downstream>(home_.loop(), home_.scratch(), all_, until_);
  fresh->route_index = route_;
  fresh->discreet = probe_;
  fresh->generation = rules_->generation;
  smtp::cause failure = co_await fresh->open(route, host, rules_->hostname, rules_->deadline);
  if (failure != smtp::cause::none) co_return failure;
  downstream_ = std::move(fresh);
  failure = co_await introduce(route);
  if (failure != smtp::cause::none) drop_downstream();
  co_return failure;
}

// Tells downstream_ who the client is, as far as it takes introductions.
awaitable<smtp::cause> mail_session::introduce(const route_settings& route) {
  smtp::client_info facts = client_facts();
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), client_port_).ptr;
  facts[smtp::client_attribute::port] = {smtp::client_value::kind::given,
                                         {digits.data(), static_cast<std::size_t>(end - digits.data())}};
  const smtp::cause failure = co_await downstream_->introduce(facts, route);
  co_return failure;
}

// Leaves downstream_ set, introduced and able to carry the envelope; the hosts that answered last come first.
awaitable<smtp::cause> mail_session::connect_downstream() {
  const route_settings& route = rules_->routes[route_];
  const smtp::mail_command mail = envelope_.mail();
  if (downstream_ && (downstream_->route_index != route_ || downstream_->gone() ||
                      !worth_keeping(*downstream_, route)))
    return_downstream();
  if (downstream_ && smtp::missing_for(mail, downstream_->offers()) == smtp::cause::none) {
    if (downstream_->introduced) {
      const smtp::cause failure = co_await introduce(route);  // XFORWARD is for one transaction
      if (failure == smtp::cause::none) co_return failure;
      drop_downstream();
    } else {
      return_downstream();  // XCLIENT changed who the client is: take it anew
    }
  }
  smtp::cause worst = smtp::cause::downstream_unreachable;
  bool lacked = false, another_may = false;
  for (const bool down_ones : {false, true}) {
    for (const host_settings& host : route.hosts) {
      if ((all_.capabilities.state_of(key_of(host)) == relay::host_state::down) != down_ones) continue;
      const smtp::cause failure = co_await try_host(host);
      if (failure != smtp::cause::none) {
        if (!lacked) worst = failure;
        another_may = another_may || route.hosts.size() > 1;
        continue;
      }
      const smtp::cause missing = smtp::missing_for(mail, downstream_->offers());
      if (missing == smtp::cause::none) co_return smtp::cause::none;
      lacked = true;
      worst = missing;
      return_downstream();
    }
  }
  // A host that lacks what the envelope uses is final only when no other host of the route could have it.
  if (lacked && another_may) worst = smtp::cause::downstream_lacks_extension;
  co_return worst;
}

awaitable<answer> mail_session::send_first_recipient(const smtp::rcpt_command& rcpt) {
  // A kept connection may have been closed by the other side at this very moment: once more on a fresh one. Not after a silence or
  // half a reply: the client waits, and what this one said once it may say again.
  for (int attempt = 0;; ++attempt) {
    const smtp::cause failure = co_await connect_downstream();
    if (failure != smtp::cause::none) co_return failed(failure);
    const bool was_used = downstream_->transactions > 0;
    std::array<char, 2 * smtp::limits::command_line_bytes> text;
    smtp::command_writer out(text);
    const bool together = downstream_->offers().has(smtp::extension::pipelining);
    if (!out.mail(envelope_.mail(), downstream_->offers())) co_return failed(smtp::cause::bad_sender);
    if (together && !out.rcpt(rcpt, downstream_->offers())) co_return failed(smtp::cause::bad_recipient);
    ++downstream_->transactions;
    answer mail = co_await downstream_->command(out.text());
    if (mail.failure != smtp::cause::none) {
      const bool once_more = was_used && attempt == 0 && downstream_->closed_unasked();
      drop_downstream();
      if (once_more) continue;
      co_return mail;
    }
    if (!mail.ok()) {
      mail = passed_on(mail);
      if (mail.failure == smtp::cause::none) {
        // Kept for the other recipients of this transaction; the downstream's buffer moves on.
        mail_refusal_ = std::make_unique<kept_reply>(mail.reply);
        mail.reply = mail_refusal_->get();
      }
      if (together && !downstream_->broken()) {
        const answer ignored = co_await downstream_->read_reply(rules_->deadline.downstream_command);
        if (ignored.failure != smtp::cause::none) drop_downstream();
      }
      if (downstream_ && downstream_->broken()) drop_downstream();
      co_return mail;
    }
    mail_sent_ = true;
    if (!together) co_return co_await send_recipient(rcpt);
    const answer a = co_await downstream_->read_reply(rules_->deadline.downstream_command);
    if (a.failure != smtp::cause::none) drop_downstream();
    co_return passed_on(a);
  }
}

awaitable<answer> mail_session::send_recipient(const smtp::rcpt_command& rcpt) {
  if (!downstream_ || downstream_->gone()) {
    const smtp::cause failure = co_await replay_envelope();
    if (failure != smtp::cause::none) co_return failed(failure);
  }
  std::array<char, smtp::limits::command_line_bytes> text;
  smtp::command_writer out(text);
  if (!out.rcpt(rcpt, downstream_->offers())) co_return failed(smtp::cause::bad_recipient);
  const answer a = co_await downstream_->command(out.text());
  if (a.failure != smtp::cause::none) drop_downstream();
  co_return passed_on(a);
}

awaitable<smtp::cause> mail_session::replay_envelope() {
  counters_.add(counter::downstream_reconnects);
  drop_downstream();
  const smtp::cause failure = co_await connect_downstream();
  if (failure != smtp::cause::none) co_return failure;
  std::array<char, smtp::limits::command_line_bytes> text;
  smtp::command_writer out(text);
  if (!out.mail(envelope_.mail(), downstream_->offers())) co_return smtp::cause::downstream_lost;
  ++downstream_->transactions;
  const answer mail = co_await downstream_->command(out.text());
  bool all_accepted = mail.ok();
  for (std::size_t i = 0; all_accepted && i < envelope_.recipients(); ++i) {
    out.clear();
    all_accepted = out.rcpt(envelope_.recipient(i), downstream_->offers());
    if (!all_accepted) break;
    const answer a = co_await downstream_->command(out.text());
    all_accepted = a.ok();
  }
  if (!all_accepted) {
    drop_downstream();
    co_return smtp::cause::downstream_lost;
  }
  mail_sent_ = true;
  co_return smtp::cause::none;
}

// DATA, on the connection that has the envelope or on a new one. ok() is never true: 354 comes back as the reply.
awaitable<answer> mail_session::send_data_command() {
  for (int attempt = 0;; ++attempt) {
    if (!downstream_ || downstream_->gone()) {
      const smtp::cause failure = co_await replay_envelope();
      if (failure != smtp::cause::none) co_return failed(failure);
    }
    const answer a = co_await downstream_->command("DATA\r\n");
    if (a.failure != smtp::cause::none) {
      drop_downstream();
      if (attempt == 0 && a.failure == smtp::cause::downstream_lost && !until_.past_not_after()) continue;
      co_return a;
    }
    if (a.reply.code == 354) co_return a;
    answer refusal = passed_on(a);
    if (refusal.failure == smtp::cause::none && refusal.reply.positive())
      refusal = failed(smtp::cause::downstream_malformed);
    if (refusal.failure != smtp::cause::none) drop_downstream();
    // After a refused DATA the envelope is gone downstream in most servers; RSET makes it certain.
    co_return refusal;
  }
}

awaitable<void> mail_session::reset_downstream() {
  if (!downstream_ || !mail_sent_) co_return;
  mail_sent_ = false;
  if (downstream_->broken()) {
    drop_downstream();
    co_return;
  }
  const answer a = co_await downstream_->command("RSET\r\n");
  if (!a.ok()) drop_downstream();
}

void mail_session::drop_downstream() {
  if (downstream_) downstream_->drop();
  downstream_.reset();
  mail_sent_ = false;
}

void mail_session::return_downstream() {
  if (!downstream_) return;
  std::unique_ptr<downstream> c = std::move(downstream_);
  mail_sent_ = false;
  if (c->broken()) return;
  c->introduced = false;
  const route_settings& route = rules_->routes[c->route_index];  // before the move: arguments have no order
  if (!all_.stopping.load(std::memory_order_relaxed)) c = home_.pool().give(std::move(c), route);
  if (c) home_.retire(std::move(c));
}

}  // namespace sluice::net
