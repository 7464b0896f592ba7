#include "config/nearest.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace sluice::config;

TEST_CASE("a slip of the pen finds its word, another word finds nothing") {
  constexpr std::array<std::string_view, 6> known{"hostname", "domains", "data_directory",
                                                  "tls",      "warning", "window_pool"};
  struct row {
    const char *written, *meant;
  };
  for (const row& r :
       {row{"hostnme", "hostname"}, row{"hsotname", "hostname"}, row{"domain", "domains"}, row{"DOMAINS", "domains"},
        row{"data-directory", "data_directory"}, row{"dataDirectory", "data_directory"},
        row{"data_dir", "data_directory"}, row{"tsl", "tls"}, row{"warn", "warning"}, row{"windowpol", "window_pool"},
        row{"quarantine", ""}, row{"x", ""}, row{"", ""}}) {
    INFO(r.written);
    CHECK(nearest(r.written, known) == r.meant);
  }
  CHECK(nearest(std::string(10'000, 'a'), known).empty());
}
