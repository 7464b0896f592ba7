// Links: where they lead, what kind of host that is, whether they go where they say, and what all of them together are
// worth. Part of message_inspector.
#include <algorithm>
#include <array>

#include "core/ascii.hpp"
#include "inspect/domain.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"
#include "inspect/ruleset.hpp"
#include "inspect/signals.hpp"
#include "inspect/unicode_host.hpp"
#include "inspect/web_target.hpp"

namespace sluice::inspect {
namespace {

constexpr int secret_points = 80, secret_told_points = 40;  // customers of a platform may well tell each other of passwords
constexpr int employer_points = 45;
constexpr int borrowed_name_points = 80;  // a host that reads as a known one's and is another
constexpr int mixed_name_points = 25;     // letters of two scripts that look like one

}  // namespace

// What kind of host it is; remembered for the next link.
void message_inspector::learn_host(byte_view host) {
  host_memory& last = body_.last_host;
  last.name.clear();
  if (host.size() <= last.name.capacity()) last.name.append(host.data(), host.size());
  const byte_view site = registrable(host);
  last.own = (!site.empty() && ascii::iequals(site, from_site())) ||
             (profile_ != nullptr && std::any_of(profile_->link_domains.begin(), profile_->link_domains.end(), [host](const std::string& d) { return within(host, d); }));
  last.open = !last.own && rules_->words().open_host(host);
  if (!last.own && body_.throwaway.empty() && rules_->words().throwaway(host)) assign_cut(body_.throwaway, host.substr(0, limits::quote_bytes));
  if (!last.own && rules_->words().borrowed_by(host) != lexicon::no_brand && (profile_ != nullptr || body_.automatic != 0)) {
    add_finding(found_, rule::link_lookalike, profile_ != nullptr ? 50 : 35, {place::link, 0, 0, 0, {}, host});
  }
  if (!last.own && has_a_label(host)) judge_unicode_host(host);
  const std::uint32_t hash = hash_lower(site.empty() ? host : site);
  if (std::find(body_.hosts.begin(), body_.hosts.end(), hash) == body_.hosts.end() && body_.hosts.size() < body_.hosts.capacity()) body_.hosts.push_back(hash);
}

// Unicode in a host name: "аррӏе.com" in Cyrillic letters is not Apple's.
void message_inspector::judge_unicode_host(byte_view host) {
  unicode_host seen;
  if (!seen.read(host)) return;
  // A sender may have its own name with accents, too; letters of other scripts stand there to deceive.
  bool sender = from_site_ != 0 && seen.reads_within(from_site());
  for (std::size_t i = 0; profile_ != nullptr && i < profile_->link_domains.size(); ++i) sender = sender || seen.reads_within(profile_->link_domains[i]);
  const bool mixed = seen.mixed() && (profile_ != nullptr || body_.automatic != 0);
  const finding_text note{place::link, 0, 0, 0, {}, seen.shown()};
  if (seen.reads_as_brand(rules_->words()) || (sender && seen.imitates())) {
    add_finding(found_, rule::link_lookalike, borrowed_name_points, note);
  } else if (mixed) {
    add_finding(found_, rule::link_lookalike, mixed_name_points, note);
  }
}

// `doubtful`: not every reader sees it. It counts against the mail, never for it.
void message_inspector::note_host(byte_view host, bool doubtful) {
  if (host.empty()) return;
  if (links_ != nullptr) links_->on_link_host(host);
  if (host != view(body_.last_host.name)) learn_host(host);
  if (doubtful && body_.last_host.own) return;
  ++body_.links;
  if (body_.last_host.own) return;
  ++body_.foreign_links;
  if (body_.foreign_host.empty()) assign_cut(body_.foreign_host, host.substr(0, limits::quote_bytes));
  if (!body_.last_host.open) return;
  ++body_.free_links;
  if (body_.free_host.empty()) assign_cut(body_.free_host, host.substr(0, limits::quote_bytes));
}

// `target` without its scheme.
void message_inspector::note_target(byte_view target, bool doubtful) {
  if (body_.open_page.empty() && rules_->words().open_page(target)) assign_cut(body_.open_page, target.substr(0, limits::quote_bytes));
  if (body_.anonymous_page.empty() && rules_->words().anonymous_page(target)) {
    assign_cut(body_.anonymous_page, target.substr(0, limits::quote_bytes));
    if (body_.open_page.empty()) body_.open_page = body_.anonymous_page;
  }
  if (body_.form_page.empty() && rules_->words().form_page(target)) {
    assign_cut(body_.form_page, target.substr(0, limits::quote_bytes));
    body_.form_own = body_.last_host.own;  // a receipt of a form leads to the form
  }
  if (profile_ == nullptr || doubtful) return;
  for (const std::string& part : profile_->expected_links) {
    for (std::size_t i = 0; i + part.size() <= target.size() && !body_.expected_link; ++i) {
      body_.expected_link = ascii::istarts_with(target.substr(i), part);
    }
  }
}

// `host` belongs to a brand that the sender does not speak for.
bool message_inspector::shows_foreign_brand(byte_view host) const {
  const auto& brands = rules_->words().brands();
  for (std::size_t i = 0; i < brands.size(); ++i) {
    const auto& own = brands[i].domains;
    if (std::any_of(own.begin(), own.end(), [host](const std::string& d) { return within(host, d); })) return !speaks_for(static_cast<std::uint16_t>(i));
  }
  return false;
}

void message_inspector::on_link(const mime::link& link) {
  using origin = mime::link::origin;
  if (link.hidden || link.from == origin::image || link.from == origin::other) return;
  web_target target;
  if (!target.read(link.target)) return note_other_link(link);
  const byte_view host = target.host();
  note_host(host, link.conditional);
  note_target(target.page(), link.conditional);
  note_messenger(link, target.page());
  if (link.shown.empty()) return;
  folded shown;
  fixed_vector<host_hit, 8> hosts;
  fold(link.shown, shown);
  find_hosts(shown, hosts);
  for (const host_hit& hit : hosts) {
    web_target told;
    read_told(shown, link.shown, hit, told);
    const byte_view name = told.host();
    if (hit.mail || same_site(name, host) || (from_site_ != 0 && ascii::iequals(registrable(name), from_site()))) continue;
    ++body_.mismatches;
    if (!body_.brand_mismatch && shows_foreign_brand(name)) body_.brand_mismatch = true;
    if (body_.mismatch.empty()) assign_cut(body_.mismatch, name.substr(0, limits::quote_bytes));
  }
}

void message_inspector::judge_links(int lures) {
  auto quoted = [](const quote& words) { return finding_text{place::link, 0, 0, 0, {}, view(words)}; };
  const bool known_links = profile_ != nullptr && !profile_->link_domains.empty();
  // Nobody's notifications send the reader elsewhere to type a password there. What the reader's own mail system has to open is asked
  // for by a document that lies with the service itself, too.
  if (profile_ != nullptr && !body_.secret.empty()) {
    const bool leads = body_.foreign_links > 0 || !body_.form_page.empty();
    const int told = leads ? (profile_->platform && !profile_->payments ? secret_told_points : secret_points) : 0;
    const int points = std::max(told, body_.employer && (profile_->platform || profile_->messages) ? employer_points : 0);
    if (points > 0) add_finding(found_, rule::lure_secret, points, {place::text, 0, 0, 0, {}, view(body_.secret)});
  }
  if (profile_ != nullptr && !profile_->expected_links.empty() && !body_.expected_link && body_.foreign_links > 0) {
    add_finding(found_, rule::template_missing, 80, quoted(body_.foreign_host));
  }
  // A page that anybody can fill is foreign and on a free host, too: one cause, counted once, as the worst of the three.
  if (!body_.anonymous_page.empty() && profile_ != nullptr) {
    add_finding(found_, rule::link_open_page, 75, quoted(body_.anonymous_page));
  } else if (!body_.open_page.empty()) {
    const int hidden = lures >= 45 ? 15 : 0;  // a lure whose target is hidden
    add_finding(found_, rule::link_open_page, hidden + (known_links ? 55 : body_.automatic != 0 ? 30 : 15), quoted(body_.open_page));
  } else if (!body_.form_page.empty()) {
    add_finding(found_, rule::link_open_page, known_links && !body_.form_own ? 30 : 15, quoted(body_.form_page));
  } else if (body_.free_links > 0) {
    add_finding(found_, rule::link_free_host, known_links || (body_.automatic != 0 && !body_.own_name) ? 25 : 15, quoted(body_.free_host));
  }
  const bool company = lures >= story_floor || found_.score >= 50;  // people share links; alone that says little
  if (known_links && body_.foreign_links > 0) add_finding(found_, rule::link_foreign, lures >= 45 ? 40 : company ? 25 : 10, quoted(body_.foreign_host));
  if (!body_.throwaway.empty() && (profile_ != nullptr || (body_.automatic != 0 && !body_.own_name))) {
    add_finding(found_, rule::link_throwaway, company || !body_.open_page.empty() ? 35 : 10, quoted(body_.throwaway));
  }
  if (!body_.pointed.empty()) add_finding(found_, rule::link_pointed, 20, quoted(body_.pointed));
  // Shows a brand's host and goes elsewhere: in what customers of a platform write, that is no newsletter's click counting.
  const bool borrowed = body_.brand_mismatch && (body_.name_brand || lures >= 45 || (profile_ != nullptr && profile_->platform && lures >= story_floor));
  if (body_.mismatches > 0) add_finding(found_, rule::link_mismatch, borrowed ? 40 : 10, quoted(body_.mismatch));
  if (leads_away() && lures >= 60 && body_.brands.size() == 1) add_finding(found_, rule::link_foreign, 15, quoted(body_.foreign_host));
}

}  // namespace sluice::inspect
