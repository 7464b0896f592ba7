// The answer of the process that parses: read as bytes of a stranger, whatever that process became.
#include "firmware/gateway/generations/parse_child.hpp"

#include <catch2/catch_test_macros.hpp>

#include "config/toml_reader.hpp"

using namespace sluice;
using namespace sluice::gateway;

TEST_CASE("problems come out of the parsing process as they went in") {
  const std::string text = "domians = [\"example.org\"]\nhostname = \"a:b\\n5:x\"\n[deadline]\ncommand = 5\n";
  const auto direct = config::read_toml(text).problems;
  const auto through = problems_from(parse_in_child(text));
  REQUIRE(through);
  REQUIRE(through->size() == direct.size());
  REQUIRE(direct.size() >= 3);
  for (std::size_t i = 0; i < direct.size(); ++i) {
    CHECK((*through)[i].at == direct[i].at);
    CHECK((*through)[i].key == direct[i].key);
    CHECK((*through)[i].what == direct[i].what);
    CHECK((*through)[i].remedy == direct[i].remedy);
    CHECK((*through)[i].is_note == direct[i].is_note);
  }
  CHECK(problems_from("")->empty());
}

TEST_CASE("an answer that is cut off, goes on, or lies about lengths is none") {
  const std::string good = parse_in_child("x = 1\n");
  REQUIRE(problems_from(good));
  for (std::size_t i = 1; i < good.size(); ++i) CHECK_FALSE(problems_from(good.substr(0, i)));
  CHECK_FALSE(problems_from(good + "1"));
  CHECK_FALSE(problems_from(good + "1:1"));
  CHECK_FALSE(problems_from("99999999999999999999:x"));
  CHECK_FALSE(problems_from("18446744073709551615:x"));
  CHECK_FALSE(problems_from("-1:x"));
  CHECK_FALSE(problems_from("1:11:x1:11:01:a1:b1:c"));  // no number where one stands
  const std::string one = "1:11:11:01:a1:b1:c";
  REQUIRE(problems_from("1:1" + one));
  CHECK_FALSE(problems_from("1:2" + one));
  CHECK_FALSE(problems_from("1:0"));
  const std::string many = std::to_string(config::max_problems + 2);
  std::string flood = std::to_string(many.size()) + ":" + many;
  for (std::size_t i = 0; i < config::max_problems + 2; ++i) flood += one;
  CHECK_FALSE(problems_from(flood));
}
