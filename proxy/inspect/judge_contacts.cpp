// Ways to answer that are no page of the web: telephone links, mail addresses behind links, Reply-To. Part of
// message_inspector.
#include <algorithm>

#include "core/ascii.hpp"
#include "core/hex_digit.hpp"
#include "core/utf8.hpp"
#include "core/word_list.hpp"
#include "inspect/domain.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"
#include "inspect/ruleset.hpp"

namespace sluice::inspect {
namespace {

constexpr int active_points = 30;   // a link that carries its own page or program
constexpr int reply_points = 15;    // answers go to somebody else; on a platform that is what it is for
constexpr int reply_wording_percent = 60;  // of mere words in its name
constexpr std::size_t least_digits = 7, most_digits = 15;

// Of anything but a hexadecimal digit something that is none of a number.
unsigned hex(char c) {
  const int value = ascii::hex_value(c);
  return value < 0 ? 0xF : static_cast<unsigned>(value);
}

bool shows(byte_view text, byte_view digits) {
  fixed_string<least_digits> last;
  for (char c : text) {
    if (!ascii::is_digit(c)) continue;
    if (last.size() == least_digits) last.erase(0, 1);
    last.push_back(c);
    if (view(last) == digits) return true;
  }
  return false;
}

}  // namespace

// A number behind "tap here" is one like in the text; one that the link shows was read there.
void message_inspector::note_number(const mime::link& link, byte_view number) {
  char digits[most_digits];
  std::size_t n = 0;
  bool plus = false;
  for (std::size_t i = 0; i < number.size() && n < most_digits; ++i) {
    char c = number[i];
    if (c == '%' && i + 2 < number.size()) {  // percent-encoded (RFC 3986 section 2.1)
      c = static_cast<char>(hex(number[i + 1]) << 4 | hex(number[i + 2]));
      i += 2;
    }
    if (ascii::is_digit(c)) digits[n++] = c;
    else if (c == '+') plus = n == 0;
    else if (byte_view("-.() /").find(c) == byte_view::npos) break;
  }
  if (n < least_digits || shows(link.shown, {digits + n - least_digits, least_digits})) return;
  // What the link does, and the number as numbers are written in texts: with a country code, or in groups.
  const bool grouped = !plus && (digits[0] == '0' || n <= 10);
  char text[most_digits + 12] = " call +";
  std::size_t size = grouped ? 6 : 7;
  for (std::size_t i = 0; i < n; ++i) {
    if (grouped && (i + 7 == n || i + 4 == n)) text[size++] = '-';
    text[size++] = digits[i];
  }
  text[size++] = ' ';
  // In front of what the link shows: "to cancel tap here" means "to cancel call".
  auto& w = body_.main;
  const bool last = w.part == link.part && byte_view(w.text.data(), w.size).ends_with(link.shown);
  if (last) w.size = static_cast<std::uint16_t>(w.size - link.shown.size());
  on_text(link.part, mime::text_kind::alt, {text, size});
  if (last) on_text(link.part, mime::text_kind::alt, link.shown);
}

// wa.me/NUMBER, and the longer forms with "phone=NUMBER".
void message_inspector::note_messenger(const mime::link& link, byte_view page) {
  if (ascii::istarts_with(page, "wa.me/")) return note_number(link, page.substr(6));
  if (page.substr(0, 24).find("whatsapp") == byte_view::npos) return;
  const std::size_t phone = page.find("phone=");
  if (phone != byte_view::npos) note_number(link, page.substr(phone + 6));
}

// A link that is none to the web.
void message_inspector::note_other_link(const mime::link& link) {
  const byte_view target = ascii::trim(link.target);
  const std::size_t colon = target.find(':');
  if (colon == byte_view::npos) return;
  const byte_view scheme = target.substr(0, colon), rest = target.substr(colon + 1);
  if (find_word(" tel sms smsto callto facetime ", scheme) != byte_view::npos) return note_number(link, rest);
  note_messenger(link, target);
  if (ascii::iequals(scheme, "mailto")) {
    const byte_view address = rest.substr(0, rest.find_first_of("?,;"));
    const byte_view host = address.substr(std::min(address.find('@'), address.size()));
    if (host.size() < 2) return;
    if (links_ != nullptr) links_->on_link_host(host.substr(1));
    if (body_.throwaway.empty() && rules_->words().throwaway(host.substr(1))) assign_cut(body_.throwaway, host.substr(1, limits::quote_bytes));
  } else if (profile_ != nullptr && find_word(" javascript vbscript data blob ", scheme) != byte_view::npos) {
    add_finding(found_, rule::link_disguised, active_points, {place::link, link.part, 0, 0, {}, utf8::cut(target, limits::quote_bytes)});
  }
}

void message_inspector::judge_reply_to() {
  if (profile_ == nullptr) return;
  const byte_view name = view(file_.head), address = view(file_.name);
  if (!name.empty() && !view(facts_.from_name).starts_with(name)) judge_weighed(name, slot_type::name, "reply-to", place::header, 100, reply_wording_percent);
  const std::size_t at = address.rfind('@');
  if (at == byte_view::npos && address.size() < file_.name.capacity()) return;
  const byte_view host = address.substr(at + 1);  // all that is left of a longer one
  if (host.empty()) return;
  if (ascii::iequals(registrable(host), from_site())) return;
  for (const auto* own : {&profile_->link_domains, &profile_->from_domains})
    for (const std::string& domain : *own)
      if (within(host, domain)) return;
  if (body_.throwaway.empty() && rules_->words().throwaway(host)) assign_cut(body_.throwaway, host.substr(0, limits::quote_bytes));
  if (!profile_->platform && !profile_->messages) add_finding(found_, rule::reply_foreign, reply_points, {place::header, 0, 0, 0, {}, address});
}

}  // namespace sluice::inspect
