// See web_target.hpp.
#include "inspect/web_target.hpp"

#include <algorithm>
#include <charconv>

#include "auth/common/idna.hpp"
#include "core/ascii.hpp"
#include "core/octet_block.hpp"
#include "core/utf8.hpp"
#include "inspect/octet_class.hpp"
#include "mime/limits.hpp"

namespace sluice::inspect {
namespace {

constexpr byte_view ends_authority = "/?#\\";
constexpr std::size_t hidden_host_bytes = 48;
constexpr byte_view scheme_names[] = {"https:", "http:"};

bool is_slash(char c) { return c == '/' || c == '\\'; }
bool is_break(char c) { return c == '\t' || c == '\n' || c == '\r'; }

// Nothing of the host has to be undone: letters, digits, '-', '_' and dots, neither A-labels nor a number at its end.
bool is_plain(byte_view host) {
  for (const char c : host)
    if (!octet::is(c, octet::host) && c != '.') return false;
  return dns::valid_name(host) && host.find("--") == byte_view::npos && !ends_in_number(host);
}

// Appends `in` percent-decoded. False when it is too long.
template <std::size_t N>
bool decode(byte_view in, fixed_string<N>& out) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    unsigned char octet = 0;
    const bool coded = in[i] == '%' && i + 2 < in.size() && std::from_chars(in.data() + i + 1, in.data() + i + 3, octet, 16).ptr == in.data() + i + 3;
    if (out.size() == N) return false;
    out.push_back(coded ? static_cast<char>(octet) : in[i]);
    if (coded) i += 2;
  }
  return true;
}

// One part of an IPv4 address: decimal, octal with a leading 0, hexadecimal with 0x.
bool read_number(byte_view text, std::uint64_t& out) {
  int base = 10;
  if (ascii::istarts_with(text, "0x")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  out = 0;
  if (text.empty()) return base == 16;  // "0x" is 0
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size();
}

// WHATWG URL 3.5, the IPv4 parser.
template <std::size_t N>
bool append_ipv4(byte_view host, fixed_string<N>& out) {
  std::uint64_t address = 0;
  for (int part = 0;; ++part) {
    const std::size_t dot = host.find('.');
    std::uint64_t number = 0;
    if (part == 4 || !read_number(host.substr(0, dot), number)) return false;
    if (dot == byte_view::npos) {
      if (number >> (8 * (4 - part)) != 0) return false;
      address |= number;
      break;
    }
    if (number > 255) return false;
    address |= number << (8 * (3 - part));
    host.remove_prefix(dot + 1);
  }
  for (int shift = 24; shift >= 0; shift -= 8) {
    char digits[4];
    const auto* const end = std::to_chars(digits, digits + 4, static_cast<unsigned>(address >> shift & 255)).ptr;
    append_cut(out, {digits, static_cast<std::size_t>(end - digits)});
    if (shift != 0) append_cut(out, ".");
  }
  return true;
}

}  // namespace

bool is_ipv6(byte_view host) {
  if (host.size() <= 3 || host.front() != '[' || host.back() != ']') return false;
  for (const char c : host.substr(1, host.size() - 2)) {
    if (c != ':' && c != '.' && !ascii::is_digit(c) && (ascii::lower(c) < 'a' || ascii::lower(c) > 'f')) return false;
  }
  return true;
}

bool ends_in_number(byte_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  const byte_view last = host.substr(host.rfind('.') + 1);
  if (last.empty() || !ascii::is_digit(last.front())) return false;
  std::uint64_t number = 0;
  return std::all_of(last.begin(), last.end(), ascii::is_digit) || (ascii::istarts_with(last, "0x") && read_number(last, number));
}

