#include "firmware/gateway/manage/support_bundle.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "config/derive.hpp"
#include "firmware/gateway/manage/tar_entry.hpp"

using namespace sluice;
using namespace sluice::gateway;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("words with an address are left out, whatever stands around them") {
  CHECK(without_addresses("550 <bob@example.net> unknown, ask \"admin@example.net\"") == "550 <*> unknown, ask \"*\"");
  CHECK(without_addresses("GET /api/v1/lists/bob%40example.net") == "GET *");
  CHECK(without_addresses("https://user:word@example.net/x y") == "* y");
  CHECK(without_addresses("plain {\"a\":1}\n") == "plain {\"a\":1}\n");
}

TEST_CASE("the configuration of a bundle has its tables with every key") {
  config::model m;
  m.domains = {"example.org"};
  m.listeners.emplace_back().address = {"0.0.0.0", 25};
  m.routes.emplace_back().host = {"10.0.0.5", 25};
  config::fill_derived(m, {"mx.example.org", 2});
  const std::string text = support_config(m);
  CHECK_THAT(text, ContainsSubstring("domains = [\"example.org\"]\n") && ContainsSubstring("[log.syslog]\n") && ContainsSubstring("[[route]]\n"));
  CHECK_THAT(text, ContainsSubstring("max_message_size = \"100MiB\"\n"));
}

TEST_CASE("a tar entry is a header and whole blocks, with the sum of POSIX") {
  const std::string one = tar_entry("a/b.txt", "hello", 1'000'000'000);
  REQUIRE(one.size() == 2 * tar_block);
  CHECK(one.substr(0, 8) == std::string("a/b.txt\0", 8));
  CHECK(one.substr(124, 12) == std::string("00000000005\0", 12));
  CHECK(one.substr(136, 12) == std::string("07346545000\0", 12));
  CHECK(one.substr(257, 8) == std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (std::size_t i = 0; i < tar_block; ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(one[i]);
  CHECK(std::stoul(one.substr(148, 6), nullptr, 8) == sum);
  CHECK(tar_entry("a", std::string(tar_block, 'x'), 0).size() == 2 * tar_block);
  CHECK(tar_entry("a", "", 0).size() == tar_block);
  CHECK(tar_end().size() == 2 * tar_block);
}
