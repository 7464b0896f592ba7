// Web and mail addresses in text: with a scheme (also hxxp), www., a bare domain with or without a path, and the ways
// dots are hidden ([.], (dot), " dot "). The last label must be a real top-level domain, or behind a scheme look like one;
// names of files are left alone.
// Called by scan_text.
#include <algorithm>

#include "core/ascii.hpp"
#include "inspect/domain.hpp"
#include "inspect/octet_class.hpp"
#include "inspect/signals.hpp"
#include "inspect/web_target.hpp"

namespace sluice::inspect {
namespace {

constexpr std::size_t host_limit = 100;

// Top-level domains that are also usual endings of file names; without scheme or path such a name is a file.
constexpr byte_view file_like[] = {"md", "py", "rs", "sh", "pl", "zip", "mov", "so", "cc", "ps", "pm", "ai", "app", "id", "in", "is", "it", "to", "no", "st", "ms", "mp", "am", "ml", "mk", "cs"};

constexpr byte_view hidden_dots[] = {"[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}", " dot ", " (dot) ", " [dot] ", " [.] "};
constexpr byte_view schemes[] = {"https://", "http://", "hxxps://", "hxxp://", "ftp://", "https:\\\\", "hxxps[:]//", "hxxp[:]//", "https[:]//"};

bool host_octet(char c) { return octet::is(c, octet::host); }
bool mail_octet(char c) { return host_octet(c) || c == '.' || c == '+'; }

// Length of a dot at `i`: "." or one of its disguises; 0 when none.
std::size_t dot_at(byte_view text, std::size_t i, bool& disguised) {
  if (text[i] == '.') return 1;
  if (text[i] != '[' && text[i] != '(' && text[i] != '{' && text[i] != ' ') return 0;
  for (byte_view form : hidden_dots) {
    if (ascii::istarts_with(text.substr(i), form)) {
      disguised = true;
      return form.size();
    }
  }
  return 0;
}

struct host_text {
  fixed_string<host_limit> text;
  std::size_t end = 0;
  bool disguised = false;
};

// Reads label(.label)* from `i`, of `octets`; returns the number of labels.
std::size_t read_labels(byte_view text, std::size_t i, std::uint8_t octets, host_text& out) {
  std::size_t labels = 0;
  for (;;) {
    const std::size_t begin = i;
    while (i < text.size() && octet::is(text[i], octets)) ++i;
    if (i == begin) break;
    if (!append_cut(out.text, text.substr(begin, i - begin))) return 0;
    out.end = i;
    ++labels;
    bool disguised = false;
    const std::size_t dot = i < text.size() ? dot_at(text, i, disguised) : 0;
    if (dot == 0 || i + dot >= text.size() || !octet::is(text[i + dot], octets)) break;
    out.disguised = out.disguised || disguised;
    if (!append_cut(out.text, ".")) return 0;
    i += dot;
  }
  while (!out.text.empty() && out.text.back() == '.') out.text.pop_back();
  return labels;
}

// Behind "https://" a browser goes anywhere: lists of top-level domains age.
bool lettered_tld(byte_view host) {
  const byte_view last = host.substr(host.rfind('.') + 1);
  return last.size() >= 2 && std::all_of(last.begin(), last.end(), [](char c) { return octet::is(c, octet::alpha); });
}

// A name below a real top-level domain; behind a scheme also a number, which is an address (RFC 3986 section 7.4), and
// labels in other letters than ASCII.
bool read_host(byte_view text, std::size_t i, bool scheme, host_text& out) {
  const std::size_t labels = read_labels(text, i, octet::host, out);
  if (labels >= 2 && known_tld(view(out.text))) return true;
  if (!scheme) return false;
  if (labels >= 2 && lettered_tld(view(out.text))) return true;
  if (labels >= 1 && ends_in_number(view(out.text))) return true;
  out = {};
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

bool file_name(byte_view host) {
  const byte_view last = host.substr(host.rfind('.') + 1);
  for (byte_view ending : file_like) {
    if (ascii::iequals(last, ending)) return true;
  }
  return false;
}

std::size_t scheme_at(byte_view text, std::size_t i) {
  const char first = octet::lower(text[i]);
  if (first != 'h' && first != 'f') return 0;
  for (byte_view scheme : schemes) {
    if (ascii::istarts_with(text.substr(i), scheme)) return scheme.size();
  }
  return 0;
}

bool ends_address(char c) { return ascii::is_space(c) || c == '"' || c == '<' || c == '>' || static_cast<unsigned char>(c) < 0x20; }

bool is_d(char c) { return c == 'd' || c == 'D'; }

// The beginning of the run that the joint at `j` stands in, not before `from`; `j` when there is none.
std::size_t run_before(byte_view text, std::size_t j, std::size_t from) {
  std::size_t begin = j;
  if (begin > from && text[begin - 1] == ' ') --begin;
  while (begin > from && mail_octet(text[begin - 1])) --begin;
  while (begin < j && !host_octet(text[begin])) ++begin;
  return begin;
}

}  // namespace

bool joins_host(byte_view text, std::size_t at) {
  if (at + 1 >= text.size()) return false;
  const char next = text[at + 1];
  switch (text[at]) {
    case '.':
    case '@': return host_octet(next);
    case ':': return next == '/' || next == '\\';
    case '[':
    case '(':
    case '{': return next == '.' || next == ':' || is_d(next);
    default: return false;
  }
}

void find_hosts(const folded& view, fixed_vector<host_hit, 8>& out) {
  host_hints hints;
  hints.everywhere = true;
  find_hosts(view, hints, out);
}

void find_hosts(const folded& view, const host_hints& hints, fixed_vector<host_hit, 8>& out) {
  out.clear();
  const byte_view text = view.view();
  std::size_t joint = 0;
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
      const byte_view rest = text.substr(at, std::min<std::size_t>(text.size() - at, 200));
      const std::size_t user = rest.find('@');  // userinfo trick: the host stands behind the @
      const std::size_t slash = rest.find_first_of("/?# \n");
      if (user != byte_view::npos && user < slash) at += user + 1;
    } else {
      std::size_t local = i;
      while (local < text.size() && mail_octet(text[local])) ++local;
      if (local < text.size() && text[local] == '@') {
        hit.mail = true;
        at = local + 1;
      }
    }
    host_text host;
    const bool read = at < text.size() && read_host(text, at, hit.scheme, host);
    const byte_view name = sluice::view(host.text);
    std::size_t end = host.end;
    if (read && (hit.scheme || hit.mail || !sentence_join(name))) {
      hit.disguised = hit.disguised || host.disguised;
      hit.path = end + 1 < text.size() && (text[end] == '/' || text[end] == '?') && !ends_address(text[end + 1]);
      const bool www = ascii::istarts_with(name, "www.");
      hit.scheme = hit.scheme || www;
      if (hit.scheme || hit.mail || hit.path || !file_name(name)) {
        while (end < text.size() && !hit.mail && (hit.path || hit.scheme) && !ends_address(text[end])) ++end;
        hit.where = {static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(end)};
        hit.host = {static_cast<std::uint16_t>(at), static_cast<std::uint16_t>(host.end)};
        out.push_back(hit);
        i = end;
        continue;
      }
    }
    // Not an address: go on behind the whole run, or a part of it would be read as one.
    while (i < text.size() && (host_octet(text[i]) || text[i] == '.' || text[i] == '@' || text[i] == '+')) ++i;
    if (hit.scheme && i < at) i = at;
  }
}

}  // namespace sluice::inspect
