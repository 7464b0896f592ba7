// See scan_message.hpp.
#include "firmware/scan/scan_message.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "core/ascii.hpp"
#include "firmware/scan/mail_files.hpp"
#include "inspect/header_fields.hpp"

namespace sluice::scan {
namespace {

constexpr std::size_t piece_bytes = 16 * 1024;
constexpr std::size_t header_search_bytes = 64 * 1024;

// Feeds `content` with every line end as CRLF. A file is either LF or CRLF, its first line tells; CRLF goes through
// unchanged, so that nothing is converted twice.
void feed_with_crlf(std::string_view content, inspect::message_inspector& to) {
  const std::size_t first = content.find('\n');
  const bool crlf = first != std::string_view::npos && first > 0 && content[first - 1] == '\r';
  if (crlf || first == std::string_view::npos) return to.feed(content);
  std::array<char, piece_bytes> out;
  std::size_t n = 0;
  for (char c : content) {
    if (n + 2 > out.size()) {
      to.feed({out.data(), n});
      n = 0;
    }
    if (c == '\n') out[n++] = '\r';
    out[n++] = c;
  }
  to.feed({out.data(), n});
}

inspect::auth_facts::result result_of(std::string_view value, std::string_view method) {
  using result = inspect::auth_facts::result;
  for (std::size_t at = value.find(method); at != std::string_view::npos; at = value.find(method, at + 1)) {
    if (at > 0 && (ascii::is_alnum(value[at - 1]) || value[at - 1] == '-' || value[at - 1] == '.')) continue;
    std::string_view rest = value.substr(at + method.size());
    while (!rest.empty() && ascii::is_space(rest.front())) rest.remove_prefix(1);
    if (rest.empty() || rest.front() != '=') continue;
    rest.remove_prefix(1);
    while (!rest.empty() && ascii::is_space(rest.front())) rest.remove_prefix(1);
    if (ascii::istarts_with(rest, "pass")) return result::pass;
    if (ascii::istarts_with(rest, "fail") || ascii::istarts_with(rest, "softfail") || ascii::istarts_with(rest, "hardfail")) return result::fail;
    if (ascii::istarts_with(rest, "temp") || ascii::istarts_with(rest, "perm")) return result::error;
    return result::none;
  }
  return result::none;
}

// The next header field at `at` with its continuation lines; empty at the end of the header.
std::string_view next_field(std::string_view header, std::size_t& at) {
  const std::size_t begin = at;
  while (at < header.size()) {
    const std::size_t end = header.find('\n', at);
    if (end == at || (end == at + 1 && header[at] == '\r')) return header.substr(begin, at - begin);
    at = end == std::string_view::npos ? header.size() : end + 1;
    if (at >= header.size() || !ascii::is_blank(header[at])) break;
  }
  return header.substr(begin, at - begin);
}

}  // namespace

inspect::auth_facts recorded_results(std::string_view header, std::string_view trusted) {
  inspect::auth_facts facts;
  if (trusted.empty()) return facts;
  header = header.substr(0, header_search_bytes);
  for (std::size_t at = 0; at < header.size();) {
    const std::string_view field = next_field(header, at);
    if (field.empty()) break;
    constexpr std::string_view name = "authentication-results:";
    if (!ascii::istarts_with(field, name)) continue;
    const std::string_view value = field.substr(name.size());
    if (trusted != "*" && !inspect::has_authserv_id(value, trusted)) continue;
    facts.spf = result_of(value, "spf");
    facts.dkim = result_of(value, "dkim");
    facts.dmarc = result_of(value, "dmarc");
    return facts;
  }
  return facts;
}

message_scanner::message_scanner(const scan_settings& settings)
    : settings_(settings), inspector_(std::make_unique<inspect::message_inspector>(*settings.rules, inspect::own_names{}, pool_)) {}

scan_result message_scanner::scan(std::string_view content, std::string name) {
  scan_result result;
  result.name = std::move(name);
  inspector_->begin({});
  feed_with_crlf(content, *inspector_);
  inspector_->finish();
  result.authentication = recorded_results(content, settings_.trusted_results);
  inspector_->authentication(result.authentication);
  result.found = inspector_->found();
  result.facts = inspector_->facts();
  policy::weigh(result.found, settings_.policy);
  result.decision = policy::decide(result.found, settings_.policy);
  return result;
}

void message_scanner::scan_file(const std::string& path, const std::function<void(scan_result&&)>& done) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& in = path == "-" ? std::cin : file;
  std::string content;
  if (in) content.assign(std::istreambuf_iterator<char>(in), {});
  if (!in || in.bad()) {
    scan_result failed;
    failed.name = path;
    failed.error = std::strerror(errno);
    return done(std::move(failed));
  }
  if (content.empty()) return;  // no message at all
  each_message(content, path, [&](std::string_view message, std::string name) { done(scan(message, std::move(name))); });
}

}  // namespace sluice::scan
