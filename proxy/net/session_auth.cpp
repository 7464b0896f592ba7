// Sender authentication in a mail_session: when it begins, how long it is waited for, and what follows from it. Verifying
// is auth's, asking is dns's, keeping up with the content is message_auth's.
//
// It begins at DATA: a transaction that names no recipient costs no question, and the answers about SPF come while the
// content does. At the end of the data the rest is waited for, at most deadline.end_of_data_dns.
#include <algorithm>
#include <ctime>

#include "auth/common/idna.hpp"
#include "auth/common/ip.hpp"
#include "core/ascii.hpp"
#include "inspect/rules.hpp"
#include "core/wall_clock.hpp"
#include "net/mail_session.hpp"
#include "policy/decide.hpp"

namespace sluice::net {
namespace {

using auth::result;
constexpr milliseconds look_period{250};  // at the client, while DNS is waited for

bool failed(result r) { return r == result::fail || r == result::softfail || r == result::permerror; }

inspect::auth_facts::result facts_result(result r) {
  using to = inspect::auth_facts::result;
  switch (r) {
    case result::pass: return to::pass;
    case result::fail:
    case result::softfail: return to::fail;
    case result::temperror: return to::error;
    default: return to::none;
  }
}

// DMARC speaks of the domain that its strict reader found. `from` comes from the tolerant one, which cuts long addresses:
// where both differ, nothing vouches for the address that lists, profiles and the baseline go by.
bool is_of(byte_view author_domain, byte_view from) {
  dns::name_text domain;
  const std::size_t at = from.rfind('@');
  return at != byte_view::npos && auth::to_ascii_domain(from.substr(at + 1), domain) && ascii::iequals(view(domain), author_domain);
}

inspect::place place_of(auth::notice::place p) {
  switch (p) {
    case auth::notice::place::envelope: return inspect::place::envelope;
    case auth::notice::place::header: return inspect::place::header;
    case auth::notice::place::link: return inspect::place::link;
    case auth::notice::place::body: return inspect::place::text;
  }
  return inspect::place::header;
}

// The signature that says most: one that passes, the author's own first.
std::size_t telling_signature(const auth::checker& c, byte_view author) {
  std::size_t best = c.dkim_count();
  int best_rank = -1;
  for (std::size_t i = 0; i < c.dkim_count(); ++i) {
    const auth::dkim_report d = c.dkim(i);
    const int rank = (d.result == result::pass ? 2 : 0) + (dns::is_within(author, d.domain) ? 1 : 0);
    if (rank <= best_rank) continue;
    best = i;
    best_rank = rank;
  }
  return best;
}

auth_summary summary_of(const auth::checker& c, bool cut_short) {
  auth_summary out;
  const auth::spf_report spf = c.spf();
  const auth::dmarc_report dmarc = c.dmarc();
  out.spf = spf.result;
  assign_cut(out.spf_domain, spf.domain);
  if (const std::size_t i = telling_signature(c, dmarc.author); i < c.dkim_count()) {
    out.dkim = c.dkim(i).result;
    assign_cut(out.dkim_domain, c.dkim(i).domain);
  }
  out.arc = c.arc().result;
  out.dmarc = dmarc.result;
  out.disposition = dmarc.disposition;
  assign_cut(out.author, dmarc.author);
  out.cut_short = cut_short;
  out.questions = c.lookups();
  return out;
}

void count(stats& counters, const auth_summary& s, bool listed) {
  if (s.spf == result::pass) counters.add(counter::auth_spf_pass);
  if (s.spf == result::fail || s.spf == result::softfail) counters.add(counter::auth_spf_fail);
  if (s.dkim == result::pass) counters.add(counter::auth_dkim_pass);
  if (failed(s.dkim)) counters.add(counter::auth_dkim_fail);
  if (s.arc == result::pass) counters.add(counter::auth_arc_pass);
  if (s.arc == result::fail) counters.add(counter::auth_arc_fail);
  if (s.dmarc == result::pass) counters.add(counter::auth_dmarc_pass);
  if (s.dmarc == result::fail) counters.add(counter::auth_dmarc_fail);
  if (s.spf == result::temperror || s.dkim == result::temperror || s.dmarc == result::temperror)
    counters.add(counter::auth_temperror);
  if (listed) counters.add(counter::auth_listed);
}

// What authentication has to say beyond its results becomes findings of the verdict.
void add_notices(const auth::checker& c, inspect::findings& found) {
  auto notices = std::make_unique<auth::checker::notice_list>();
  c.list_notices(*notices);
  for (const auth::notice& n : *notices) {
    const inspect::rule what = inspect::rule_named(n.rule);
    if (what == inspect::rule::count_) continue;
    inspect::finding_text text{place_of(n.where), 0, 0, 0, {}, view(n.words)};
    if (what == inspect::rule::listed) text.slot = view(n.list);  // lists add up, each counts once
    inspect::add_finding(found, what, n.weight, text);
  }
}

}  // namespace

// Test mails go without: nobody signs them, and a DNS that is away is not for them to find out.
void mail_session::begin_auth() {
  auth_service* service = home_.authentication();
  if (service == nullptr || probe_) return;
  const smtp::mail_command mail = envelope_.mail();
  auth::envelope from;
  const byte_view ip = view(client_ip_);
  if (!auth::parse_ip(ip.substr(0, ip.find('%')), from.client)) return;  // a link-local address has a zone index
  from.helo = view(helo_);
  from.mail_from = mail.from.text;
  from.now = wall_clock::is_trusted() ? std::time(nullptr) : 0;
  message_->auth = service->take();
  message_->auth->begin(rules_->auth, from);
}

void mail_session::end_auth() {
  if (message_->auth) home_.authentication_home().give(std::move(message_->auth));
}

awaitable<bool> mail_session::settle_auth() {
  session_message& m = *message_;
  if (!m.auth) co_return true;
  m.auth->finish(window_);
  dns::ares_resolver& resolver = home_.authentication_home().resolver();
  const deadline_settings& limit = rules_->deadline;
  const clock::time_point until = std::min(clock::now() + limit.end_of_data_dns, m.auth->header_at() + limit.dns_per_message);
  for (;;) {
    const clock::time_point look = std::min(until, clock::now() + look_period);
    const bool ended = co_await resolver.wait_some(m.auth->task(), look);
    if (ended) break;
    if (!stream_.socket().is_open() || stream_.peer_gone()) co_return false;
    if (clock::now() < until) continue;
    m.auth->expire();
    break;
  }
  if (!m.auth->results().settled()) m.auth->expire();
  co_return true;
}

// The header is about to leave: what Authentication-Results says of SPF, and whether DMARC may still ask for something,
// has to be known now.
awaitable<void> mail_session::prepare_auth_to_stream() {
  session_message& m = *message_;
  if (!m.auth) co_return;
  dns::ares_resolver& resolver = home_.authentication_home().resolver();
  const clock::time_point until = clock::now() + std::min(rules_->deadline.end_of_data_dns, rules_->deadline.dns_per_message);
  const bool ended = co_await resolver.wait_some(m.auth->task(), until);
  if (!ended) m.auth->expire();
}

// Tagging and holding need the whole message here (design: spill), and so does a header that is not whole yet.
bool mail_session::auth_must_hold() const {
  const session_message& m = *message_;
  if (!m.auth) return false;
  const policy::settings& set = rules_->policy;
  const bool acts = set.on_dmarc_quarantine != inspect::action::forward || set.on_dmarc_reject != inspect::action::forward;
  return !m.auth->header_complete() || (acts && m.auth->results().dmarc_may_object());
}

policy::dmarc_disposition mail_session::apply_auth() {
  session_message& m = *message_;
  if (!m.auth) {
    compare_with_past({});
    m.verdict->found = m.inspector().found();
    return policy::dmarc_disposition::none;
  }
  const auth::checker& c = m.auth->results();
  fixed_vector<byte_view, auth::limits::dkim_signatures + auth::limits::upstream_results + 1> passed, unsettled;
  const auto sort = [&](result r, byte_view domain) {
    if (r == result::pass) passed.push_back(domain);
    if (r == result::temperror) unsettled.push_back(domain);
  };
  for (std::size_t i = 0; i < c.dkim_count(); ++i) sort(c.dkim(i).result, c.dkim(i).domain);
  sort(c.spf().result, c.spf().domain);
  inspect::auth_facts facts;
  facts.checked = true;
  facts.spf = facts_result(c.spf().result);
  facts.dmarc = facts_result(c.dmarc().result);
  facts.trusted_arc = c.arc().trusted_pass;
  if (!is_of(c.dmarc().author, view(m.inspector().facts().from))) {
    if (facts.dmarc == inspect::auth_facts::result::pass) facts.dmarc = inspect::auth_facts::result::none;
    facts.trusted_arc = false;
  }
  facts.passed = {passed.data(), passed.size()};
  facts.unsettled = {unsettled.data(), unsettled.size()};
  m.inspector().authentication(facts);
  compare_with_past(facts);
  inspect::findings& found = m.verdict->found;
  found = m.inspector().found();
  add_notices(c, found);
  // Not scanned is only what would have mattered: a policy that could not be found or judged, a sender not confirmed.
  const bool unknown = c.dmarc().result == result::temperror ||
                       std::any_of(found.list.begin(), found.list.end(), [](const inspect::finding& f) {
                         return f.rule == inspect::info_of(inspect::rule::unverified_profile).id;
                       });
  if (found.cause == inspect::unscanned::none && unknown)
    found.cause = m.auth->header_lost() ? inspect::unscanned::budget : inspect::unscanned::dns;
  m.authenticated = std::make_unique<auth_summary>(summary_of(c, m.auth->cut_short));
  count(counters_, *m.authenticated, !c.hits().empty());
  switch (c.dmarc().disposition) {
    case auth::dmarc::policy::reject: return policy::dmarc_disposition::reject;
    case auth::dmarc::policy::quarantine: return policy::dmarc_disposition::quarantine;
    default: return policy::dmarc_disposition::none;
  }
}

byte_view mail_session::write_auth_results(byte_span room) const {
  const session_message& m = *message_;
  if (!m.auth) return {};
  return m.auth->results().write_results(room, true, m.now == session_message::mode::stream);
}

byte_view mail_session::write_seal(byte_span room, byte_view results) const {
  const session_message& m = *message_;
  if (!m.auth) return {};
  const byte_view seal = m.auth->results().write_seal(room, results);
  if (!seal.empty()) counters_.add(counter::auth_sealed);
  return seal;
}

}  // namespace sluice::net
