// The end of the data: verdict, and the act that makes somebody the owner of the message before the client hears 250.
#include <algorithm>
#include <ctime>

#include "core/ascii.hpp"
#include "net/ascii_domain.hpp"
#include "net/mail_session.hpp"
#include "net/safe_mode.hpp"
#include "policy/decide.hpp"
#include "relay/trace_fields.hpp"

namespace sluice::net {

using mode = session_message::mode;

namespace {

constexpr std::size_t rules_in_reply = 8;

// What is written in front of a message; lives until it is sent.
struct trace_buffers {
  relay::trace_text text;
  std::array<char, relay::auth_results_bytes> results;
  std::unique_ptr<char[]> seal;  // only for tagged mail, with a key
};

std::uint32_t ms_between(clock::time_point from, clock::time_point to) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<milliseconds>(to - from).count());
}

}  // namespace

// Its octets may not go on: at its end, or at the end of the chunk that they were in.
awaitable<void> mail_session::refuse_message(smtp::cause fault) {
  message_->ended = clock::now();
  counters_.add(counter::messages);
  smtp_.accept();  // becomes the refusal
  tell(outcome::violation, smtp::reply_of(fault));
  co_await reset_downstream();
  end_message();
}

awaitable<void> mail_session::on_content_end(const smtp::step& s) {
  if (s.fault != smtp::cause::none) {
    co_await refuse_message(s.fault);
    co_return;
  }
  session_message& m = *message_;
  m.ended = clock::now();
  counters_.add(counter::messages);
  if (m.downstream_said) {
    smtp_.reply(m.downstream_said->get());
    m.downstream_code = m.downstream_said->code;
    tell(outcome::refused, m.downstream_said->get());
    co_await reset_downstream();
    end_message();
    co_return;
  }
  until_.set_not_after(m.ended + rules_->deadline.end_of_data);
  if (!without_inspection()) m.inspector().finish();
  const smtp::cause fault = header_fault();
  bool client_stays = true;
  if (fault == smtp::cause::none) client_stays = co_await settle_auth();
  if (!client_stays) {
    client_left_ = true;
    if (m.now == mode::stream) drop_downstream();
    tell(outcome::abandoned, {});
    smtp_.reply(smtp::cause::end_of_data_deadline);
  } else if (fault != smtp::cause::none) {
    smtp_.reply(fault);
    tell(outcome::violation, smtp::reply_of(fault));
    if (m.now == mode::stream) drop_downstream();
  } else {
    decide();
    co_await act();
  }
  until_.set_not_after(clock::time_point::max());
  co_await discard_spool();
  co_await reset_downstream();
  end_message();
}

void mail_session::decide() {
  session_message& m = *message_;
  m.verdict = std::make_unique<inspect::verdict>();
  m.verdict->id = m.id;
  policy::dmarc_disposition dmarc = apply_auth();
  if (without_inspection()) m.verdict->found.cause = inspect::unscanned::safe_mode;
  policy::weigh(m.verdict->found, rules_->policy);
  apply_lists(dmarc);
  constexpr std::size_t most_domains = 8;  // of recipients; with more of them no exception for recipients fits
  fixed_vector<dns::name_text, most_domains> names;
  fixed_vector<byte_view, most_domains> domains;
  for (std::size_t i = 0; i < envelope_.recipients(); ++i) {
    const byte_view to = envelope_.recipient(i).to.text;
    const dns::name_text domain = ascii_domain(to.substr(std::min(to.size(), to.rfind('@') + 1)));
    if (std::any_of(domains.begin(), domains.end(), [&](byte_view d) { return ascii::iequals(d, view(domain)); })) continue;
    if (domains.size() == domains.capacity()) {
      domains.clear();
      break;
    }
    names.push_back(domain);
    domains.push_back(view(names.back()));
  }
  const policy::decision d = policy::decide(m.verdict->found, rules_->policy, dmarc, {domains.data(), domains.size()});
  const bool role = to_role();  // observed, never blocked (RFC 5321 4.5.1)
  m.verdict->act = role ? inspect::action::forward : m.blocked ? inspect::action::reject : d.act;
  if (probe_) all_.probes.judged(*m.verdict, d.would);
  if (role) counters_.add(counter::role_mail);
  if (d.would >= inspect::action::quarantine && m.verdict->act < inspect::action::quarantine) counters_.add(counter::observed_holds);
  learn_baseline();
  if (m.verdict->found.cause != inspect::unscanned::none) counters_.add(counter::unscanned);
}

