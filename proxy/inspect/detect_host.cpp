// Web and mail addresses in text: with a scheme (also hxxp), www., a bare domain with or without a port and a path, and the
// ways addresses are hidden: [.], (dot), " dot ", "bit . ly / x", "bit,ly/x", "e v i l . c o m", "h t t p s : / / evil.com".
// The last label must be a real top-level domain, or behind a scheme look like one; names of files are left alone.
// Called by scan_text.
#include <algorithm>
#include <span>

#include "core/ascii.hpp"
#include "inspect/domain.hpp"
#include "inspect/octet_class.hpp"
#include "inspect/signals.hpp"
#include "inspect/web_target.hpp"

namespace sluice::inspect {
namespace {

// Top-level domains that are also usual endings of file names; without scheme or path such a name is a file.
constexpr byte_view file_like[] = {"md", "py", "rs", "sh", "pl", "zip", "mov", "so", "cc", "ps", "pm", "ai", "app", "id", "in", "is", "it", "to", "no", "st", "ms", "mp", "am", "ml", "mk", "cs"};

constexpr byte_view hidden_dots[] = {"[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}", " dot ", " (dot) ", " [dot] ", " [.] "};
constexpr byte_view schemes[] = {"https://", "http://", "hxxps://", "hxxp://", "ftp://", "https:\\\\", "hxxps[:]//", "hxxp[:]//", "https[:]//"};

// Endings that lures use and that are no words: there a dot with blanks around it, or a comma, may be meant as a dot.
constexpr byte_view plain_endings[] = {"com", "net", "org", "biz", "xyz", "ly"};
constexpr std::size_t hidden_limit = 8;  // hidden dots of one name; "dot dot dot" would be read anew from each word
constexpr std::size_t loose_labels = 4;  // of such a name: lists of words are read again and again
constexpr std::size_t spaced_least = 7, spaced_limit = 40;  // characters of a host with a blank behind each

bool host_octet(char c) { return octet::is(c, octet::host); }
bool mail_octet(char c) { return host_octet(c) || c == '.' || c == '+'; }

struct host_text {
  host_name text;
  std::size_t end = 0;
  bool disguised = false;
  bool blanks = false;  // a dot has blanks around it
  void clear() { text.clear(), end = 0, disguised = blanks = false; }
};

enum class dot : std::uint8_t { plain, disguised, blanks };

// Length of a dot at `i`: "." or one of its disguises; 0 when none. `loose`: also what is seldom meant as one.
std::size_t dot_at(byte_view text, std::size_t i, bool loose, dot& seen) {
  if (text[i] == '.') return 1;
  if (loose && text[i] == ',') return 1;
  if (text[i] != '[' && text[i] != '(' && text[i] != '{' && text[i] != ' ') return 0;
  if (loose && text.substr(i, 3) == " . ") return seen = dot::blanks, 3;
  for (byte_view form : hidden_dots) {
    if (ascii::istarts_with(text.substr(i), form)) return seen = dot::disguised, form.size();
  }
  return 0;
}

// Reads label(.label)* from `i`, of `octets`; returns the number of labels.
std::size_t read_labels(byte_view text, std::size_t i, std::uint8_t octets, host_text& out, bool loose = false) {
  std::size_t labels = 0, hidden = 0;
  for (;;) {
    const std::size_t begin = i;
    while (i < text.size() && octet::is(text[i], octets)) ++i;
    if (i == begin) break;
    if (!append_cut(out.text, text.substr(begin, i - begin))) return 0;
    out.end = i;
    if (++labels == loose_labels && loose) break;
    dot kind = dot::plain;
    const std::size_t length = i < text.size() ? dot_at(text, i, loose, kind) : 0;
    if (length == 0 || i + length >= text.size() || !octet::is(text[i + length], octets)) break;
    if (length > 1 && ++hidden > hidden_limit) return 0;
    out.disguised = out.disguised || kind == dot::disguised;
    out.blanks = out.blanks || kind == dot::blanks;
    if (!append_cut(out.text, ".")) return 0;
    i += length;
  }
  while (!out.text.empty() && out.text.back() == '.') out.text.pop_back();
  return labels;
}

byte_view ending(byte_view host) { return host.substr(host.rfind('.') + 1); }

bool is_one_of(std::span<const byte_view> list, byte_view label) {
  for (byte_view one : list) {
    if (ascii::iequals(one, label)) return true;
  }
  return false;
}

bool ends_address(char c) { return ascii::is_space(c) || c == '"' || c == '<' || c == '>' || static_cast<unsigned char>(c) < 0x20; }

// "/x" or "?x" at `i`; `blanks`: also " / x".
bool page_at(byte_view text, std::size_t i, bool blanks) {
  const auto skip = [&] { while (blanks && i < text.size() && text[i] == ' ') ++i; };
  skip();
  if (i >= text.size() || (text[i] != '/' && text[i] != '?')) return false;
  ++i;
  skip();
  return i < text.size() && !ends_address(text[i]);
}

// "bit . ly / x", "bit,ly/x": only with an ending that is no word and with a page. Without one, honest mail writes a name
// so in order that it does not become a link.
bool read_loose(byte_view text, std::size_t i, host_text& out) {
  out.clear();
  if (read_labels(text, i, octet::host, out, true) < 2 || !is_one_of(plain_endings, ending(view(out.text)))) return false;
  out.disguised = true;
  return page_at(text, out.end, true);
}

bool single(byte_view text, std::size_t i) {
  return host_octet(text[i]) && (i == 0 || !host_octet(text[i - 1])) && (i + 1 == text.size() || !host_octet(text[i + 1]));
}

// "e v i l . c o m": a blank behind each character.
bool read_spaced(byte_view text, std::size_t i, host_text& out) {
  out.clear();
  for (std::size_t n = 0; n < spaced_limit && i < text.size() && (text[i] == '.' || single(text, i)); ++n, i += 2) {
    append_cut(out.text, text.substr(i, 1));
    out.end = i + 1;
    if (i + 1 >= text.size() || text[i + 1] != ' ') break;
  }
  out.disguised = out.blanks = true;
  return out.text.size() >= spaced_least && out.text.front() != '.' && text[out.end - 1] != '.' && view(out.text).find('.') != byte_view::npos && known_tld(view(out.text));
}

// "[2001:db8::1]" (RFC 3986 section 3.2.2).
bool read_ipv6(byte_view text, std::size_t i, host_text& out) {
  const std::size_t close = text.substr(0, i + 48).find(']', i);
  if (close == byte_view::npos) return false;
  const byte_view address = text.substr(i, close + 1 - i);
  if (!is_ipv6(address) || address.find(':') == byte_view::npos) return false;
  assign_cut(out.text, address);
  out.end = close + 1;
  return true;
}

// Behind "https://" a browser goes anywhere: lists of top-level domains age.
bool lettered_tld(byte_view host) {
  const byte_view last = ending(host);
  return last.size() >= 2 && std::all_of(last.begin(), last.end(), [](char c) { return octet::is(c, octet::alpha); });
}

// A name below a real top-level domain; behind a scheme also a number, which is an address (RFC 3986 section 7.4), and
// labels in other letters than ASCII.
bool read_host(byte_view text, std::size_t i, bool scheme, host_text& out) {
  const std::size_t labels = read_labels(text, i, octet::host, out);
  if (labels >= 2 && known_tld(view(out.text))) return true;
  if (!scheme) return false;
  if (text[i] == '[') return read_ipv6(text, i, out);
  if (labels >= 2 && lettered_tld(view(out.text))) return true;
  if (labels >= 1 && ends_in_number(view(out.text))) return true;
  out.clear();
  return read_labels(text, i, octet::host | octet::high, out) >= 2 && std::any_of(out.text.begin(), out.text.end(), [](char c) { return octet::is(c, octet::high); });
}

// "hours.Invoice", "done.In": a sentence without a space, not a domain.
bool sentence_join(byte_view host) {
  const std::size_t dot = host.rfind('.');
  const byte_view last = host.substr(dot + 1);
  if (last.empty() || last[0] < 'A' || last[0] > 'Z') return false;
  bool rest_lower = false;
  for (char c : last.substr(1)) rest_lower = rest_lower || (c >= 'a' && c <= 'z');
  if (!rest_lower) return false;
  return !(last == "Com" || last == "Net" || last == "Org");
}

// "report.py", "Safari.app"; who publishes under vercel.app has a name before it.
bool like_a_file(byte_view name) {
  const byte_view last = ending(name);
  return is_one_of(file_like, last) && !(last == "app" && std::count(name.begin(), name.end(), '.') > 1);
}

std::size_t scheme_at(byte_view text, std::size_t i) {
  const char first = octet::lower(text[i]);
  if (first != 'h' && first != 'f') return 0;
  for (byte_view scheme : schemes) {
    if (ascii::istarts_with(text.substr(i), scheme)) return scheme.size();
  }
  return 0;
}

// Where a scheme begins that is written with blanks before `at` ("h t t p s : / / "), not before `from`; `at` when there is
// none.
std::size_t spaced_scheme(byte_view text, std::size_t at, std::size_t from) {
  std::size_t i = at, slashes = 0;
  const auto back = [&] {
    while (i > from && text[i - 1] == ' ') --i;
    return i > from ? octet::lower(text[i - 1]) : char(0);
  };
  for (; back() == '/' || back() == '\\'; --i) ++slashes;
  if (slashes == 0 || back() != ':') return at;
  --i;
  if (back() == 's') --i;
  for (const char c : {'p', 't', 't', 'h'}) {
    if (back() != c && !(c == 't' && back() == 'x')) return at;
    --i;
  }
  return i;
}

// The end of a port at `i`, with a page behind it; `i` when there is none.
std::size_t past_port(byte_view text, std::size_t i) {
  if (i >= text.size() || text[i] != ':') return i;
  std::size_t end = i + 1;
  while (end < text.size() && end < i + 6 && ascii::is_digit(text[end])) ++end;
  return end > i + 1 && end < text.size() && (text[end] == '/' || text[end] == '?') ? end : i;
}

bool is_d(char c) { return c == 'd' || c == 'D'; }

// The beginning of the run that the joint at `j` stands in, not before `from`; `j` when there is none.
std::size_t run_before(byte_view text, std::size_t j, std::size_t from) {
  std::size_t begin = j;
  if (begin > from && text[begin - 1] == ' ') --begin;
  while (begin > from && mail_octet(text[begin - 1])) --begin;
  while (begin < j && !host_octet(text[begin])) ++begin;
  if (begin + 2 != j || !single(text, begin)) return begin;
  const std::size_t least = std::max(from, begin - std::min(begin, 2 * spaced_limit));  // "e v i l ."
  while (begin >= least + 2 && text[begin - 1] == ' ' && single(text, begin - 2)) begin -= 2;
  return begin;
}

}  // namespace

bool joins_host(byte_view text, std::size_t at) {
  if (at + 1 >= text.size()) return false;
  const char next = text[at + 1];
  switch (text[at]) {
    case '.': return host_octet(next) || (next == ' ' && at > 1 && text[at - 1] == ' ' && host_octet(text[at - 2]) && at + 2 < text.size() && host_octet(text[at + 2]));
    case ',': return octet::is(next, octet::alpha) && at > 0 && octet::is(text[at - 1], octet::alpha);
    case '@': return host_octet(next);
    case ':': return next == '/' || next == '\\';
    case '[':
    case '(':
    case '{': return next == '.' || next == ':' || is_d(next);
    default: return false;
  }
}

bool undo_host(byte_view told, host_name& out) {
  host_text host;
  const bool spaced = told.size() > 1 && told[1] == ' ' && read_spaced(told, 0, host);
  if (!spaced) {
    host.clear();
    read_labels(told, 0, octet::host, host, told.find(',') != byte_view::npos || told.find(" . ") != byte_view::npos);
  }
  out = host.text;
  return host.end == told.size();
}

void find_hosts(const folded& view, fixed_vector<host_hit, 8>& out) {
  host_hints hints;
  hints.everywhere = true;
  find_hosts(view, hints, out);
}

void find_hosts(const folded& view, const host_hints& hints, fixed_vector<host_hit, 8>& out) {
  out.clear();
  const byte_view text = view.view();
  std::size_t joint = 0, found = 0;
  for (std::size_t i = 0; i < text.size() && out.size() < out.capacity();) {
    if (!hints.everywhere) {
      while (joint < hints.joints.size() && hints.joints[joint] <= i) ++joint;
      if (joint == hints.joints.size()) return;
      const std::size_t begin = run_before(text, hints.joints[joint], i);
      if (begin == hints.joints[joint++]) continue;
      i = begin;
    }
    if (!host_octet(text[i])) {
      ++i;
      continue;
    }
    host_hit hit;
    const std::size_t scheme = scheme_at(text, i);
    std::size_t at = i + scheme;
    if (scheme != 0) {
      hit.scheme = true;
      hit.disguised = ascii::lower(text[i + 1]) == 'x' || text.substr(i, scheme).find('[') != byte_view::npos;
      const byte_view authority = text.substr(at, std::min(text.find_first_of("/?# \n\"<>", at), text.size()) - at);
      const std::size_t user = authority.rfind('@');  // userinfo trick: the host stands behind the @
      if (user != byte_view::npos) at += user + 1;
    } else {
      std::size_t local = i;
      while (local < text.size() && mail_octet(text[local])) ++local;
      if (local < text.size() && text[local] == '@') {
        hit.mail = true;
        at = local + 1;
      }
    }
    host_text host;
    std::size_t spaced_end = 0;
    bool read = at < text.size() && read_host(text, at, hit.scheme, host);
    if (!read && !hit.scheme && !hit.mail && host.end < text.size()) {
      const char behind = text[host.end];
      read = (behind == ' ' || behind == ',') && read_loose(text, at, host);
      const bool first = !hints.everywhere || i < 2 || text[i - 1] != ' ' || !single(text, i - 2);  // each such run once
      if (!read && first && single(text, i)) {
        read = read_spaced(text, at, host);
        spaced_end = std::min(host.end, i + spaced_limit);  // half of the longest
      }
    }
    const byte_view name = sluice::view(host.text);
    std::size_t end = host.end;
    if (read && (hit.scheme || hit.mail || !sentence_join(name))) {
      // Mathematical letters, marks under letters: no address is written so. (Invisible characters keep clients from making a link.)
      const bool dressed = !hit.mail && (view.how_of(at, host.end) & (how::styled | how::marked)) != 0;
      hit.disguised = hit.disguised || host.disguised || dressed;
      const std::size_t behind = past_port(text, end);
      hit.path = behind > end || page_at(text, end, host.blanks);
      const std::size_t scheme_begin = hit.scheme || hit.mail ? i : spaced_scheme(text, i, found);
      if (scheme_begin < i) {
        hit.scheme = true;
        hit.disguised = hit.disguised || !host_octet(text[scheme_begin + 1]);
      }
      const bool www = ascii::istarts_with(name, "www.");
      hit.scheme = hit.scheme || www;
      if (hit.scheme || hit.mail || hit.path || !like_a_file(name)) {
        while (end < text.size() && !hit.mail && (hit.path || hit.scheme) && !ends_address(text[end])) ++end;
        hit.where = {static_cast<std::uint16_t>(scheme_begin), static_cast<std::uint16_t>(end)};
        hit.host = {static_cast<std::uint16_t>(at), static_cast<std::uint16_t>(host.end)};
        out.push_back(hit);
        found = i = end;
        continue;
      }
    }
    // Not an address: go on behind the whole run, or a part of it would be read as one.
    while (i < text.size() && (host_octet(text[i]) || text[i] == '.' || text[i] == '@' || text[i] == '+')) ++i;
    if (hit.scheme && i < at) i = at;
    i = std::max(i, spaced_end);
  }
}

}  // namespace sluice::inspect
