#include "mime/address.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace sluice;
using namespace sluice::mime;

TEST_CASE("a display name is read as people see it") {
  struct row {
    const char* field;
    const char* name;
    const char* spec;
  };
  const row rows[] = {
      {"Anna <anna@example.org>", "Anna", "anna@example.org"},
      {"\"Keller, Anna\" <anna@example.org>", "Keller, Anna", "anna@example.org"},
      {"anna@example.org (Anna Keller)", "Anna Keller", "anna@example.org"},
      {"Anna (at work) <anna@example.org>", "Anna (at work)", "anna@example.org"},
      {"Call +1 (888) 555-0142 now <no-reply@example.org>", "Call +1 (888) 555-0142 now", "no-reply@example.org"},
      {"Anna <anna@example.org> (call me)", "Anna (call me)", "anna@example.org"},
      {"(only this) <anna@example.org>", "only this", "anna@example.org"},
      {"=?utf-8?q?J=C3=B6rg?= (home) <j@example.org>", "J\xc3\xb6rg (home)", "j@example.org"},
  };
  for (const row& r : rows) {
    INFO(r.field);
    charset_pool pool;
    address_reader in(r.field, pool);
    address a;
    REQUIRE(in.next(a));
    CHECK(view(a.name) == r.name);
    CHECK(view(a.spec) == r.spec);
    CHECK_FALSE(a.broken);
    CHECK_FALSE(in.next(a));
  }
}
