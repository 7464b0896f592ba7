// Canonical forms, and that no way of cutting a body changes them.
#include "auth/dkim/canonicalize.hpp"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

using namespace sluice;
using namespace sluice::auth::dkim;

namespace {

void append(void* out, byte_view octets) { static_cast<std::string*>(out)->append(octets); }

std::string body(canon how, const std::vector<std::string>& pieces) {
  std::string out;
  body_canonicalizer c(how);
  for (const std::string& piece : pieces) c.feed(piece, {append, &out});
  c.finish({append, &out});
  return out;
}

std::string field(canon how, const std::string& raw, const std::string& cut = "", bool last = false) {
  std::string out;
  const byte_view all = raw;
  const std::size_t colon = all.find(':');
  byte_view name = all.substr(0, colon);
  while (name.back() == ' ') name.remove_suffix(1);
  const byte_view value = all.substr(colon + 1, all.size() - colon - 3);
  const byte_view gap = cut.empty() ? byte_view{} : value.substr(value.find(cut), cut.size());
  canonical_field(how, all, name, value, gap, last, {append, &out});
  return out;
}

const struct {
  std::string in, simple, relaxed;
} bodies[] = {
    {"", "\r\n", ""},
    {"\r\n", "\r\n", ""},
    {"\r\n\r\n\r\n", "\r\n", ""},
    {"x", "x\r\n", "x\r\n"},
    {"x\r\n", "x\r\n", "x\r\n"},
    {"x\r\n\r\n\r\n", "x\r\n", "x\r\n"},
    {" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"},
    {"\r\n\r\nx\r\n\r\ny", "\r\n\r\nx\r\n\r\ny\r\n", "\r\n\r\nx\r\n\r\ny\r\n"},
    {"x\r\n \t \r\n", "x\r\n \t \r\n", "x\r\n"},
    {"   ", "   \r\n", ""},
    {"x   ", "x   \r\n", "x\r\n"},
    {"a\rb\r\n", "a\rb\r\n", "a\rb\r\n"},
    {"a\nb\r\n", "a\nb\r\n", "a\nb\r\n"},
    {"a\r", "a\r\r\n", "a\r\r\n"},
    {"a \r\r\n", "a \r\r\n", "a \r\r\n"},
    {"\r\r\n", "\r\r\n", "\r\r\n"},
    {"a\r\n\rb", "a\r\n\rb\r\n", "a\r\n\rb\r\n"},
    {"\tx\r\n", "\tx\r\n", " x\r\n"},
};

}  // namespace

TEST_CASE("bodies have the canonical forms of RFC 6376 3.4.3 and 3.4.4") {
  for (const auto& row : bodies) {
    INFO(row.in);
    CHECK(body(canon::simple, {row.in}) == row.simple);
    CHECK(body(canon::relaxed, {row.in}) == row.relaxed);
  }
}

TEST_CASE("the canonical body is the same however it is cut") {
  std::mt19937 random(1);
  std::string mixed;
  for (int i = 0; i < 400; ++i) mixed += std::string("ab \t\r\n\r\n").substr(random() % 8, 1 + random() % 3);
  std::vector<std::string> all;
  for (const auto& row : bodies) all.push_back(row.in);
  all.push_back(mixed);
  for (const std::string& text : all)
    for (const canon how : {canon::simple, canon::relaxed}) {
      const std::string whole = body(how, {text});
      std::vector<std::string> single;
      for (std::size_t i = 0; i < text.size(); ++i) {
        CHECK(body(how, {text.substr(0, i), text.substr(i)}) == whole);
        single.push_back(text.substr(i, 1));
      }
      CHECK(body(how, single) == whole);
      for (int round = 0; round < 50; ++round) {
        std::vector<std::string> pieces;
        for (std::size_t at = 0; at < text.size();) {
          const std::size_t n = 1 + random() % 7;
          pieces.push_back(text.substr(at, n));
          at += n;
        }
        CHECK(body(how, pieces) == whole);
      }
    }
}

TEST_CASE("a million empty lines are held back as a number") {
  body_canonicalizer c(canon::simple);
  std::string out;
  for (int i = 0; i < 1000000; ++i) c.feed("\r\n", {append, &out});
  CHECK(out.empty());
  c.feed("x", {append, &out});
  CHECK(out.size() == 2000001);
}

TEST_CASE("header fields have the canonical forms of RFC 6376 3.4.1 and 3.4.2") {
  CHECK(field(canon::relaxed, "A: X\r\n") == "a:X\r\n");
  CHECK(field(canon::relaxed, "B : Y\t\r\n\tZ  \r\n") == "b:Y Z\r\n");
  CHECK(field(canon::simple, "B : Y\t\r\n\tZ  \r\n") == "B : Y\t\r\n\tZ  \r\n");
  CHECK(field(canon::relaxed, "SubJect:\r\n \r\n x \r\n") == "subject:x\r\n");
  CHECK(field(canon::relaxed, "E:  \r\n") == "e:\r\n");
  CHECK(field(canon::relaxed, "S: a=1; b=xx yy; c=2\r\n", "xx yy", true) == "s:a=1; b=; c=2");
  CHECK(field(canon::simple, "S: a=1; b=xx yy; c=2\r\n", "xx yy", true) == "S: a=1; b=; c=2");
}
