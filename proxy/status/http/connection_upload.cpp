// Requests whose body does not fit in memory: read piece by piece by the handler, as a plain body or as the file of a
// form. Who asks was checked before; what a browser sends by itself is looked into before the file is.
#include <algorithm>
#include <array>

#include "core/concat.hpp"
#include "status/http/body_stream.hpp"
#include "status/http/connection.hpp"
#include "status/http/multipart.hpp"

namespace sluice::status {
namespace {

constexpr std::chrono::hours upload_longest{1};
constexpr std::chrono::seconds refused_longest{30};
constexpr std::size_t form_step = 4 * 1024;

}  // namespace

class connection::plain_body final : public body_stream {
 public:
  plain_body(connection& from, std::uint64_t octets) : from_(from), left_(octets) {}

  std::uint64_t octets_at_most() const override { return left_; }
  net::awaitable<std::ptrdiff_t> read(char* to, std::size_t n) override {
    n = static_cast<std::size_t>(std::min<std::uint64_t>(n, left_));
    if (n == 0) co_return 0;
    std::size_t got = 0;
    if (!from_.in_.empty()) {
      got = std::min(n, from_.in_.size());
      std::copy_n(from_.in_.data(), got, to);
      from_.in_.erase(0, got);
    } else {
      net::error_code ec;
      got = co_await from_.stream_.read({to, n}, from_.until_, from_.home_.options_.request_timeout, ec);
      if (ec || got == 0) co_return -1;
    }
    left_ -= got;
    co_return static_cast<std::ptrdiff_t>(got);
  }

 private:
  connection& from_;
  std::uint64_t left_;
};

class connection::form_body final : public body_stream {
 public:
  form_body(plain_body& from, const std::string& boundary) : from_(from), form_(boundary) {}

  // The small fields before the file. False: this is no such form.
  net::awaitable<bool> begin() {
    while (!form_.advance()) {
      const bool more = co_await feed();
      if (!more) co_return false;
    }
    co_return form_.at() == multipart_reader::state::file;
  }
  const multipart_reader& form() const { return form_; }

  std::uint64_t octets_at_most() const override { return from_.octets_at_most() + form_step; }
  net::awaitable<std::ptrdiff_t> read(char* to, std::size_t n) override {
    for (;;) {
      const std::size_t got = form_.take(to, n);
      if (got > 0) co_return static_cast<std::ptrdiff_t>(got);
      if (form_.at() != multipart_reader::state::file) break;
      const bool more = co_await feed();
      if (!more) co_return -1;
    }
    for (;;) {  // what follows the file
      const std::ptrdiff_t rest = co_await from_.read(piece_.data(), piece_.size());
      if (rest <= 0) co_return rest;
    }
  }

 private:
  net::awaitable<bool> feed() {
    const std::ptrdiff_t got = co_await from_.read(piece_.data(), piece_.size());
    if (got > 0) form_.feed({piece_.data(), static_cast<std::size_t>(got)});
    co_return got > 0;
  }

  plain_body& from_;
  multipart_reader form_;
  std::array<char, form_step> piece_{};
};

// A browser that is refused in the middle of its file would show a broken connection instead of the reason.
net::awaitable<void> connection::read_away(plain_body& body) {
  std::array<char, form_step> piece;
  until_.set_not_after(net::clock::now() + refused_longest);
  for (std::ptrdiff_t n = 1; n > 0 && !stopping();) n = co_await body.read(piece.data(), piece.size());
}

// The fields of the form stand in the request as if it had been a plain one.
void connection::use_fields(const multipart_reader& form) {
  request_.body.clear();
  for (const auto& [name, value] : form.fields())
    append_to(request_.body, (request_.body.empty() ? "" : "&"), percent_encoded(name), "=", percent_encoded(value));
  request_.content_type = "application/x-www-form-urlencoded";
}

// A small form with a file, read already: handlers find the file's octets as a field like every other. Only what would end
// a field is encoded, so that a text stays about as long as it was. False: it is broken, or longer than a body may be.
bool connection::fold_form(const std::string& boundary) {
  multipart_reader form(boundary);
  form.feed(request_.body);
  if (!form.advance() || form.at() == multipart_reader::state::broken) return false;
  use_fields(form);
  if (form.at() != multipart_reader::state::file) return true;
  std::string& out = request_.body;
  out += (out.empty() ? "" : "&") + percent_encoded(form.file_field()) + "=";
  std::array<char, form_step> piece;
  while (const std::size_t n = form.take(piece.data(), piece.size())) {
    for (const char c : std::string_view(piece.data(), n)) {
      if (c == '&') out += "%26";
      else if (c == '%') out += "%25";
      else if (c == '+') out += "%2B";
      else out += c;
    }
    if (out.size() > max_body_octets) return false;
  }
  return form.at() == multipart_reader::state::end;
}

net::awaitable<web_reply> connection::answer_upload(const web_route& route, const credentials& c, std::uint64_t octets, bool continues, bool keep) {
  const std::uint64_t most = route.take_at_most();
  if (octets == 0) co_return problem(400, "No body", "The file itself is expected as the body.");
  if (octets > most + form_step) co_return problem(413, "Too large", concat("At most ", std::to_string(most), " octets are taken here."));
  if (continues && in_.empty()) {
    const bool sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
    if (!sent) co_return problem(408, "Too slow", "The body did not arrive in time.");
  }
  unread_ = static_cast<std::size_t>(octets - std::min<std::uint64_t>(octets, in_.size()));
  until_.set_not_after(net::clock::now() + upload_longest);
  plain_body plain(*this, octets);
  const std::string boundary = boundary_of(request_.content_type);
  form_body form(plain, boundary);
  body_stream* body = &plain;
  if (!boundary.empty()) {
    const bool begun = co_await form.begin();
    if (!begun) co_return problem(400, "No file", "The form has no file.");
    use_fields(form.form());
    body = &form;
  }
  const bool of_session = request_.who.via == "session" || request_.who.via == "certificate";
  web_reply reply;
  if (of_session && !home_.gate_.same_site(c, request_)) {
    reply = problem(403, "Not from our page", "The request carries no valid CSRF token of this session.");
  } else {
    reply = co_await run_upload(route, *body);
    co_await read_away(plain);
  }
  keep_ = keep && plain.octets_at_most() == 0;
  unread_ = static_cast<std::size_t>(plain.octets_at_most() - std::min<std::uint64_t>(plain.octets_at_most(), in_.size()));
  std::string what = reply.audit.empty() ? std::string(route.about.summary) : reply.audit;
  co_await home_.gate_.done(request_, std::move(what), reply.status);
  co_return reply;
}

}  // namespace sluice::status
