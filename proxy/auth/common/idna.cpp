// See idna.hpp. utf8proc maps as NFKC_Casefold does; the few code points that UTS #46 treats in another way are put
// aside meanwhile, as private ones, which no name may hold.
#include "auth/common/idna.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "auth/common/idna_rules.hpp"
#include "auth/common/punycode.hpp"
#include "core/ascii.hpp"

namespace sluice::auth {
namespace {

constexpr char32_t aside = 0xE000;
constexpr char32_t put_aside[] = {U'.', 0xDF, 0x3C2, 0x200C, 0x200D};  // dot, sharp s, final sigma, the joiners
constexpr utf8proc_int32_t nothing = 0xFFFF;                           // no character

utf8proc_int32_t protect(utf8proc_int32_t code, void*) {
  auto c = static_cast<char32_t>(code);
  if (c == 0x3002 || c == 0xFF0E || c == 0xFF61) c = U'.';
  if (c == 0x1E9E) c = 0xDF;  // the capital
  const auto* found = std::find(std::begin(put_aside), std::end(put_aside), c);
  if (found != std::end(put_aside)) return static_cast<utf8proc_int32_t>(aside + static_cast<char32_t>(found - std::begin(put_aside)));
  const bool tag = c == 0xE0001 || (c >= 0xE0020 && c <= 0xE007F);
  const bool ours = c >= aside && c < aside + std::size(put_aside);
  return tag || ours ? nothing : code;
}

// Appends the mapped text. False when it is broken, too long, or a character stands for several with a dot among them.
bool map(byte_view text, code_points& out) {
  std::array<utf8proc_int32_t, 3 * dns::limits::name_bytes> parts;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  utf8proc_ssize_t n = utf8proc_decompose_custom(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()), parts.data(),
                                                 static_cast<utf8proc_ssize_t>(parts.size()), options, protect, nullptr);
  if (n < 0 || n > static_cast<utf8proc_ssize_t>(parts.size())) return false;
  n = utf8proc_normalize_utf32(parts.data(), n, options);
  if (n < 0 || static_cast<std::size_t>(n) > out.capacity() - out.size()) return false;
  for (utf8proc_ssize_t i = 0; i < n; ++i) {
    auto c = static_cast<char32_t>(parts[static_cast<std::size_t>(i)]);
    if (c == U'.' || c == 0x3002) return false;
    if (c >= aside && c < aside + std::size(put_aside)) c = put_aside[c - aside];
    out.push_back(c);
  }
  return true;
}

bool plain(std::span<const char32_t> label) {
  return std::all_of(label.begin(), label.end(), [](char32_t c) { return c < 0x80; });
}

bool append_utf8(std::span<const char32_t> text, unicode_name& out) {
  for (const char32_t c : text) {
    utf8proc_uint8_t octets[4];
    const auto n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), octets);
    if (!append_cut(out, {reinterpret_cast<const char*>(octets), static_cast<std::size_t>(n)})) return false;
  }
  return true;
}

// "xn--..." in lower case, appended as Unicode: it must be what the mapping leaves alone.
bool decode(byte_view a_label, code_points& out) {
  const std::size_t start = out.size();
  if (!punycode_decode(a_label.substr(4), out)) return false;
  const std::span<const char32_t> label(out.data() + start, out.size() - start);
  if (plain(label)) return false;
  unicode_name again;
  code_points mapped;
  append_utf8(label, again);
  return map(view(again), mapped) && std::equal(mapped.begin(), mapped.end(), label.begin(), label.end()) && (label.size() < 4 || !std::equal(label.begin(), label.begin() + 4, U"xn--"));
}

bool is_a_label(byte_view label) { return ascii::istarts_with(label, "xn--"); }

// One label as mapped: its ASCII form is appended to `out`, what it shows to `shown`.
bool add_label(std::span<const char32_t> label, dns::name_text& out, code_points& shown) {
  const std::size_t at = shown.size(), start = out.size();
  if (plain(label)) {
    for (const char32_t c : label) {
      if (out.size() == out.max_size()) return false;
      out.push_back(static_cast<char>(c));
    }
    const byte_view text = view(out).substr(start);
    if (!is_a_label(text)) {
      if (label.size() > shown.capacity() - at) return false;
      shown.insert(shown.end(), label.begin(), label.end());
    } else if (!decode(text, shown)) {
      return false;
    }
  } else {
    if (label.size() > shown.capacity() - at || (label.size() >= 4 && std::equal(label.begin(), label.begin() + 4, U"xn--"))) return false;
    shown.insert(shown.end(), label.begin(), label.end());
    if (!append_cut(out, "xn--") || !punycode_encode(label, out)) return false;
  }
  return valid_label({shown.data() + at, shown.size() - at});
}

bool convert(byte_view domain, dns::name_text& out) {
  code_points text, shown;
  if (domain.size() > 4 * dns::limits::name_bytes || !map(domain, text)) return false;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = static_cast<std::size_t>(std::find(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), U'.') - text.begin());
    if (begin != 0) {
      if (shown.size() == shown.capacity() || !append_cut(out, ".")) return false;
      shown.push_back(U'.');
    }
    if (!add_label({text.data() + begin, end - begin}, out, shown)) return false;
    begin = end + 1;
  }
  return valid_direction({shown.data(), shown.size()});
}

bool is_ascii(byte_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool lower(byte_view name, dns::name_text& out) {
  if (name.size() > out.max_size()) return false;
  for (const char c : name) out.push_back(ascii::lower(c));
  return true;
}

// WHATWG URL: forbidden domain code points.
bool forbidden(char c) { return c <= ' ' || c == 0x7F || byte_view("#/:<>?@[\\]^|%").find(c) != byte_view::npos; }

}  // namespace

bool to_ascii_domain(byte_view domain, dns::name_text& out) {
  out.clear();
  if (is_ascii(domain)) return dns::valid_hostname(domain) && lower(domain, out);
  return convert(domain, out) && dns::valid_hostname(view(out));
}

bool to_browser_host(byte_view host, dns::name_text& out) {
  out.clear();
  bool good = is_ascii(host) && lower(host, out);
  if (!good || view(out).find("xn--") != byte_view::npos) {
    out.clear();
    good = convert(host, out);
  }
  if (!out.empty() && out.back() == '.') out.pop_back();
  return good && dns::valid_name(view(out)) && std::none_of(out.begin(), out.end(), forbidden);
}

bool to_unicode(byte_view name, unicode_name& out) {
  out.clear();
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    const byte_view label = name.substr(begin, end - begin);
    if (begin != 0 && !append_cut(out, ".")) return false;
    dns::name_text small;
    code_points shown;
    if (!is_a_label(label)) {
      if (!append_cut(out, label)) return false;
    } else if (!lower(label, small) || !decode(view(small), shown) || !append_utf8({shown.data(), shown.size()}, out)) {
      return false;
    }
    begin = end + 1;
  }
  return true;
}

}  // namespace sluice::auth
