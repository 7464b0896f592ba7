// The route table: what the management surface answers, as plain values. A handler gets a request whose credentials,
// role, CSRF token and size the server has already checked, and returns a reply; it never sees a socket. The same table
// serves HTTPS and the local control socket, and is the source of /api/v1/openapi.json.
//
// Not here: sockets and Beast (server.cpp), who may come in (access/). Callers: firmware/gateway/manage/manage_*.cpp register,
// the server looks up. RFC 9110 (methods, status), RFC 3986 section 2.1 (percent-encoding), RFC 9457 (problem+json).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/io.hpp"

namespace sluice::status {

namespace http {
// The methods that routes may use; everything else is answered with 501. HEAD is served by the GET route.
enum class verb : std::uint8_t { get, head, post, put, delete_, patch };
std::string_view name_of(verb v);  // "GET"
}  // namespace http

inline constexpr std::size_t max_path_octets = 512;        // of the target before '?': longer ones get 414
inline constexpr std::size_t max_query_octets = 2048;      // after it
inline constexpr std::size_t max_path_segments = 12;
inline constexpr std::size_t no_body = 0;                  // a body_limit for routes that take none
inline constexpr std::size_t small_body = 4 * 1024;        // forms and small JSON
inline constexpr std::size_t max_body_octets = 96 * 1024;  // no route may ask for more: it lies in memory

enum class role : std::uint8_t { nobody, viewer, operate, admin };  // each includes the ones before
std::string_view name_of(role r);                                   // "viewer", "operator", "admin"
std::optional<role> role_named(std::string_view name);              // the same names; never nobody

// Who asks. `via`: "session", "token", "certificate", "local"; empty for nobody.
struct principal {
  std::string name;
  role what = role::nobody;
  std::string via;
  std::string csrf;  // a session's: forms carry it as the hidden field "csrf"
  std::string key;   // of a session or token: names it in lists and logs, opens nothing
};

// One request; valid while the handler runs, owns its strings. Texts are a stranger's until who.what says otherwise.
struct web_request {
  http::verb method = http::verb::get;
  std::string path;   // decoded, absolute, without '.' and '..' segments
  std::string query;  // as sent, after '?'
  std::string body, content_type;
  std::string if_match, if_none_match, signature;  // signature: of the field Sluice-Signature
  std::string accept, accept_encoding, host, user_agent;
  std::string origin, fetch_site, cookie;  // Origin, Sec-Fetch-Site, Cookie
  std::string client_ip;  // of the peer; "local" on the control socket
  principal who;
  std::vector<std::string> parameters;  // what each {name} of the pattern matched, decoded

  // The first value of that name, percent-decoded ('+' is a space); empty when it is missing.
  std::string query_value(std::string_view key) const;
  std::string form_value(std::string_view key) const;                // of an application/x-www-form-urlencoded body
  std::vector<std::string> form_values(std::string_view key) const;  // all of that name, for check boxes
};

// `more`, when set, is awaited again and again for the next piece of the body after `body`; an empty piece is the end.
// So long answers (event streams, downloads) never lie in memory as a whole. It ends by itself when the client leaves.
struct web_reply {
  unsigned status = 200;
  std::string content_type, body;
  std::vector<std::pair<std::string, std::string>> headers;  // values are checked: no CR, LF or NUL goes out
  std::function<net::awaitable<std::string>()> more = nullptr;
  std::string audit;  // what was done, for the audit log; empty: the route's summary, for unsafe methods only
};

web_reply problem(unsigned status, std::string_view title, std::string_view detail);  // application/problem+json
web_reply see_other(std::string location);        // 303, after a form has done its work
web_reply html_reply(std::string page);           // 200, text/html; charset=utf-8
web_reply json_reply(std::string text);           // 200, application/json
std::string_view reason_of(unsigned status);      // "Not Found"

class body_stream;  // body_stream.hpp

// What a route is for, takes and gives, for /api/v1/openapi.json; texts, because they cost the least. tests/lint/routes.py
// compares them with what handlers read.
//   query, body: "NAME[!][:TYPE[:meaning]];...", '!' when it must be there, '@' before the name of a header field.
//   TYPE: text (or none), password, number, 1-100, 1-100=50 (50 without it), time, flag, texts (several), file, a|b, a|b=a, a|.
//   body may begin with its types ("application/toml;"); without, it is JSON for the API and a form for pages.
//   answer: statuses and types of a success where they are not the usual ones: "201", "200 304 application/toml".
struct route_facts {
  const char *summary = "", *query = "", *body = "", *answer = "";  // summary: an imperative sentence without a full stop
  constexpr route_facts(const char* what, const char* asked = "", const char* sent = "", const char* given = "")  // a text alone will do
      : summary(what), query(asked), body(sent), answer(given) {}
};

// `pattern` is absolute, its segments literal or "{name}" (one segment, not empty). Literals win over parameters.
struct web_route {
  http::verb method = http::verb::get;
  const char* pattern = "/";
  role least = role::admin;
  std::size_t body_limit = no_body;
  route_facts about = "";
  std::function<net::awaitable<web_reply>(const web_request&)> run;
  // Instead of `run`, for bodies that do not fit in memory: at most so many octets, given out as they come.
  std::function<net::awaitable<web_reply>(const web_request&, body_stream&)> take = nullptr;
  std::function<std::uint64_t()> take_at_most = nullptr;
};

class web_routes {
 public:
  void add(web_route r) { all_.push_back(std::move(r)); }

  struct match {
    const web_route* route = nullptr;  // null: not this path, or not this method (then `allowed` says which)
    std::vector<std::string> parameters;
    std::string allowed;  // "GET, HEAD, POST"; empty: no such path
  };
  // `segments` as of split_path().
  match find(http::verb method, const std::vector<std::string>& segments) const;
  const std::vector<web_route>& all() const { return all_; }

 private:
  std::vector<web_route> all_;
};

// Percent-decodes; nothing for broken escapes. `plus_is_space` in queries and forms.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);
std::string percent_encoded(std::string_view text);  // everything but unreserved characters

// The first value of `key` in "a=1&b=2"; nothing when it is not there or broken.
std::optional<std::string> value_of(std::string_view pairs, std::string_view key);

// A path as its decoded segments. Nothing for what no honest client sends: no leading '/', broken escapes, decoded '/',
// control characters, '.' and '..' segments, empty segments except the last, too many of them.
std::optional<std::vector<std::string>> split_path(std::string_view path);

}  // namespace sluice::status
