// EHLO, MAIL, RCPT, RSET, XCLIENT of a mail_session.
#include "core/ascii.hpp"
#include "core/log.hpp"
#include "net/ascii_domain.hpp"
#include "net/mail_session.hpp"
#include "net/safe_mode.hpp"
#include "smtp/ip_text.hpp"

namespace sluice::net {

smtp::extension_set mail_session::offer() const {
  using enum smtp::extension;
  const listener_settings& at = rules_->listeners[listener_];
  smtp::extension_set own;
  own.add(pipelining).add(size).add(eight_bit_mime).add(smtputf8).add(dsn).add(enhanced_status).add(chunking);
  own.size_limit = at.max_message_bytes;
  smtp::extension_set out = all_.capabilities.mirror(own).value_or(own);
  if (at.tls == listener_tls::starttls && !smtp_.tls_active() && rules_->tls) out.add(starttls);
  if (may_xclient_) {
    out.add(xclient);
    out.xclient = (1U << smtp::client_attributes) - 1;
  }
  return out;
}

void mail_session::on_hello() {
  helo_seen_ = true;
  smtp_.set_offered(offer());
  smtp_.accept();
}

void mail_session::on_mail() {
  const smtp::mail_command& mail = smtp_.mail();
  const std::uint64_t limit = smtp_.offered().size_limit;
  const auto now = clock::now();
  const auto refuse = [&](smtp::cause why) {  // told first: the answer forgets the command
    tell_refusal(refusal::sender, smtp::name_of(why), smtp::reply_of(why), mail.from.text);
    smtp::reply_of(why).code == 421 ? smtp_.close_with(why) : smtp_.reply(why);
  };
  if (ending_ != smtp::cause::none) {
    refuse(ending_);
  } else if (++transactions_ > rules_->limit.transactions_per_session) {
    refuse(smtp::cause::too_many_commands);
  } else if (all_.clients.blocked(client_, now)) {
    refuse(smtp::cause::too_many_bad_recipients);
  } else if (safe_mode_now.load(std::memory_order_relaxed) == safe_mode::defer) {
    const smtp::reply later{451, {4, 3, 2}, "Not inspecting now, try again later"};
    tell_refusal(refusal::sender, "safe_mode", later, mail.from.text);
    smtp_.reply(later);
  } else if (mail.has_size && limit != 0 && mail.size > limit) {
    refuse(smtp::cause::message_too_big);
  } else if (!envelope_.set_mail(mail)) {
    refuse(smtp::cause::local_error);
  } else {
    // Answered here, asked of the downstream together with the first RCPT: one round trip less, and no connection
    // for a transaction that never names a recipient.
    mail_sent_ = envelope_full_ = false;
    mail_refusal_.reset();
    route_ = relay::no_route;
    counters_.add(counter::transactions);
    smtp_.accept();
  }
}

smtp::cause mail_session::recipient_fault(const smtp::rcpt_command& rcpt, std::size_t& route) const {
  const smtp::path& to = rcpt.to;
  if (to.source_route) return smtp::cause::source_route;
  if (to.address.routing_chars) return smtp::cause::routing_characters;
  if (to.address.literal) return smtp::cause::relaying_denied;
  const dns::name_text domain = ascii_domain(to.address.domain);
  // A bare <postmaster> (RFC 5321 4.5.1) goes where mail goes by default.
  if (!domain.empty() && !rules_->domains.matches(view(domain))) return smtp::cause::relaying_denied;
  route = rules_->route_of.find(view(domain));
  if (route == relay::no_route) {
    if (!domain.empty()) return smtp::cause::relaying_denied;
    route = 0;
  }
  if (envelope_.recipients() != 0 && route != route_) return smtp::cause::other_route;
  if (envelope_full_ || envelope_.recipients() >= rules_->limit.recipients) return smtp::cause::too_many_recipients;
  return smtp::cause::none;
}

void mail_session::refuse_recipient(smtp::cause why) {
  counters_.add(counter::recipients_refused);
  tell_refusal(refusal::recipient, smtp::name_of(why), smtp::reply_of(why), smtp_.rcpt().to.text);
  if (smtp::reply_of(why).permanent()) {
    ++invalid_recipients_;
    all_.clients.invalid_recipient(client_, clock::now());
    if (invalid_recipients_ > rules_->limit.invalid_recipients_per_session) {
      smtp_.close_with(smtp::cause::too_many_bad_recipients);
      return;
    }
  }
  smtp_.reply(why);
}

awaitable<void> mail_session::on_rcpt() {
  const smtp::rcpt_command& rcpt = smtp_.rcpt();
  std::size_t route = relay::no_route;
  const smtp::cause fault = recipient_fault(rcpt, route);
  if (fault != smtp::cause::none) {
    refuse_recipient(fault);
    co_return;
  }
  fixed_string<24> entry;
  const smtp::cause listed = listed_fault(rcpt, entry);
  if (listed != smtp::cause::none) {
    counters_.add(counter::recipients_refused);
    if (!entry.empty()) counters_.add(counter::lists_blocked);
    tell_refusal(refusal::recipient, smtp::name_of(listed), smtp::reply_of(listed), rcpt.to.text, {}, view(entry));
    smtp_.reply(listed);
    co_return;
  }
  if (route != route_) {
    // The first recipient, or the first after others were refused by another route, whose word on MAIL was its own.
    co_await reset_downstream();
    mail_refusal_.reset();
    route_ = route;
  }
  if (mail_refusal_ && envelope_.recipients() == 0) {
    tell_refusal(refusal::recipient, {}, mail_refusal_->get(), rcpt.to.text, mail_refusal_->get());
    smtp_.reply(mail_refusal_->get());
    co_return;
  }
  const bool first = !mail_sent_ && envelope_.recipients() == 0;
  answer a;
  if (probe_)
    a = co_await probe_recipient(rcpt);
  else if (first)
    a = co_await send_first_recipient(rcpt);
  else
    a = co_await send_recipient(rcpt);
  if (a.failure != smtp::cause::none) {
    refuse_recipient(a.failure);
    co_return;
  }
  if (!a.reply.positive()) {
    counters_.add(counter::recipients_refused);
    tell_refusal(refusal::recipient, {}, a.reply, rcpt.to.text, a.reply);
    if (a.reply.permanent()) {
      ++invalid_recipients_;
      all_.clients.invalid_recipient(client_, clock::now());
    }
    if (invalid_recipients_ > rules_->limit.invalid_recipients_per_session)
      smtp_.close_with(smtp::cause::too_many_bad_recipients);
    else
      smtp_.reply(a.reply);
    co_return;
  }
  if (!envelope_.add_recipient(rcpt)) {
    // The downstream has taken it, the envelope has not: without a record it could be lost. Start the envelope anew
    // downstream before DATA; this recipient is tried again by the client. Once: no other is asked for.
    envelope_full_ = true;
    refuse_recipient(smtp::cause::too_many_recipients);
    drop_downstream();
    co_return;
  }
  counters_.add(counter::recipients_accepted);
  smtp_.reply(a.reply);
}

// The downstream's word is told to whoever sent the test mail, which goes on without it. It gets less time than a client
// would give it, and a silence is not held against it elsewhere.
awaitable<answer> mail_session::probe_recipient(const smtp::rcpt_command& rcpt) {
  const milliseconds limit = all_.probes.ask_within();
  if (limit.count() > 0) {
    until_.set_not_after(clock::now() + limit);
    const answer a = co_await send_first_recipient(rcpt);
    until_.set_not_after(clock::time_point::max());
    const byte_view host = downstream_ ? byte_view(downstream_->host_key()) : byte_view{};
    all_.probes.asked(a.failure, a.reply.code, a.reply.text, host);
  }
  answer taken;
  taken.reply = smtp::reply_of(smtp::cause::recipient_ok);
  co_return taken;
}

// What is left of a transaction that ends without a message, if anything: RSET, EHLO or XCLIENT in the middle.
awaitable<void> mail_session::abort_transaction() {
  if (message_) {
    if (message_->now == session_message::mode::stream) drop_downstream();
    co_await discard_spool();
    end_message();
  }
  co_await reset_downstream();
  envelope_.clear();
}

void mail_session::on_xclient() {
  using enum smtp::client_attribute;
  const smtp::client_info& told = smtp_.client();
  const auto given = [&](smtp::client_attribute a) { return told[a].what == smtp::client_value::kind::given; };
  if (given(addr)) {
    byte_view ip = told[addr].text;
    if (ascii::istarts_with(ip, "IPV6:")) ip.remove_prefix(5);
    error_code ec;
    const auto address = asio::ip::make_address(std::string(ip.substr(0, smtp::ip_text_bytes)), ec);
    if (ec) {
      smtp_.reply(smtp::cause::bad_argument);
      return;
    }
    name_client(address);
  }
  if (given(port)) {
    std::uint32_t number = 0;
    for (char c : told[port].text.substr(0, 5))
      if (ascii::is_digit(c)) number = number * 10 + static_cast<std::uint32_t>(c - '0');
    client_port_ = static_cast<std::uint16_t>(number);
  }
  if (told[name].what != smtp::client_value::kind::absent) {
    client_name_ = std::make_unique<fixed_string<255>>();
    assign_cut(*client_name_, told[name].text);
  }
  if (given(helo)) {
    assign_cut(helo_, told[helo].text);
  }
  if (downstream_) downstream_->introduced = false;
  log::line(log::level::debug, "xclient").with("client", view(client_ip_));
  smtp_.accept();
}

}  // namespace sluice::net
