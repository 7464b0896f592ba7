#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>

#include "core/ascii.hpp"
#include "inspect/digit_words.hpp"
#include "inspect/letter_block.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

// The same, an octet at a time.
void check(const std::string& text) {
  CAPTURE(text);
  const letter_block block(load_block(text.data()));
  unsigned letters = 0;
  std::uint64_t lower = 0;
  bool stretched = false;
  while (letters < 8 && ascii::is_alpha(text[letters])) {
    const char c = ascii::lower(text[letters]);
    lower |= std::uint64_t{static_cast<unsigned char>(c)} << (8 * letters);
    stretched = stretched || (letters >= 2 && c == ascii::lower(text[letters - 1]) && c == ascii::lower(text[letters - 2]));
    ++letters;
  }
  REQUIRE(block.letters == letters);
  REQUIRE(block.lower == lower);
  REQUIRE(has_triple(block.lower, block.letters) == stretched);
}

}  // namespace

TEST_CASE("a block of letters is read as octet by octet") {
  std::mt19937 random(7);
  for (unsigned octet = 0; octet < 256; ++octet) {  // each octet at each place
    for (unsigned at = 0; at < 8; ++at) {
      std::string text = "bIzAyxaZ";
      text[at] = static_cast<char>(octet);
      check(text);
    }
  }
  static constexpr char few[] = "aaaIib@[`{z\x7f\x80\xff\0 '9Z";
  for (int n = 0; n < 100000; ++n) {
    std::string text;
    while (text.size() < 8) text.push_back(few[random() % (sizeof few - 1)]);
    check(text);
  }
}

TEST_CASE("digits written as words are counted, alone and joined, and nothing else is") {
  const auto count = [](std::string word) {
    const std::size_t size = word.size();
    word.append(8, '\0');
    return spelled_digits(byte_view(word).substr(0, size));
  };
  for (const digit_word& known : digit_words) CHECK(count(std::string(known.text)) == 1);
  CHECK(count("fivefive") == 2);
  CHECK(count("zeroonetwothreefour") == 5);
  CHECK(count("quattro") == 1);  // not quatro, not quat
  for (const char* word : {"", "fiv", "fivex", "xfive", "sixty", "ones", "thre", "onetw"}) CHECK(count(word) == 0);
}
