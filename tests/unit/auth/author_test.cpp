// Who a message claims to be from, and the tricks that make readers disagree about it.
#include "auth/common/author.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace sluice;
using namespace sluice::auth;

TEST_CASE("the author's domain is the one that every reader would see") {
  const struct {
    std::string from, domain;
  } good[] = {
      {" a@example.com", "example.com"},
      {" <a@Example.COM>", "example.com"},
      {" A B <a@example.com>", "example.com"},
      {" \"B, A\" <a@example.com>", "example.com"},
      {" (comment) a@example.com (more (nested))", "example.com"},
      {" A (x) B <a@example.com> (y)", "example.com"},
      {" =?utf-8?q?x?= <a@example.com>", "example.com"},
      {" =?utf-8?q?Desk_=40_Home?= <a@example.com>", "example.com"},
      {" =?utf-8?b?QSwgQg==?= =? =?? =?x?y? <a@example.com>", "example.com"},
      {" \"x@other.example\" <a@example.com>", "example.com"},
      {" x@other.example <a@example.com>", "example.com"},
      {" Shop [Germany]: News <a@example.com>", "example.com"},
      {" \"a@b\"@example.com", "example.com"},
      {" a@example.com, b@example.com", "example.com"},
      {" < a@example.com >", "example.com"},
      {"\r\n <a@example.com>", "example.com"},
      {" J\xc3\xb6rg <a@b\xc3\xbc" "cher.example>", "xn--bcher-kva.example"},
      {" D'Marco <user@blah.example>", "blah.example"},
  };
  for (const auto& row : good) {
    INFO(row.from);
    const author found = parse_author(row.from);
    CHECK(found.state == author_state::one);
    CHECK(std::string(view(found.domain)) == row.domain);
  }
}

TEST_CASE("where readers could disagree there is no author") {
  const struct {
    std::string from;
    author_state state;
  } rows[] = {
      {"", author_state::missing},
      {" ,", author_state::missing},
      {" (only a comment)", author_state::missing},
      {" <first@attack.example>, <admin@legitimate.example>", author_state::several},
      {" admin@legitimate.example,<second@attack.example>", author_state::several},
      {" <admin@legitimate.example>\\,<second@attack.example>", author_state::malformed},
      {" <any@attack.example>admin@legitimate.example", author_state::malformed},
      {" <@legitimate.example,@any.example:a@attack.example>", author_state::malformed},
      {" <admin@legitimate.example><a@attack.example>", author_state::malformed},
      {" <<a@example.com>>", author_state::malformed},
      {" <a@example.com", author_state::malformed},
      {" a@example.com>", author_state::malformed},
      {" undisclosed: ;", author_state::malformed},
      {" group: <a@example.com>;", author_state::malformed},
      {" a@", author_state::malformed},
      {" @example.com", author_state::malformed},
      {" a@localhost", author_state::malformed},
      {" a@[192.0.2.1]", author_state::malformed},
      {" a@example.com.", author_state::malformed},
      {" a@exa(x)mple.com", author_state::malformed},
      {" a@b@example.com", author_state::malformed},
      {" =?utf-8?b?YUBleGFtcGxlLmNvbQ==?=", author_state::malformed},
      {" =?utf-8?B?PGFkbWluQGxlZ2l0aW1hdGUuZXhhbXBsZT4s?=<a@attack.example>", author_state::malformed},
      {" x =?utf-8?q?=3Cadmin=40legitimate.example=3E?= <a@attack.example>", author_state::malformed},
      {" =?utf-8?q?admin@legitimate.example=00?= <a@attack.example>", author_state::malformed},
      {" \"unterminated <a@example.com>", author_state::malformed},
      {" (unterminated a@example.com", author_state::malformed},
      {" legitimate.example'a@attack.example>", author_state::malformed},
      {std::string(" a@exa\0mple.com", 15), author_state::malformed},
      {" <a@legitimate.example'.attack.example>", author_state::malformed},
  };
  for (const auto& row : rows) {
    INFO(row.from);
    CHECK(parse_author(row.from).state == row.state);
  }
}

TEST_CASE("two From fields, or a line that some readers take for one, are several authors") {
  const struct {
    std::string header;
    author_state state;
  } rows[] = {
      {"From: <a@example.com>\r\n", author_state::one},
      {"FROM: <a@example.com>\r\nFrom-Extra: <b@example.org>\r\n", author_state::one},
      {"From: <a@example.com>\r\nFrom: <a@example.com>\r\n", author_state::several},
      {" From: <a@example.com>\r\nFrom: <b@example.org>\r\n", author_state::several},
      {"From : <a@example.com>\r\nFrom: <b@example.org>\r\n", author_state::several},
      {"From\r\n : <a@example.com>\r\nFrom: <b@example.org>\r\n", author_state::several},
      {"From : <a@example.com>\r\n", author_state::malformed},
      {"From\r\n : <a@example.com>\r\n", author_state::malformed},
      {"Subject: x\r\n", author_state::missing},
  };
  for (const auto& row : rows) {
    header_index index;
    REQUIRE(index.build(row.header));
    INFO(row.header);
    CHECK(find_author(index).state == row.state);
  }
}
