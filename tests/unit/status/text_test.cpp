#include "status/text.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace sluice::status;
using namespace std::string_literals;

TEST_CASE("text of strangers cannot become markup, and what cannot be seen is named") {
  struct row {
    std::string in, html, json, label;
  };
  const row rows[] = {
      {"plain", "plain", "\"plain\"", "plain"},
      {"<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;", "\"<b>&\\\"'\"", "<b>&\\\"'"},
      {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"", "gr\xc3\xbc\xc3\x9f"},
      {"a\nb", "a<i>U+000A</i>b", "\"a\\u000ab\"", "aU+000Ab"},
      {"a\\b", "a\\b", "\"a\\\\b\"", "a\\\\b"},
      {"\xe2\x80\xae" "abc", "<i>U+202E</i>abc", "\"\\u202eabc\"", "U+202Eabc"},   // right to left override
      {"a\xe2\x80\x8b" "b", "a<i>U+200B</i>b", "\"a\\u200bb\"", "aU+200Bb"},       // zero-width space
      {"a\xff" "b", "a<i>U+FFFD</i>b", "\"a\\ufffdb\"", "aU+FFFDb"},               // not UTF-8
      {"\0"s, "<i>U+0000</i>", "\"\\u0000\"", "U+0000"},
      {"\xf3\xa0\x81\x81", "<i>U+E0041</i>", "\"\\udb40\\udc41\"", "U+E0041"},     // a tag character: shown by nobody
  };
  for (const row& r : rows) {
    INFO(r.html);
    CHECK(html(r.in) == r.html);
    CHECK(json(r.in) == r.json);
    CHECK(label(r.in) == r.label);
  }
}

TEST_CASE("sizes and times are for people") {
  CHECK(bytes(0) == "0 B");
  CHECK(bytes(1023) == "1023 B");
  CHECK(bytes(1536) == "1.5 KiB");
  CHECK(bytes(3 << 20) == "3.0 MiB");
  CHECK(bytes(std::uint64_t{5} << 29) == "2.5 GiB");
  CHECK(utc(0) == "1970-01-01 00:00:00Z");
  CHECK(utc(1'795'480'636) == "2026-11-24 00:37:16Z");
}
