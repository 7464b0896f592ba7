#include "core/log_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sluice::log {
namespace {

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warning", "error"};
constexpr std::array<unsigned, 4> severities{7, 6, 4, 3};
constexpr unsigned facility_mail = 2;
constexpr std::size_t longest_text = 240;     // of the MSG part
constexpr std::size_t syslog_tail = 320;      // kept free for the end of the structured data and for MSG
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

// Texts of members that say nothing about a mail or its people.
constexpr std::array<std::string_view, 23> kept_texts{
    "why", "what", "outcome", "verdict", "way", "id", "tls", "kind", "mode", "route", "host", "file", "path", "help",
    "address", "wanted", "kept_as", "unscanned", "dns", "rule", "then", "transport", "profile"};

template <std::size_t N>
void append_number(fixed_string<N>& out, std::uint64_t n) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
  append_cut(out, {digits, static_cast<std::size_t>(end - digits)});
}

bool is_text(std::string_view value) { return value.size() >= 2 && value.front() == '"'; }

// A member's value as an SD-PARAM value (RFC 5424 6.3.3): UTF-8, '"', '\' and ']' behind a backslash. Characters that
// JSON had to escape by number keep that form, so that nobody's terminal is turned around. False: no room.
bool append_parameter(syslog_message& out, std::string_view key, std::string_view value) {
  const bool text = is_text(value);
  if (text) value = value.substr(1, value.size() - 2);
  std::size_t need = key.size() + 4 + value.size();
  for (const char c : value) need += c == '"' || c == '\\' || c == ']';
  if (out.size() + need + syslog_tail > syslog_bytes) return false;
  append_cut(out, " ");
  append_cut(out, key);
  append_cut(out, "=\"");
  for (std::size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    if (text && c == '\\' && i + 1 < value.size() && (value[i + 1] == '"' || value[i + 1] == '\\')) c = value[++i];
    if (c == '"' || c == '\\' || c == ']') out.push_back('\\');
    out.push_back(c);
  }
  append_cut(out, "\"");
  return true;
}

// The first members as text, in whole members; RFC 5424 6.4 wants the mark where it is not ASCII.
void append_message(syslog_message& out, const record& r) {
  fixed_string<longest_text> text;
  append_cut(text, r.event);
  std::string_view members = r.members, key, value;
  while (next_member(members, key, value)) {
    if (text.size() + key.size() + value.size() + 2 > longest_text) break;
    append_cut(text, " ");
    append_cut(text, key);
    append_cut(text, "=");
    append_cut(text, value);
  }
  append_cut(out, " ");
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) append_cut(out, byte_order_mark);
  append_cut(out, view(text));
}

// `value` with its quotes; words with '@' become '*'.
void append_own_words(rendered& out, std::string_view value) {
  std::string_view rest = value.substr(1, value.size() - 2);
  append_cut(out, "\"");
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    append_cut(out, word.find('@') == std::string_view::npos ? word : std::string_view("*"));
    if (end < rest.size()) append_cut(out, " ");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  append_cut(out, "\"");
}

void append_head(rendered& out, const record& r) {
  append_cut(out, R"({"time":")");
  append_cut(out, r.time);
  append_cut(out, R"(","level":")");
  append_cut(out, level_names[static_cast<std::size_t>(r.how)]);
  append_cut(out, R"(","event":")");
  append_cut(out, r.event);
  append_cut(out, "\"");
}

}  // namespace

unsigned priority_of(level l) { return facility_mail * 8 + severities[static_cast<std::size_t>(l)]; }

bool next_member(std::string_view& members, std::string_view& key, std::string_view& value) {
  if (members.size() < 5) return false;  // ,"k":1
  const std::size_t key_end = members.find('"', 2);
  if (key_end == std::string_view::npos || key_end + 2 > members.size()) return false;
  key = members.substr(2, key_end - 2);
  std::size_t at = key_end + 2, depth = 0;
  const std::size_t begin = at;
  bool quoted = false;
  for (; at < members.size(); ++at) {
    const char c = members[at];
    if (quoted) {
      if (c == '\\') ++at;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      break;
    }
  }
  at = std::min(at, members.size());
  value = members.substr(begin, at - begin);
  members.remove_prefix(at);
  return true;
}

void append_json(rendered& out, const record& r) {
  append_head(out, r);
  append_cut(out, r.members);
  append_cut(out, "}");
}

void append_text(rendered& out, const record& r) {
  append_cut(out, r.time);
  append_cut(out, " ");
  append_cut(out, level_names[static_cast<std::size_t>(r.how)]);
  append_cut(out, " ");
  append_cut(out, r.event);
  std::string_view members = r.members, key, value;
  while (next_member(members, key, value)) {
    append_cut(out, " ");
    append_cut(out, key);
    append_cut(out, "=");
    append_cut(out, value);
  }
}

void append_syslog(syslog_message& out, const record& r, const origin& from) {
  append_cut(out, "<");
  append_number(out, priority_of(r.how));
  append_cut(out, ">1 ");
  append_cut(out, r.time);
  append_cut(out, " ");
  append_cut(out, from.host.empty() ? std::string_view("-") : view(from.host));
  append_cut(out, " sluice ");
  append_number(out, from.process);
  append_cut(out, " ");
  append_cut(out, r.event.substr(0, 32));
  append_cut(out, " ");
  if (from.sequence != 0) {
    append_cut(out, "[meta sequenceId=\"");
    append_number(out, from.sequence);
    append_cut(out, "\"]");
  }
  if (!r.members.empty()) {
    append_cut(out, "[sluice@");
    append_number(out, from.enterprise);
    std::string_view members = r.members, key, value;
    bool whole = true;
    while (whole && next_member(members, key, value)) whole = append_parameter(out, key.substr(0, 32), value);
    append_cut(out, whole ? "]" : " cut=\"true\"]");
  } else if (from.sequence == 0) {
    append_cut(out, "-");
  }
  append_message(out, r);
}

bool is_kept_text(std::string_view key) { return std::ranges::find(kept_texts, key) != kept_texts.end(); }

void append_discreet(rendered& out, const record& r) {
  append_head(out, r);
  std::string_view members = r.members, key, value;
  while (next_member(members, key, value)) {
    append_cut(out, ",\"");
    append_cut(out, key);
    append_cut(out, "\":");
    const bool plain = !value.empty() && value.front() != '"' && value.front() != '[' && value.front() != '{';
    if (plain) append_cut(out, value);
    else if (is_text(value) && is_kept_text(key)) append_own_words(out, value);
    else append_cut(out, "\"*\"");
  }
  append_cut(out, "}");
}

}  // namespace sluice::log
