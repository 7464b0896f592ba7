// Ways to answer that are no page of the web: telephone links, mail addresses behind links, Reply-To. Part of
// message_inspector.
#include <algorithm>
#include <initializer_list>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "inspect/domain.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"
#include "inspect/ruleset.hpp"
#include "mime/address.hpp"

namespace sluice::inspect {
namespace {

constexpr int active_points = 30;   // a link that carries its own page or program
constexpr int reply_points = 15;    // answers go to somebody else; on a platform that is what it is for
constexpr int reply_wording_percent = 60;  // of mere words in its name
constexpr std::size_t least_digits = 7, most_digits = 15;

// The digits at the beginning of `text`, with a plus before them.
fixed_string<most_digits + 1> dialled(byte_view text) {
  fixed_string<most_digits + 1> out;
  for (std::size_t i = 0; i < text.size() && out.size() < most_digits; ++i) {
    char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      c = text.substr(i + 1, 2) == "2B" || text.substr(i + 1, 2) == "2b" ? '+' : ' ';
      i += 2;
    }
    if (ascii::is_digit(c) || (c == '+' && out.empty())) out.push_back(c);
    else if (byte_view("+-.() /").find(c) == byte_view::npos) break;
  }
  return out;
}

bool shows(byte_view text, byte_view digits) {
  std::size_t at = 0;
  for (char c : text) {
    if (!ascii::is_digit(c)) continue;
    at = c == digits[at] ? at + 1 : 0;
    if (at == digits.size()) return true;
  }
  return false;
}

}  // namespace

// A number behind "tap here" is one like in the text; one that the link shows was read there.
void message_inspector::note_number(const mime::link& link, byte_view number) {
  const auto digits = dialled(number);
  if (digits.size() < least_digits || shows(link.shown, view(digits).substr(digits.size() - least_digits))) return;
  // What the link does, and the number as numbers are written in texts: with a country code, or in groups.
  byte_view all = view(digits);
  fixed_string<most_digits + 12> text;
  append_cut(text, " call ");
  if (all[0] != '+' && (all[0] == '0' || all.size() <= 10)) {
    append_cut(text, all.substr(0, 3));
    append_cut(text, "-");
    append_cut(text, all.substr(3, all.size() - 7));
    append_cut(text, "-");
    all.remove_prefix(all.size() - 4);
  } else if (all[0] != '+') {
    append_cut(text, "+");
  }
  append_cut(text, all);
  append_cut(text, " ");
  // In front of what the link shows: "to cancel tap here" means "to cancel call".
  auto& w = body_.main;
  const bool last = w.part == link.part && byte_view(w.text.data(), w.size).ends_with(link.shown);
  if (last) w.size = static_cast<std::uint16_t>(w.size - link.shown.size());
  on_text(link.part, mime::text_kind::alt, view(text));
  if (last) on_text(link.part, mime::text_kind::alt, link.shown);
}

void message_inspector::note_messenger(const mime::link& link, byte_view page) {
  for (byte_view service : {"wa.me/", "api.whatsapp.com/send?phone=", "api.whatsapp.com/send/?phone="})
    if (ascii::istarts_with(page, service)) note_number(link, page.substr(service.size()));
}

// A link that is none to the web.
void message_inspector::note_other_link(const mime::link& link) {
  const byte_view target = ascii::trim(link.target);
  const std::size_t colon = target.find(':');
  if (colon == byte_view::npos) return;
  const byte_view scheme = target.substr(0, colon), rest = target.substr(colon + 1);
  const auto is = [scheme](std::initializer_list<byte_view> names) { return std::any_of(names.begin(), names.end(), [scheme](byte_view n) { return ascii::iequals(scheme, n); }); };
  if (is({"tel", "sms", "smsto", "callto", "facetime"})) {
    note_number(link, rest);
  } else if (is({"whatsapp"})) {
    const std::size_t phone = rest.find("phone=");
    if (phone != byte_view::npos) note_number(link, rest.substr(phone + 6));
  } else if (is({"mailto"})) {
    const byte_view address = rest.substr(0, rest.find_first_of("?,;"));
    const std::size_t at = address.rfind('@');
    if (at == byte_view::npos || at + 1 == address.size()) return;
    const byte_view host = address.substr(at + 1);
    if (links_ != nullptr) links_->on_link_host(host);
    if (body_.throwaway.empty() && rules_->words().throwaway(host)) assign_cut(body_.throwaway, host.substr(0, limits::quote_bytes));
  } else if (profile_ != nullptr && is({"javascript", "vbscript", "data", "blob"})) {
    add_finding(found_, rule::link_disguised, active_points, {place::link, link.part, 0, 0, {}, utf8::cut(target, limits::quote_bytes)});
  }
}

void message_inspector::take_reply_to(const mime::field& field) {
  mime::address_reader reader(field.value, *pool_);
  mime::address one;
  if (!body_.reply_address.empty() || !reader.next(one)) return;
  assign_cut(body_.reply_name, utf8::cut(view(one.name), body_.reply_name.capacity()));
  const byte_view spec = view(one.spec);
  const std::size_t cut = spec.size() > body_.reply_address.capacity() ? spec.size() - body_.reply_address.capacity() : 0;
  assign_cut(body_.reply_address, spec.substr(cut));  // its end is the domain
}

void message_inspector::judge_reply_to() {
  if (profile_ == nullptr) return;
  const byte_view name = view(body_.reply_name), address = view(body_.reply_address);
  if (!name.empty() && name != view(facts_.from_name)) judge_weighed(name, slot_type::name, "reply-to", place::header, 100, reply_wording_percent);
  const std::size_t at = address.rfind('@');
  if (at == byte_view::npos || at + 1 == address.size()) return;
  const byte_view host = address.substr(at + 1);
  const auto& own = profile_->link_domains;
  const auto& from = profile_->from_domains;
  const auto covers = [host](const std::string& d) { return within(host, d); };
  if (ascii::iequals(registrable(host), from_site()) || std::any_of(own.begin(), own.end(), covers) || std::any_of(from.begin(), from.end(), covers)) return;
  if (body_.throwaway.empty() && rules_->words().throwaway(host)) assign_cut(body_.throwaway, host.substr(0, limits::quote_bytes));
  if (!profile_->platform) add_finding(found_, rule::reply_foreign, reply_points, {place::header, 0, 0, 0, {}, address});
}

}  // namespace sluice::inspect
