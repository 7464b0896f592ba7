#include "config/hide_queries.hpp"

#include <algorithm>

#include "config/ascii.hpp"

namespace sluice::config {
namespace {

constexpr std::string_view spaces = " \t\r\n", ends = " \t\r\n\"'<>`";

// Octets of a '?' at `at`, as it is or as TOML escapes it (\u003F, \U0000003F); otherwise 0.
std::size_t question_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.starts_with('?')) return 1;
  for (const std::string_view escape : {"\\u003", "\\U0000003"})
    if (rest.starts_with(escape) && rest.size() > escape.size() && ascii::lower(rest[escape.size()]) == 'f') return escape.size() + 1;
  return 0;
}

// A backslash takes the next octet with it, or the line end and the spaces behind it that TOML leaves out.
std::size_t end_of_query(std::string_view text, std::size_t at) {
  while (at < text.size() && ends.find(text[at]) == ends.npos) {
    if (text[at++] != '\\' || at == text.size()) continue;
    if (spaces.find(text[at]) == spaces.npos) ++at;
    else at = std::min(text.find_first_not_of(spaces, at), text.size());
  }
  return at;
}

void append_hidden(std::string_view query, std::string& out) {
  for (bool first = true; !query.empty(); first = false) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equal = pair.find('=');
    // Base64 without a name ends with '=', too.
    const bool is_named = equal != pair.npos && equal + 1 < pair.size() && pair[equal + 1] != '=' && pair.find('\\') > equal;
    if (!first) out += '&';
    out.append(pair.substr(0, is_named ? equal + 1 : 0)).append(hidden_value);
  }
}

}  // namespace

std::string hide_queries(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = question_at(text, at);
    if (mark == 0) {
      out += text[at++];
      continue;
    }
    const std::size_t begin = at + mark, end = end_of_query(text, begin);
    out.append(text.substr(at, mark));
    append_hidden(text.substr(begin, end - begin), out);
    at = end;
  }
  return out;
}

}  // namespace sluice::config
