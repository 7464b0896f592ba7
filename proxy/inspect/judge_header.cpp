// Judges what stands in the message header once it has passed: selects the profile, cuts slots out of the subject and
// the display name, and looks for borrowed brands and hidden words there. Part of message_inspector.
#include <algorithm>

#include "core/ascii.hpp"
#include "inspect/domain.hpp"
#include "inspect/lure.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"
#include "inspect/ruleset.hpp"
#include "inspect/signals.hpp"
#include "inspect/slot_judge.hpp"
#include "inspect/template_match.hpp"

namespace sluice::inspect {

byte_view message_inspector::from_domain() const {
  const byte_view from = view(facts_.from);
  const std::size_t at = from.rfind('@');
  return at == byte_view::npos ? byte_view{} : from.substr(at + 1);
}

// The sender is one of those who may speak for the brand.
bool message_inspector::speaks_for(std::uint16_t index) const {
  const brand& b = rules_->words().brands()[index];
  if (profile_ != nullptr && std::find(profile_->brands.begin(), profile_->brands.end(), b.id) != profile_->brands.end()) return true;
  const byte_view domain = from_domain();
  return std::any_of(b.domains.begin(), b.domains.end(), [domain](const std::string& d) { return within(domain, d); });
}

void message_inspector::judge_header() {
  profile_ = rules_->find(view(facts_.from), view(facts_.sender));
  if (profile_ != nullptr) {
    assign_cut(found_.profile, profile_->id);
    found_.notification_class = true;
  }
  judge_display_name();
  judge_subject();
}

void message_inspector::judge_subject() {
  const byte_view subject = view(facts_.subject);
  if (subject.empty()) return;
  if (profile_ != nullptr) {
    slot_list slots;
    for (const text_template& form : profile_->subjects) {
      if (!match_template(subject, form, slots)) continue;
      body_.subject_matched = true;
      for (const slot_text& slot : slots) judge_slot(slot.text, slot.type, slot.name, *rules_, profile_, place::subject, found_);
      return;
    }
    judge_slot(subject, slot_type::subject, {}, *rules_, profile_, place::subject, found_);
    return;
  }
  judge_free_text(subject, place::subject);
}

void message_inspector::judge_display_name() {
  const byte_view name = view(facts_.from_name);
  if (name.empty()) return;
  if (profile_ != nullptr) {
    slot_list slots;
    for (const text_template& form : profile_->display_names) {
      if (!match_template(name, form, slots)) continue;
      for (const slot_text& slot : slots) judge_slot(slot.text, slot.type, slot.name, *rules_, profile_, place::display_name, found_);
      return;
    }
    judge_slot(name, slot_type::name, "name", *rules_, profile_, place::display_name, found_);
    return;
  }
  judge_free_text(name, place::display_name);
}

// Subject or display name of a sender without a profile: nothing is known about its templates, so only what no honest
// sender does counts in full; words count little.
void message_inspector::judge_free_text(byte_view text, place where) {
  folded view_of_text;
  text_signals s;
  fold(text, view_of_text);
  scan_text(view_of_text, rules_->words(), s);
  const bool is_name = where == place::display_name;
  auto note = [&](extent e) {
    finding_text t;
    t.where = where;
    t.words = view_of_text.raw(text, e.begin, e.end);
    return t;
  };
  for (const brand_hit& hit : s.brands) {
    if (speaks_for(hit.brand)) continue;
    if (hit.disguised) add_finding(found_, rule::brand_disguised, 70, note(hit.where));
    if (is_name) add_finding(found_, rule::brand_in_name, 40, note(hit.where));
    if (!is_name) body_.subject_brand = true;
    remember_brand(hit.brand);
  }
  if (s.disguised_words > 0) {
    add_finding(found_, is_name ? rule::name_disguised : rule::subject_disguised, 60, note(s.disguised_first));
  } else if (s.counts.mixed_words > 0 || s.counts.invisible >= 2 || s.counts.overridden > 0) {
    add_finding(found_, is_name ? rule::name_disguised : rule::subject_disguised, 30, note({0, view_of_text.size}));
  }
  if (is_name) {
    for (const host_hit& hit : s.hosts) {
      const byte_view host = view_of_text.view().substr(hit.host.begin, static_cast<std::size_t>(hit.host.end - hit.host.begin));
      if (!same_site(host, from_domain())) add_finding(found_, rule::name_address, hit.mail ? 40 : 25, note(hit.where));
    }
  }
  const lure_points lure = lure_of(s);
  if (lure.points > 0) add_finding(found_, is_name ? rule::name_words : rule::subject_words, lure.points, note(lure.where));
  if (!s.phones.empty()) add_finding(found_, rule::callback, is_name ? 60 : 40, note(s.phones[0].where));
}

void message_inspector::remember_brand(std::uint16_t index) {
  if (std::find(body_.brands.begin(), body_.brands.end(), index) != body_.brands.end()) return;
  if (body_.brands.size() < body_.brands.capacity()) body_.brands.push_back(index);
}

}  // namespace sluice::inspect
