// Users and tokens: what opens, what is kept of it, and files that are not whole.
#include "status/access/book.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sodium.h>

using namespace sluice::status;

namespace {

constexpr std::int64_t now = 1'800'000'000;

access_book book(std::string& secret) {
  REQUIRE(sodium_init() >= 0);
  access_book b;
  b.users = {{"anna", role::admin, "$argon2id$v=19$x", now}, {"bert", role::viewer, "$argon2id$v=19$y", now}};
  b.tokens = {make_token("prometheus", role::viewer, now, now + 60, secret)};
  return b;
}

}  // namespace

TEST_CASE("a token has 256 random bits, opens until its end, and only its digest is kept") {
  std::string secret, other;
  const access_book b = book(secret);
  CHECK(secret.size() == token_prefix.size() + 64);
  make_token("x", role::viewer, now, 0, other);
  CHECK(secret != other);
  REQUIRE(b.token(secret, now) != nullptr);
  CHECK(b.token(secret, now + 59) != nullptr);
  CHECK(b.token(secret, now + 60) == nullptr);
  CHECK(b.token(other, now) == nullptr);
  CHECK(b.token(secret.substr(token_prefix.size()), now) == nullptr);
  CHECK(text_of(b).find(secret.substr(token_prefix.size())) == std::string::npos);
  CHECK(b.tokens[0].is_valid(now));
}

TEST_CASE("a book is read as it was written") {
  std::string secret;
  const access_book b = book(secret);
  const auto again = book_from(text_of(b));
  REQUIRE(again);
  CHECK(text_of(*again) == text_of(b));
  CHECK(again->admins() == 1);
  REQUIRE(again->user("bert") != nullptr);
  CHECK(again->user("bert")->what == role::viewer);
  CHECK(again->token(secret, now) != nullptr);
}

TEST_CASE("a book that is cut or changed anywhere is none") {
  std::string secret;
  const std::string text = text_of(book(secret));
  for (std::size_t n = 0; n < text.size(); ++n) {
    CHECK_FALSE(book_from(std::string_view(text).substr(0, n)));
    std::string bad = text;
    bad[n] = static_cast<char>(bad[n] ^ 1);
    CHECK_FALSE(book_from(bad));
  }
  CHECK_FALSE(book_from(text + text));
}

TEST_CASE("names and passwords that are refused") {
  for (const char* good : {"a", "anna.b_c@x-1", "0"}) CHECK(is_name(good));
  for (const char* bad : {"", ".a", "-a", "Anna", "a b", "a\tb", "a/b", "\xc3\xa4", "123456789012345678901234567890123"}) CHECK_FALSE(is_name(bad));
  CHECK(password_fault("anna", "correct horse").empty());
  for (const char* bad : {"", "short", "anna12345678", "aaaaaaaaaaaa"}) CHECK_FALSE(password_fault("anna", bad).empty());
  CHECK_FALSE(password_fault("anna", std::string(most_password_octets + 1, 'x') + "y").empty());
}
