#include "core/utf8.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "core/octet_block.hpp"

using namespace sluice;

namespace {

std::string ends(std::string_view in, std::size_t room) {
  std::string out(room, '?');
  out.resize(utf8::keep_ends(in, out.data(), room));
  return out;
}

}  // namespace

TEST_CASE("of a text that is too long both ends are kept, in whole characters") {
  CHECK(ends("short", 16) == "short");
  CHECK(ends("0123456789abcdef", 16) == "0123456789abcdef");
  CHECK(ends("0123456789abcdefg", 16) == "01234567 abcdefg");
  const std::string umlauts = "\u00E4\u00E4\u00E4\u00E4\u00E4\u00E4\u00E4\u00E4\u00E4\u00E4\u00E4";
  CHECK(ends(umlauts, 17) == "\u00E4\u00E4\u00E4\u00E4 \u00E4\u00E4\u00E4\u00E4");
  CHECK(ends(umlauts, 18) == "\u00E4\u00E4\u00E4\u00E4 \u00E4\u00E4\u00E4\u00E4");
  CHECK(ends(std::string(40, '\x80'), 16).size() <= 16);
}

TEST_CASE("code points are counted at every length and offset") {
  const std::string text = "a\u00E4\u20AC\U0001F600 plain ascii behind it \u00E4\u00E4\u20AC";
  for (std::size_t from = 0; from <= text.size(); ++from) {
    for (std::size_t size = 0; from + size <= text.size(); ++size) {
      std::size_t expected = 0;
      for (char c : text.substr(from, size)) expected += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      REQUIRE(octet_block::count_code_points(std::string_view(text).substr(from, size)) == expected);
    }
  }
}
