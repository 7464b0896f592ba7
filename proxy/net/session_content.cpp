// The content of a message on its way through a mail_session: held in the window, then (when it outgrows it) spilled to
// the spool or streamed downstream without the final dot (design: "A message's way").
#include <algorithm>
#include <ctime>

#include "core/log.hpp"
#include "net/ascii_domain.hpp"
#include "net/mail_session.hpp"
#include "net/safe_mode.hpp"
#include "policy/decide.hpp"
#include "relay/trace_fields.hpp"

namespace sluice::net {

using mode = session_message::mode;

void mail_session::begin_message() {
  in_content_ = true;
  if (message_) return;  // a further BDAT chunk
  message_ = std::make_unique<session_message>(home_.take_inspector(rules_));
  window_.set_max_bytes(rules_->limit.window_max_bytes);
  const std::uint64_t serial = all_.verdict_serial.fetch_add(1, std::memory_order_relaxed);
  message_->id = policy::make_verdict_id(static_cast<std::uint64_t>(std::time(nullptr)), serial);
  std::array<byte_view, 4> first;
  const std::size_t n = std::min(first.size(), envelope_.recipients());
  for (std::size_t i = 0; i < n; ++i) first[i] = envelope_.recipient(i).to.text;
  const smtp::mail_command mail = envelope_.mail();
  begin_auth();
  message_->inspector().begin({.mail_from = mail.from.text,
                               .helo = view(helo_),
                               .client_ip = view(client_ip_),
                               .recipients = {first.data(), n},
                               .recipient_count = static_cast<std::uint32_t>(envelope_.recipients()),
                               .links = message_->auth.get()});
}

awaitable<void> mail_session::on_content(byte_view content) {
  session_message& m = *message_;
  counters_.add(counter::octets_in, content.size());
  m.octets += content.size();
  if (m.now == mode::discard) co_return;
  const std::uint64_t limit = rules_->listeners[listener_].max_message_bytes;
  if (limit != 0 && m.octets > limit) {
    co_await give_up(smtp::cause::message_too_big);
    co_return;
  }
  if (!without_inspection()) m.inspector().feed(content);
  const smtp::cause fault = header_fault();
  if (fault != smtp::cause::none) {
    co_await give_up(fault);
    co_return;
  }
  if (m.auth) m.auth->feed(content, window_);
  if (m.now == mode::stream) {
    const bool sent = co_await send_content(content);
    if (!sent) co_await give_up(smtp::cause::downstream_lost);
  } else {
    co_await hold(content);
  }
}

smtp::cause mail_session::header_fault() const {
  session_message& m = *message_;
  if (m.header_checked || without_inspection()) return smtp::cause::none;
  const limit_settings& limit = rules_->limit;
  if (!m.inspector().header_seen()) return m.octets > limit.header_bytes ? smtp::cause::header_too_big : smtp::cause::none;
  m.header_checked = true;
  const inspect::message_facts& facts = m.inspector().facts();
  if (facts.header_bytes > limit.header_bytes || m.inspector().removed_overflow()) return smtp::cause::header_too_big;
  if (facts.received > limit.received_fields || facts.own_received >= limit.own_received_fields)
    return smtp::cause::mail_loop;
  return smtp::cause::none;
}

// Keeps content in the window; a spilling message empties the window's one block into the spool whenever it is full.
awaitable<void> mail_session::hold(byte_view content) {
  while (!content.empty()) {
    content.remove_prefix(window_.commit(content));
    if (content.empty()) co_return;
    co_await outgrow(false);
    session_message& m = *message_;
    if (m.now == mode::discard) co_return;
    if (m.now == mode::stream) {
      const bool sent = co_await send_content(content);
      if (!sent) co_await give_up(smtp::cause::downstream_lost);
      co_return;
    }
  }
}

// The window is full. Called with all input consumed; afterwards there is room, or the message is being discarded.
awaitable<void> mail_session::outgrow(bool pool_refused) {
  session_message& m = *message_;
  if (m.now == mode::spill) {
    const bool kept = co_await spill_block();
    if (!kept) co_await give_up(smtp::cause::spool_full);
    co_return;
  }
  if (m.now != mode::hold) {
    window_.drop_content();
    co_return;
  }
  if (pool_refused) counters_.add(counter::window_shrunk);
  bool must_hold = !without_inspection() && (policy::interim(m.inspector(), rules_->policy) == policy::outgrown::spill ||
                                             !m.inspector().header_seen() || !m.inspector().text_seen());
  for (std::size_t i = 0; !must_hold && i < envelope_.recipients(); ++i)
    must_hold = rules_->always_hold.matches(view(ascii_domain(envelope_.recipient(i).to.address.domain)));
  if (!must_hold) co_await prepare_auth_to_stream();
  must_hold = must_hold || auth_must_hold();
  if (must_hold)
    co_await begin_spill();
  else
    co_await begin_stream();
}

awaitable<void> mail_session::begin_spill() {
  session_message& m = *message_;
  m.way = passage::spilled;
  counters_.add(counter::spilled);
  bool made = false;
  if (all_.spool != nullptr && !all_.holds_nothing) {
    auto work = [&] {
      auto file = all_.spool->create();
      if (!file) return;
      m.spool.emplace(std::move(*file));
      made = true;
    };
    const job_ref job(work);
    const bool ran = co_await all_.storage.run(home_.loop(), job);
    made = made && ran;
  }
  if (!made) {
    co_await give_up(smtp::cause::spool_full);
    co_return;
  }
  m.now = mode::spill;
  window_.set_single_block();
  const bool kept = co_await spill_block();
  if (!kept) co_await give_up(smtp::cause::spool_full);
}

awaitable<bool> mail_session::spill_block() {
  session_message& m = *message_;
  if (m.auth) m.auth->leaving(window_);
  bool good = true;
  std::uint64_t octets = 0;
  auto work = [&] {
    for (std::size_t i = 0; good && i < window_.pieces(); ++i) {
      good = m.spool->append(window_.piece(i)).has_value();
      octets += window_.piece(i).size();
    }
  };
  const job_ref job(work);
  const bool ran = co_await all_.storage.run(home_.loop(), job);
  if (!ran || !good) co_return false;
  counters_.add(counter::spilled_octets, octets);
  window_.drop_content();
  co_return true;
}

awaitable<void> mail_session::begin_stream() {
  session_message& m = *message_;
  m.way = passage::streamed;
  counters_.add(counter::streamed);
  const answer a = co_await send_data_command();
  if (a.failure != smtp::cause::none) {
    co_await give_up(a.failure);
    co_return;
  }
  if (a.reply.code != 354) {
    m.downstream_said = std::make_unique<kept_reply>(a.reply);
    co_await reset_downstream();
    co_await give_up(smtp::cause::none);
    co_return;
  }
  m.now = mode::stream;
  const bool sent = co_await send_held_content();
  if (!sent) {
    co_await give_up(smtp::cause::downstream_lost);
    co_return;
  }
  window_.drop_content();
  window_.set_single_block();
}

// Content goes out without the header fields that may not pass, with dots stuffed.
awaitable<bool> mail_session::send_content(byte_view content) {
  session_message& m = *message_;
  const std::uint64_t begin = m.sent_offset;
  m.sent_offset += content.size();
  std::uint64_t done = 0;  // octets of this piece that were sent or left out
  for (const inspect::header_range& range : m.inspector().removed_ranges()) {
    const std::uint64_t from = std::max<std::uint64_t>(range.offset, begin + done);
    const std::uint64_t to = std::min<std::uint64_t>(std::uint64_t{range.offset} + range.length, begin + content.size());
    if (from >= to) continue;
    const byte_view piece = content.substr(static_cast<std::size_t>(done), static_cast<std::size_t>(from - begin - done));
    const bool sent = co_await send_raw(piece);
    if (!sent) co_return false;
    done = to - begin;
  }
  co_return co_await send_raw(content.substr(static_cast<std::size_t>(done)));
}

awaitable<bool> mail_session::send_raw(byte_view content) {
  session_message& m = *message_;
  counters_.add(counter::octets_out, content.size());
  if (content.empty()) co_return true;
  if (!smtp_.facts().leading_dot) {
    m.stuffer.pass(content);
    const smtp::cause failure = co_await downstream_->write({&content, 1});
    co_return failure == smtp::cause::none;
  }
  std::array<byte_view, 16> pieces;
  while (!content.empty()) {
    const std::size_t n = m.stuffer.next(content, pieces);
    const smtp::cause failure = co_await downstream_->write({pieces.data(), n});
    if (failure != smtp::cause::none) co_return false;
  }
  co_return true;
}

awaitable<void> mail_session::give_up(smtp::cause why) {
  session_message& m = *message_;
  if (m.now == mode::discard) co_return;
  if (why != smtp::cause::none) smtp_.refuse_content(why);
  if (m.now == mode::stream) drop_downstream();  // it has had no dot, so it has nothing
  m.now = mode::discard;
  co_await discard_spool();
}

awaitable<void> mail_session::discard_spool() {
  if (!message_ || !message_->spool) co_return;
  auto work = [this] { message_->spool.reset(); };
  const job_ref job(work);
  while (!co_await all_.storage.run(home_.loop(), job)) {
    timer wait(home_.loop().get_executor());
    wait.expires_after(std::chrono::milliseconds(50));
    [[maybe_unused]] auto [ec] = co_await wait.async_wait(use);
  }
}

}  // namespace sluice::net