awaitable<void> mail_session::act() {
  session_message& m = *message_;
  if (probe_) {
    end_probe();
    co_return;
  }
  using inspect::action;
  action act = m.verdict->act;
  if (m.now == mode::stream) {
    if (act == action::forward || act == action::tag) {
      co_await finish_downstream();
      co_return;
    }
    // It has no dot yet, so it has nothing; the sender keeps the message (quarantine needs all octets, which are gone).
    drop_downstream();
    if (act == action::quarantine) act = rules_->stream_refusal_defers ? action::defer : action::reject;
  }
  switch (act) {
    case action::forward:
    case action::tag:
      co_await forward();
      break;
    case action::quarantine:
      if (all_.holds_nothing) co_await not_held("the data partition could not be used at the start");
      else co_await quarantine();
      break;
    case action::reject:
      refuse_by_verdict(m.blocked                                          ? smtp::cause::sender_blocked
                        : m.verdict->found.cause == inspect::unscanned::none ? smtp::cause::policy_reject
                                                                             : smtp::cause::unscanned_reject);
      break;
    case action::defer:
      refuse_by_verdict(m.verdict->found.cause == inspect::unscanned::none  ? smtp::cause::policy_defer
                        : m.verdict->found.cause == inspect::unscanned::dns ? smtp::cause::dns_unavailable
                                                                            : smtp::cause::unscanned_defer);
      break;
  }
}

// A test mail has done its work when it is judged: it goes nowhere, and the downstream's envelope ends with RSET.
void mail_session::end_probe() {
  smtp::reply_storage text;
  const smtp::reply r = smtp::reply_with_verdict(smtp::cause::message_ok, view(message_->id), {}, text);
  smtp_.reply(r);
  tell(outcome::refused, r);
}

void mail_session::refuse_by_verdict(smtp::cause why) {
  session_message& m = *message_;
  fixed_vector<byte_view, rules_in_reply> rules;
  for (const inspect::finding& f : m.verdict->found.list) {
    if (rules.size() == rules.capacity()) break;
    if (std::find(rules.begin(), rules.end(), f.rule) == rules.end()) rules.push_back(f.rule);
  }
  smtp::reply_storage text;
  const smtp::reply r = smtp::reply_with_verdict(why, view(m.id), {rules.data(), rules.size()}, text);
  counters_.add(r.permanent() ? counter::rejected : counter::deferred);
  smtp_.reply(r);
  tell(r.permanent() ? outcome::rejected : outcome::deferred, r);
}

// Everything is known and nothing has gone downstream yet.
awaitable<void> mail_session::forward() {
  session_message& m = *message_;
  const answer a = co_await send_data_command();
  if (a.failure != smtp::cause::none) {
    const smtp::cause late = until_.past_not_after() ? smtp::cause::end_of_data_deadline : a.failure;
    smtp_.reply(late);
    tell(outcome::refused, smtp::reply_of(late));
    co_return;
  }
  if (a.reply.code != 354) {
    m.downstream_code = a.reply.code;
    smtp_.reply(a.reply);
    tell(outcome::refused, a.reply);
    co_return;
  }
  bool sent = false;
  if (m.now == mode::spill)
    sent = co_await send_spooled_content();
  else
    sent = co_await send_held_content();
  if (sent) {
    co_await finish_downstream();
    co_return;
  }
  drop_downstream();
  const smtp::cause why = until_.past_not_after() ? smtp::cause::end_of_data_deadline : smtp::cause::downstream_lost;
  smtp_.reply(why);
  tell(outcome::refused, smtp::reply_of(why));
}

