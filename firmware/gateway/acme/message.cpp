#include "firmware/gateway/acme/message.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>

#include "config/value_text.hpp"
#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "firmware/gateway/acme/limits.hpp"

namespace sluice::gateway::acme {
namespace {

namespace acme_json = boost::json;
constexpr std::string_view error_prefix = "urn:ietf:params:acme:error:";
constexpr std::size_t most_type_octets = 64;

std::optional<acme_json::object> object_in(std::string_view body) {
  if (body.size() > most_json_octets) return std::nullopt;
  const auto marks = std::ranges::count_if(body, [](char c) { return c == ',' || c == ':' || c == '[' || c == '{'; });
  if (static_cast<std::size_t>(marks) > most_json_marks) return std::nullopt;
  acme_json::parse_options how;
  how.max_depth = most_json_depth;
  boost::system::error_code ec;
  acme_json::value v = acme_json::parse(body, ec, {}, how);
  if (ec || !v.is_object()) return std::nullopt;
  return std::move(v.as_object());
}

std::string_view text_in(const acme_json::object& o, const char* key) {
  const acme_json::value* v = o.if_contains(key);
  if (v == nullptr || !v->is_string()) return {};
  return {v->get_string().data(), v->get_string().size()};
}

// An address that can be asked; empty otherwise.
std::string url_in(const acme_json::object& o, const char* key) {
  const std::string_view url = text_in(o, key);
  return config::parse_web_address(url).ok() ? std::string(url) : std::string();
}

object_state state_in(const acme_json::object& o) {
  constexpr std::array<std::string_view, 5> names{"pending", "ready", "processing", "valid", "invalid"};
  const auto at = std::ranges::find(names, text_in(o, "status"));
  return at == names.end() ? object_state::invalid : static_cast<object_state>(at - names.begin());
}

// Printable ASCII in one line: it goes into logs, pages and mails.
std::string harmless(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : text.substr(0, most)) out += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > most ? concat(out, "...") : out;
}

std::string name_in(const acme_json::object& o) {
  const acme_json::value* v = o.if_contains("identifier");
  return v != nullptr && v->is_object() ? harmless(text_in(v->get_object(), "value"), 255) : std::string();
}

problem problem_in(const acme_json::object& o) {
  problem p;
  std::string_view type = text_in(o, "type");
  if (type.starts_with(error_prefix)) type.remove_prefix(error_prefix.size());
  p.type = harmless(type, most_type_octets);
  p.detail = harmless(text_in(o, "detail"), most_detail_octets);
  p.about = name_in(o);
  // RFC 8555 section 6.7.1: what is wrong with single names stands below; the first one is enough for people.
  const acme_json::value* below = o.if_contains("subproblems");
  if (below == nullptr || !below->is_array() || below->get_array().empty() || !below->get_array().front().is_object()) return p;
  const acme_json::object& first = below->get_array().front().get_object();
  if (p.about.empty()) p.about = name_in(first);
  if (type == "compound" || p.detail.empty()) {
    std::string_view of_first = text_in(first, "type");
    if (of_first.starts_with(error_prefix)) of_first.remove_prefix(error_prefix.size());
    p.type = harmless(of_first, most_type_octets);
    p.detail = harmless(text_in(first, "detail"), most_detail_octets);
  }
  return p;
}

std::optional<problem> error_in(const acme_json::object& o) {
  const acme_json::value* v = o.if_contains("error");
  if (v == nullptr || !v->is_object()) return std::nullopt;
  return problem_in(v->get_object());
}

struct meaning {
  std::string_view type, words;
};
// RFC 8555 section 6.7. "%" is the name it is about.
constexpr meaning meanings[] = {
    {"accountDoesNotExist", "the CA does not know the account of this box"},
    {"alreadyRevoked", "the certificate was revoked before"},
    {"badCSR", "the CA does not accept the certificate request; another tls.acme.key or other names may help"},
    {"badNonce", "the CA refused one request after the other as too old"},
    {"badPublicKey", "the CA does not accept this kind of key; choose another tls.acme.key"},
    {"badRevocationReason", "the CA does not accept the reason of a revocation"},
    {"badSignatureAlgorithm", "the CA does not accept signatures by ES256"},
    {"caa", "a CAA record in the DNS forbids this CA to certify %; add the CA to it or remove it"},
    {"connection", "the CA could not connect to %; port 80 of that name must lead to tls.acme.listen of this box, through every firewall"},
    {"dns", "the CA could not look up %; its A and AAAA records must be in the public DNS and lead to this box"},
    {"externalAccountRequired", "the CA takes customers with an account of theirs only; set tls.acme.account_binding"},
    {"incorrectResponse", "the CA asked % and got another answer than this box gives; port 80 of that name leads elsewhere"},
    {"invalidContact", "the CA does not accept tls.acme.contact"},
    {"malformed", "the CA did not understand what this box sent"},
    {"orderNotReady", "the CA is not ready to sign yet"},
    {"rateLimited", "the CA has given out too many certificates, or seen too many failures, for this name or this account"},
    {"rejectedIdentifier", "the CA does not give out certificates for %"},
    {"serverInternal", "the CA's server had a fault of its own"},
    {"tls", "the CA connected to % and found no TLS that it could speak"},
    {"unauthorized", "the CA does not believe that % belongs to this box; port 80 of that name leads elsewhere, or the account was closed"},
    {"unsupportedContact", "the CA does not accept this kind of tls.acme.contact"},
    {"unsupportedIdentifier", "the CA does not give out certificates for names like %"},
    {"userActionRequired", "the CA asks for something to be done at its web site first, such as accepting new terms"},
};

}  // namespace

