#include "status/http/connection.hpp"

#include <array>
#include <boost/beast/http.hpp>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "core/log.hpp"
#include "status/http/multipart.hpp"

namespace sluice::status {
namespace {

namespace beast = boost::beast::http;

constexpr std::size_t read_step = 4 * 1024;
constexpr std::size_t linger_octets = 256 * 1024;  // of a refused body that are read before the connection is closed
constexpr std::chrono::milliseconds linger{2'000};
constexpr std::string_view content_policy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'";

std::string text(boost::core::string_view v) { return {v.data(), v.size()}; }

std::optional<http::verb> verb_of(beast::verb v) {
  switch (v) {
    case beast::verb::get: return http::verb::get;
    case beast::verb::head: return http::verb::head;
    case beast::verb::post: return http::verb::post;
    case beast::verb::put: return http::verb::put;
    case beast::verb::delete_: return http::verb::delete_;
    case beast::verb::patch: return http::verb::patch;
    default: return std::nullopt;
  }
}

bool is_safe(http::verb v) { return v == http::verb::get || v == http::verb::head; }

bool goes_into_a_field(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void secure(beast::fields& f) {
  f.set(beast::field::server, "Sluice");
  f.set("Content-Security-Policy", boost::core::string_view(content_policy.data(), content_policy.size()));
  f.set("X-Content-Type-Options", "nosniff");
  f.set("X-Frame-Options", "DENY");
  f.set("Referrer-Policy", "same-origin");  // no-referrer would make browsers hide the origin of forms
  f.set("Cross-Origin-Resource-Policy", "same-origin");
  f.set("Cross-Origin-Opener-Policy", "same-origin");
  f.set("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
  f.set("Strict-Transport-Security", "max-age=31536000");
}

// Status line and fields with the empty line.
std::string head_of(const web_reply& reply, bool keep, bool chunked, bool old) {
  beast::response_header<> h;
  h.version(old ? 10 : 11);
  h.result(reply.status);
  h.reason(std::string(reason_of(reply.status)));
  secure(h);
  h.set(beast::field::cache_control, "no-store");
  if (!reply.content_type.empty()) h.set(beast::field::content_type, reply.content_type);
  for (const auto& [name, value] : reply.headers) {
    if (!goes_into_a_field(value)) continue;
    if (ascii::iequals(name, "Set-Cookie")) h.insert(name, value);
    else h.set(name, value);
  }
  h.set(beast::field::connection, keep ? "keep-alive" : "close");
  if (chunked) h.set(beast::field::transfer_encoding, "chunked");
  else if (!reply.more && reply.status != 204 && reply.status != 304)
    h.set(beast::field::content_length, std::to_string(reply.body.size()));
  std::string out = concat((old ? "HTTP/1.0 " : "HTTP/1.1 "), std::to_string(reply.status), " ", text(h.reason()), "\r\n");
  for (const auto& f : h) append_to(out, text(f.name_string()), ": ", text(f.value()), "\r\n");
  return concat(out, "\r\n");
}

std::string chunk_of(std::string_view piece) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string size;
  for (std::size_t n = piece.size(); n != 0; n >>= 4) size.insert(size.begin(), digits[n & 15]);
  return concat(size, "\r\n", piece, "\r\n");
}

}  // namespace

connection::connection(web_server& home, net::tcp_socket socket, std::string client_ip, bool local)
    : home_(home), stream_(std::move(socket), home.home_.scratch()), client_ip_(std::move(client_ip)), local_(local) {
  home_.home_.watch(until_);
}

bool connection::stopping() const { return home_.home_.all().stopping.load(std::memory_order_relaxed); }

bool connection::is_api() const {
  return local_ || request_.path.starts_with("/api/") || request_.path == "/metrics" || request_.path.starts_with("/health");
}

unsigned connection::weakness(net::clock::time_point now) const {
  if (phase_ == phase::answering) return 0;
  if (phase_ == phase::between) return known_ ? 2 : 3;
  return !known_ && now - since_ > unfinished_grace ? 1 : 0;
}

void connection::end() {
  keep_ = false;
  until_.fire_now();
}

net::awaitable<void> connection::serve() {
  if (!local_) {
    net::error_code ec;
    tls::engine engine(home_.context_);
    co_await stream_.handshake(std::move(engine), until_, home_.options_.request_timeout, ec);
    if (ec) co_return;
    if (stream_.tls_session() != nullptr) certificate_names_ = stream_.tls_session()->client_names();
  }
  for (std::size_t served = 0; served < requests_per_connection; ++served) {
    const bool again = co_await serve_one();
    if (body_room_ > 0) home_.bodies_.give_back(body_room_);
    body_room_ = 0;
    request_ = web_request();
    if (!again) break;
  }
  co_await let_finish();
  until_.set_not_after(net::clock::time_point::max());
  co_await stream_.shutdown(until_, std::chrono::milliseconds(1'000));
}

// A client that still sends the body of a refused request would lose our answer to a reset (RFC 9112 section 9.6): what
// comes is read and thrown away, for a moment.
net::awaitable<void> connection::let_finish() {
  net::error_code ec;
  until_.set_not_after(net::clock::now() + linger);
  for (std::size_t left = std::min(unread_, linger_octets); left > 0 && !stopping();) {
    in_.resize(std::min(read_step, left));
    const std::size_t n = co_await stream_.read({in_.data(), in_.size()}, until_, linger, ec);
    if (ec || n == 0) co_return;
    left -= std::min(n, left);
  }
}

net::awaitable<bool> connection::serve_one() {
  const std::size_t head = co_await read_head();
  if (head == 0) co_return false;
  if (head > max_head_octets) {
    keep_ = false;
    web_reply late = problem(431, "Too large", "The request line and header fields take more than 8 KiB.");
    co_await write(std::move(late));
    co_return false;
  }
  web_reply reply = co_await answer(head);
  phase_ = phase::answering;
  until_.set_not_after(net::clock::time_point::max());
  const bool sent = co_await write(std::move(reply));
  co_return sent && keep_ && !stopping();
}

// Length of a complete head at the start of in_; 0 when the client left or was too slow; more than allowed: too large.
net::awaitable<std::size_t> connection::read_head() {
  net::error_code ec;
  phase_ = phase::between;
  since_ = net::clock::now();
  if (in_.empty()) {
    until_.set_not_after(net::clock::time_point::max());
    co_await stream_.wait_readable(until_, home_.options_.request_timeout, ec);
    if (ec) co_return 0;
  }
  phase_ = phase::reading;
  since_ = net::clock::now();
  until_.set_not_after(since_ + home_.options_.request_timeout);
  for (;;) {
    if (const auto end = head_end(in_)) co_return *end;
    if (in_.size() >= max_head_octets) co_return max_head_octets + 1;
    if (is_hopeless(in_)) co_return in_.size();  // check_head() says why
    const std::size_t before = in_.size();
    in_.resize(before + std::min(read_step, max_head_octets - before));
    const std::size_t n = co_await stream_.read({in_.data() + before, in_.size() - before}, until_, home_.options_.request_timeout, ec);
    in_.resize(before + n);
    if (ec || n == 0) co_return 0;
  }
}

// Beast reads what check_head() has found to have one meaning only.
bool connection::parse(byte_view head) {
  beast::request_parser<beast::empty_body> parser;
  parser.header_limit(max_head_octets);
  parser.body_limit(boost::none);
  parser.skip(true);
  net::error_code ec;
  parser.put(net::asio::buffer(head.data(), head.size()), ec);
  if (ec || !parser.is_header_done()) return false;
  const auto& m = parser.get();
  const auto verb = verb_of(m.method());
  if (!verb) return false;
  request_.method = *verb;
  old_ = m.version() < 11;
  keep_ = m.keep_alive() && !stopping();
  request_.content_type = text(m[beast::field::content_type]);
  request_.if_match = text(m[beast::field::if_match]);
  request_.if_none_match = text(m[beast::field::if_none_match]);
  request_.signature = text(m["Sluice-Signature"]);
  request_.accept = text(m[beast::field::accept]);
  request_.accept_encoding = text(m[beast::field::accept_encoding]);
  request_.host = text(m[beast::field::host]);
  request_.user_agent = text(m[beast::field::user_agent]);
  request_.client_ip = client_ip_;
  authorization_ = text(m[beast::field::authorization]);
  request_.cookie = text(m[beast::field::cookie]);
  request_.origin = text(m[beast::field::origin]);
  request_.fetch_site = text(m["Sec-Fetch-Site"]);
  csrf_ = text(m["X-CSRF-Token"]);
  const std::string target = text(m.target());
  request_.path = target.substr(0, target.find('?'));
  request_.query = request_.path.size() < target.size() ? target.substr(request_.path.size() + 1) : std::string();
  return true;
}

net::awaitable<bool> connection::read_body(std::size_t octets, std::size_t head, bool continues) {
  net::error_code ec;
  in_.erase(0, head);
  if (continues && in_.size() < octets) {
    const bool sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
    if (!sent) co_return false;
  }
  std::string& body = request_.body;
  body.assign(in_, 0, octets);
  in_.erase(0, octets);
  std::size_t got = body.size();
  body.resize(octets);
  while (got < octets) {
    const std::size_t n = co_await stream_.read({body.data() + got, octets - got}, until_, home_.options_.request_timeout, ec);
    if (ec || n == 0) co_return false;
    got += n;
  }
  co_return true;
}

// What a request without a sufficient role gets: machines 401, people the way to the login.
web_reply connection::refuse_stranger(const admission& a, bool known) {
  if (!a.refused && !is_api() && (request_.method == http::verb::get || request_.method == http::verb::head)) {
    const std::string to = home_.gate_.entrance(request_);
    if (!to.empty() && (known || to == "/setup")) return see_other(to);
    if (!known) return problem(404, "Not found", "Nothing is served under this address.");
  }
  web_reply r = problem(401, "Who is this?", "A session, or Authorization: Bearer TOKEN, is needed.");
  r.headers.emplace_back("WWW-Authenticate", is_api() ? "Bearer realm=\"Sluice\"" : "Basic realm=\"Sluice\"");
  return r;
}

// Everything before the handler; the body is read only for those who may send one.
net::awaitable<web_reply> connection::answer(std::size_t head) {
  const byte_view octets(in_.data(), head);
  const head_check checked = check_head(octets);
  const bool has_body = checked.content_length > 0;
  const bool continues = octets.find("100-continue") != byte_view::npos;
  const std::size_t come = in_.size() - std::min(head, in_.size());
  unread_ = continues || checked.content_length <= come ? 0 : checked.content_length - come;
  keep_ = false;
  if (checked.refused != 0) co_return problem(checked.refused, reason_of(checked.refused), checked.why);
  if (!parse(octets)) co_return problem(501, "Not implemented", "This method is not served here.");
  const bool keep = keep_;
  keep_ = false;  // an answer before the body was read ends the connection
  if (request_.query.size() > max_query_octets || request_.path.size() > max_path_octets)
    co_return problem(414, "Address too long", "The path or the query is too long.");
  const auto segments = split_path(request_.path);
  if (!segments) co_return problem(400, "Bad path", "The path is broken, or leads upwards.");
  request_.path.clear();
  for (const std::string& s : *segments) append_to(request_.path, "/", s);
  const credentials c{authorization_, request_.cookie, request_.origin, request_.fetch_site, csrf_, request_.host, client_ip_, certificate_names_};
  const admission a = home_.gate_.who_is(c);
  request_.who = a.who;
  known_ = known_ || a.who.what != role::nobody;
  web_routes::match found = home_.routes_.find(request_.method, *segments);
  request_.parameters = std::move(found.parameters);
  const role least = found.route != nullptr ? found.route->least : home_.gate_.has_people() ? role::viewer : role::nobody;
  const auto go_on_after = [&] {  // a refusal without a body to be read: the head is done with, and the next request may come
    if (has_body) return;
    keep_ = keep;
    in_.erase(0, head);
  };
  if (request_.who.what < least) {
    go_on_after();
    const bool nobody = request_.who.what == role::nobody;
    web_reply r = nobody ? refuse_stranger(a, !found.allowed.empty())
                         : problem(403, "Not allowed", concat("This needs the role ", name_of(least), "."));
    std::string what(found.route != nullptr ? found.route->about.summary : "unknown");
    // What a stranger asks for and is not served may be anything, also a recipient's link that went to the wrong port.
    if (found.route == nullptr && found.allowed.empty()) request_.path = "(nothing served)";
    if (!is_safe(request_.method)) co_await home_.gate_.done(request_, std::move(what), r.status);
    co_return r;
  }
  if (found.route == nullptr) {
    go_on_after();
    if (found.allowed.empty()) co_return problem(404, "Not found", "Nothing is served under this address.");
    web_reply r = problem(405, "Method not allowed", concat("Served here: ", found.allowed, "."));
    r.headers.emplace_back("Allow", found.allowed);
    co_return r;
  }
  const web_route& route = *found.route;
  const std::size_t size = checked.content_length;
  if (route.take) {
    in_.erase(0, head);
    co_return co_await answer_upload(route, c, size, continues, keep);
  }
  if (size > route.body_limit || size > max_body_octets)
    co_return problem(413, "Too large", concat("The body may have ", std::to_string(route.body_limit), " octets here."));
  if (size > small_body) {
    if (!home_.bodies_.try_take(size)) {
      web_reply r = problem(503, "Busy", "Another large request is in progress; try again in a moment.");
      r.headers.emplace_back("Retry-After", "2");
      co_return r;
    }
    body_room_ = size;
  }
  const bool whole = co_await read_body(size, head, continues);
  unread_ = 0;
  if (!whole) co_return problem(408, "Too slow", "The body did not arrive in time.");
  keep_ = keep;
  const std::string boundary = boundary_of(request_.content_type);
  if (!boundary.empty() && !fold_form(boundary)) co_return problem(400, "Bad form", "The form is broken, or its file is too long.");
  // A browser sends both by itself, whoever's page asks for it.
  const bool of_session = (request_.who.via == "session" || request_.who.via == "certificate") && route.least != role::nobody;  // login forms look themselves
  if (!is_safe(request_.method) && of_session && !home_.gate_.same_site(c, request_)) {
    std::string what(route.about.summary);
    co_await home_.gate_.done(request_, std::move(what), 403);
    co_return problem(403, "Not from our page", "The request carries no valid CSRF token of this session.");
  }
  phase_ = phase::answering;
  until_.set_not_after(net::clock::time_point::max());
  web_reply reply = co_await run(route);
  std::string what = reply.audit.empty() ? std::string(route.about.summary) : reply.audit;
  if (!is_safe(request_.method) || !reply.audit.empty()) co_await home_.gate_.done(request_, std::move(what), reply.status);
  co_return reply;
}

// A handler's mistake costs its own answer, nothing else.
net::awaitable<web_reply> connection::run(const web_route& route) {
  try {
    web_reply reply = co_await route.run(request_);
    co_return reply;
  } catch (const std::exception& e) {
    log::line(log::level::error, "status-handler").with("route", route.pattern).with("why", e.what());
  }
  co_return problem(500, "Internal error", "The log says more.");
}

net::awaitable<web_reply> connection::run_upload(const web_route& route, body_stream& body) {
  try {
    web_reply reply = co_await route.take(request_, body);
    co_return reply;
  } catch (const std::exception& e) {
    log::line(log::level::error, "status-handler").with("route", route.pattern).with("why", e.what());
  }
  co_return problem(500, "Internal error", "The log says more.");
}

net::awaitable<bool> connection::send(byte_view text) {
  net::error_code ec;
  const std::array<byte_view, 1> one{text};
  co_await stream_.write(one, until_, home_.options_.request_timeout, ec);
  co_return !ec;
}

net::awaitable<bool> connection::write(web_reply reply) {
  const bool head_only = request_.method == http::verb::head;
  const bool streamed = reply.more != nullptr;
  if (streamed && old_) keep_ = false;
  const bool chunked = streamed && !old_;
  if (streamed && reply.status == 200 && !reply.body.empty() && head_only) reply.body.clear();
  std::string head = head_of(reply, keep_, chunked, old_);
  if (head_only) co_return co_await send(head);
  if (!streamed) {
    net::error_code ec;
    const std::array<byte_view, 2> both{head, reply.body};
    co_await stream_.write(std::span<const byte_view>(both.data(), reply.body.empty() ? 1 : 2), until_, home_.options_.request_timeout, ec);
    co_return !ec;
  }
  const bool begun = co_await send(head);
  if (!begun) co_return false;
  co_return co_await write_pieces(reply);
}

net::awaitable<bool> connection::write_pieces(web_reply& reply) {
  std::string piece = std::move(reply.body);
  for (bool first = true;; first = false) {
    if (!first || piece.empty()) piece = co_await reply.more();
    if (piece.empty() || stopping()) break;
    if (!old_) piece = chunk_of(piece);
    const bool sent = co_await send(piece);
    if (!sent) co_return false;
  }
  if (old_) co_return true;
  co_return co_await send("0\r\n\r\n");
}

}  // namespace sluice::status
