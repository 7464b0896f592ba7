// Ten thousand messages: what a list, a put and an open cost, and how much memory SQLite takes. Prints figures; the
// limits that it checks are an order of magnitude away from them, so that a slow machine does not fail.
#include <chrono>

#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;

namespace {

template <class Work>
double milliseconds(Work&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE("ten thousand messages stay quick to list and small in memory") {
  scratch_directory dir;
  store_limits limits;
#ifdef SLUICE_SANITIZED
  constexpr int count = 1000;
#else
  constexpr int count = 10'000;
#endif
  bench b(dir / "q", limits);
  const std::uint64_t heap_open = b.store->stats()->sqlite_heap;
  const double filling = milliseconds([&] {
    for (int i = 0; i < count; ++i) {
      message m("v" + std::to_string(100'000 + i), {"user" + std::to_string(i % 50) + "@example.com"},
                "n@s" + std::to_string(i % 700) + ".example");
      m.content = "x";
      m.findings = {{"slot-phone", "subject", "tenant", "call +1 209 510 5623", 60, 0, 0, 0},
                    {i % 100 == 0 ? "rare" : "lure-word", "text", "", "cancel", 40, 1, 6, 1000}};
      REQUIRE(b.put(m).has_value());
    }
  });
  std::string text = std::to_string(count) + " messages: put " + std::to_string(filling / count) + " ms each";
  const auto timed = [&](const char* what, double most, auto work) {
    const double ms = milliseconds(work);
    text += std::string(", ") + what + " " + std::to_string(ms) + " ms";
    CHECK(ms < most);
  };
  list_filter rare, domain, nobody;
  rare.rule = "rare";
  domain.recipient = "user7@example.com";
  nobody.recipient = "nobody@example.com";
  timed("first page", 200, [&] { CHECK(b.store->list({}, 0, 100)->rows.size() == 100); });
  timed("last page", 200, [&] { CHECK(b.store->list({}, 101, 100)->rows.size() == 100); });
  timed("rare rule", 1000, [&] { CHECK(b.store->list(rare, 0, 500)->rows.size() == count / 100); });
  timed("one user", 1000, [&] { CHECK(b.store->list(domain, 0, 500)->rows.size() == count / 50); });
  timed("nobody", 1000, [&] { CHECK(b.store->list(nobody, 0, 500)->rows.empty()); });
  timed("figures", 1000, [&] { CHECK(b.store->stats()->messages == count); });
  timed("open", 5000, [&] { b.reopen(); });
  const auto s = *b.store->stats();
  text += "; SQLite heap " + std::to_string(heap_open / 1024) + " KiB after open, " +
          std::to_string(s.sqlite_heap / 1024) + " KiB now, peak " + std::to_string(s.sqlite_heap_peak / 1024) +
          " KiB; index " + std::to_string(s.index_bytes / 1024) + " KiB, WAL " + std::to_string(s.wal_bytes / 1024) +
          " KiB";
  CHECK(s.wal_bytes <= 4u * 1024 * 1024);
  CHECK(heap_open < 1024 * 1024);
  WARN(text);
}

TEST_CASE("a used-up SQLite heap is a definite error, and the store works again with more") {
  scratch_directory dir;
  store_limits limits;
  bench b(dir / "q", limits);
  message m("m");
  REQUIRE(b.put(m).has_value());
  b.limits.sqlite_heap_bytes = 64 * 1024;
  b.close();
  {
    auto v = volume::open(b.fs, {dir / "q", 0, role::owner});
    REQUIRE(v.has_value());
    const auto s = store::open(**v, b.limits, start);
    REQUIRE_FALSE(s.has_value());
    CHECK(s.error() == make_error_code(errc::out_of_memory));
    CHECK(is_temporary(s.error()));
  }
  b.limits.sqlite_heap_bytes = store_limits{}.sqlite_heap_bytes;
  b.reopen();
  CHECK(content_of(*b.store, "m") == m.content);
}
