// Broken and malicious files: each is refused with a place, none crashes the reader or makes it slow.
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <fstream>
#include <iterator>

#include "tests/unit/config/support.hpp"

using namespace sluice::config;
using namespace sluice::config::test;

namespace {

std::string file(const std::string& name) {
  std::ifstream in(std::string(SLUICE_SOURCE_DIR) + "/" + name, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What holds for every outcome, whatever the input: usable or explained, and printable.
void is_sane(const read_result& r) {
  REQUIRE(r.problems.size() <= max_problems + 1);
  REQUIRE((!r.ok() || (!r.value.domains.empty() && !r.value.listeners.empty() && !r.value.routes.empty())));
  for (const problem& p : r.problems) {
    REQUIRE_FALSE(p.what.empty());
    for (char c : format(p, "f")) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
  }
}

}  // namespace

TEST_CASE("what TOML 1.0 forbids is refused, behind a file that is right") {
  const char* rows[] = {
      // keys
      "= 1",
      "a",
      "a =",
      "a b = 1",
      "a..b = 1",
      ".a = 1",
      "a. = 1",
      "\"\"\"a\"\"\" = 1",
      "'''a''' = 1",
      "a = 1 b = 2",
      "a = 1\na = 1",
      "a = 1\n'a' = 1",
      "a.b = 1\na = 1",
      "a = 1\na.b = 1",
      "a# = 1",
      "\"a = 1",
      "'a = 1",
      "!a = 1",
      "a[0] = 1",
      // tables
      "[]",
      "[a",
      "[a]]",
      "[[a]",
      "[[a] ]",
      "[a.]",
      "[.a]",
      "[a..b]",
      "[a]\n[a]",
      "[a] b = 1",
      "[a]\nb = 1\n[a.b]",
      "[[a]]\n[a]",
      "[a]\n[[a]]",
      "a = []\n[[a]]",
      "a = {}\n[a.b]",
      "[a.b]\n[a]\nb.c = 1",
      "[ ]",
      "[[]]",
      "[a b]",
      "[\"a]",
      // strings
      "a = \"",
      "a = '",
      "a = \"\"\"",
      "a = '''",
      "a = \"\\x41\"",
      "a = \"\\u12\"",
      "a = \"\\ud800\"",
      "a = \"\\U00110000\"",
      "a = \"b\" c",
      "a = \"b\nc\"",
      "a = 'b\nc'",
      "a = \"\\ \"",
      "a = \"\"\"\"\"\"\"",
      // numbers, dates, booleans
      "a = 01",
      "a = +-1",
      "a = 1__0",
      "a = _1",
      "a = 1_",
      "a = 0x",
      "a = 0xg",
      "a = 0b2",
      "a = 0o8",
      "a = 1.",
      "a = .1",
      "a = 1e",
      "a = 1.e1",
      "a = +0x1",
      "a = 9223372036854775808",
      "a = True",
      "a = tru",
      "a = truee",
      "a = nan1",
      "a = 2026-13-01",
      "a = 2026-02-30",
      "a = 25:00:00",
      "a = 2026-11-23T",
      "a = 2026-1-1",
      "a = 1:2:3",
      // arrays and inline tables
      "a = [",
      "a = ]",
      "a = [1",
      "a = [1 2]",
      "a = [,]",
      "a = [1,,2]",
      "a = {",
      "a = {b}",
      "a = {b = 1,}",
      "a = {b = 1 c = 2}",
      "a = {b = 1\n}",
      "a = {b = 1, b = 2}",
      "a = {b = 1}\na.c = 2",
      "a = {b.c = 1, b = 2}",
      "a = [1] 2",
      "a = [[1]",
      "a = {,}",
      // values that only look like values
      "a = *",
      "a = &b",
      "a = @",
      "a = <b>",
      "a = b = c",
      "a = -",
      "a = ,",
  };
  for (const char* row : rows) {
    INFO(row);
    const read_result r = read_toml(std::string(minimal) + row + "\n");
    is_sane(r);
    CHECK_FALSE(r.ok());
    CHECK(r.problems[0].at.line >= 6);
  }
}

TEST_CASE("every prefix of a valid file is either valid or explained") {
  for (const char* name : {"config/defaults/minimal.toml", "config/defaults/demo.toml"}) {
    const std::string text = file(name);
    for (std::size_t n = 0; n <= text.size(); ++n) is_sane(read_toml(text.substr(0, n)));
  }
}

TEST_CASE("a valid file with one octet changed, added or missing is either valid or explained") {
  const std::string text = file("config/defaults/demo.toml");
  constexpr char hostile[] = {'\0', '\n', '"', '\'',   '[',    ']',    '{',   '=',
                              '.',  '\\', '#', '\x1a', '\x7f', '\xcd', '\xff'};
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed.erase(at, 1);
    is_sane(read_toml(changed));
    const char c = hostile[at % sizeof hostile];
    changed.insert(at, 1, c);
    is_sane(read_toml(changed));
    changed.insert(at, 1, text[at]);
    is_sane(read_toml(changed));
  }
}

TEST_CASE("nothing of at most 64 KiB takes long") {
  const auto filled = [](std::string_view unit) {
    std::string text;
    while (text.size() + unit.size() <= max_file_bytes) text += unit;
    return text;
  };
  const std::string bombs[] = {filled("["),
                               filled("a."),
                               filled("a=[[],"),
                               filled("{a="),
                               filled("a = 1\n"),
                               filled("[[listener]]\n"),
                               filled("[a]\n"),
                               filled("\"\\"),
                               filled("'''"),
                               filled("\"\"\"\n"),
                               "a = [" + filled("1,").substr(0, 16'000) + "]",
                               filled("x = y\n"),
                               filled("\xc3\xa9"),
                               filled("# \xc3\xa9\n"),
                               filled("\n")};
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& bomb : bombs) is_sane(read_toml(bomb));
  std::string many(minimal);  // distinct keys, each with a suggestion to look for
  for (int i = 0; many.size() < max_file_bytes - 40; ++i) many += "conect_timeout" + std::to_string(i) + "=1\n";
  is_sane(read_toml(many));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));  // 0.4 s without a sanitizer
}
