// The one reader of HTTP answers: every way an answer may be cut, limits, a body that goes away in pieces.
#include "firmware/gateway/http_answer.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace sluice::gateway;
using state = http_answer::state;

namespace {

const std::string with_length = "HTTP/1.1 201 Created\r\nETag: \"e7\"\r\nContent-Length: 11\r\n\r\nhello world";
const std::string in_chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
const std::string until_the_end = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world";

state feed_cut(http_answer& a, const std::string& text, std::size_t at) {
  const state first = a.feed(std::string_view(text).substr(0, at));
  return first == state::more ? a.feed(std::string_view(text).substr(at)) : first;
}

}  // namespace

TEST_CASE("an answer is the same wherever it is cut") {
  for (const std::string& text : {with_length, in_chunks, until_the_end}) {
    for (std::size_t at = 1; at < text.size(); ++at) {
      http_answer a({});
      state now = feed_cut(a, text, at);
      if (now == state::more) now = a.ended();  // tells no length
      CAPTURE(text, at);
      REQUIRE(now == state::done);
      CHECK(a.take_body() == "hello world");
    }
  }
  http_answer a({});
  REQUIRE(a.feed(with_length) == state::done);
  CHECK(a.status() == 201);
  CHECK(a.field("etag") == "\"e7\"");
  CHECK(a.field("Location").empty());
}

TEST_CASE("an answer that ends too early is cut off, and none at all is told apart") {
  for (std::size_t at = 1; at < with_length.size(); ++at) {
    http_answer a({});
    REQUIRE(a.feed(std::string_view(with_length).substr(0, at)) == state::more);
    REQUIRE(a.ended() == state::bad);
    CHECK(a.why() == "the answer is cut off");
  }
  http_answer none({});
  CHECK(none.ended() == state::bad);
  CHECK(none.why() == "the connection ended without an answer");
}

TEST_CASE("more than wanted is refused: when it is announced, when it comes, and in the header") {
  http_answer announced({.body_octets = 10});
  CHECK(announced.feed(with_length.substr(0, with_length.size() - 11)) == state::bad);
  CHECK(announced.why() == "the answer is larger than 10 octets");
  http_answer chunked({.body_octets = 10});
  CHECK(chunked.feed(in_chunks) == state::bad);
  CHECK(chunked.why() == "the answer is larger than 10 octets");
  http_answer long_head({.header_octets = 100});
  CHECK(long_head.feed("HTTP/1.1 200 OK\r\nX: " + std::string(200, 'x')) == state::bad);
  http_answer mail({});
  CHECK(mail.feed("220 mx.example.net ESMTP\r\n") == state::bad);
  CHECK(mail.why().starts_with("the answer is no HTTP"));
}

TEST_CASE("to HEAD there is a length and no body") {
  http_answer a({.without_body = true});
  CHECK(a.feed("HTTP/1.1 200 OK\r\nReplay-Nonce: n1\r\nContent-Length: 500\r\n\r\n") == state::done);
  CHECK(a.field("Replay-Nonce") == "n1");
}

TEST_CASE("a taker gets a good body in pieces, however long, and may stop; a refusal is kept for its words") {
  std::string got;
  http_answer a({.body_octets = 4}, [&](std::string_view piece) { return got.append(piece), true; });
  state now = state::more;
  for (std::size_t at = 0; at < in_chunks.size() && now == state::more; at += 3) now = a.feed(std::string_view(in_chunks).substr(at, 3));
  CHECK(now == state::done);
  CHECK(got == "hello world");
  CHECK(a.take_body().empty());
  http_answer stopped({}, [](std::string_view) { return false; });
  CHECK(stopped.feed(with_length) == state::bad);
  CHECK(stopped.why() == "the answer was not wanted any more");
  bool asked = false;
  http_answer refused({.body_octets = 20}, [&](std::string_view) { return asked = true; });
  CHECK(refused.feed("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!") == state::done);
  CHECK_FALSE(asked);
  CHECK(refused.take_body() == "no!");
  http_answer endless({.body_octets = 20}, [](std::string_view) { return true; });
  CHECK(endless.feed("HTTP/1.1 403 Forbidden\r\nContent-Length: 21\r\n\r\n" + std::string(21, 'x')) == state::bad);
}
