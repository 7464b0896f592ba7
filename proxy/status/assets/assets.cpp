#include "status/assets/assets.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "core/inflate.hpp"

namespace sluice::status {
namespace {

// "0", "0.", "0.000": a coding that the client refuses.
bool is_zero(std::string_view weight) { return weight.starts_with('0') && weight.find_first_of("123456789") == std::string_view::npos; }

struct coding {
  std::string_view name;
  bool refused = false;
};

coding next_coding(std::string_view& list) {
  const std::string_view one = list.substr(0, list.find(','));
  list.remove_prefix(std::min(list.size(), one.size() + 1));
  const std::size_t semicolon = one.find(';');
  coding c{ascii::trim(one.substr(0, semicolon)), false};
  if (semicolon == std::string_view::npos) return c;
  const std::string_view parameter = ascii::trim(one.substr(semicolon + 1));
  c.refused = (parameter.starts_with("q=") || parameter.starts_with("Q=")) && is_zero(parameter.substr(2));
  return c;
}

bool names(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    std::string_view one = ascii::trim(list.substr(0, list.find(',')));
    list.remove_prefix(std::min(list.size(), list.find(',') == std::string_view::npos ? list.size() : list.find(',') + 1));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag || one == "*") return true;
  }
  return false;
}

}  // namespace

bool takes_gzip(std::string_view list) {
  bool by_star = false;
  while (!list.empty()) {
    const coding c = next_coding(list);
    if (ascii::iequals(c.name, "gzip") || ascii::iequals(c.name, "x-gzip")) return !c.refused;
    if (c.name == "*") by_star = !c.refused;
  }
  return by_star;
}

std::string asset_link(std::string_view path) {
  for (const asset& a : all_assets())
    if (a.path == path) return concat(a.path, "?v=", a.hash);
  return std::string(path);
}

std::string plain_content(const asset& a) {
  constexpr std::size_t gzip_header = 10;  // RFC 1952 section 2.3, without a name; a trailer follows the data
  return inflate(a.gzip.substr(gzip_header), a.size);
}

web_reply asset_reply(const asset& a, const web_request& q) {
  const bool packed = takes_gzip(q.accept_encoding);
  const std::string tag = concat("\"", a.hash, (packed ? "-gzip\"" : "\""));
  web_reply r;
  r.headers = {{"ETag", tag},
               {"Vary", "Accept-Encoding"},
               {"Cache-Control", q.query_value("v") == a.hash ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (names(q.if_none_match, tag)) {
    r.status = 304;
    return r;
  }
  r.content_type = std::string(a.type);
  r.body = packed ? std::string(a.gzip) : plain_content(a);
  if (packed) r.headers.emplace_back("Content-Encoding", "gzip");
  return r;
}

}  // namespace sluice::status
