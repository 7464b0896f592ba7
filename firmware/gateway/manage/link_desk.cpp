#include "firmware/gateway/manage/link_desk.hpp"

#include <ctime>
#include <optional>

#include "core/concat.hpp"
#include "firmware/gateway/records/digest_text.hpp"
#include "quarantine/telling.hpp"
#include "status/links/mask.hpp"
#include "status/links/page.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
using quarantine::recipient_state;

server_options options_of(const config::model& m) {
  server_options out;
  out.address = m.digest.link_listen.host;
  out.port = m.digest.link_listen.port;
  out.sessions = m.digest.link_sessions;
  out.request_timeout = m.status.request_timeout;
  return out;
}

quarantine::link_deed deed_of(link_action a) {
  switch (a) {
    case link_action::release: return quarantine::link_deed::release;
    case link_action::remove: return quarantine::link_deed::remove;
    case link_action::ask: break;
  }
  return quarantine::link_deed::ask;
}

web_reply too_many() {
  web_reply r = link_note(429, "warn", "Too many requests", "Wait a minute, then open the link again.");
  r.headers.emplace_back("Retry-After", "60");
  return r;
}

web_reply busy() {
  web_reply r = link_note(503, "warn", "Not now", "The gateway is busy. Open the link again in a minute; nothing was changed.");
  r.headers.emplace_back("Retry-After", "60");
  return r;
}

std::string words_of(recipient_state s) {
  switch (s) {
    case recipient_state::held: return "The message is still held.";
    case recipient_state::releasing: return "The message was released and is on its way to your mailbox.";
    case recipient_state::released: return "The message was delivered to your mailbox.";
    case recipient_state::refused: return "The message was released, but your mail server refused it.";
    case recipient_state::deleted: return "The message was deleted.";
    case recipient_state::expired: break;
  }
  return "The message was deleted because of its age.";
}

web_reply done_note(link_action a) {
  switch (a) {
    case link_action::release: return link_note(200, "good", "Released", "The message is on its way to your mailbox. Be careful with it.");
    case link_action::remove: return link_note(200, "good", "Deleted", "The message is gone.");
    case link_action::ask: break;
  }
  return link_note(200, "good", "An operator was asked", "Somebody will look at the message and decide. You need to do nothing more.");
}

}  // namespace

// The audit names what was done; the path of the request is the link itself and stays out of it.
net::awaitable<void> link_gate::done(const web_request& q, std::string what, unsigned status) {
  web_request safe;
  safe.method = q.method;
  safe.path = "/q/(link)";
  safe.client_ip = q.client_ip;
  safe.who.via = "link";
  co_await access_.done(safe, std::move(what), status);
}

link_desk::link_desk(net::worker& home, const config::model& m, access_service& access, const kept_link_keys& keys)
    : home_(home),
      keys_(keys),
      plan_(std::make_shared<const digest_plan>(plan_of(m))),
      visits_(m.digest.link_requests_per_client_per_minute),
      gate_(access),
      server_(home, options_of(m), routes_, gate_) {
  routes_.add({verb::get, "/q/{token}", role::nobody, no_body, "Show a held message to its recipient",
               [this](const web_request& q) -> reply { return show(q); }});
  routes_.add({verb::post, "/q/{token}", role::nobody, small_body, "Act on a held message as its recipient",
               [this](const web_request& q) -> reply { return act(q); }});
}

void link_desk::reconfigure(const config::model& m) {
  plan_ = std::make_shared<const digest_plan>(plan_of(m));
  visits_.set_limit(m.digest.link_requests_per_client_per_minute);
  server_.set_limits(m.digest.link_sessions, m.status.request_timeout);
}

// What a link leads to; `refusal` is set when it leads to nothing that can be done.
struct link_desk::looked {
  std::optional<web_reply> refusal;
  read_link_result link;
  quarantine::link_use use;
  quarantine::link_subject subject;
};

