// What the listener for the CA's question says to whom.
#include "firmware/gateway/acme/responder.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace sluice::gateway;

TEST_CASE("the question of the CA is answered, and nothing else is") {
  const std::vector<acme::challenge> open{{"abc", "abc.thumb"}};
  const auto status = [&](const std::string& head) { return acme::challenge_reply(head + "\r\nHost: mx.example.org\r\n\r\n", open).substr(9, 3); };
  const std::string reply = acme::challenge_reply("GET /.well-known/acme-challenge/abc HTTP/1.1\r\n\r\n", open);
  CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(reply.ends_with("Content-Length: 9\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nabc.thumb"));
  CHECK(acme::challenge_reply("HEAD /.well-known/acme-challenge/abc HTTP/1.1\r\n\r\n", open).ends_with("Connection: close\r\n\r\n"));
  for (const char* line : {"GET / HTTP/1.1", "GET /.well-known/acme-challenge/ HTTP/1.1", "GET /.well-known/acme-challenge/ab HTTP/1.1", "GET /.well-known/acme-challenge/abcd HTTP/1.1",
                           "GET /.well-known/acme-challenge/abc?x HTTP/1.1", "GET /.well-known/acme-challenge/%61bc HTTP/1.1", "GET /.well-known/acme-challenge/x/../abc HTTP/1.1", "GET //.well-known/acme-challenge/abc HTTP/1.1",
                           "GET http://mx.example.org/.well-known/acme-challenge/abc HTTP/1.1", "POST /.well-known/acme-challenge/abc HTTP/1.1", "PUT /x HTTP/1.1", "get /.well-known/acme-challenge/abc HTTP/1.1", ""}) {
    INFO(line);
    CHECK(status(line) == "404");
  }
  for (const char* line : {"GET /.well-known/acme-challenge/abc", "GET /.well-known/acme-challenge/abc HTTP/2.0", "GET  /.well-known/acme-challenge/abc HTTP/1.1"}) CHECK(status(line) == "400");
  CHECK(acme::challenge_reply("GET /.well-known/acme-challenge/abc HTTP/1.1\r\n\r\n", {}).starts_with("HTTP/1.1 404"));
}
