// The grammar of SPF records; see parse.hpp.
#include "auth/spf/parse.hpp"

#include "auth/spf/macro.hpp"
#include "core/ascii.hpp"

namespace sluice::auth::spf {
namespace {

constexpr byte_view version = "v=spf1";

// ip4-cidr-length and ip6-cidr-length: no leading zeros (12).
bool read_bits(byte_view digits, unsigned highest, std::uint8_t& out) {
  if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0')) return false;
  unsigned value = 0;
  for (const char c : digits) {
    if (!ascii::is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  out = static_cast<std::uint8_t>(value);
  return value <= highest;
}

// Takes one "/digits" off the end of `text`; false when it does not end so.
bool take_bits(byte_view& text, byte_view slashes, byte_view& digits) {
  std::size_t n = 0;
  while (n < text.size() && ascii::is_digit(text[text.size() - 1 - n])) ++n;
  if (n == 0 || text.size() < n + slashes.size()) return false;
  if (text.substr(text.size() - n - slashes.size(), slashes.size()) != slashes) return false;
  digits = text.substr(text.size() - n);
  text.remove_suffix(n + slashes.size());
  return true;
}

// Takes dual-cidr-length, [ "/" ip4 ] [ "//" ip6 ], off the end of `argument`. Other slashes belong to the name.
bool take_dual_bits(byte_view& argument, term& out) {
  byte_view digits;
  if (take_bits(argument, "//", digits) && !read_bits(digits, 128, out.bits6)) return false;
  if (take_bits(argument, "/", digits) && !read_bits(digits, 32, out.bits4)) return false;
  return true;
}

bool read_network(byte_view argument, bool v6, term& out) {
  const std::size_t slash = argument.find('/');
  if (slash != byte_view::npos) {
    const byte_view bits = argument.substr(slash + 1);
    if (!(v6 ? read_bits(bits, 128, out.bits6) : read_bits(bits, 32, out.bits4))) return false;
    argument = argument.substr(0, slash);
  }
  return parse_ip(argument, out.network, true) && out.network.v6 == v6;
}

// The part of a directive behind its name: "", ":domain-spec", "/24", ":domain-spec/24//64".
bool read_argument(byte_view argument, term& out) {
  const bool colon = !argument.empty() && argument[0] == ':';
  switch (out.what) {
    case mechanism::all: return argument.empty();
    case mechanism::ip4: return colon && read_network(argument.substr(1), false, out);
    case mechanism::ip6: return colon && read_network(argument.substr(1), true, out);
    case mechanism::include:
    case mechanism::exists:
      out.spec = colon ? argument.substr(1) : byte_view{};
      return colon && valid_domain_spec(out.spec);
    case mechanism::ptr:
      out.spec = colon ? argument.substr(1) : byte_view{};
      return argument.empty() || (colon && valid_domain_spec(out.spec));
    case mechanism::a:
    case mechanism::mx:
      if (!take_dual_bits(argument, out)) return false;
      out.spec = colon ? argument.substr(1) : byte_view{};
      return argument.empty() || (colon && valid_domain_spec(out.spec));
  }
  return false;
}

constexpr struct {
  byte_view name;
  mechanism what;
} mechanisms[] = {{"all", mechanism::all}, {"include", mechanism::include}, {"a", mechanism::a},
                  {"mx", mechanism::mx},   {"ptr", mechanism::ptr},         {"ip4", mechanism::ip4},
                  {"ip6", mechanism::ip6}, {"exists", mechanism::exists}};

bool is_name(byte_view text) {
  if (text.empty() || !ascii::is_alpha(text[0])) return false;
  for (const char c : text)
    if (!ascii::is_alnum(c) && c != '-' && c != '_' && c != '.') return false;
  return true;
}

term_kind read_modifier(byte_view name, byte_view value, term& out) {
  out.spec = value;
  if (ascii::iequals(name, "redirect")) return valid_domain_spec(value) ? term_kind::redirect : term_kind::malformed;
  if (ascii::iequals(name, "exp")) return valid_domain_spec(value) ? term_kind::explanation : term_kind::malformed;
  return valid_macro_string(value) ? term_kind::unknown_modifier : term_kind::malformed;
}

term_kind read_directive(byte_view text, term& out) {
  constexpr byte_view signs = "+-~?";
  if (const std::size_t sign = signs.find(text[0]); sign != byte_view::npos) {
    out.sign = static_cast<qualifier>(sign);
    text.remove_prefix(1);
  }
  const byte_view name = text.substr(0, text.find_first_of(":/"));
  for (const auto& known : mechanisms) {
    if (!ascii::iequals(name, known.name)) continue;
    out.what = known.what;
    return read_argument(text.substr(name.size()), out) ? term_kind::directive : term_kind::malformed;
  }
  return term_kind::malformed;
}

}  // namespace

bool is_record(byte_view txt) {
  return ascii::istarts_with(txt, version) && (txt.size() == version.size() || txt[version.size()] == ' ');
}

term_reader::term_reader(byte_view record) : rest_(record.substr(is_record(record) ? version.size() : 0)) {}

bool term_reader::next(term& out) {
  while (!rest_.empty() && rest_[0] == ' ') rest_.remove_prefix(1);
  if (rest_.empty()) return false;
  out = {};
  out.text = rest_.substr(0, rest_.find(' '));
  rest_.remove_prefix(out.text.size());
  const std::size_t equals = out.text.find('=');
  const bool modifier = equals != byte_view::npos && is_name(out.text.substr(0, equals));
  out.kind = modifier ? read_modifier(out.text.substr(0, equals), out.text.substr(equals + 1), out)
                      : read_directive(out.text, out);
  return true;
}

record_facts examine(byte_view record) {
  record_facts facts;
  bool redirect = false, explanation = false;
  term_reader terms(record);
  for (term t; terms.next(t);) {
    bool good = t.kind != term_kind::malformed;
    for (const char c : t.text) good = good && c > ' ' && c < 0x7f;
    if (t.kind == term_kind::redirect) {
      good = good && !redirect;
      redirect = true;
      facts.redirect = t.spec;
    } else if (t.kind == term_kind::explanation) {
      good = good && !explanation;
      explanation = true;
      facts.explanation = t.spec;
    }
    if (!good) {
      facts.malformed = t.text;
      return facts;
    }
  }
  facts.valid = true;
  return facts;
}

}  // namespace sluice::auth::spf
