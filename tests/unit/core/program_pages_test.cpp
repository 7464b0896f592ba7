#include "core/program_pages.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>

using namespace sluice;

namespace {

std::int64_t resident_file_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return std::stoll(line.substr(8));
  }
  return -1;
}

int written_before = 7;

}  // namespace

TEST_CASE("pages of the program that are not needed leave the resident set, and nothing is lost", "[core]") {
  written_before = 11;
  const std::string heap(100000, 'x');
  const std::int64_t before = resident_file_kib();
  REQUIRE(before > 0);
  shed_start_pages();
  CHECK(resident_file_kib() < before);
  CHECK(written_before == 11);
  CHECK(heap == std::string(100000, 'x'));
  CHECK_THROWS_AS(std::stoll("no number"), std::invalid_argument);  // unwinding reads tables that were let go
}