bool web_target::read(byte_view target) {
  const bool full = target.size() + 4 > mime::limits::html_url_bytes;  // four octets: a character may have been cut, too
  while (!target.empty() && static_cast<unsigned char>(target.front()) <= ' ') target.remove_prefix(1);
  while (!target.empty() && static_cast<unsigned char>(target.back()) <= ' ') target.remove_suffix(1);
  if (octet_block::find_control(target) != target.size()) {
    clean_.clear();
    for (const char c : target)
      if (!is_break(c) && clean_.size() < clean_.capacity()) clean_.push_back(c);
    target = view(clean_);
  }
  bool found = target.size() > 2 && is_slash(target[0]) && is_slash(target[1]);  // the scheme of the page around it
  for (byte_view scheme : scheme_names) {
    if (found || !ascii::istarts_with(target, scheme)) continue;
    target.remove_prefix(scheme.size());
    found = true;
  }
  if (!found) return false;
  while (!target.empty() && is_slash(target.front())) target.remove_prefix(1);
  if (full && target.find_first_of(ends_authority) == byte_view::npos) return hide_host(target);
  return read_authority(target);
}

// The target was cut before its authority ended: the host is not known. What stands in its place is nobody's.
bool web_target::hide_host(byte_view userinfo) {
  assign_cut(text_, utf8::cut(userinfo, hidden_host_bytes));
  append_cut(text_, "@");
  host_ = page_ = view(text_);
  return true;
}

bool web_target::read_authority(byte_view rest) {
  const std::size_t length = std::min(rest.find_first_of(ends_authority), rest.size());
  byte_view host = rest.substr(0, length);
  const std::size_t user = host.rfind('@');
  if (user != byte_view::npos) host.remove_prefix(user + 1);
  rest.remove_prefix(length - host.size());
  const byte_view behind = rest.substr(host.size());
  const std::size_t port = host.find(':', host.starts_with('[') ? host.find(']') : 0);  // the first that is not an address's
  if (port != byte_view::npos && host.find(']', port) == byte_view::npos) host = host.substr(0, port);
  if (!is_plain(host)) return rewrite(host, behind);
  host_ = host;
  if (port == byte_view::npos) {
    page_ = rest;
    return true;
  }
  take_undone(host, behind);
  return true;
}

void read_told(const folded& seen, byte_view text, const host_hit& hit, web_target& out) {
  const byte_view host = seen.view().substr(hit.host.begin, static_cast<std::size_t>(hit.host.end - hit.host.begin));
  if (host_name plain; hit.disguised && host.find_first_of(" [({,") != byte_view::npos && undo_host(host, plain))
    return out.take_undone(view(plain), seen.view().substr(hit.host.end, static_cast<std::size_t>(hit.where.end - hit.host.end)));
  const bool port = hit.host.end < seen.size && seen.text[hit.host.end] == ':';
  const bool differs = port || ends_in_number(host) || (!seen.counts.plain_ascii && seen.raw(text, hit.host.begin, hit.host.end) != host);
  if (differs && out.read_authority(seen.raw(text, hit.host.begin, hit.where.end))) return;
  out.take(host, seen.view().substr(hit.host.begin, static_cast<std::size_t>(hit.where.end - hit.host.begin)));
}

void web_target::take_undone(byte_view host, byte_view behind) {
  assign_cut(text_, host);
  append_cut(text_, behind);
  page_ = view(text_);
  host_ = page_.substr(0, host.size());
}

bool web_target::rewrite(byte_view host, byte_view behind) {
  text_.clear();
  fixed_string<4 * dns::limits::name_bytes> decoded;
  dns::name_text name;
  if (host.empty() || !decode(host, decoded)) return false;
  if (is_ipv6(host)) {
    append_cut(text_, host);
  } else if (auth::to_browser_host(view(decoded), name)) {
    if (!ends_in_number(view(name))) {
      append_cut(text_, view(name));
    } else if (!append_ipv4(view(name), text_)) {
      return false;
    }
  } else {
    const bool wide = std::any_of(decoded.begin(), decoded.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    if (!wide) return false;
    append_cut(text_, host);
  }
  const std::size_t length = text_.size();
  append_cut(text_, behind);
  page_ = view(text_);
  host_ = page_.substr(0, length);
  return true;
}

}  // namespace sluice::inspect