// Our header fields, then what the window holds. For a message that goes on streaming only this much is known of it.
awaitable<bool> mail_session::send_held_content() {
  session_message& m = *message_;
  auto trace = std::make_unique<trace_buffers>();
  const bool single = envelope_.recipients() == 1;
  const smtp::rcpt_command only = single ? envelope_.recipient(0) : smtp::rcpt_command{};
  const tls::engine* secured = stream_.tls_session();
  relay::trace_facts facts{};
  facts.hostname = rules_->hostname;
  facts.authserv_id = rules_->authserv_id;
  facts.helo = view(helo_);
  facts.client_ip = view(client_ip_);
  facts.client_name = client_name_ ? view(*client_name_) : byte_view{};
  facts.tls_version = secured != nullptr ? secured->version() : "";
  facts.tls_cipher = secured != nullptr ? secured->cipher_suite() : "";
  facts.only_recipient = single ? only.to.text : byte_view{};
  facts.unix_seconds = std::time(nullptr);
  facts.esmtp = smtp_.esmtp();
  facts.smtputf8 = smtp_.smtputf8();
  facts.auth_results = write_auth_results(trace->results);
  relay::write_trace(trace->text, facts, view(m.id), m.verdict.get());
  // A first line that is no field would go on with ours, or be skipped by a reader that finds fields behind it: everything
  // is body, as it was inspected.
  const bool headerless = m.inspector().header_seen() && m.inspector().facts().header_bytes == 0 && m.octets != 0;
  if (headerless) append_cut(trace->text, "\r\n");
  byte_view seal;
  if (m.verdict && m.verdict->act == inspect::action::tag && rules_->auth.seal.key) {
    trace->seal = std::make_unique<char[]>(auth::arc::seal_bytes);
    seal = write_seal({trace->seal.get(), auth::arc::seal_bytes}, facts.auth_results);
  }
  // The usual message is one piece without dots and forged fields: trace, content and the dot go out together, after
  // the look at the client that the dot needs (finish_downstream).
  if (m.now == mode::hold && !smtp_.facts().leading_dot && m.inspector().removed_ranges().empty()) {
    if (stream_.peer_gone()) co_return true;
    fixed_vector<byte_view, relay::window::max_blocks + 3> all;
    all.push_back(seal);
    all.push_back(view(trace->text));
    for (std::size_t i = 0; i < window_.pieces(); ++i) {
      all.push_back(window_.piece(i));
      m.stuffer.pass(window_.piece(i));
      m.sent_offset += window_.piece(i).size();
    }
    counters_.add(counter::octets_out, m.sent_offset);
    all.push_back(m.stuffer.terminator());
    m.dot_sent = true;
    const smtp::cause failure = co_await downstream_->write({all.data(), all.size()});
    co_return failure == smtp::cause::none;
  }
  const std::array<byte_view, 2> head{seal, view(trace->text)};
  const smtp::cause failure = co_await downstream_->write(head);
  if (failure != smtp::cause::none) co_return false;
  trace.reset();
  if (m.now == mode::spill) co_return true;
  for (std::size_t i = 0; i < window_.pieces(); ++i) {
    const bool sent = co_await send_content(window_.piece(i));
    if (!sent) co_return false;
  }
  co_return true;
}

awaitable<bool> mail_session::send_spooled_content() {
  session_message& m = *message_;
  std::optional<quarantine::content_reader> reader;
  bool good = true;
  auto finish = [&] {
    for (std::size_t i = 0; good && i < window_.pieces(); ++i) good = m.spool->append(window_.piece(i)).has_value();
    good = good && m.spool->finish().has_value();
    if (!good) return;
    auto opened = m.spool->read();
    good = opened.has_value();
    if (good) reader.emplace(std::move(*opened));
  };
  const job_ref finish_job(finish);
  bool ran = co_await all_.storage.run(home_.loop(), finish_job);
  if (!ran || !good) co_return false;
  window_.drop_content();
  const bool head_sent = co_await send_held_content();
  if (!head_sent) co_return false;
  const byte_span block = window_.space();
  byte_view piece;
  auto read = [&] {
    auto got = reader->read(block);
    good = got.has_value();
    piece = good ? byte_view(block.data(), *got) : byte_view{};
  };
  const job_ref read_job(read);
  bool sent = true;
  do {
    ran = co_await all_.storage.run(home_.loop(), read_job);
    if (!ran || !good) sent = false;
    if (sent && !piece.empty()) sent = co_await send_content(piece);
  } while (sent && !piece.empty());
  auto close = [&] { reader.reset(); };
  const job_ref close_job(close);
  ran = co_await all_.storage.run(home_.loop(), close_job);
  co_return sent && ran;
}

