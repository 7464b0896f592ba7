// Judges the body: each window of text as it passes, links, and at the end the message as a whole, where what was seen
// in different places meets. Part of message_inspector.
#include <algorithm>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "inspect/domain.hpp"
#include "inspect/lure.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"
#include "inspect/ruleset.hpp"
#include "inspect/signals.hpp"
#include "inspect/slot_judge.hpp"

namespace sluice::inspect {
namespace {

constexpr std::int16_t story_floor = 30;  // weaker stories are everywhere

rule rule_of(story which) {
  switch (which) {
    case story::callback: return rule::callback;
    case story::threat: return rule::lure_threat;
    case story::crypto: return rule::lure_crypto;
    case story::prize: return rule::lure_prize;
    case story::extortion: return rule::lure_extortion;
    case story::fee: return rule::lure_fee;
    case story::adult: return rule::lure_adult;
    case story::count_: break;
  }
  return rule::callback;
}

// The host of an absolute http(s) target, without userinfo and port; empty for anything else.
byte_view host_of(byte_view target) {
  std::size_t start = 0;
  if (ascii::istarts_with(target, "https://")) {
    start = 8;
  } else if (ascii::istarts_with(target, "http://")) {
    start = 7;
  } else if (ascii::istarts_with(target, "//")) {
    start = 2;
  } else {
    return {};
  }
  byte_view rest = target.substr(start);
  rest = rest.substr(0, rest.find_first_of("/?#\\"));
  const std::size_t user = rest.rfind('@');
  if (user != byte_view::npos) rest.remove_prefix(user + 1);
  const std::size_t port = rest.rfind(':');
  if (port != byte_view::npos) rest = rest.substr(0, port);
  return rest;
}

byte_view range(const folded& text, extent e) {
  return text.view().substr(e.begin, static_cast<std::size_t>(e.end - e.begin));
}

bool own_number(const profile* sender, const phone_hit& hit) {
  if (sender == nullptr) return false;
  const byte_view digits(hit.digits.data(), hit.count);
  return std::any_of(sender->phones.begin(), sender->phones.end(), [digits](const std::string& own) {
    return own.size() >= 7 && digits.size() >= own.size() && digits.substr(digits.size() - own.size()) == own;
  });
}

}  // namespace

void message_inspector::judge_text(byte_view text, std::uint16_t part, bool hidden) {
  if (profile_ != nullptr && !hidden) judge_body_slots(text, part);
  folded seen;
  text_signals s;
  fold(text, seen);
  scan_text(seen, rules_->words(), s);

  body_.mixed_words = static_cast<std::uint16_t>(body_.mixed_words + s.counts.mixed_words);
  if (!hidden && s.disguised_words > 0) {
    body_.disguised_words = static_cast<std::uint16_t>(body_.disguised_words + s.disguised_words);
    if (body_.disguised.empty()) {
      assign_cut(body_.disguised, utf8::cut(seen.raw(text, s.disguised_first.begin, s.disguised_first.end), limits::quote_bytes));
    }
  }
  story_context context;
  context.payments = profile_ == nullptr || profile_->payments;
  for (const brand_hit& hit : s.brands) {
    if (speaks_for(hit.brand)) continue;
    context.foreign_brand = true;
    remember_brand(hit.brand);
  }
  bool foreign_number = false;
  for (const phone_hit& hit : s.phones) foreign_number = foreign_number || !own_number(profile_, hit);
  context.own_number = !foreign_number;
  if (foreign_number) ++body_.phones;
  if (!s.wallets.empty() && body_.wallet.empty()) assign_cut(body_.wallet, range(seen, s.wallets[0].where));
  for (const host_hit& hit : s.hosts) {
    if (!hit.mail) note_host(range(seen, hit.host), hit.disguised);
  }
  for (std::size_t i = 0; i < stories; ++i) {
    const lure_points told = tell(static_cast<story>(i), s, context);
    story_state& kept = body_.told[i];
    if (told.points <= kept.best) continue;
    kept.best = static_cast<std::int16_t>(told.points);
    kept.part = part;
    assign_cut(kept.words, utf8::cut(seen.raw(text, told.where.begin, told.where.end), limits::quote_bytes));
  }
}

// Labels of the profile behind which somebody else's text stands.
void message_inspector::judge_body_slots(byte_view text, std::uint16_t part) {
  for (const body_slot& slot : profile_->body_slots) {
    for (std::size_t i = 0; i + slot.label.size() <= text.size(); ++i) {
      if (!ascii::istarts_with(text.substr(i), slot.label)) continue;
      byte_view rest = text.substr(i + slot.label.size());
      while (!rest.empty() && (ascii::is_space(rest.front()) || rest.front() == ':')) rest.remove_prefix(1);
      rest = ascii::trim(rest.substr(0, rest.find('\n')));
      if (rest.empty()) break;
      findings local;
      const slot_result judged = judge_slot(rest, slot.type, slot.slot, *rules_, profile_, place::text, local);
      if (judged.verdict == slot_verdict::clean) break;
      for (const finding& f : local.list) {
        finding_text note{place::text, part, 0, 0, view(f.slot), view(f.words)};
        add_finding(found_, rule_named(f.rule), f.weight, note);
      }
      break;
    }
  }
}

void message_inspector::note_host(byte_view host, bool disguised) {
  if (host.empty()) return;
  ++body_.links;
  const byte_view site = registrable(host);
  const bool own = same_site(host, from_domain()) ||
                   (profile_ != nullptr && std::any_of(profile_->link_domains.begin(), profile_->link_domains.end(), [host](const std::string& d) { return within(host, d); }));
  const std::uint32_t hash = hash_lower(site.empty() ? host : site);
  if (std::find(body_.hosts.begin(), body_.hosts.end(), hash) == body_.hosts.end() && body_.hosts.size() < body_.hosts.capacity()) body_.hosts.push_back(hash);
  if (!own) {
    ++body_.foreign_links;
    if (body_.foreign_host.empty()) assign_cut(body_.foreign_host, host.substr(0, limits::quote_bytes));
  }
  if (!own && rules_->words().open_host(host)) {
    ++body_.free_links;
    if (body_.free_host.empty()) assign_cut(body_.free_host, host.substr(0, limits::quote_bytes));
  }
  if (disguised) add_finding(found_, rule::link_disguised, 40, {place::text, 0, 0, 0, {}, host});
}

void message_inspector::on_link(const mime::link& link) {
  if (link.hidden || link.from == mime::link::origin::image) return;
  const byte_view host = host_of(link.target);
  if (host.empty()) return;
  note_host(host, false);
  if (link.shown.empty()) return;
  folded shown;
  fixed_vector<host_hit, 8> hosts;
  fold(link.shown, shown);
  find_hosts(shown, hosts);
  for (const host_hit& hit : hosts) {
    const byte_view name = range(shown, hit.host);
    if (hit.mail || same_site(name, host) || same_site(name, from_domain())) continue;
    ++body_.mismatches;
    if (body_.mismatch.empty()) assign_cut(body_.mismatch, name.substr(0, limits::quote_bytes));
  }
}

// Points of a story count in full from a notification sender, less from automatic mail of unknown senders, least from
// people: they may well talk about invoices and telephone numbers.
int message_inspector::story_percent() const {
  if (profile_ != nullptr) return 100;
  return body_.automatic != 0 ? 50 : 35;
}

void message_inspector::judge_whole() {
  const int percent = story_percent();
  for (std::size_t i = 0; i < stories; ++i) {
    const story_state& told = body_.told[i];
    if (told.best < story_floor) continue;
    add_finding(found_, rule_of(static_cast<story>(i)), told.best * percent / 100, {place::text, told.part, 0, 0, {}, view(told.words)});
  }
  if (!body_.wallet.empty()) add_finding(found_, rule::wallet, profile_ != nullptr ? 60 : 25, {place::text, 0, 0, 0, {}, view(body_.wallet)});
  if (body_.disguised_words > 0) {
    const int weight = std::min(60, 15 * body_.disguised_words);
    add_finding(found_, rule::text_disguised, profile_ != nullptr ? weight : weight / 2, {place::text, 0, 0, 0, {}, view(body_.disguised)});
  }
  if (!body_.brands.empty()) {
    add_finding(found_, rule::foreign_brand, body_.subject_brand ? 15 : 10, {place::text, 0, 0, 0, {}, rules_->words().brands()[body_.brands[0]].id});
  }
  if (profile_ != nullptr && !profile_->link_domains.empty() && body_.foreign_links > 0) {
    add_finding(found_, rule::link_foreign, 20, {place::link, 0, 0, 0, {}, view(body_.foreign_host)});
  }
  if (body_.free_links > 0) add_finding(found_, rule::link_free_host, 15, {place::link, 0, 0, 0, {}, view(body_.free_host)});
  if (body_.mismatches > 0) add_finding(found_, rule::link_mismatch, 15, {place::link, 0, 0, 0, {}, view(body_.mismatch)});
}

void message_inspector::authentication(const auth_facts& results) {
  if (profile_ != nullptr && results.dmarc == auth_facts::result::fail) {
    add_finding(found_, rule::spoofed_sender, 60, {place::header, 0, 0, 0, {}, view(facts_.from)});
  }
}

}  // namespace sluice::inspect
