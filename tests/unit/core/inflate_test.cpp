#include "core/inflate.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

using sluice::inflate;

// Made by zlib (raw, window of 15 bits); the expectation is what went into it.
namespace {

template <std::size_t N>
std::string octets(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

const std::string stored = octets(
    "\001\010\000\367\377\141\163\040\151\164\040\151\163");
const std::string fixed = octets(
    "\113\114\117\314\314\123\110\314\113\121\110\104\145\001\000");
const std::string run = octets(
    "\113\114\034\005\304\002\000");
const std::string described = octets(
    "\135\323\061\156\103\061\014\004\321\076\247\370\107\020\051\122\044\217\023\270\065\354\042\010\174\175\027\166"
    "\063\133\056\240\342\101\030\336\176\357\367\353\377\357\132\327\343\371\372\271\175\327\330\140\367\156\354\312"
    "\302\076\165\260\163\222\333\002\073\366\306\336\351\330\136\206\155\103\237\055\372\234\274\011\362\372\220\127"
    "\115\136\055\362\216\223\227\101\136\034\362\166\223\347\043\074\243\317\066\175\111\336\024\171\075\344\265\221"
    "\127\233\274\223\344\145\221\027\115\136\054\362\266\223\347\101\237\035\361\221\107\334\270\313\143\342\352\054"
    "\111\151\044\245\226\224\112\122\072\222\122\112\112\041\051\321\147\106\337\046\157\162\111\112\043\051\311\145"
    "\054\271\014\227\313\210\224\224\344\363\132\056\143\311\145\370\307\367\006");

// The code of its end is shorter than the others, and nothing stands behind it.
const std::string short_end = octets(
    "\113\116\314\311\121\050\055\126\060\120\310\313\057\347\112\206\362\054\015\055\121\370\026\306\026\050\174\163\123\163"
    "\024\276\231\271\031\012\337\324\322\024\225\157\150\202\302\067\061\066\006\363\001");

std::string numbers(int lines = 60) {
  std::string out;
  for (int i = 0; i < lines; ++i) out += "call us " + std::to_string(i * 7919 % 1000) + " now\n";
  return out;
}

}  // namespace

TEST_CASE("all three kinds of blocks come out as they went in") {
  CHECK(inflate(stored, 8) == "as it is");
  CHECK(inflate(fixed, 25) == "again and again and again");
  CHECK(inflate(run, 300) == std::string(300, 'a'));  // copies what it is just writing
  CHECK(inflate(described, numbers().size()) == numbers());
  CHECK(inflate(short_end, numbers(8).size()) == numbers(8));
}

TEST_CASE("what follows the end is left alone, as the trailer of a gzip file is") {
  CHECK(inflate(fixed + "trailer", 25) == "again and again and again");
}

TEST_CASE("another size than promised is refused, and nothing is written beyond it") {
  CHECK(inflate(fixed, 24).empty());
  CHECK(inflate(fixed, 26).empty());
  CHECK(inflate(described, 10).empty());
}

TEST_CASE("cut data is refused at every length") {
  for (const std::string* whole : {&stored, &fixed, &run, &short_end})
    for (std::size_t n = 0; n + 1 < whole->size(); ++n) {
      INFO(n);
      CHECK(inflate(whole->substr(0, n), whole == &stored ? 8 : whole == &fixed ? 25 : whole == &run ? 300 : numbers(8).size()).empty());
    }
  CHECK(inflate(described.substr(0, described.size() / 2), numbers().size()).empty());
}

TEST_CASE("data with one wrong bit gives nothing, or something of the promised size") {
  const std::size_t size = numbers().size();
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < described.size() * 8; ++bit) {
    std::string wrong = described;
    wrong[bit / 8] = static_cast<char>(static_cast<unsigned char>(wrong[bit / 8]) ^ (1U << (bit % 8)));
    const std::string out = inflate(wrong, size);
    refused += out.empty() ? 1 : 0;
    if (!out.empty()) CHECK(out.size() == size);
  }
  CHECK(refused > described.size());
}

TEST_CASE("a fourth kind of block, a copy from before the start, and nothing at all are refused") {
  CHECK(inflate("\x07", 1).empty());
  CHECK(inflate(octets("\x03\x02"), 3).empty());  // length 3, distance 1, before anything was written
  CHECK(inflate("", 1).empty());
}
