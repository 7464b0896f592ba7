// Judges what stands in the message header once it has passed: selects the profile, cuts slots out of the subject and
// the display name, and looks for borrowed brands there. Part of message_inspector.
#include <algorithm>

#include "core/ascii.hpp"
#include "inspect/display_name.hpp"
#include "inspect/domain.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"
#include "inspect/ruleset.hpp"
#include "inspect/signals.hpp"
#include "inspect/slot_judge.hpp"
#include "inspect/template_match.hpp"

namespace sluice::inspect {
namespace {

// Of senders without a profile nothing is known about templates; names and subjects are their own more often than not.
constexpr int unknown_name_percent = 85;
constexpr int unknown_subject_percent = 80;
constexpr int big_sender_percent = 85;  // the domain of a brand: its mail comes from templates even if none is known
constexpr int own_subject_percent = 55;
constexpr int unlike_name_percent = 65; // a name that cannot be compared with the domain
constexpr int own_name_percent = 25;    // a name that the sender's domain has too
constexpr int personal_percent = 35;    // mail that does not look automatic
// Words of a subject that may well be the sender's own: a service speaks of accounts and payments, too. In full only
// when the mail leads somewhere else than to the sender.
constexpr int own_words_percent = 60;
constexpr int leading_name_points = 45;   // a display name that begins with somebody else's brand
constexpr int unknown_leading_points = 35; // the same from an automatic sender that nothing is known of
constexpr int disguised_name_points = 20, disguised_text_points = 10;
constexpr int leading_brand_points = 35;  // "Ledger: recover your device", from somebody else

bool is_wording(byte_view rule_id) {
  for (rule soft : {rule::slot_words, rule::slot_brand, rule::slot_length, rule::slot_decoration}) {
    if (info_of(soft).id == rule_id) return true;
  }
  return false;
}

}  // namespace

byte_view message_inspector::from_domain() const {
  const byte_view from = view(facts_.from);
  const std::size_t at = from.rfind('@');
  return at == byte_view::npos ? byte_view{} : from.substr(at + 1);
}

byte_view message_inspector::from_site() const {
  const byte_view from = view(facts_.from);
  return from.substr(from.size() - from_site_);
}

slot_sender message_inspector::who() const { return {profile_, from_domain()}; }

bool message_inspector::speaks_for(std::uint16_t index) const { return inspect::speaks_for(who(), rules_->words().brands()[index]); }

void message_inspector::judge_header() {
  const byte_view domain = from_domain();
  const byte_view site = registrable(domain);
  from_site_ = view(facts_.from).ends_with(site) ? static_cast<std::uint8_t>(site.size()) : std::uint8_t{0};
  profile_ = rules_->find(view(facts_.from), view(facts_.sender));
  if (profile_ != nullptr) {
    assign_cut(found_.profile, profile_->id);
    found_.notification_class = true;
    found_.observe = profile_->observe;
  }
  const auto& brands = rules_->words().brands();
  for (const brand& b : brands) {
    if (std::none_of(b.domains.begin(), b.domains.end(), [domain](const std::string& d) { return within(domain, d); })) continue;
    body_.brand_sender = true;
    body_.coin_sender = body_.coin_sender || b.coins;
  }
  body_.own_name = has_own_name();
  judge_display_name();
  judge_subject();
  judge_reply_to();
  // A story may begin in the subject: "Wallet suspended" - "Verify now". It leads the first piece of text.
  auto& first = body_.main;
  body_.side.size = 0;
  first.part = 0;
  std::copy(facts_.subject.begin(), facts_.subject.end(), first.text.begin());
  first.size = static_cast<std::uint16_t>(facts_.subject.size());
  first.text[first.size++] = '\n';
  body_.subject_lead = first.size;
}

// The display name is the sender's own: it and the name in its domain share a word ("Honey" of joinhoney.com, "Disney Store"
// of disneystore.com). Who writes under a platform's address has a name that the domain knows nothing of.
bool message_inspector::has_own_name() const {
  // A mail system that reports: its name is what it is, and "delivery failed" is its subject.
  const byte_view from = view(facts_.from);
  const byte_view mailbox = from.substr(0, std::min(from.rfind('@'), from.size()));
  if (ascii::iequals(mailbox, "mailer-daemon") || ascii::iequals(mailbox, "postmaster")) return true;
  const byte_view site = from_site();
  const byte_view label = site.substr(0, site.find('.'));
  // "Somebody via Service": what stands before it is a customer's.
  folded seen;
  fold(customer_part(view(facts_.from_name)), seen);
  fixed_string<limits::display_name_bytes> squeezed, word;
  const auto known = [label](byte_view text) {
    if (text.size() >= 2 && text == label) return true;  // "EFF" of eff.org
    return text.size() >= 4 && (label.find(text) != byte_view::npos || (label.size() >= 4 && text.find(label) != byte_view::npos));
  };
  for (char c : seen.view()) {
    if (ascii::is_alnum(c)) {
      append_cut(squeezed, byte_view(&c, 1));
      squeezed.back() = ascii::lower(c);
    }
    if (ascii::is_alnum(c)) {
      append_cut(word, byte_view(&squeezed.back(), 1));
      continue;
    }
    if (c == '\'') continue;
    if (known(view(word))) return true;
    word.clear();
  }
  if (known(view(word)) || known(view(squeezed))) return true;
  if (!is_public_body(site) || !has_initials(seen.view(), label)) return false;  // "Social Security Administration" of ssa.gov; msn.com has anybody's
  text_signals s;  // "PayPal Payment Safety" of pps.gov.example
  scan_text(seen, rules_->words(), s);
  return std::all_of(s.brands.begin(), s.brands.end(), [this](const brand_hit& hit) { return speaks_for(hit.brand); });
}

// Cuts the slots by the first template that fits; false when none does. `wording` as in judge_weighed; names always
// count in full.
bool message_inspector::judge_by_template(byte_view text, std::span<const text_template> forms, place where, int wording) {
  slot_list slots;
  for (const text_template& form : forms) {
    if (!match_template(text, form, slots)) continue;
    for (const slot_text& slot : slots) {
      const bool name = slot.type == slot_type::name || slot.type == slot_type::address;
      judge_weighed(slot.text, slot.type, slot.name, where, 100, name ? 100 : wording);
    }
    return true;
  }
  return false;
}

// `wording` percent of the points of mere words; hard evidence (numbers, addresses, disguises) counts in full.
void message_inspector::judge_weighed(byte_view text, slot_type type, byte_view slot, place where, int percent, int wording) {
  findings local;
  judge_slot(text, type, slot, *rules_, who(), where, local, percent);
  for (const finding& f : local.list) {
    const int weight = is_wording(f.rule) ? f.weight * wording / 100 : f.weight;
    if (weight > 0) add_finding(found_, rule_named(f.rule), weight, {where, 0, f.offset, f.length, view(f.slot), view(f.words), f.text_id});
  }
}

void message_inspector::judge_subject() {
  const byte_view subject = header_subject();
  if (subject.empty()) return;
  note_brands(subject, place::subject);
  if (profile_ != nullptr) return judge_known_subject(subject, profile_->platform && !profile_->payments ? 100 : own_words_percent);
  const auto whole = [&](int percent, int wording) { judge_weighed(subject, slot_type::subject, {}, place::subject, percent, wording); };
  if (body_.automatic == 0) return whole(personal_percent, 100);
  if (body_.brand_sender) return whole(big_sender_percent, body_.own_name ? own_words_percent : 100);
  whole(body_.own_name ? own_subject_percent : cannot_compare(view(facts_.from_name), rules_->words()) ? unlike_name_percent : unknown_subject_percent, 100);
}

void message_inspector::judge_known_subject(byte_view subject, int wording) {
  body_.subject_matched = judge_by_template(subject, profile_->subjects, place::subject, wording);
  if (!body_.subject_matched) judge_weighed(subject, slot_type::subject, {}, place::subject, 100, wording);
}

void message_inspector::judge_display_name() {
  const byte_view name = header_name();
  if (name.empty()) return;
  note_brands(customer_part(name), place::display_name);
  if (profile_ == nullptr) {
    const int percent = body_.own_name ? own_name_percent : body_.automatic == 0 ? personal_percent : cannot_compare(name, rules_->words()) ? unlike_name_percent : unknown_name_percent;
    judge_slot(name, slot_type::name, "name", *rules_, who(), place::display_name, found_, percent);
    return;
  }
  if (!judge_by_template(name, profile_->display_names, place::display_name, 100)) {
    // "Microsoft account team" is the service's own name for itself.
    judge_weighed(name, slot_type::name, "name", place::display_name, 100, body_.own_name && !profile_->platform ? own_name_percent : 100);
  }
}

// Brands that the sender does not speak for. A display name that is nothing but such a brand (and words like "support")
// is impersonation; a brand among other words may be about it.
void message_inspector::note_brands(byte_view text, place where) {
  folded seen;
  text_signals s;
  fold(text, seen);
  scan_text(seen, rules_->words(), s);
  for (const brand_hit& hit : s.brands) {
    if (hit.disguised) note_disguised_brand(seen.raw(text, hit.where.begin, hit.where.end), where, 0);
    if (speaks_for(hit.brand) || (where == place::subject && is_till(hit.brand))) continue;
    remember_brand(hit.brand);
    finding_text note;
    note.where = where;
    note.words = seen.raw(text, hit.where.begin, hit.where.end);
    if (where == place::subject) {
      body_.subject_brand = true;
      if (hit.where.begin == 0 && (profile_ != nullptr || body_.automatic != 0) && !body_.own_name) note_speaker(seen, hit.where, note);
      continue;
    }
    const bool whole = hit.words + s[word_class::label].count >= s.words || names_host_of(seen, s, hit.brand);
    body_.name_brand = body_.name_brand || whole;
    const bool platform = profile_ != nullptr || body_.automatic != 0;
    const bool elsewhere = profile_ != nullptr ? profile_->platform : body_.automatic != 0 && !body_.own_name;
    const bool leads = elsewhere && hit.where.begin == 0;  // "OpenSea Drops" under a platform's address
    add_finding(found_, rule::brand_in_name, whole ? (platform && !body_.own_name ? 80 : 40) : leads ? (profile_ != nullptr ? leading_name_points : unknown_leading_points) : 20, note);
  }
  if (s.brands.empty()) note_sole_brand(seen, s, text, where);
}

// Nobody writes a brand's name so that filters do not see it, its owner least of all.
void message_inspector::note_disguised_brand(byte_view words, place where, std::uint16_t part) {
  add_finding(found_, rule::brand_disguised, where == place::text ? disguised_text_points : disguised_name_points, {where, part, 0, 0, {}, words});
}

// "Trust Wallet: ...", "OpenSea - ...": the subject names who speaks, and it is not the sender.
void message_inspector::note_speaker(const folded& seen, extent name, const finding_text& note) {
  const byte_view subject = seen.view();
  // A phrase of the brand's may reach beyond the mark ("Ledger: recover"): the first word decides.
  std::size_t end = subject.find_first_of(" :|");
  if (end == byte_view::npos) return;
  if (subject[end] == ' ') end = std::max<std::size_t>(end, name.end);
  const std::size_t next = subject.find_first_not_of(' ', end);
  if (next == byte_view::npos) return;
  const char mark = subject[next];
  if (mark == ':' || mark == '|' || (mark == '-' && next > end)) add_finding(found_, rule::foreign_brand, leading_brand_points, note);
}

// A brand's name that is also an ordinary word ("Ledger"): only when it is all of the display name, beside words like
// "support".
void message_inspector::note_sole_brand(const folded& seen, const text_signals& s, byte_view text, place where) {
  const class_hit& sole = s[word_class::sole];
  if (sole.count == 0) return;
  const byte_view word = seen.view().substr(sole.first.begin, static_cast<std::size_t>(sole.first.end - sole.first.begin));
  const auto& brands = rules_->words().brands();
  const auto named = std::find_if(brands.begin(), brands.end(), [word](const brand& b) { return ascii::iequals(b.id, word); });
  if (named == brands.end()) return;
  const auto index = static_cast<std::uint16_t>(named - brands.begin());
  if (speaks_for(index)) return;
  finding_text note;
  note.where = where;
  note.words = text;
  const bool platform = profile_ != nullptr || body_.automatic != 0;
  if (where == place::subject) {  // an ordinary word unless it stands where the speaker does
    if (sole.first.begin == 0 && platform && !body_.own_name) note_speaker(seen, sole.first, note);
    return;
  }
  if (sole.count != 1 || s[word_class::label].count + 1 < s.words) return;
  remember_brand(index);
  body_.name_brand = true;
  add_finding(found_, rule::brand_in_name, platform && !body_.own_name ? 80 : 30, note);
}

// "Opensea.IO": the name is the brand's own host.
bool message_inspector::names_host_of(const folded& text, const text_signals& s, std::uint16_t index) const {
  const brand& b = rules_->words().brands()[index];
  for (const host_hit& hit : s.hosts) {
    const byte_view host = text.view().substr(hit.host.begin, static_cast<std::size_t>(hit.host.end - hit.host.begin));
    if (std::any_of(b.domains.begin(), b.domains.end(), [host](const std::string& d) { return within(host, d); })) return true;
  }
  return false;
}

void message_inspector::remember_brand(std::uint16_t index) {
  for (brand_count& known : body_.brands) {
    if (known.brand == index) {
      ++known.windows;
      return;
    }
  }
  if (body_.brands.size() < body_.brands.capacity()) body_.brands.push_back({index, 1});
}

}  // namespace sluice::inspect
