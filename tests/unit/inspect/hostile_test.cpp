// What text can cost at most. A mail of one pattern that makes a detector begin again at each octet would hold up every other session
// of its loop; the limit is far above what any pattern costs today (about 20 times prose) and far below what an unbounded search costs.
#include <time.h>

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

constexpr std::size_t window = 1024, rounds = 40;
constexpr double most_times_prose = 60;

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double seconds_of(std::string_view pattern) {
  std::string text;
  while (text.size() < window) text += pattern;
  const double began = cpu_seconds();
  for (std::size_t i = 0; i < rounds; ++i) scanned(text);
  return cpu_seconds() - began;
}

}  // namespace

TEST_CASE("no pattern of text makes a detector begin again at each octet") {
  const std::string_view prose = "Thanks for sending the revised plan, I went through it this morning and we think that the second one works better. ";
  seconds_of(prose);  // the rules are loaded
  const double usual = seconds_of(prose);
  for (std::string_view pattern : {"a@", "a.", "x\t", "a_", "a:", "a%", ".I", "o_", "l I ", "I", "1Ai", "1 ", "1-", "(1)", "+1 ", "0x", "0xA", "a.b", "a.co", "www.", "http://", "://",
                                   "one ", "three-", "dot ", "$1", "USD 1", "\u00E9)", "\u0430", "a\u0430", "a\u200B", "\u200B9", "\u202Ea", "\u7535\u8A71", "\u2460", "\uFF10", "\U0001D41A",
                                   "bc1", "1A1zP", "call ", "a a b ", "p a y p a l x ", "&", "@", "@a", ".", "-", "a-", "xn--", "\xFF", "\xE2\x80"}) {
    INFO(pattern);
    CHECK(seconds_of(pattern) < most_times_prose * usual);
  }
}