net::awaitable<link_desk::looked> link_desk::look(const web_request& q) {
  looked out;
  const std::int64_t now = std::time(nullptr);
  if (!visits_.take(q.client_ip, now)) {
    out.refusal = too_many();
    co_return out;
  }
  const auto link = read_link(keys_.keys, q.parameters.empty() ? std::string_view() : std::string_view(q.parameters.front()));
  if (!link) {
    out.refusal = no_such_link();
    co_return out;
  }
  out.link = *link;
  out.use.mark = link->mark;
  out.use.expires = link->claim.expires;
  out.use.id = link->claim.message;
  out.use.position = link->claim.position;
  out.use.deed = deed_of(link->claim.action);
  if (now > link->claim.expires) {
    out.refusal = link_note(410, "warn", "Too late", "This link is too old. A newer digest has newer links; or ask your administrator.");
    co_return out;
  }
  bool failed = true, found = false;
  auto work = [&] {
    auto subject = home_.all().store->told().subject_of(out.use);
    failed = !subject;
    found = subject && subject->has_value();
    if (found) out.subject = std::move(**subject);
  };
  const net::job_ref job(work);
  const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  const quarantine::link_subject& s = out.subject;
  if (!ran || failed) out.refusal = busy();
  else if (!found) out.refusal = link_note(410, "warn", "Gone", "The message is not there any more.");
  else if (!is_for(keys_.keys, out.link, s.item.address)) out.refusal = no_such_link();
  else if (s.used) out.refusal = link_note(410, "warn", "Used already", concat("This link was used before. ", words_of(s.state)));
  else if (s.state != recipient_state::held && s.state != recipient_state::refused) out.refusal = link_note(410, "warn", "Done already", words_of(s.state));
  else if (s.content != quarantine::content_state::stored) out.refusal = link_note(410, "warn", "Gone", "The message is not there any more.");
  else if (out.use.deed == quarantine::link_deed::release && !may_release(s.item, plan_->operator_rules))
    out.refusal = link_note(403, "warn", "An operator decides", "Messages of this kind are released by an operator only. Ask your administrator.");
  co_return out;
}

reply link_desk::show(const web_request& q) {
  looked l = co_await look(q);
  if (l.refusal) {
    ++figures_.refused;
    co_return std::move(*l.refusal);
  }
  ++figures_.shown;
  const auto rules = home_.all().current();
  const inspect::lexicon& words = rules->rules->words();
  const digest_row row = row_of(l.subject.item, words);
  link_page_facts f;
  f.action = l.link.claim.action;
  f.from = row.from;
  f.subject = row.subject;
  f.reasons = row.reasons;
  f.received = row.received;
  f.expires = l.link.claim.expires;
  f.page_token = page_token(keys_.keys, l.link, std::time(nullptr));
  co_return link_page(f);
}

reply link_desk::act(const web_request& q) {
  looked l = co_await look(q);
  const std::int64_t now = std::time(nullptr);
  if (!l.refusal && !is_page_token(keys_.keys, l.link, q.form_value("page"), now))
    l.refusal = link_note(403, "warn", "Open the link again", "The page was open for too long. Open the link again and press the button there.");
  if (l.refusal) {
    ++figures_.refused;
    co_return std::move(*l.refusal);
  }
  bool full = false;
  std::optional<quarantine::link_result> done;
  auto work = [&] {
    auto result = home_.all().store->told().use(l.use, "link", now);
    if (result) done = std::move(*result);
    else full = quarantine::is_no_room(result.error());
  };
  const net::job_ref job(work);
  const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  web_reply out = busy();
  const std::string what = concat(name_of(l.link.claim.action), " ", l.use.id, " for ", l.subject.item.address);
  if (!ran || !done) {
    out.audit = concat(what, (full ? ": no room in the outbox" : ": failed"));
  } else if (done->what == quarantine::link_outcome::used_before) {
    out = link_note(410, "warn", "Used already", "This link was used before.");
    out.audit = concat(what, ": used before");
  } else if (done->what == quarantine::link_outcome::not_possible) {
    out = link_note(409, "warn", "Not possible", concat("The message ", done->note, "."));
    out.audit = concat(what, ": ", done->note);
  } else {
    out = done_note(l.link.claim.action);
    out.audit = what;
    ++figures_.done;
  }
  co_return out;
}

}  // namespace sluice::gateway
