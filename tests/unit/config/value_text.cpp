#include "config/value_text.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace sluice::config;

TEST_CASE("sizes are a number and a unit, and print as the shortest exact form") {
  struct row {
    const char* text;
    std::uint64_t bytes;
    const char* printed;
  };
  const row rows[] = {{"0B", 0, "0B"},
                      {"1B", 1, "1B"},
                      {"1kB", 1000, "1kB"},
                      {"1024B", 1024, "1KiB"},
                      {"32MiB", 32 * mib, "32MiB"},
                      {"10MB", 10'000'000, "10MB"},
                      {"512 KiB", 512 * kib, "512KiB"},
                      {"2GiB", 2 * gib, "2GiB"},
                      {"3TB", 3'000'000'000'000, "3TB"},
                      {"1TiB", 1024 * gib, "1TiB"},
                      {"007B", 7, "7B"},
                      {"9223372036854775807B", 0x7fffffffffffffff, "9223372036854775807B"}};
  for (const row& r : rows) {
    INFO(r.text);
    const auto p = parse_size(r.text);
    REQUIRE(p.ok());
    CHECK(p.value == r.bytes);
    CHECK(format_size(p.value) == r.printed);
    CHECK(parse_size(format_size(p.value)).value == p.value);
  }
}

TEST_CASE("durations are a number and a unit, and print as the shortest exact form") {
  struct row {
    const char* text;
    std::int64_t ms;
    const char* printed;
  };
  const row rows[] = {{"0s", 0, "0s"},         {"250ms", 250, "250ms"},   {"30s", 30'000, "30s"},
                      {"5m", 300'000, "5m"},   {"90s", 90'000, "90s"},    {"120s", 120'000, "2m"},
                      {"2h", 7'200'000, "2h"}, {"7 d", 604'800'000, "7d"}};
  for (const row& r : rows) {
    INFO(r.text);
    const auto p = parse_duration(r.text);
    REQUIRE(p.ok());
    CHECK(p.value.count() == r.ms);
    CHECK(format_duration(p.value) == r.printed);
  }
}

TEST_CASE("a quantity that is not right says what to write") {
  struct row {
    bool is_size;
    const char *text, *wrong, *remedy;
  };
  const row rows[] = {
      {true, "10", "\"10\" has no unit",
       "write for example \"32MiB\"; units are B, kB, MB, GB, TB, KiB, MiB, GiB, TiB"},
      {true, "10M", "\"M\" is not a unit of a size", "write \"10MiB\""},
      {true, "64KB", "\"KB\" is not a unit of a size", "write \"64KiB\""},
      {true, "64mb", "\"mb\" is not a unit of a size", "write \"64MB\""},
      {true, "5m", "\"5m\" is a duration, expected is a size", ""},
      {true, "30s", "\"30s\" is a duration, expected is a size", ""},
      {true, "1.5MiB", "\"1.5MiB\" is a fraction, expected is a whole number with its unit", ""},
      {true, "MiB", "\"MiB\" is not a size", ""},
      {true, "-1MiB", "\"-1MiB\" is not a size", ""},
      {true, "", "\"\" is not a size", ""},
      {true, "10  MiB", "\"10  MiB\" is not a size", ""},
      {true, "10MiB ", "\"10MiB \" is not a size", ""},
      {true, "99999999999999999999B", "\"99999999999999999999B\" is too large", ""},
      {true, "9223372036854775808B", "\"9223372036854775808B\" is too large", ""},
      {true, "8388608TiB", "\"8388608TiB\" is too large", ""},
      {false, "5MiB", "\"5MiB\" is a size, expected is a duration",
       "write for example \"30s\"; units are ms, s, m, h, d"},
      {false, "5min", "\"min\" is not a unit of a duration", "write \"5m\""},
      {false, "2 hours", "\"hours\" is not a unit of a duration", "write \"2h\""},
      {false, "1h30m", "\"1h30m\" is not a duration", ""},
      {false, "forever", "\"forever\" is not a duration", ""},
  };
  for (const row& r : rows) {
    INFO(r.text);
    const auto size = parse_size(r.text);
    const auto duration = parse_duration(r.text);
    CHECK((r.is_size ? size.wrong : duration.wrong) == r.wrong);
    if (*r.remedy) CHECK((r.is_size ? size.remedy : duration.remedy) == r.remedy);
  }
}

TEST_CASE("a rate is a size per second") {
  CHECK(parse_rate("256B/s").value == 256);
  CHECK(parse_rate("1KiB/s").value == 1024);
  CHECK(format_rate(2048) == "2KiB/s");
  CHECK(parse_rate("256B").wrong == "\"256B\" is not a rate, expected is a size per second");
  CHECK_FALSE(parse_rate("fast/s").ok());
}

TEST_CASE("endpoints are an address or a name, and a port") {
  struct row {
    const char *text, *host;
    unsigned port;
    bool is_name;
  };
  const row good[] = {{"0.0.0.0:25", "0.0.0.0", 25, false},
                      {"[::]:25", "::", 25, false},
                      {"[2001:DB8::5]:65535", "2001:db8::5", 65535, false},
                      {"Mail.Example.Net:25", "mail.example.net", 25, true},
                      {"localhost:2525", "localhost", 2525, true}};
  for (const row& r : good) {
    INFO(r.text);
    const auto p = parse_endpoint(r.text, true);
    REQUIRE(p.ok());
    CHECK(p.value.host == r.host);
    CHECK(p.value.port == r.port);
    CHECK(parse_endpoint(r.text, false).ok() == !r.is_name);
    CHECK(parse_endpoint(format_endpoint(p.value), true).value == p.value);
  }
  struct bad_row {
    const char *text, *wrong;
  };
  const bad_row bad[] = {{"10.0.0.5", "\"10.0.0.5\" has no port"},
                         {"::1", "\"::1\" has no port"},
                         {"[::1]", "\"[::1]\" has no port"},
                         {"2001:db8::1:25", "\"2001:db8::1:25\" has no port"},
                         {"10.0.0.5:", "\"\" is not a port (1 to 65535)"},
                         {"10.0.0.5:0", "\"0\" is not a port (1 to 65535)"},
                         {"10.0.0.5:65536", "\"65536\" is not a port (1 to 65535)"},
                         {"10.0.0.5:025", "\"025\" is not a port (1 to 65535)"},
                         {"10.0.0.5:smtp", "\"smtp\" is not a port (1 to 65535)"},
                         {"[10.0.0.5]:25", "\"[10.0.0.5]:25\" has brackets around an IPv4 address"},
                         {"[mail]:25", "\"mail\" is not an IP address"},
                         {"10.0.5:25", "\"10.0.5\" is neither an IP address nor a host name"},
                         {"10.0.0.256:25", "\"10.0.0.256\" is neither an IP address nor a host name"},
                         {":25", "\"\" is neither an IP address nor a host name"},
                         {"mail example:25", "\"mail example\" is neither an IP address nor a host name"},
                         {"[fe80::1%eth0]:25", "\"fe80::1%eth0\" is not an IP address"}};
  for (const bad_row& r : bad) {
    INFO(r.text);
    CHECK(parse_endpoint(r.text, true).wrong == r.wrong);
  }
  CHECK_FALSE(parse_endpoint(std::string_view("10.0.0.5\0x:25", 13), true).ok());
  CHECK_FALSE(parse_network(std::string_view("10.0.0.5\0x", 10)).ok());
}

TEST_CASE("networks are CIDR without bits beyond the prefix") {
  struct row {
    const char *text, *printed;
  };
  const row good[] = {{"192.0.2.0/24", "192.0.2.0/24"},   {"192.0.2.1", "192.0.2.1"},
                      {"192.0.2.1/32", "192.0.2.1"},      {"0.0.0.0/0", "0.0.0.0/0"},
                      {"2001:DB8::/32", "2001:db8::/32"}, {"::1", "::1"},
                      {"10.128.0.0/9", "10.128.0.0/9"}};
  for (const row& r : good) {
    INFO(r.text);
    const auto p = parse_network(r.text);
    REQUIRE(p.ok());
    CHECK(format_network(p.value) == r.printed);
    CHECK(parse_network(r.printed).value == p.value);
  }
  CHECK(parse_network("192.0.2.1/24").wrong == "\"192.0.2.1/24\" has bits beyond its prefix");
  CHECK(parse_network("192.0.2.1/24").remedy == "write \"192.0.2.0/24\", or the address alone");
  CHECK(parse_network("192.0.2.0/33").wrong == "\"33\" is not a prefix length (0 to 32)");
  CHECK(parse_network("2001:db8::/129").wrong == "\"129\" is not a prefix length (0 to 128)");
  for (const char* text :
       {"192.0.2/24", "192.0.2.0/", "192.0.2.0/x", "example.org", "", "010.0.0.1", "192.0.2.0/024"}) {
    INFO(text);
    CHECK_FALSE(parse_network(text).ok());
  }
}

TEST_CASE("domains are lower-cased A-labels, wildcards stand for what is below") {
  CHECK(parse_domain("Example.ORG", false).value == "example.org");
  CHECK(parse_domain("example.org.", false).value == "example.org");
  CHECK(parse_domain("*.Example.org", true).value == "*.example.org");
  CHECK(parse_domain("xn--bcher-kva.example", false).value == "xn--bcher-kva.example");
  CHECK(parse_domain("localhost", false).ok());
  CHECK(parse_domain("3com.example", false).ok());
  CHECK(parse_domain("*", true).wrong == "\"*\" would accept mail for every domain");
  CHECK(parse_domain("*.org", true).wrong == "\"*.org\" would accept mail for a whole top-level domain");
  CHECK(parse_domain("*.example.org", false).wrong == "\"*.example.org\" is a wildcard, expected is one domain");
  CHECK(parse_domain("b\xC3\xBC"
                     "cher.example",
                     true)
            .remedy == "write the A-label form, \"xn--...\" (RFC 5890)");
  const std::string label63(63, 'a');
  CHECK(parse_domain(label63 + ".org", false).ok());
  CHECK_FALSE(parse_domain(label63 + "a.org", false).ok());
  const std::string longest = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'a');
  CHECK(parse_domain(longest, false).ok());
  CHECK_FALSE(parse_domain(longest + "a", false).ok());
  for (const char* text : {"", ".", "a..b", ".a", "-a.org", "a-.org", "user@example.org", "*.*.org", "a.*.org",
                           "*example.org", "10.0.0.5", "1.2.3", "a b", "[::1]"}) {
    INFO(text);
    CHECK_FALSE(parse_domain(text, true).ok());
  }
}

TEST_CASE("quoted text cannot act on a terminal and is cut between characters") {
  CHECK(quoted("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(quoted("\x1b[31m\n\t\x7f") == "\"\\u001b[31m\\n\\t\\u007f\"");
  CHECK(quoted("abcdef", 3) == "\"abc\"...");
  CHECK(quoted("a\xC3\xBC"
               "b",
               2) == "\"a\"...");
  CHECK(quoted("a\xE2\x82\xAC"
               "b",
               3) == "\"a\"...");
}

TEST_CASE("addresses of web servers are https with a host and a path") {
  const auto good = parse_web_address("https://config.example.net/status/mx1.toml?rev=3");
  REQUIRE(good.ok());
  CHECK(good.value.at == endpoint{"config.example.net", 443});
  CHECK(good.value.target == "/status/mx1.toml?rev=3");
  CHECK(parse_web_address("https://[2001:db8::1]:8443/a").value.at == endpoint{"2001:db8::1", 8443});
  CHECK(parse_web_address("https://[2001:db8::1]/a").value.at == endpoint{"2001:db8::1", 443});
  for (const char* bad : {"", "http://example.net/a", "https://example.net", "https:///a", "https://user@example.net/a", "https://example.net:0/a",
                          "https://example.net:x/a", "https://example.net/a b", "https://example.net/a#b", "https://example.net/a\r\nX: y",
                          "https://2001:db8::1/a", "https://example.net/\xc3\xa4"}) {
    INFO(bad);
    CHECK_FALSE(parse_web_address(bad).ok());
  }
  CHECK_FALSE(parse_web_address("https://example.net/" + std::string(2000, 'a')).ok());
}

TEST_CASE("a public key is 44 characters of base64") {
  CHECK(parse_public_key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").ok());
  for (const char* bad : {"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-AAA=",
                          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA A="})
    CHECK_FALSE(parse_public_key(bad).ok());
}
