#include "firmware/gateway/commands/terminal.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

using namespace sluice::gateway;

TEST_CASE("text from strangers cannot act on a terminal") {
  struct row {
    const char *text, *shown;
  };
  for (const row& r :
       {row{"plain \xC3\xA9 \xE2\x82\xAC", "plain \xC3\xA9 \xE2\x82\xAC"}, row{"\x1b[2J", "\\x1b[2J"},
        row{"a\r\nb\tc", "a\\x0d\\x0ab\\x09c"}, row{"\x7f", "\\x7f"},
        row{"\xC2\x9B"
            "31m",
            "\\x9b31m"},
        row{"\xE2\x80\xAE"
            "fdp",
            "\\u202efdp"},
        row{"\xE2\x81\xA6", "\\u2066"}, row{"\xE2\x80\xA8", "\\u2028"}, row{"\xFF\xC3", "\\xff\\xc3"}, row{"", ""}}) {
    INFO(r.shown);
    CHECK(printable(r.text) == r.shown);
  }
}

TEST_CASE("colour is an escape around the text, and nothing when off") {
  CHECK(paint("x", colour::red, true) == "\x1b[31mx\x1b[0m");
  CHECK(paint("x", colour::red, false) == "x");
  CHECK(paint("x", colour::none, true) == "x");
}

TEST_CASE("a pipe gets no colour, whatever the terminal is called") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  CHECK_FALSE(wants_colour(ends[1]));
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("a terminal gets colour unless NO_COLOR or TERM say no") {
  const int terminal = posix_openpt(2);  // O_RDWR; both ends of a pseudo-terminal are terminals
  if (terminal < 0) SKIP("no pseudo-terminal here");
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  CHECK(wants_colour(terminal));
  setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(wants_colour(terminal));
  setenv("NO_COLOR", "", 1);  // empty counts as not set
  CHECK(wants_colour(terminal));
  setenv("TERM", "dumb", 1);
  CHECK_FALSE(wants_colour(terminal));
  close(terminal);
}
