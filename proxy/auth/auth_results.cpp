// Authentication-Results; see auth_results.hpp.
#include "auth/auth_results.hpp"

#include <cstring>

#include "core/ascii.hpp"

namespace sluice::auth {
namespace {

// RFC 2045 5.1 token, with '@' added as RFC 8601 2.2 allows it in pvalue.
bool is_token(byte_view text) {
  if (text.empty()) return false;
  for (const char c : text)
    if (c <= ' ' || c >= 0x7f || byte_view("()<>,;:\\\"/[]?=").find(c) != byte_view::npos) return false;
  return true;
}

// A lexical element of a value. Comments and white space between elements are gone.
struct element {
  enum class kind : std::uint8_t { end, word, quoted, equals, semicolon } what = kind::end;
  byte_view text;
};

void skip_cfws(byte_view& rest) {
  for (;;) {
    while (!rest.empty() && ascii::is_space(rest[0])) rest.remove_prefix(1);
    if (rest.empty() || rest[0] != '(') return;
    int depth = 0;
    std::size_t i = 0;
    for (; i < rest.size(); ++i) {
      if (rest[i] == '\\') ++i;
      else if (rest[i] == '(') ++depth;
      else if (rest[i] == ')' && --depth == 0) break;
    }
    rest.remove_prefix(i < rest.size() ? i + 1 : rest.size());
  }
}

element take(byte_view& rest) {
  skip_cfws(rest);
  if (rest.empty()) return {};
  if (rest[0] == '=' || rest[0] == ';') {
    const element e{rest[0] == '=' ? element::kind::equals : element::kind::semicolon, rest.substr(0, 1)};
    rest.remove_prefix(1);
    return e;
  }
  if (rest[0] == '"') {
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i)
      if (rest[i] == '\\') ++i;
    const std::size_t end = i < rest.size() ? i : rest.size();
    const element e{element::kind::quoted, rest.substr(1, end - 1)};
    rest.remove_prefix(end < rest.size() ? end + 1 : end);
    return e;
  }
  std::size_t n = 0;
  while (n < rest.size() && !ascii::is_space(rest[n]) && byte_view("=;\"(").find(rest[n]) == byte_view::npos) ++n;
  const element e{element::kind::word, rest.substr(0, n)};
  rest.remove_prefix(n);
  return e;
}

}  // namespace

// ---- writing ----

results_writer::results_writer(byte_span out, byte_view authserv_id, bool folded) : out_(out), folded_(folded) {
  put_value(authserv_id);
  sure_ = used_;
}

void results_writer::put(byte_view text) {
  if (text.size() > out_.size() - used_) {
    overflown_ = true;
    return;
  }
  if (text.empty()) return;
  std::memcpy(out_.data() + used_, text.data(), text.size());
  used_ += text.size();
}

void results_writer::put_value(byte_view value) {
  if (is_token(value)) return put(value);
  put("\"");
  for (const char& c : value) {
    if (c == '"' || c == '\\') put("\\");
    const bool printable = c >= ' ' && c != 0x7f;  // char may be signed: this drops octets above ASCII as well
    put(printable && static_cast<unsigned char>(c) < 0x7f ? byte_view(&c, 1) : byte_view("?"));
  }
  put("\"");
}

// The result before is whole now; one that did not fit is taken back.
void results_writer::commit() {
  if (overflown_) {
    used_ = sure_;
    complete_ = false;
  }
  overflown_ = false;
  sure_ = used_;
}

void results_writer::method(byte_view name, result r, byte_view comment) {
  commit();
  any_ = true;
  put(folded_ ? ";\r\n\t" : "; ");
  put(name);
  put("=");
  put(name_of(r));
  if (comment.empty()) return;
  put(" (");
  put(comment);
  put(")");
}

void results_writer::reason(byte_view text) {
  if (text.empty()) return;
  put(" reason=");
  put_value(text);
}

void results_writer::property(byte_view type_and_name, byte_view value) {
  put(" ");
  put(type_and_name);
  put("=");
  put_value(value);
}

byte_view results_writer::finish() {
  commit();
  if (!any_) {
    put("; none");
    commit();
  }
  return {out_.data(), used_};
}

// ---- reading ----

results_reader::results_reader(byte_view value) : rest_(value) {
  authserv_id_ = take(rest_).text;
  byte_view ahead = rest_;
  if (take(ahead).what == element::kind::word) rest_ = ahead;  // the version
}

bool results_reader::next(entry& out) {
  for (;;) {
    element e = take(rest_);
    while (e.what != element::kind::semicolon && e.what != element::kind::end) e = take(rest_);
    if (e.what == element::kind::end) return false;
    byte_view ahead = rest_;
    const element method = take(ahead), equals = take(ahead), result = take(ahead);
    if (method.what != element::kind::word || equals.what != element::kind::equals || result.what != element::kind::word)
      continue;
    out.method = method.text.substr(0, method.text.find('/'));
    out.result = result.text;
    out.properties = ahead;
    rest_ = ahead;
    return true;
  }
}

byte_view property_of(const results_reader::entry& e, byte_view type_and_name) {
  byte_view rest = e.properties;
  for (;;) {
    const element name = take(rest);
    if (name.what == element::kind::end || name.what == element::kind::semicolon) return {};
    if (name.what != element::kind::word) continue;
    byte_view ahead = rest;
    if (take(ahead).what != element::kind::equals) continue;
    const element value = take(ahead);
    if (value.what != element::kind::word && value.what != element::kind::quoted) continue;
    if (ascii::iequals(name.text, type_and_name)) return value.text;
    rest = ahead;
  }
}

bool claims_to_be_from(byte_view value, byte_view authserv_id) {
  return ascii::iequals(results_reader(value).authserv_id(), authserv_id);
}

}  // namespace sluice::auth
