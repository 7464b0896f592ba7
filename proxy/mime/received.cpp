// Reads word by word: outside of comments the keywords from, by, via, with, id and for say what the next word is; inside
// of comments words are told by their looks (addresses, host names, TLS versions and ciphers).
#include "mime/received.hpp"

#include <algorithm>
#include <array>

#include "core/ascii.hpp"

namespace sluice::mime {
namespace {

enum class clause { none, from, by, via, with, id, for_ };

struct keyword {
  std::string_view name;
  clause what;
};
constexpr auto keywords = std::to_array<keyword>({{"from", clause::from}, {"by", clause::by}, {"via", clause::via}, {"with", clause::with},
                                                  {"id", clause::id}, {"for", clause::for_}});

clause keyword_of(byte_view word) {
  for (const keyword& k : keywords)
    if (ascii::iequals(word, k.name)) return k.what;
  return clause::none;
}

bool is_ipv4(byte_view text) {
  int dots = 0, digits = 0, value = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0 || ++dots > 3) return false;
      digits = value = 0;
    } else if (!ascii::is_digit(c) || ++digits > 3 || (value = value * 10 + (c - '0')) > 255) {
      return false;
    }
  }
  return dots == 3 && digits > 0;
}

bool is_ipv6(byte_view text) {
  if (std::count(text.begin(), text.end(), ':') < 2) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return ascii::is_digit(c) || c == ':' || c == '.' || (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'f');
  });
}

// The address in "1.2.3.4", "1.2.3.4:25", "IPv6:::1", "fe80::1%6"; empty when it is none.
byte_view address_in(byte_view word) {
  if (ascii::istarts_with(word, "ipv6:")) word.remove_prefix(5);
  word = word.substr(0, word.find('%'));
  if (is_ipv4(word) || is_ipv6(word)) return word;
  const byte_view host = word.substr(0, word.rfind(':'));
  return is_ipv4(host) ? host : byte_view{};
}

bool has(byte_view text, byte_view what) {
  for (std::size_t i = 0; i + what.size() <= text.size(); ++i)
    if (ascii::iequals(text.substr(i, what.size()), what)) return true;
  return false;
}

template <std::size_t N>
void set_first(fixed_string<N>& to, byte_view value) {
  if (to.empty()) assign_cut(to, value);
}

// "TLSv1.3", "TLS1_2", "TLS-1.0" give the digits; a cipher's name is told by its algorithms.
void read_tls(byte_view word, received& out) {
  while (!word.empty()) {
    const std::size_t end = std::min(word.find_first_of(":/"), word.size());
    byte_view part = word.substr(0, end);
    word.remove_prefix(std::min(end + 1, word.size()));
    if (ascii::istarts_with(part, "tls") && part.size() > 3 && part.size() < 9) {
      byte_view digits = part.substr(3);
      while (!digits.empty() && (ascii::lower(digits.front()) == 'v' || digits.front() == '-' || digits.front() == '_')) digits.remove_prefix(1);
      if (!digits.empty() && ascii::is_digit(digits.front()) && out.tls_version.empty()) {
        out.tls_version.push_back(digits.front());
        out.tls_version.push_back('.');
        out.tls_version.push_back(digits.size() > 2 && ascii::is_digit(digits[2]) ? digits[2] : '0');
      }
      continue;
    }
    const bool joined = part.find('_') != byte_view::npos || part.find('-') != byte_view::npos;
    if (joined && (has(part, "aes") || has(part, "des-") || has(part, "rc4") || has(part, "chacha") || has(part, "camellia")))
      set_first(out.tls_cipher, part);
  }
}

// The protocol in "esmtps", "local-bsmtp", "ESMTP/TLS/cipher", "SMTPSVC".
bool read_protocol(byte_view word, received& out) {
  static constexpr auto known = std::to_array<std::string_view>({"ESMTPSA", "ESMTPS", "ESMTPA", "ESMTP", "LMTPSA", "LMTPS", "LMTPA", "LMTP",
                                                                  "SMTPSVC", "BSMTP", "SMTP", "UTF8SMTPSA", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTP",
                                                                  "HTTPS", "HTTP", "POP3", "IMAP", "LOCAL"});
  const std::size_t slash = std::min(word.find('/'), word.size());
  byte_view name = word.substr(0, slash);
  if (const std::size_t dash = name.rfind('-'); dash != byte_view::npos) name = name.substr(dash + 1);
  for (const std::string_view k : known) {
    if (!ascii::iequals(name, k)) continue;
    set_first(out.with, k == "SMTPSVC" || k == "BSMTP" ? std::string_view("SMTP") : k);
    if (slash < word.size()) read_tls(word.substr(slash + 1), out);
    return true;
  }
  return false;
}

