// Judges the body: each window of text as it passes, links, and at the end the message as a whole, where what was seen
// in different places meets. Part of message_inspector.
#include <algorithm>
#include <array>
#include <bit>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "inspect/display_name.hpp"
#include "inspect/domain.hpp"
#include "inspect/lure.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/octet_class.hpp"
#include "inspect/rules.hpp"
#include "inspect/ruleset.hpp"
#include "inspect/signals.hpp"
#include "inspect/slot_judge.hpp"
#include "inspect/wallet_text.hpp"
#include "inspect/web_target.hpp"

namespace sluice::inspect {
namespace {

constexpr std::size_t several_brands = 2;  // who names that many tells news; a lure borrows one name
constexpr int invited_percent = 100;  // of a callback in the entry itself: calendars show it as the reader's own
constexpr std::uint16_t many_mixed_words = 4;  // words of two scripts that look like one

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

byte_view range(const folded& text, extent e) {
  return text.view().substr(e.begin, static_cast<std::size_t>(e.end - e.begin));
}

constexpr byte_view greetings[] = {
    "hi ", "hello ", "dear ", "hey ", "hola ", "ola ", "bonjour ", "hallo ", "ciao ", "guten tag ", "welcome ", "liebe ",
    "lieber ", "sehr geehrte ", "sehr geehrter ", "estimado ", "estimada ", "prezado ", "prezada ", "gentile ", "beste ",
    "cher ", "chere ", "bem vindo ", "bienvenido ", "bienvenue ", "willkommen ", "benvenuto ", "hej ", "czesc ", "witaj ",
    "merhaba "};
static_assert(std::size(greetings) <= 32);

// Per first letter, which greetings begin with it; bits. Nearly every line is asked.
constexpr std::array<std::uint32_t, 26> greetings_by_letter = [] {
  std::array<std::uint32_t, 26> made{};
  for (std::size_t i = 0; i < std::size(greetings); ++i) made[static_cast<std::size_t>(greetings[i].front() - 'a')] |= 1u << i;
  return made;
}();

// A bare host name is mostly a company's name; not a long one with a hyphen, nor where anybody can have one or it borrows a brand's.
bool leads_anywhere(byte_view host, const lexicon& words) {
  if (words.open_host(host) || words.throwaway(host) || words.borrowed_by(host) != lexicon::no_brand) return true;
  const byte_view site = registrable(host);
  return !site.empty() && site.size() < host.size() && host.find('-') != byte_view::npos;
}

// "Dear Pat, your ...": where the text goes on in the line, the name ends at the comma.
byte_view greeted_name(byte_view line) { return ascii::trim(line.substr(0, line.find(','))); }

// A name, a street and what belongs to it; an empty line ends it. Behind the third the mail's own text may go on.
std::size_t end_of_address(byte_view text) {
  constexpr int most_lines = 3;
  std::size_t end = 0;
  for (int line = 0; line < most_lines; ++line) {
    const std::size_t next = text.find('\n', end);
    if (next == byte_view::npos) return text.size();
    if (ascii::trim(text.substr(end, next - end)).empty()) return end;
    end = next + 1;
  }
  return end;
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
  if (part == body_.calendar_part && !hidden) judge_calendar(text, part);
  note_encrypted_text(text);
  folded seen;
  text_signals s;
  fold(text, seen);
  scan_text(seen, rules_->words(), s);
  if (profile_ == nullptr) drop_unchecked(seen, s.wallets);  // exchanges tell where coins went
  if (!hidden && body_.subject_lead != 0) drop_subject_evidence(seen, s);

  if (!hidden && s.counts.mixed_words > 0) {
    body_.mixed_words = static_cast<std::uint16_t>(body_.mixed_words + s.counts.mixed_words);
    if (body_.mixed.empty()) assign_cut(body_.mixed, utf8::cut(text, limits::quote_bytes));
  }
  if (!hidden && s.disguised_words > 0) {
    body_.disguised_words = static_cast<std::uint16_t>(body_.disguised_words + s.disguised_words);
    if (body_.disguised.empty()) {
      assign_cut(body_.disguised, utf8::cut(seen.raw(text, s.disguised_first.begin, s.disguised_first.end), limits::quote_bytes));
    }
  }
  story_context context;
  context.known = profile_ != nullptr;
  context.invited = profile_ == nullptr && part == body_.calendar_part;
  context.payments = profile_ != nullptr ? profile_->payments || profile_->platform : !context.invited;
  context.topical = profile_ != nullptr ? !profile_->payments : !body_.own_name || is_crypto_business();
  for (const brand_hit& hit : s.brands) {
    if (hit.disguised && !hidden) note_disguised_brand(seen.raw(text, hit.where.begin, hit.where.end), place::text, part);
    if (speaks_for(hit.brand) || is_till(hit.brand)) continue;
    remember_brand(hit.brand);
    context.foreign_brand = true;
    context.coin_brand = context.coin_brand || rules_->words().brands()[hit.brand].coins;
  }
  if (body_.brands.size() >= several_brands) context.foreign_brand = context.coin_brand = false;
  bool foreign_number = false, answered = false;
  for (const phone_hit& hit : s.phones) {
    if (own_number(profile_, hit)) continue;
    foreign_number = true;
    answered = answered || !hit.conference;
  }
  context.own_number = !foreign_number;
  if (answered) ++body_.phones;
  if (!s.handles.empty()) ++body_.handles;
  body_.warned = body_.warned || s.warned;
  if (!hidden && !(s.secret.empty() && s.employer.empty())) {
    const extent asked = s.employer.empty() ? s.secret : s.employer;
    if (body_.secret.empty() || (!s.employer.empty() && !body_.employer)) assign_cut(body_.secret, utf8::cut(seen.raw(text, asked.begin, asked.end), limits::quote_bytes));
    body_.employer = body_.employer || !s.employer.empty();
  }
  if (!s.wallets.empty() && body_.wallet.empty()) assign_cut(body_.wallet, range(seen, s.wallets[0].where));
  for (const host_hit& hit : s.hosts) {
    if (body_.throwaway.empty() && rules_->words().throwaway(range(seen, hit.host))) assign_cut(body_.throwaway, range(seen, hit.host).substr(0, limits::quote_bytes));
    if (hit.mail || !(hit.scheme || hit.path || hit.disguised || (profile_ != nullptr && leads_anywhere(range(seen, hit.host), rules_->words())))) continue;
    web_target told;
    read_told(seen, text, hit, told);
    note_host(told.host());
    note_target(told.page());
    if (hit.disguised && !body_.last_host.own) add_finding(found_, rule::link_disguised, 40, {place::text, part, 0, 0, {}, range(seen, hit.where)});
  }
  if (s.pointed > 0 && !s.hosts.empty() && body_.pointed.empty()) assign_cut(body_.pointed, utf8::cut(seen.raw(text, s.hosts[0].where.begin, s.hosts[0].where.end), limits::quote_bytes));
  if (!hidden) judge_greeting(text, seen, part);
  if (!hidden) judge_pointed(seen, s, text, part);
  for (std::size_t i = 0; i < stories; ++i) {
    const lure_points told = tell(static_cast<story>(i), s, context);
    story_state& kept = context.invited && static_cast<story>(i) == story::callback ? body_.invited : body_.told[i];
    if (told.points <= kept.best) continue;
    kept.best = static_cast<std::int16_t>(told.points);
    kept.part = part;
    assign_cut(kept.words, utf8::cut(seen.raw(text, told.where.begin, told.where.end), limits::quote_bytes));
  }
}

// Of the subject only the words take part in the text's stories: its numbers, addresses and amounts were judged in it.
void message_inspector::drop_subject_evidence(const folded& seen, text_signals& s) const {
  const auto drop = [&](auto& hits) {
    const auto in_subject = [&](const auto& hit) { return seen.at(hit.where.begin) < body_.subject_lead; };
    while (!hits.empty() && in_subject(*hits.begin())) hits.erase(hits.begin());
  };
  drop(s.phones);
  drop(s.money);
  drop(s.hosts);
  drop(s.wallets);
  if (!s.chat_link.empty() && seen.at(s.chat_link.begin) < body_.subject_lead) s.chat_link = {};
}

// Labels of the profile behind which somebody else's text stands.
void message_inspector::judge_body_slots(byte_view text, std::uint16_t part) {
  for (const body_slot& slot : profile_->body_slots) {
    for (std::size_t i = 0; i + slot.label.size() <= text.size(); ++i) {
      if (!ascii::istarts_with(text.substr(i), slot.label)) continue;
      byte_view rest = text.substr(i + slot.label.size());
      const byte_view behind = rest;
      while (!rest.empty() && (ascii::is_space(rest.front()) || rest.front() == ':')) rest.remove_prefix(1);
      // An address has lines of its own; in the label's line the mail's own words go on.
      const std::size_t skipped = behind.size() - rest.size();
      if (slot.type == slot_type::address && behind.substr(0, skipped).find('\n') == byte_view::npos) break;
      rest = ascii::trim(rest.substr(0, slot.type == slot_type::address ? end_of_address(rest) : rest.find('\n')));
      if (slot.type == slot_type::name && !rest.empty() && rest.back() != ',') rest = greeted_name(rest);
      if (rest.empty()) break;
      judge_calm(rest, slot.type, slot.slot, place::text, part, 100);
      break;
    }
  }
}

// "Hello +$1,989 -> https://..., thanks for signing up": the reader's name is a slot of nearly every mail, and it was
// filled with the lure. Only hard evidence counts: an address, an amount, a number.
void message_inspector::judge_greeting(byte_view text, const folded& seen, std::uint16_t part) {
  const byte_view all = seen.view();
  for (std::size_t line = 0; line < all.size();) {
    std::size_t end = all.find('\n', line);
    if (end == byte_view::npos) end = all.size();
    byte_view rest = all.substr(line, end - line);
    std::size_t start = line;
    while (!rest.empty() && ascii::is_space(rest.front())) {
      rest.remove_prefix(1);
      ++start;
    }
    const bool may = rest.size() >= 4 && octet::is(rest.front(), octet::alpha);
    for (std::uint32_t bits = may ? greetings_by_letter[static_cast<std::size_t>(octet::lower(rest.front()) - 'a')] : 0; bits != 0; bits &= bits - 1) {
      const byte_view greeting = greetings[static_cast<std::size_t>(std::countr_zero(bits))];
      if (!ascii::istarts_with(rest, greeting)) continue;
      // The greeting ends with its line when that ends in a comma: what was filled in may hold commas itself.
      std::size_t stop = rest.find_first_of(",!\n", greeting.size());
      const byte_view line_text = ascii::trim(rest);
      if (!line_text.empty() && line_text.back() == ',') stop = line_text.size() - 1;
      const std::size_t name_end = stop == byte_view::npos ? std::min<std::size_t>(rest.size(), 160) : stop;
      const byte_view raw = seen.raw(text, start + greeting.size(), start + name_end);
      findings local;
      const slot_result judged = judge_slot(raw, slot_type::name, "greeting", *rules_, who(), place::text, local);
      std::int32_t hard = 0;
      for (const finding& f : local.list) {
        const rule what = rule_named(f.rule);
        if (what == rule::slot_address || what == rule::slot_money || what == rule::slot_phone || what == rule::slot_wallet) hard += f.weight;
      }
      if (hard >= 50) add_finding(found_, rule::greeting, std::min(judged.score, 100), {place::text, part, 0, 0, "greeting", raw});
      break;
    }
    line = end + 1;
  }
}

// "+$1,989 -> https://...": an amount and an address with an arrow or a picture between them, in one line. No template of
// a notification has that; names and titles that somebody filled in have.
void message_inspector::judge_pointed(const folded& seen, const text_signals& s, byte_view text, std::uint16_t part) {
  constexpr std::size_t reach = 48;  // octets between the amount and the address
  if (body_.automatic == 0 && profile_ == nullptr) return;
  for (const host_hit& hit : s.hosts) {
    if (hit.mail) continue;
    for (const money_hit& sum : s.money) {
      if (sum.where.end > hit.where.begin || hit.where.begin - sum.where.end > static_cast<int>(reach)) continue;
      const byte_view between = range(seen, {sum.where.end, hit.where.begin});
      if (between.find('\n') != byte_view::npos || between.find_first_of("\x01\x04") == byte_view::npos) continue;
      const byte_view host = range(seen, hit.host);
      if (from_site_ != 0 && ascii::iequals(registrable(host), from_site())) continue;
      const byte_view words = utf8::cut(seen.raw(text, sum.where.begin, hit.where.end), limits::quote_bytes * 2);
      return add_finding(found_, rule::greeting, 80, {place::text, part, 0, 0, {}, words});
    }
  }
}

// Points of a story count in full from a notification sender, less from automatic mail of unknown senders, least from
// people: they may well talk about invoices and telephone numbers.
int message_inspector::story_percent() const {
  if (profile_ != nullptr) return leads_home() ? 50 : 100;
  if (body_.automatic == 0) return 35;
  if (impersonates()) return 85;
  if (body_.foreign_links == 0 && body_.wallet.empty() && cannot_compare(view(facts_.from_name), rules_->words())) return 40;
  if (!body_.own_name) return 80;
  if (body_.foreign_links == 0 && body_.wallet.empty()) return 30;
  return leads_away() && body_.brands.size() == 1 ? 55 : 40;
}

// The sender's name, or how the mail is written, pretends to be somebody else: then stories are not just news.
bool message_inspector::impersonates() const {
  return body_.name_brand || body_.disguised_words >= 2 || !body_.open_page.empty();
}

// A known service that writes its mail itself, with nothing in it that leads elsewhere: what it says about accounts and
// payments is most likely its own. A platform's own links lead to what its customers wrote.
bool message_inspector::leads_home() const {
  return profile_ != nullptr && !profile_->platform && leads_nowhere() && !body_.name_brand && !body_.subject_brand && body_.disguised_words == 0 && body_.mixed_words == 0;
}

// No way to do what a lure wants, unless it is the sender's own.
bool message_inspector::leads_nowhere() const {
  return body_.foreign_links == 0 && body_.phones == 0 && body_.handles == 0 && body_.wallet.empty() && body_.open_page.empty() && body_.form_page.empty();
}

// Automatic mail in its sender's own name whose every link leads away from home. (Mail services that count clicks on hosts
// of their own make that of honest mail, too.)
bool message_inspector::leads_away() const {
  return profile_ == nullptr && body_.own_name && body_.automatic != 0 && body_.links > 0 && body_.foreign_links == body_.links;
}

// "Your PayPal payment failed": a sender that writes in its own name says how it is paid.
bool message_inspector::is_till(std::uint16_t index) const { return profile_ == nullptr && body_.own_name && rules_->words().brands()[index].pays; }

// Exchanges, wallets and their newsletters write about coins all the time.
bool message_inspector::is_crypto_business() const {
  static constexpr byte_view parts[] = {"crypto", "coin", "chain", "btc", "eth", "nft", "defi", "wallet", "token", "xrp", "web3", "zk", ".xyz", ".io"};
  const byte_view site = from_site();
  return body_.coin_sender || std::any_of(std::begin(parts), std::end(parts), [site](byte_view part) { return site.find(part) != byte_view::npos; });
}

void message_inspector::judge_whole() {
  const int percent = story_percent();
  // It leads somewhere: now the subject's words count in full.
  if (profile_ != nullptr && !profile_->platform && !facts_.subject.empty() && !leads_home()) judge_known_subject(view(facts_.subject), 100);
  auto quoted = [](place where, const quote& words) { return finding_text{where, 0, 0, 0, {}, view(words)}; };
  story_state& callback = body_.told[static_cast<std::size_t>(story::callback)];
  const bool invited = body_.invited.best * invited_percent > callback.best * percent;
  if (invited) callback = body_.invited;
  // One lure tells several stories at once: the strongest counts, the others support it.
  std::size_t strongest = 0;
  for (std::size_t i = 1; i < stories; ++i) {
    if (body_.told[i].best > body_.told[strongest].best) strongest = i;
  }
  const int lures = body_.told[strongest].best;
  for (std::size_t i = 0; i < stories; ++i) {
    const story_state& told = body_.told[i];
    if (told.best < story_floor) continue;
    int scale = percent;
    // A car maker or a food service that has coins to give was taken over more often than not.
    if (static_cast<story>(i) == story::crypto && body_.automatic != 0 && profile_ == nullptr && !is_crypto_business()) scale = std::max(scale, body_.own_name ? 70 : 85);
    if (static_cast<story>(i) == story::crypto && body_.warned && leads_nowhere()) scale /= 2;  // a wallet's desk warns
    if (static_cast<story>(i) == story::callback && invited) scale = invited_percent;
    // "Reply to my chambers": a letter in somebody's message needs no link.
    const bool letter = static_cast<story>(i) == story::fee || static_cast<story>(i) == story::extortion;
    if (letter && profile_ != nullptr && profile_->messages) scale = 100;
    const int points = told.best * scale / (i == strongest ? 100 : 400);
    add_finding(found_, rule_of(static_cast<story>(i)), points, {place::text, told.part, 0, 0, {}, view(told.words)});
  }
  if (!body_.wallet.empty()) add_finding(found_, rule::wallet, (profile_ != nullptr ? 60 : 25) * certain_percent(view(body_.wallet)) / 100, quoted(place::text, body_.wallet));
  if (body_.disguised_words > 0) {
    const bool automatic = profile_ != nullptr || body_.automatic != 0;
    const int weight = std::min(automatic ? 80 : 60, 15 * body_.disguised_words);
    add_finding(found_, rule::text_disguised, automatic ? weight : weight * percent / 100, quoted(place::text, body_.disguised));
  }
  if (body_.mixed_words >= many_mixed_words && (profile_ != nullptr || body_.automatic != 0)) {
    add_finding(found_, rule::text_disguised, 50, quoted(place::text, body_.mixed));
  }
  if (body_.drawn.found() || body_.drawn_cells) {
    add_finding(found_, rule::code_drawn, profile_ != nullptr ? 60 : body_.automatic != 0 ? 40 : 25, {place::text, 0, 0, 0, {}, {}});
  }
  judge_brands(lures, percent);
  judge_links(lures);
  judge_structure();
  judge_template();
  count_same_words_once();
  judge_path();
}

// The subject's words are the text's first: where nothing leads anywhere, "Airdrop" in both is one reason, and so is a
// brand's name.
void message_inspector::count_same_words_once() {
  if (!leads_nowhere()) return;
  constexpr int again_percent = 25;
  static constexpr rule told[] = {rule::callback, rule::lure_threat, rule::lure_crypto, rule::lure_prize, rule::lure_fee, rule::foreign_brand};
  for (finding& slot : found_.list) {
    const rule what = rule_named(slot.rule);
    if ((what != rule::slot_words && what != rule::slot_brand) || slot.where != place::subject) continue;
    for (finding& text : found_.list) {
      const bool other = std::find(std::begin(told), std::end(told), rule_named(text.rule)) != std::end(told);
      if (!other || !ascii::iequals(view(slot.words), view(text.words))) continue;
      finding& lesser = slot.weight < text.weight ? slot : text;
      const auto counted = static_cast<std::int16_t>(lesser.weight * again_percent / 100);
      found_.score -= lesser.weight - counted;
      lesser.weight = counted;
      break;
    }
  }
}

// A brand that the mail is about, from a sender who is not the brand.
// `lures`: points of the strongest story, of which this sender's mail keeps `percent`.
void message_inspector::judge_brands(int lures, int percent) {
  const brand_count* most = nullptr;
  for (const brand_count& b : body_.brands) {
    if (most == nullptr || b.windows > most->windows) most = &b;
  }
  if (most == nullptr) return;
  const bool subject = body_.subject_brand || body_.name_brand;
  if (!subject && lures < 50) return;  // brands are mentioned everywhere
  lures = lures * percent / 100;
  const bool mentioned = body_.subject_brand && !body_.name_brand && lures < story_floor;  // the subject's finding says so already
  const bool shop = profile_ != nullptr && profile_->payments && !body_.name_brand;  // a receipt names whom was paid
  const int weight = (mentioned || shop ? 5 : subject ? (lures >= 45 ? 25 : 15) : 10) + (most->windows >= 3 ? 10 : 0);
  add_finding(found_, rule::foreign_brand, weight, {place::text, 0, 0, 0, {}, rules_->words().brands()[most->brand].id});
}

}  // namespace sluice::inspect