// Our dot and the downstream's word on it. Before the dot the client is looked at once more: when it has gone it will
// never hear our 250 and will send the message again (RFC 1047).
awaitable<void> mail_session::finish_downstream() {
  session_message& m = *message_;
  if (!m.dot_sent && stream_.peer_gone()) {
    client_left_ = true;
    drop_downstream();
    tell(outcome::abandoned, {});
    smtp_.reply(smtp::cause::end_of_data_deadline);
    co_return;
  }
  smtp::cause failure = smtp::cause::none;
  if (!m.dot_sent) {
    const byte_view end = m.stuffer.terminator();
    failure = co_await downstream_->write({&end, 1});
  }
  answer a;
  if (failure == smtp::cause::none) {
    until_.set_not_after(clock::time_point::max());
    a = co_await downstream_->read_reply(rules_->deadline.downstream_final_reply);
    failure = a.failure;
  }
  mail_sent_ = false;  // whatever it said, the transaction is over there
  if (failure == smtp::cause::none && a.reply.intermediate()) failure = smtp::cause::downstream_malformed;
  if (failure != smtp::cause::none) {
    drop_downstream();
    smtp_.reply(failure);
    tell(outcome::refused, smtp::reply_of(failure));
    co_return;
  }
  m.downstream_code = a.reply.code;
  if (a.reply.code == 421) {
    a.reply.code = 451;
    if (a.reply.status.klass == 0) a.reply.status = {4, 4, 2};
  }
  smtp_.reply(a.reply);
  if (a.reply.positive()) {
    counters_.add(counter::forwarded);
    if (m.verdict->act == inspect::action::tag) counters_.add(m.now == mode::stream ? counter::tag_missed : counter::tagged);
    tell(outcome::forwarded, a.reply);
  } else {
    tell(outcome::refused, a.reply);
  }
  if (downstream_->broken()) drop_downstream();
}

void mail_session::tell(outcome end, const smtp::reply& r) {
  if (all_.events == nullptr) return;
  session_message& m = *message_;
  inspect::verdict none;
  none.id = m.id;
  const auto now = clock::now();
  message_event e{};
  e.end = end;
  e.way = m.way;
  e.verdict = m.verdict ? m.verdict.get() : &none;
  e.facts = &m.inspector().facts();
  e.envelope = &envelope_;
  e.client_ip = view(client_ip_);
  e.helo = view(helo_);
  if (const tls::engine* secured = stream_.tls_session()) e.tls_version = secured->version();
  if (downstream_) e.route_host = downstream_->host_key();
  e.auth = m.authenticated.get();
  e.reply_code = r.code;
  e.reply_text = r.text;
  e.downstream_code = m.downstream_code;
  e.skeleton = inspect::skeleton_of(m.inspector().text_sample());
  e.octets = m.octets;
  e.milliseconds_total = ms_between(m.began, now);
  e.milliseconds_after_end = m.ended == clock::time_point{} ? 0 : ms_between(m.ended, now);
  e.unix_seconds = std::time(nullptr);
  e.probe = probe_;
  all_.events->on_message(e);
}

void mail_session::end_message() {
  if (!message_) return;
  end_auth();
  home_.give_inspector(std::move(message_->lease));
  message_.reset();
  window_.drop_content();
  window_.release_if_idle();
  envelope_.clear();
  in_content_ = false;
}

}  // namespace sluice::net