std::optional<directory> read_directory(std::string_view body) {
  const auto o = object_in(body);
  if (!o) return std::nullopt;
  directory d{url_in(*o, "newNonce"), url_in(*o, "newAccount"), url_in(*o, "newOrder"), false};
  if (d.new_nonce.empty() || d.new_account.empty() || d.new_order.empty()) return std::nullopt;
  if (const acme_json::value* meta = o->if_contains("meta"); meta != nullptr && meta->is_object()) {
    const acme_json::value* v = meta->get_object().if_contains("externalAccountRequired");
    d.needs_binding = v != nullptr && v->is_bool() && v->get_bool();
  }
  return d;
}

std::optional<order_object> read_order(std::string_view body) {
  const auto o = object_in(body);
  if (!o || text_in(*o, "status").empty()) return std::nullopt;
  order_object out;
  out.state = state_in(*o);
  out.finalize = url_in(*o, "finalize");
  out.certificate = url_in(*o, "certificate");
  out.why = error_in(*o);
  const acme_json::value* list = o->if_contains("authorizations");
  if (list == nullptr || !list->is_array() || list->get_array().empty() || list->get_array().size() > most_names || out.finalize.empty()) return std::nullopt;
  for (const acme_json::value& v : list->get_array()) {
    if (!v.is_string() || !config::parse_web_address({v.get_string().data(), v.get_string().size()}).ok()) return std::nullopt;
    out.authorizations.emplace_back(v.get_string().data(), v.get_string().size());
  }
  return out;
}

std::optional<authorization_object> read_authorization(std::string_view body) {
  const auto o = object_in(body);
  if (!o || text_in(*o, "status").empty()) return std::nullopt;
  authorization_object out;
  out.state = state_in(*o);
  out.name = name_in(*o);
  for (char& c : out.name) c = ascii::lower(c);
  const acme_json::value* list = o->if_contains("challenges");
  if (out.name.empty() || list == nullptr || !list->is_array()) return std::nullopt;
  for (const acme_json::value& v : list->get_array()) {
    if (!v.is_object() || text_in(v.get_object(), "type") != "http-01") continue;
    const acme_json::object& c = v.get_object();
    if (std::string url = url_in(c, "url"); !url.empty() && is_token(text_in(c, "token"))) {
      out.url = std::move(url);
      out.token = text_in(c, "token");
    }
    out.challenge = state_in(c);
    out.why = error_in(c);
    break;
  }
  return out;
}

problem read_problem(std::string_view body) {
  const auto o = object_in(body);
  return o ? problem_in(*o) : problem();
}

std::string words_of(const problem& p) {
  const auto at = std::ranges::find(meanings, p.type, &meaning::type);
  std::string out(at != std::end(meanings) ? at->words : std::string_view("the CA refused"));
  if (const std::size_t here = out.find('%'); here != std::string::npos) out.replace(here, 1, p.about.empty() ? "the name" : p.about);
  else if (!p.about.empty()) append_to(out, " (", p.about, ")");
  if (p.detail.empty()) return p.type.empty() || at != std::end(meanings) ? out : concat(out, " (", p.type, ")");
  return concat(out, ". The CA says: ", p.detail);
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= most_token_octets && std::ranges::all_of(text, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; });
}

std::optional<std::string> csr_from_pem(std::string_view pem) {
  constexpr std::string_view begin = "-----BEGIN CERTIFICATE REQUEST-----", end = "-----END CERTIFICATE REQUEST-----";
  const std::size_t from = pem.find(begin), to = pem.find(end);
  if (from == std::string_view::npos || to == std::string_view::npos || to < from) return std::nullopt;
  std::string out;
  for (const char c : pem.substr(from + begin.size(), to - from - begin.size())) {
    if (c == '+') out += '-';
    else if (c == '/') out += '_';
    else if (ascii::is_alnum(c)) out += c;
    else if (c != '=' && c != '\r' && c != '\n') return std::nullopt;
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::int64_t retry_after_of(std::string_view text, std::int64_t unix_now) {
  std::int64_t seconds = 0;
  const char* const last = text.data() + text.size();
  if (const auto [end, ec] = std::from_chars(text.data(), last, seconds); ec == std::errc() && end == last) return seconds >= 0 ? std::min(seconds, most_asked_pause_s) : -1;
  // "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7); the two older forms are not sent by any CA.
  constexpr std::string_view form = "Sun, 06 Nov 1994 08:49:37 GMT", months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != form.size() || !text.ends_with(" GMT")) return -1;
  const auto number = [&](std::size_t at, std::size_t n) {
    int v = -1;
    const auto [end, ec] = std::from_chars(text.data() + at, text.data() + at + n, v);
    return ec == std::errc() && end == text.data() + at + n ? v : -1;
  };
  const std::size_t month = months.find(text.substr(8, 3));
  const int day = number(5, 2), year = number(12, 4), hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (month == std::string_view::npos || month % 3 != 0 || day < 1 || year < 1970 || hour < 0 || minute < 0 || second < 0) return -1;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month / 3 + 1)), std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return -1;
  const std::int64_t then = sys_days(date).time_since_epoch().count() * 86'400 + hour * 3'600 + minute * 60 + second;
  return std::clamp<std::int64_t>(then - unix_now, 0, most_asked_pause_s);
}

}  // namespace sluice::gateway::acme