bool host_name(byte_view word) {
  if (word.find('.') == byte_view::npos || word.find('@') != byte_view::npos) return false;
  return std::any_of(word.begin(), word.end(), ascii::is_alpha) &&
         std::all_of(word.begin(), word.end(), [](char c) { return ascii::is_alnum(c) || c == '-' || c == '.' || c == '_'; });
}

class reader {
 public:
  explicit reader(received& out) : out_(out) {}

  void read(byte_view text) {
    while (!text.empty()) {
      const char c = text.front();
      const std::size_t n = std::max<std::size_t>(1, std::min(text.find_first_of("()[]<>,;=\" \t\r\n"), text.size()));
      if (c == '(') ++depth_;
      else if (c == ')') leave();
      else if (c == '[') bracket_ = true;
      else if (c == ']') bracket_ = false;
      else if (byte_view("<>,;=\" \t\r\n").find(c) == byte_view::npos) word(text.substr(0, n));
      text.remove_prefix(byte_view("()[]<>,;=\" \t\r\n").find(c) == byte_view::npos ? n : 1);
    }
  }

 private:
  void leave() {
    depth_ -= depth_ > 0 ? 1 : 0;
    if (depth_ == 0) wants_helo_ = wants_ident_ = wants_from_ = false;
  }

  void word(byte_view w) { depth_ == 0 ? outside(w) : inside(w); }

  void outside(byte_view w) {
    const clause k = keyword_of(w);
    if (k != clause::none && !(k == clause::from && !out_.from.empty())) {
      clause_ = k;
      waiting_ = true;
      return;
    }
    const byte_view address = address_in(w);
    if (!waiting_) {
      if (clause_ == clause::from && bracket_ && !address.empty()) set_first(out_.from_address, address);
      return;
    }
    waiting_ = false;
    switch (clause_) {
      case clause::from:
        if (!(bracket_ && address.empty())) assign_cut(out_.from, address.empty() ? w : address);
        break;
      case clause::by: assign_cut(out_.by, address.empty() ? w : address); break;
      case clause::via: set_first(out_.via, w); break;
      case clause::with: waiting_ = !read_protocol(w, out_); break;  // "with Microsoft SMTP Server"
      case clause::id: set_first(out_.id, w.substr(0, w.find('/'))); break;
      case clause::for_:
        if (w.find('@') != byte_view::npos) set_first(out_.for_address, w);
        break;
      case clause::none: break;
    }
  }

  void inside(byte_view w) {
    read_tls(w, out_);
    if (wants_from_) {
      set_first(out_.from, w);
      wants_from_ = false;
      return;
    }
    if (ascii::iequals(w, "from") && out_.from.empty()) {
      wants_from_ = true;
      return;
    }
    if (clause_ != clause::from) return;
    if (ascii::iequals(w, "helo") || ascii::iequals(w, "ehlo") || ascii::iequals(w, "lhlo")) {
      wants_helo_ = true;
    } else if (ascii::iequals(w, "ident")) {
      wants_ident_ = true;
    } else if (wants_helo_) {
      set_first(out_.helo, w);
      wants_helo_ = false;
    } else if (wants_ident_ || w.find('@') != byte_view::npos) {
      set_first(out_.ident, w.substr(0, w.find('/')));
      wants_ident_ = false;
    } else if (const byte_view address = address_in(w); !address.empty()) {
      set_first(out_.from_address, address);
    } else if (host_name(w) && !ascii::istarts_with(w, "tls")) {
      set_first(out_.from_reverse, w);
    }
  }

  received& out_;
  clause clause_ = clause::none;
  std::size_t depth_ = 0;
  bool waiting_ = false, bracket_ = false, wants_helo_ = false, wants_ident_ = false, wants_from_ = false;
};

// Where the date begins: behind the last ';' outside of comments, or at the name of a day of the week.
std::size_t date_begin(byte_view value) {
  std::size_t depth = 0, found = byte_view::npos;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '(') ++depth;
    if (value[i] == ')') depth -= depth > 0 ? 1 : 0;
    if (value[i] == ';' && depth == 0) found = i + 1;
  }
  if (found != byte_view::npos) return found;
  for (std::size_t i = 1; i + 4 < value.size(); ++i) {
    if (!ascii::is_space(value[i - 1]) || value[i + 3] != ',') continue;
    constexpr std::string_view days = "montuewedthufrisatsun";
    for (std::size_t d = 0; d < 7; ++d)
      if (ascii::iequals(value.substr(i, 3), days.substr(d * 3, 3))) return i;
  }
  return value.size();
}

}  // namespace

void parse_received(byte_view value, received& out) {
  out = received{};
  const std::size_t date = date_begin(value);
  out.has_date = parse_date(value.substr(date), out.date);
  reader(out).read(value.substr(0, date));
}

}  // namespace sluice::mime
