#include "config/precheck.hpp"

#include <catch2/catch_test_macros.hpp>

#include "config/toml_reader.hpp"

using namespace sluice::config;

namespace {

std::string first(std::string_view text) {
  const auto found = precheck(text);
  return found.empty()
             ? ""
             : std::to_string(found[0].at.line) + ":" + std::to_string(found[0].at.column) + " " + found[0].what;
}

}  // namespace

TEST_CASE("what TOML allows passes the check before the parser") {
  for (const char* text :
       {"", "a = 1\n", "a = 1\r\nb = 2\r\n", "a = \"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", "# \xC3\xA9\n",
        "a = '\xC3\xA9'", "a = \"\"\"\n\xC3\xA9 \"quoted\" \"\"\"\"\"\nb = 1", "a = '''\n\xC3\xA9''' # x",
        "\"\xC3\xA9\" = 1", "a = \"\\\"\xC3\xA9\"", "a = '\\' # \xC3\xA9", "a = [[[[[[[[1]]]]]]]]",
        "a.b.c.d.e.f.g.h.i = 1", "a = 1.5 # a.b.c.d.e.f.g.h.i.j.k", "\t a\t=\t1"}) {
    INFO(text);
    CHECK(first(text) == "");
  }
}

TEST_CASE("bytes that the parser must not see are refused with their place") {
  struct row {
    std::string text;
    const char* found;
  };
  const row rows[] = {
      {std::string("a = 1\n\0", 7), "2:1 control character \"\\u0000\""},
      {"a = [1,}", "1:8 this bracket does not fit the one that is open"},
      {"a = [{b = 1]", "1:12 this bracket does not fit the one that is open"},
      {"[?", "1:1 there is no table name behind the bracket"},
      {"a = 1\n\t[[ ]]", "2:2 there is no table name behind the bracket"},
      {"[", "1:1 there is no table name behind the bracket"},
      {"[\x1A", "1:1 there is no table name behind the bracket"},
      {"a = [\x1A", "1:6 control character \"\\u001a\""},
      {"[\x1B@", "1:1 there is no table name behind the bracket"},
      {"a = \"\x07\"", "1:6 control character \"\\u0007\""},
      {"# \x7F", "1:3 control character \"\\u007f\""},
      {"a = 1\rb = 2", "1:6 control character \"\\u000d\""},
      {"\xCD\xAB", "1:1 \"\xCD\xAB\" outside a string or comment"},
      {"a = \"\xC3\xA9\" \xC3\xA9", "1:9 \"\xC3\xA9\" outside a string or comment"},
      {"a = \"x\n\xC3\xA9\"", "2:1 \"\xC3\xA9\" outside a string or comment"},
      {"# \xFF", "1:3 byte that is not UTF-8"},
      {"# \xC3", "1:3 byte that is not UTF-8"},
      {"# \xC0\x80", "1:3 byte that is not UTF-8"},
      {"# \xE0\x80\x80", "1:3 byte that is not UTF-8"},
      {"# \xED\xA0\x80", "1:3 byte that is not UTF-8"},
      {"# \xF4\x90\x80\x80", "1:3 byte that is not UTF-8"},
      {"# \xE2\x82", "1:3 byte that is not UTF-8"},
      {"\xEF\xBB\xBF"
       "a = 1",
       "1:1 byte order mark"},
      {"# \xE2\x80\xAE", "1:3 invisible character that changes the order or spacing of text"},
      {"a = \"\xE2\x81\xA6\"", "1:6 invisible character that changes the order or spacing of text"},
      {"a = \"\xC2\x85\"", "1:6 invisible character that changes the order or spacing of text"},
      {"a = \"\xC2\xA0\"", "1:6 invisible character that changes the order or spacing of text"},
      {"a = [[[[[[[[[1", "1:13 brackets are nested too deeply"},
      {"a = [\n{b=[{c=[{d=[{e=[", "2:16 brackets are nested too deeply"},
      {"a.b.c.d.e.f.g.h.i.j = 1", "1:18 too many dots in one key"},
      {"[a.b.c.d.e.f.g.h.i.j]", "1:19 too many dots in one key"},
      {"a = 1\n" + std::string(16 * 1024 + 1, '#') + "\n", "2:16386 line of more than 16 KiB"},
      {std::string(64 * 1024 + 1, '\n'), "0:0 the file is longer than 64KiB"},
  };
  for (const row& r : rows) {
    INFO(r.text.substr(0, 40));
    CHECK(first(r.text) == r.found);
    CHECK_FALSE(read_toml(r.text).ok());
  }
}

TEST_CASE("the check stops after fifty findings") { CHECK(precheck(std::string(1000, '\1')).size() == max_problems); }

TEST_CASE("an open list is noticed across lines, brackets in strings and comments are not") {
  CHECK(inside_brackets("a = [\n1,\n2]\nb = 1", 2));
  CHECK(inside_brackets("a = [\n1,\n2]\nb = 1", 3));
  CHECK_FALSE(inside_brackets("a = [\n1,\n2]\nb = 1", 4));
  CHECK_FALSE(inside_brackets("a = \"[\" # [\nb = 1", 2));
  CHECK_FALSE(inside_brackets("a = \"\"\"\n[[[\n\"\"\"\nb = 1", 4));
}
