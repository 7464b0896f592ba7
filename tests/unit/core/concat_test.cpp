#include "core/concat.hpp"

#include <catch2/catch_test_macros.hpp>

using sluice::append_to;
using sluice::concat;

TEST_CASE("every kind of piece is taken whole, in order") {
  const std::string owned(100, 'o');
  const std::string_view seen = std::string_view("seen and cut").substr(0, 4);
  const char* const c_string = "c string";
  char buffer[32] = "in a buffer";
  const char one = '1';
  CHECK(concat("literal ", owned, ' ', seen, ' ', c_string, ' ', buffer, one) == "literal " + owned + " seen c string in a buffer1");
  CHECK(concat("", std::string(), std::string_view()) == "");
}

TEST_CASE("octets 0 of strings and views survive; a literal ends where a C string ends") {
  const std::string zero("a\0b", 3);
  CHECK(concat(zero, std::string_view("\0", 1)).size() == 4);
  CHECK(concat("x\0y").size() == 1);
}

TEST_CASE("appending keeps what was there, with and without growing") {
  std::string out = "head";
  out.reserve(64);
  const char* const before = out.data();
  append_to(out, " tail", '.');
  CHECK(out == "head tail.");
  CHECK(out.data() == before);
  append_to(out, std::string(200, 'x'));
  CHECK(out == "head tail." + std::string(200, 'x'));
}

TEST_CASE("a piece may look into the string that grows") {
  std::string out = "abcdefghijklmnopqrst";
  out.shrink_to_fit();
  append_to(out, out, "|", std::string_view(out).substr(0, 3));
  CHECK(out == "abcdefghijklmnopqrstabcdefghijklmnopqrst|abc");
  out.reserve(500);
  append_to(out, std::string_view(out).substr(0, 5), out);
  CHECK(out == "abcdefghijklmnopqrstabcdefghijklmnopqrst|abcabcdeabcdefghijklmnopqrstabcdefghijklmnopqrst|abc");
}

TEST_CASE("many small pieces cost a number of allocations that grows with the logarithm") {
  std::string out;
  int moves = 0;
  for (int i = 0; i < 100000; ++i) {
    const char* const before = out.data();
    append_to(out, "ab", 'c');
    moves += out.data() != before ? 1 : 0;
  }
  CHECK(out.size() == 300000);
  CHECK(moves < 40);
}
