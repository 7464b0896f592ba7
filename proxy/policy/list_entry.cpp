// One entry of the lists: its names, its one form, and what is wrong with it. The table is lists.cpp.
#include <algorithm>
#include <charconv>

#include "auth/common/idna.hpp"
#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "inspect/rules.hpp"
#include "policy/lists.hpp"

namespace sluice::policy {
namespace {

constexpr const char* kind_names[] = {"block", "allow", "exception"};
constexpr const char* subject_names[] = {"address", "domain", "network", "recipient"};

bool is_slot_rule(byte_view rule) { return rule.starts_with("slot-"); }

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool normalise_domain(std::string& what) {
  const bool below = what.starts_with("*.") || what.starts_with(".");
  const std::size_t skip = what.starts_with("*.") ? 2 : below ? 1 : 0;
  dns::name_text ascii;
  std::string_view name = std::string_view(what).substr(skip);
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.find('.') == std::string_view::npos || name.starts_with('.') || !auth::to_ascii_domain(name, ascii)) return false;
  what = concat((below ? "." : ""), view(ascii));
  return what.size() <= list_what_octets;
}

bool normalise_address(std::string& what) {
  const auto plain = plain_address(what);
  what = std::string(view(plain));
  return !what.empty() && what.size() <= list_what_octets && !has_controls(what);
}

bool normalise_network(std::string& what) {
  const std::size_t slash = what.find('/');
  auth::ip_address ip;
  if (!auth::parse_ip(std::string_view(what).substr(0, slash), ip)) return false;
  unsigned bits = ip.v6 ? 128 : 32;
  if (slash != std::string::npos) {
    unsigned told = 0;
    const char* end = what.data() + what.size();
    const auto [at, ec] = std::from_chars(what.data() + slash + 1, end, told);
    if (ec != std::errc() || at != end || told > bits) return false;
    bits = told;
  }
  for (unsigned i = bits; i < ip.size() * 8; ++i) ip.octets[i / 8] &= static_cast<std::uint8_t>(~(0x80U >> (i % 8)));
  what = concat(view(auth::to_text(ip)), "/", std::to_string(bits));
  return true;
}

list_fault check_exception(const list_entry& e, std::int64_t now) {
  if (e.subject != list_subject::recipient) return list_fault::bad_what;
  if (inspect::rule_named(e.rule) == inspect::rule::count_) return list_fault::bad_rule;
  if (e.text_id == 0 && e.skeleton.empty()) return list_fault::blanket;
  if (is_slot_rule(e.rule) != (e.text_id != 0) || is_slot_rule(e.rule) != e.skeleton.empty()) return list_fault::bad_rule;
  return e.expires <= now ? list_fault::bad_expiry : list_fault::none;
}

}  // namespace

const char* name_of(list_kind k) { return kind_names[static_cast<std::size_t>(k)]; }
const char* name_of(list_subject s) { return subject_names[static_cast<std::size_t>(s)]; }

std::optional<list_kind> list_kind_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kind_names); ++i)
    if (name == kind_names[i]) return static_cast<list_kind>(i);
  return std::nullopt;
}

std::optional<list_subject> list_subject_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(subject_names); ++i)
    if (name == subject_names[i]) return static_cast<list_subject>(i);
  return std::nullopt;
}

const char* text_of(list_fault f) {
  switch (f) {
    case list_fault::none: return "";
    case list_fault::bad_what: return "not of the form that is needed: user@example.net, example.net, .example.net or 192.0.2.0/24; an exception names a recipient";
    case list_fault::too_wide: return "that network is nearly everybody: the least is /8 of IPv4 and /16 of IPv6";
    case list_fault::role: return "postmaster and abuse must stay reachable (RFC 5321 section 4.5.1)";
    case list_fault::blanket:
      return "a blanket exception is refused: it must name the one slot text (text or text_id) or the template (skeleton) that it is for, "
             "because a known sender's mail is trusted for nothing else";
    case list_fault::bad_rule: return "no such rule; a rule about slots (slot-...) takes a text, every other one a skeleton";
    case list_fault::bad_text: return "a note has at most 200 octets, a text 80, a name 40, and no control characters";
    case list_fault::bad_expiry: return "an exception needs an end that is still to come";
    case list_fault::known: return "there is an entry that says the same";
    case list_fault::full: return "the lists are full (lists.entries)";
    case list_fault::missing: return "there is no entry of that id";
  }
  return "";
}

