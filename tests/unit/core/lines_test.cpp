#include "core/lines.hpp"

#include <catch2/catch_test_macros.hpp>

TEST_CASE("lines come one after the other, the last one with or without a line feed") {
  std::string_view text = "one\n\nthree";
  CHECK(sluice::take_line(text) == "one");
  CHECK(sluice::take_line(text) == "");
  CHECK(text == "three");
  CHECK(sluice::take_line(text) == "three");
  CHECK(text.empty());
  text = "four\n";
  CHECK(sluice::take_line(text) == "four");
  CHECK(text.empty());
}
