#include "relay/capability_book.hpp"

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace sluice;
using smtp::extension;

smtp::extension_set with(std::initializer_list<extension> list, std::uint64_t size = 0) {
  smtp::extension_set out;
  for (const extension e : list) out.add(e);
  out.size_limit = size;
  return out;
}

}  // namespace

TEST_CASE("only what every known host offers is offered, with the smallest SIZE") {
  relay::capability_book book;
  book.set_hosts({"a:25", "b:25"});
  const auto own = with({extension::size, extension::eight_bit_mime, extension::smtputf8, extension::chunking}, 100);
  CHECK_FALSE(book.mirror(own).has_value());

  book.learned("a:25", with({extension::size, extension::eight_bit_mime, extension::smtputf8}, 50), 1);
  auto offer = book.mirror(own);
  REQUIRE(offer.has_value());
  CHECK(offer->has(extension::smtputf8));
  CHECK(offer->has(extension::chunking));  // ours alone: content is re-framed
  CHECK(offer->size_limit == 50);

  book.learned("b:25", with({extension::size, extension::eight_bit_mime}, 70), 2);
  offer = book.mirror(own);
  CHECK_FALSE(offer->has(extension::smtputf8));
  CHECK(offer->size_limit == 50);
}

TEST_CASE("a host that goes down keeps its offers and says why and since when") {
  relay::capability_book book;
  book.set_hosts({"a:25"});
  book.learned("a:25", with({extension::dsn}), 10);
  book.failed("a:25", "connection refused", 20);
  book.failed("a:25", "timed out", 30);
  CHECK(book.state_of("a:25") == relay::host_state::down);
  CHECK(book.offers_of("a:25")->has(extension::dsn));
  CHECK(book.snapshot()[0].since == 20);
  CHECK(book.snapshot()[0].last_error == "timed out");
  CHECK(book.state_of("unknown:25") == relay::host_state::unknown);
}

TEST_CASE("knowledge survives being saved and loaded, and broken lines are skipped") {
  relay::capability_book first;
  first.set_hosts({"a:25", "[2001:db8::1]:25"});
  first.learned("a:25", with({extension::size, extension::smtputf8}, 12345), 1);
  first.learned("[2001:db8::1]:25", with({extension::dsn}), 1);
  relay::capability_book second;
  second.set_hosts({"a:25", "[2001:db8::1]:25", "c:25"});
  second.load("nonsense\nc:25 1 x 0 0\n" + first.save() + "\n");
  CHECK(second.offers_of("a:25") == first.offers_of("a:25"));
  CHECK(second.offers_of("[2001:db8::1]:25") == first.offers_of("[2001:db8::1]:25"));
  CHECK_FALSE(second.offers_of("c:25").has_value());
  CHECK(second.state_of("a:25") == relay::host_state::unknown);
}
