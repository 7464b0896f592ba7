// Holding a message: everything the quarantine keeps of it, durable before the client hears 250 (P1).
#include <array>
#include <ctime>
#include <memory>

#include "core/log.hpp"
#include "net/ascii_domain.hpp"
#include "net/mail_session.hpp"
#include "relay/trace_fields.hpp"

namespace sluice::net {

using mode = session_message::mode;

namespace {

// Enough of an address for the sender's share of the quarantine; the organizational domain needs the public suffix
// list, which the store does not know.
byte_view domain_of(byte_view address) {
  const std::size_t at = address.rfind('@');
  return at == byte_view::npos ? byte_view{} : address.substr(at + 1);
}

}  // namespace

awaitable<void> mail_session::quarantine() {
  session_message& m = *message_;
  const inspect::message_facts& facts = m.inspector().facts();
  const smtp::mail_command mail = envelope_.mail();
  std::vector<quarantine::new_recipient> recipients;
  for (std::size_t i = 0; i < envelope_.recipients(); ++i) {
    const smtp::rcpt_command r = envelope_.recipient(i);
    recipients.push_back({.address = r.to.text, .orcpt = r.orcpt, .notify = r.notify});
  }
  std::vector<quarantine::new_finding> findings;
  fixed_vector<fixed_string<16>, inspect::max_findings> text_ids;
  for (const inspect::finding& f : m.verdict->found.list) {
    text_ids.push_back(inspect::text_of_id(f.text_id));
    findings.push_back({.rule = f.rule,
                        .place = inspect::name_of(f.where),
                        .slot = view(f.slot),
                        .words = view(f.words),
                        .weight = f.weight,
                        .part = f.part,
                        .length = f.length,
                        .offset = f.offset,
                        .text_id = view(text_ids.back())});
  }
  quarantine::new_message held;
  held.id = view(m.id);
  held.reverse_path = mail.from.text;
  held.recipients = recipients;
  held.body = static_cast<quarantine::body_type>(mail.body);
  held.smtputf8 = mail.smtputf8;
  held.ret = static_cast<quarantine::dsn_return>(mail.ret);
  held.envid = mail.envid;
  held.declared_size = mail.size;
  held.client_ip = view(client_ip_);
  held.client_port = client_port_;
  held.client_name = client_name_ ? view(*client_name_) : byte_view{};
  held.helo = view(helo_);
  if (const tls::engine* secured = stream_.tls_session()) {
    held.tls_version = secured->version();
    held.tls_cipher = secured->cipher_suite();
  }
  const dns::name_text route_domain = ascii_domain(envelope_.recipient(0).to.address.domain);
  held.route_domain = view(route_domain);
  held.sender_domain = domain_of(facts.from.empty() ? mail.from.text : view(facts.from));
  held.score = m.verdict->found.score;
  held.profile = view(m.verdict->found.profile);
  if (m.verdict->found.cause != inspect::unscanned::none) held.cause = inspect::name_of(m.verdict->found.cause);
  fixed_string<400> authenticated;
  if (m.authenticated) authenticated = text_of(*m.authenticated);
  held.auth = view(authenticated);
  const auto results = std::make_unique<std::array<char, relay::auth_results_bytes>>();
  held.auth_results = write_auth_results(*results);  // a release tells the downstream what was seen here
  held.findings = findings;
  held.findings_dropped = m.verdict->found.dropped;
  const auto skeleton = inspect::text_of_skeleton(inspect::skeleton_of(m.inspector().text_sample()));
  held.skeleton = view(skeleton);
  held.header_from = view(facts.from);
  held.header_to = view(facts.to);
  held.subject = view(facts.subject);
  held.message_id = view(facts.message_id);
  boost::system::error_code why;
  auto work = [&] {
    if (all_.store == nullptr) {
      why = quarantine::make_error_code(quarantine::errc::io);
      return;
    }
    fixed_vector<byte_view, relay::window::max_blocks> pieces;
    for (std::size_t i = 0; i < window_.pieces(); ++i) pieces.push_back(window_.piece(i));
    const auto now = static_cast<quarantine::unix_time>(std::time(nullptr));
    if (m.now == mode::spill) {
      for (const byte_view piece : pieces) {
        const auto appended = m.spool->append(piece);
        if (!appended) why = appended.error();
      }
      if (why) return;
      const auto put = all_.store->put(held, *m.spool, now);
      if (!put) why = put.error();
    } else {
      const auto put = all_.store->put(held, {pieces.data(), pieces.size()}, now);
      if (!put) why = put.error();
    }
    if (why) log::line(log::level::error, "quarantine-failed").with("why", all_.volume->last_error());
  };
  const job_ref job(work);
  const bool ran = co_await all_.storage.run(home_.loop(), job);
  if (!ran) why = quarantine::make_error_code(quarantine::errc::busy);
  if (why) {
    co_await could_not_hold(why);
    co_return;
  }
  counters_.add(counter::quarantined);
  smtp::reply_storage text;
  const smtp::reply r = smtp::reply_with_verdict(smtp::cause::message_ok, view(m.id), {}, text);
  smtp_.reply(r);
  tell(outcome::quarantined, r);
}

// Only a read-only medium certainly left nothing behind: after any other failure the message may be found at the next start.
awaitable<void> mail_session::could_not_hold(boost::system::error_code why) {
  if (message_->now == mode::hold && why == quarantine::make_error_code(quarantine::errc::read_only)) {
    const std::string words = why.message();
    co_await not_held(words);
    co_return;
  }
  const smtp::cause told = quarantine::is_no_room(why) ? smtp::cause::quarantine_full : smtp::cause::local_error;
  smtp_.reply(told);
  counters_.add(counter::deferred);
  tell(outcome::deferred, smtp::reply_of(told));
}

// Nobody owns it yet, and here is no place for it: quarantine.unavailable says whether it goes on or stays with its sender.
awaitable<void> mail_session::not_held(byte_view why) {
  session_message& m = *message_;
  const inspect::action instead = rules_->instead_of_holding;
  log::line(log::level::warning, "not-held").with("id", view(m.id)).with("then", inspect::name_of(instead)).with("why", why);
  if (instead == inspect::action::defer) {
    smtp_.reply(smtp::cause::local_error);
    counters_.add(counter::deferred);
    tell(outcome::deferred, smtp::reply_of(smtp::cause::local_error));
    co_return;
  }
  m.verdict->act = instead;
  counters_.add(counter::not_held);
  co_await forward();
}

}  // namespace sluice::net
