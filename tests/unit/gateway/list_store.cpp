// The administrator's lists on the medium: what is written is read again, power cuts at every operation, damage.
#include "firmware/gateway/records/list_store.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "hal/fake/watched_files.hpp"
#include "hal/linux/files.hpp"
#include "support/power_cut.hpp"

using namespace sluice;
using namespace sluice::gateway;
using scratch = test::scratch_folder;

namespace {

constexpr std::int64_t now = 1'800'000'000;

void add(net::lists& to, const std::string& what, const std::string& note = {}) {
  policy::list_entry e;
  e.subject = policy::list_subject::address;
  e.what = what;
  e.note = note;
  e.created = now;
  REQUIRE(policy::normalise(e));
  REQUIRE(to.with([&](policy::list_table& t) { return t.add(e); }) == policy::list_fault::none);
}

bool blocks(net::lists& l, const std::string& sender) {
  return l.with([&](policy::list_table& t) { return t.sender(sender, now).has_value(); });
}

}  // namespace

TEST_CASE("every member of an entry is written and read again") {
  policy::list_entry e;
  std::string why;
  const std::string line = R"({"kind":"exception","what":"Bob@Example.org","rule":"slot-phone","profile":"paypal","text":"call \u202e +1 888","days":5,"note":"\"asked\"","who":"admin"})";
  REQUIRE(list_from_json(line, now, e, why));
  CHECK(e.expires == now + 5 * 86400);
  CHECK(e.text_id == inspect::text_id("call \xE2\x80\xAE +1 888"));
  REQUIRE(policy::normalise(e));
  e.id = "abcdefgh";
  e.hits = 7;
  policy::list_entry back;
  REQUIRE(list_from_json(list_json(e), now, back, why));
  CHECK(list_json(back) == list_json(e));
  CHECK(back.text == e.text);
  for (const char* bad : {"", "[]", "{}", R"({"kind":"deny","subject":"address","what":"a@b.example"})", R"({"kind":"block","what":"a@b.example"})",
                          R"({"kind":"block","subject":"address","what":"a@b.example","days":-1})",
                          R"({"kind":"block","subject":"address","what":"a@b.example","expires":"soon"})", R"({"kind":"exception","what":"b@c.example","rule":"slot-phone","text_id":"12"})"}) {
    CAPTURE(bad);
    CHECK_FALSE(list_from_json(bad, now, back, why));
  }
}

TEST_CASE("lists are written and read back, and a smaller table takes what fits") {
  scratch dir;
  hal::linux_files files;
  net::lists first(500);
  for (int i = 0; i < 300; ++i) add(first, "a" + std::to_string(i) + "@example.net", "note " + std::to_string(i));
  REQUIRE(save_lists(files, dir.path(), first) == 0);
  net::lists second(500);
  REQUIRE(load_lists(files, dir.path(), second, now) == list_file_state::good);
  CHECK(second.size() == 300);
  CHECK(blocks(second, "a299@example.net"));
  net::lists smaller(10);
  CHECK(load_lists(files, dir.path(), smaller, now) == list_file_state::good);
  CHECK(smaller.size() == 10);
  net::lists none(10);
  CHECK(load_lists(files, dir.path() + "/nowhere", none, now) == list_file_state::missing);
}

TEST_CASE("what ended while the box was off is not read") {
  scratch dir;
  hal::linux_files files;
  net::lists l(10);
  policy::list_entry e;
  e.subject = policy::list_subject::domain;
  e.what = "example.net";
  e.expires = now + 10;
  REQUIRE(l.with([&](policy::list_table& t) { return t.add(e); }) == policy::list_fault::none);
  REQUIRE(save_lists(files, dir.path(), l) == 0);
  net::lists later(10);
  CHECK(load_lists(files, dir.path(), later, now + 10) == list_file_state::good);
  CHECK(later.size() == 0);
}

TEST_CASE("after a power cut at any operation the lists are the old or the new ones") {
  scratch dir;
  hal::linux_files real;
  hal::fake::disk_trace trace(dir.path());
  hal::fake::watched_files files(real, trace);
  net::lists l(200);
  test::milestones<std::size_t> entries;
  for (int round = 1; round <= 4; ++round) {
    for (int i = 0; i < 40; ++i) add(l, "r" + std::to_string(round) + "-" + std::to_string(i) + "@example.net");  // more than a piece of the file
    REQUIRE(save_lists(files, dir.path(), l) == 0);
    entries.reached(trace, l.size());
  }
  test::for_each_cut(trace, {.seed = 20261128}, [&](const test::cut_disk& disk) {
    net::lists back(200);
    const list_file_state state = load_lists(real, disk.path, back, now);
    const std::size_t* const old = entries.before(disk.cut);
    const std::size_t* const next = entries.next(disk.cut);
    CAPTURE(static_cast<int>(state), back.size());
    CHECK(((!old && state == list_file_state::missing) ||
           (state == list_file_state::good && ((old && back.size() == *old) || (next && back.size() == *next)))));
  });
}

TEST_CASE("a damaged file is told, and what stands before the damage is in force") {
  scratch dir;
  hal::linux_files files;
  net::lists l(200);
  for (int i = 0; i < 100; ++i) add(l, "a" + std::to_string(i) + "@example.net");
  REQUIRE(save_lists(files, dir.path(), l) == 0);
  const std::string path = dir.path() + "/lists";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  net::lists back(200);
  CHECK(load_lists(files, dir.path(), back, now) == list_file_state::damaged);
  CHECK(back.size() >= 40);
  CHECK(blocks(back, "a0@example.net"));
  std::ofstream(path) << "something else\n";
  net::lists other(200);
  CHECK(load_lists(files, dir.path(), other, now) == list_file_state::damaged);
}
