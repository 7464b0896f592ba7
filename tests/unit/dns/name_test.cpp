// Names: what may be asked, and how they compare.
#include "dns/name.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace sluice;

TEST_CASE("a name that cannot be asked is recognised") {
  const std::string label63(63, 'a'), label64(64, 'a');
  const struct {
    std::string name;
    bool valid, hostname;
  } rows[] = {
      {"example.com", true, true},
      {"_spf.example.com", true, true},
      {"xn--bcher-kva.example", true, true},
      {"com", true, true},
      {label63 + ".com", true, true},
      {label64 + ".com", false, false},
      {"", false, false},
      {".", false, false},
      {"a..b", false, false},
      {".a", false, false},
      {"a.", false, false},
      {"a b.com", true, false},
      {std::string("a\0b.com", 7), false, false},
      {"a\\b.com", false, false},
      {"b\xc3\xbc" "cher.example", false, false},
      {"legitimate.com'a.attack.com", true, false},
      {"a(b.com", true, false},
      {"-a.com", true, false},
      {"a-.com", true, false},
      {label63 + '.' + label63 + '.' + label63 + '.' + std::string(61, 'b'), true, true},
      {label63 + '.' + label63 + '.' + label63 + '.' + std::string(62, 'b'), false, false},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    CHECK(dns::valid_name(row.name) == row.valid);
    CHECK(dns::valid_hostname(row.name) == row.hostname);
  }
}

TEST_CASE("names are compared by whole labels and without case") {
  CHECK(dns::is_within("a.Example.com", "example.COM"));
  CHECK(dns::is_within("example.com", "example.com"));
  CHECK_FALSE(dns::is_within("badexample.com", "example.com"));
  CHECK_FALSE(dns::is_within("example.com", "a.example.com"));
  CHECK_FALSE(dns::is_within("example.com", ""));
  CHECK(dns::parent_of("a.b.c") == "b.c");
  CHECK(dns::parent_of("c").empty());
  CHECK(dns::label_count("") == 0);
  CHECK(dns::label_count("a.b.c") == 3);
  CHECK(dns::strip_dot("a.b.") == "a.b");
  CHECK(dns::strip_dot("a.b..") == "a.b.");
}