fixed_string<320> plain_address(byte_view address) {
  fixed_string<320> out;
  address = ascii::trim(address);
  if (address.starts_with('<') && address.ends_with('>')) address = address.substr(1, address.size() - 2);
  const std::size_t at = address.rfind('@');
  if (at == byte_view::npos || at == 0 || at + 1 == address.size() || address.size() > 320) return out;
  byte_view local = address.substr(0, at);
  dns::name_text domain;
  if (!auth::to_ascii_domain(address.substr(at + 1), domain)) return out;
  const bool quoted = local.size() >= 2 && local.front() == '"' && local.back() == '"';
  if (quoted) local = local.substr(1, local.size() - 2);
  for (std::size_t i = 0; i < local.size(); ++i) {
    if (quoted && local[i] == '\\' && i + 1 < local.size()) ++i;
    if (out.size() + 2 >= out.capacity()) return {};
    out.push_back(ascii::lower(local[i]));
  }
  if (out.size() + 1 + domain.size() > out.capacity()) return {};
  out.push_back('@');
  append_cut(out, view(domain));
  return out;
}

bool is_role_address(byte_view address) {
  const auto plain = plain_address(address);
  const byte_view whole = plain.empty() ? address : view(plain);
  const byte_view local = whole.substr(0, whole.rfind('@'));
  return ascii::iequals(local, "postmaster") || ascii::iequals(local, "abuse");
}

bool normalise(list_entry& e) {
  e.what = std::string(ascii::trim(e.what));
  switch (e.subject) {
    case list_subject::address: return normalise_address(e.what);
    case list_subject::domain: return normalise_domain(e.what);
    case list_subject::network: return normalise_network(e.what);
    case list_subject::recipient: return e.what.find('@') != std::string::npos ? normalise_address(e.what) : normalise_domain(e.what);
  }
  return false;
}

list_fault check(const list_entry& e, std::int64_t now) {
  if (e.note.size() > list_note_octets || e.who.size() > list_who_octets || e.text.size() > list_text_octets || has_controls(e.note) ||
      has_controls(e.text) || has_controls(e.who) || e.profile.size() > 32 || e.rule.size() > 32)
    return list_fault::bad_text;
  if (e.expires != 0 && e.expires <= now) return list_fault::bad_expiry;
  if (e.kind == list_kind::exception) return check_exception(e, now);
  if (!e.rule.empty() || !e.profile.empty() || e.text_id != 0 || !e.skeleton.empty()) return list_fault::bad_rule;
  if (e.subject == list_subject::network) {
    unsigned bits = 0;
    const char* end = e.what.data() + e.what.size();
    std::from_chars(e.what.data() + e.what.find('/') + 1, end, bits);
    if (bits < (e.what.find(':') != std::string::npos ? list_least_v6_bits : list_least_v4_bits)) return list_fault::too_wide;
  }
  if (e.kind == list_kind::block && e.subject == list_subject::recipient && e.what.find('@') != std::string::npos && is_role_address(e.what))
    return list_fault::role;
  return list_fault::none;
}

fixed_string<24> cause_of(const list_hit& h) {
  fixed_string<24> out;
  append_cut(out, h.kind == list_kind::block ? "block-list " : h.kind == list_kind::allow ? "allow-list " : "exception ");
  append_cut(out, view(h.id));
  return out;
}

bool is_protected(const inspect::finding& f, byte_view profile) {
  const inspect::rule r = inspect::rule_named(f.rule);
  return !profile.empty() && r != inspect::rule::count_ && inspect::abuse_of(r) != inspect::sender_abuse::none;
}

namespace {

// Names the abuse by itself. That a message went another way, or could not be checked, happens to honest mail too.
bool proves_abuse(const inspect::finding& f) {
  const inspect::rule r = inspect::rule_named(f.rule);
  if (f.weight <= 0 || r == inspect::rule::count_ || r == inspect::rule::unverified_profile) return false;
  const inspect::sender_abuse what = inspect::abuse_of(r);
  return what != inspect::sender_abuse::none && what != inspect::sender_abuse::resent;
}

}  // namespace

void silence(inspect::findings& found, std::size_t which) {
  inspect::finding& f = found.list[which];
  found.score -= f.weight;
  f.weight = 0;
}

void silence_all(inspect::findings& found) {
  const byte_view profile = view(found.profile);
  std::int32_t listed = 0;
  for (const inspect::finding& f : found.list) listed += f.weight;
  // Beside a slot or takeover finding everything else that was found is about the same abuse (the lure, the links, the
  // way it came): without it the one that must stay might no longer suffice.
  if (!profile.empty() && std::any_of(found.list.begin(), found.list.end(), proves_abuse)) return;
  // Findings that did not fit into the list are not known one by one: of a profiled sender they stay.
  if (profile.empty()) found.score = listed;
  for (std::size_t i = 0; i < found.list.size(); ++i)
    if (!is_protected(found.list[i], profile)) silence(found, i);
}

}  // namespace sluice::policy
