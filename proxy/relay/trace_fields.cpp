#include "relay/trace_fields.hpp"

#include <array>
#include <charconv>
#include <ctime>

#include "core/ascii.hpp"

namespace sluice::relay {
namespace {

// HELO, names and addresses come from strangers: anything but these characters becomes '?'.
void append_token(trace_text& out, byte_view in) {
  for (char c : in.substr(0, 255))
    out.push_back(ascii::is_alnum(c) || byte_view(".-_:[]+=@/").find(c) != byte_view::npos ? c : '?');
}

bool is_plain_address(byte_view path) {
  for (char c : path)
    if (c <= ' ' || c == 0x7f || byte_view("<>()\\\"").find(c) != byte_view::npos) return false;
  return !path.empty() && path.size() <= 254;
}

const char* protocol_of(const trace_facts& f) {
  const bool tls = !f.tls_version.empty();
  if (f.smtputf8) return tls ? "UTF8SMTPS" : "UTF8SMTP";
  if (!f.esmtp) return "SMTP";
  return tls ? "ESMTPS" : "ESMTP";
}

template <class Int>
void append_number(trace_text& out, Int value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  append_cut(out, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void write_received(trace_text& out, const trace_facts& f, byte_view id) {
  append_cut(out, "Received: from ");
  append_token(out, f.helo.empty() ? byte_view("unknown") : f.helo);
  append_cut(out, " (");
  if (!f.client_name.empty()) {
    append_token(out, f.client_name);
    append_cut(out, " ");
  }
  append_cut(out, f.client_ip.find(':') == byte_view::npos ? "[" : "[IPv6:");
  append_token(out, f.client_ip);
  append_cut(out, "])\r\n\tby ");
  append_token(out, f.hostname);
  append_cut(out, " (Sluice) with ");
  append_cut(out, protocol_of(f));
  if (!f.tls_version.empty()) {
    append_cut(out, " (");
    append_token(out, f.tls_version);
    append_cut(out, " ");
    append_token(out, f.tls_cipher);
    append_cut(out, ")");
  }
  append_cut(out, "\r\n\tid ");
  append_cut(out, id);
  if (is_plain_address(f.only_recipient)) {
    append_cut(out, "\r\n\tfor <");
    append_cut(out, f.only_recipient);
    append_cut(out, ">");
  }
  append_cut(out, "; ");
  append_cut(out, view(rfc5322_date(f.unix_seconds)));
  append_cut(out, "\r\n");
}

}  // namespace

fixed_string<40> rfc5322_date(std::int64_t unix_seconds) {
  static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto when = static_cast<std::time_t>(unix_seconds);
  std::tm t{};
  ::gmtime_r(&when, &t);
  std::array<char, 48> text;
  // Names are written here and not by strftime: a header must not depend on the locale.
  const int n = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d +0000",
                              days[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                              months[static_cast<std::size_t>(t.tm_mon)], (t.tm_year + 1900) % 10000, t.tm_hour,
                              t.tm_min, t.tm_sec);
  fixed_string<40> out;
  append_cut(out, {text.data(), static_cast<std::size_t>(n)});
  return out;
}

fixed_string<200> rule_list(const inspect::findings& found) {
  fixed_string<200> out;
  for (std::size_t i = 0; i < found.list.size(); ++i) {
    const byte_view rule = found.list[i].rule;
    bool seen = false;
    for (std::size_t k = 0; k < i && !seen; ++k) seen = found.list[k].rule == rule;
    if (seen || out.size() + rule.size() + 1 > 200) continue;
    if (!out.empty()) out.push_back(',');
    append_cut(out, rule);
  }
  return out;
}

void write_trace(trace_text& out, const trace_facts& f, byte_view id, const inspect::verdict* v) {
  write_received(out, f, id);
  append_cut(out, "Authentication-Results: ");
  if (f.auth_results.empty()) {
    append_token(out, f.authserv_id);
    append_cut(out, "; none");
  } else {
    append_cut(out, f.auth_results);
  }
  append_cut(out, "\r\n");
  if (v == nullptr) return;
  append_cut(out, "X-Sluice-Verdict: ");
  append_cut(out, inspect::name_of(v->act));
  append_cut(out, "; id=");
  append_cut(out, id);
  append_cut(out, "; score=");
  append_number(out, v->found.score);
  if (v->found.cause != inspect::unscanned::none) {
    append_cut(out, "; unscanned=");
    append_cut(out, inspect::name_of(v->found.cause));
  }
  const auto rules = rule_list(v->found);
  if (!rules.empty()) {
    append_cut(out, ";\r\n\trules=");
    append_cut(out, view(rules));
  }
  append_cut(out, "\r\n");
}

}  // namespace sluice::relay
