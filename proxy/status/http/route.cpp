#include "status/http/route.hpp"

#include <algorithm>
#include <array>

#include "core/concat.hpp"
#include "core/hex_digit.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// How well a pattern fits: -1 not at all, else the number of literal segments.
int fit(std::string_view pattern, const std::vector<std::string>& segments, std::vector<std::string>& parameters) {
  parameters.clear();
  int literals = 0;
  std::size_t i = 0;
  pattern.remove_prefix(1);
  for (;; ++i) {
    const std::size_t end = pattern.find('/');
    const std::string_view part = pattern.substr(0, end);
    if (i >= segments.size()) return -1;
    if (is_parameter(part) && !segments[i].empty()) {
      parameters.push_back(segments[i]);
    } else if (part == segments[i]) {
      ++literals;
    } else {
      return -1;
    }
    if (end == std::string_view::npos) break;
    pattern.remove_prefix(end + 1);
  }
  return i + 1 == segments.size() ? literals : -1;
}

template <class Each>
void pairs_of(std::string_view pairs, std::string_view key, Each each) {
  while (!pairs.empty()) {
    const std::string_view pair = pairs.substr(0, pairs.find('&'));
    pairs.remove_prefix(std::min(pairs.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    const auto name = percent_decoded(pair.substr(0, equals), true);
    if (!name || *name != key) continue;
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (!each(percent_decoded(value, true))) return;
  }
}

bool is_form(std::string_view content_type) {
  constexpr std::string_view form = "application/x-www-form-urlencoded";
  return content_type.substr(0, content_type.find(';')) == form;
}

}  // namespace

std::string_view http::name_of(verb v) {
  constexpr std::array<std::string_view, 6> names{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"};
  return names[static_cast<std::size_t>(v)];
}

std::string_view name_of(role r) {
  constexpr std::array<std::string_view, 4> names{"nobody", "viewer", "operator", "admin"};
  return names[static_cast<std::size_t>(r)];
}

std::optional<role> role_named(std::string_view name) {
  for (const role r : {role::viewer, role::operate, role::admin})
    if (name == name_of(r)) return r;
  return std::nullopt;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = ascii::hex_value(text[i + 1]), low = ascii::hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) out += c;
    else (out += '%') += {digits[octet >> 4], digits[octet & 15]};
  }
  return out;
}

std::optional<std::string> value_of(std::string_view pairs, std::string_view key) {
  std::optional<std::string> out;
  pairs_of(pairs, key, [&](std::optional<std::string> value) {
    out = std::move(value);
    return false;
  });
  return out;
}

std::string web_request::query_value(std::string_view key) const { return value_of(query, key).value_or(""); }

std::string web_request::form_value(std::string_view key) const {
  return is_form(content_type) ? value_of(body, key).value_or("") : std::string();
}

std::vector<std::string> web_request::form_values(std::string_view key) const {
  std::vector<std::string> out;
  if (!is_form(content_type)) return out;
  pairs_of(body, key, [&](std::optional<std::string> value) {
    if (value) out.push_back(std::move(*value));
    return true;
  });
  return out;
}

std::optional<std::vector<std::string>> split_path(std::string_view path) {
  if (path.empty() || path.front() != '/' || path.size() > max_path_octets) return std::nullopt;
  std::vector<std::string> out;
  path.remove_prefix(1);
  for (;;) {
    const std::size_t end = path.find('/');
    auto segment = percent_decoded(path.substr(0, end), false);
    if (!segment || *segment == "." || *segment == ".." || out.size() == max_path_segments) return std::nullopt;
    for (const char c : *segment)
      if (c == '/' || c == '\\' || c == 0x7f || static_cast<unsigned char>(c) < 0x20) return std::nullopt;
    if (segment->empty() && end != std::string_view::npos) return std::nullopt;
    out.push_back(std::move(*segment));
    if (end == std::string_view::npos) return out;
    path.remove_prefix(end + 1);
  }
}

web_routes::match web_routes::find(http::verb method, const std::vector<std::string>& segments) const {
  match best;
  int literals = -1;
  std::vector<std::string> parameters;
  for (const web_route& r : all_) {
    const int fits = fit(r.pattern, segments, parameters);
    if (fits < 0) continue;
    const bool head = method == http::verb::head && r.method == http::verb::get;
    const std::string name(http::name_of(r.method));
    if (best.allowed.find(name) == std::string::npos)
      append_to(best.allowed, (best.allowed.empty() ? "" : ", "), name, (r.method == http::verb::get ? ", HEAD" : ""));
    if ((r.method == method || head) && fits > literals) {
      literals = fits;
      best.route = &r;
      best.parameters = parameters;
    }
  }
  return best;
}

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Status";
  }
}

web_reply problem(unsigned status, std::string_view title, std::string_view detail) {
  web_reply r;
  r.status = status;
  r.content_type = "application/problem+json";
  r.body = concat("{\"type\":\"about:blank\",\"status\":", std::to_string(status), ",\"title\":", json(title),
           ",\"detail\":", json(detail), "}\n");
  return r;
}

web_reply see_other(std::string location) {
  web_reply r;
  r.status = 303;
  r.headers.emplace_back("Location", std::move(location));
  return r;
}

web_reply html_reply(std::string page) {
  web_reply r;
  r.content_type = "text/html; charset=utf-8";
  r.body = std::move(page);
  return r;
}

web_reply json_reply(std::string text) {
  web_reply r;
  r.content_type = "application/json";
  r.body = std::move(text);
  return r;
}

}  // namespace sluice::status
