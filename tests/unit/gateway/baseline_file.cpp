// The learned baseline on the medium: power cuts at every operation, damage, wear.
#include "firmware/gateway/records/baseline_file.hpp"

#include <catch2/catch_test_macros.hpp>
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

void learn(net::baseline& b, const std::string& domain, std::int64_t day) {
  const std::uint32_t links[] = {static_cast<std::uint32_t>(std::hash<std::string>()(domain)) | 1u};
  b.learn({domain, links, {}, 7}, day * 86400);
}

std::size_t known(const net::baseline& b) {
  return b.with([](const inspect::baseline_table& t) { return t.used(); });
}

}  // namespace

TEST_CASE("a baseline is written and read back with its secret") {
  scratch dir;
  hal::linux_files files;
  net::baseline first(256, 5);
  for (int i = 0; i < 60; ++i) learn(first, "d" + std::to_string(i) + ".example", 100);
  REQUIRE(save_baseline(files, dir.path(), first) == 0);
  std::uint64_t secret = 0;
  REQUIRE(baseline_secret(files, dir.path(), secret));
  CHECK(secret == 5);
  net::baseline second(256, secret);
  CHECK(load_baseline(files, dir.path(), second) == baseline_state::good);
  CHECK(known(second) == known(first));
  net::baseline smaller(8, secret);
  CHECK(load_baseline(files, dir.path(), smaller) == baseline_state::good);
  CHECK(known(smaller) <= 8);
}

TEST_CASE("after a power cut at any operation the file is the old or the new one") {
  scratch dir;
  hal::linux_files real;
  hal::fake::disk_trace trace(dir.path());
  hal::fake::watched_files files(real, trace);
  net::baseline b(64, 5);
  test::milestones<std::size_t> senders;  // that are on the disk
  for (int round = 1; round <= 4; ++round) {
    for (int i = 0; i < 5; ++i) learn(b, "r" + std::to_string(round) + "-" + std::to_string(i) + ".example", 100 + round);
    REQUIRE(save_baseline(files, dir.path(), b) == 0);
    senders.reached(trace, known(b));
  }
  std::size_t old_seen = 0, new_seen = 0;
  test::for_each_cut(trace, {.seed = 20261124, .random_ones = 3}, [&](const test::cut_disk& disk) {
    net::baseline back(64, 5);
    const baseline_state state = load_baseline(real, disk.path, back);
    const std::size_t* const before = senders.before(disk.cut);
    const std::size_t* const next = senders.next(disk.cut);
    CHECK((state == baseline_state::good || (state == baseline_state::missing && before == nullptr)));
    const bool is_old = known(back) == (before ? *before : 0), is_new = next && known(back) == *next;
    CHECK((is_old || is_new));
    old_seen += is_old;
    new_seen += is_new;
    CHECK(save_baseline(real, disk.path, b) == 0);  // what is left over is in nobody's way
  });
  CHECK(old_seen > 0);
  CHECK(new_seen > 0);
}

TEST_CASE("a damaged file is told and not used") {
  scratch dir;
  hal::linux_files files;
  net::baseline b(64, 5);
  for (int i = 0; i < 9; ++i) learn(b, "d" + std::to_string(i) + ".example", 100);
  REQUIRE(save_baseline(files, dir.path(), b) == 0);
  const std::string path = dir.path() + "/baseline";
  std::string good;
  {
    std::ifstream in(path, std::ios::binary);
    good.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto state_of = [&](const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    net::baseline back(64, 5);
    const baseline_state state = load_baseline(files, dir.path(), back);
    CHECK((state == baseline_state::good || known(back) == 0));
    return state;
  };
  CHECK(state_of(good) == baseline_state::good);
  CHECK(state_of("") == baseline_state::damaged);
  CHECK(state_of(good.substr(0, good.size() - 1)) == baseline_state::damaged);
  CHECK(state_of(good + "x") == baseline_state::damaged);
  for (std::size_t i = 0; i < good.size(); i += 97) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x40);
    CHECK(state_of(bad) == baseline_state::damaged);
  }
  std::string many = good;  // a length that would take all memory
  for (std::size_t i = 16; i < 24; ++i) many[i] = '\x7f';
  CHECK(state_of(many) == baseline_state::damaged);
}

TEST_CASE("every failing operation is told and leaves the old file") {
  scratch dir;
  hal::linux_files real;
  net::baseline b(64, 5);
  learn(b, "one.example", 100);
  REQUIRE(save_baseline(real, dir.path(), b) == 0);
  learn(b, "two.example", 100);
  hal::fake::fault_point count(1000, hal::fake::fault_point::mode::none);
  hal::fake::watched_files counted(real, count);
  for (std::uint64_t n = 0; n < 6; ++n) {
    hal::fake::fault_point fault(n, hal::fake::fault_point::mode::fail_once);
    hal::fake::watched_files files(real, fault);
    const int error = save_baseline(files, dir.path(), b);
    net::baseline back(64, 5);
    CHECK(load_baseline(real, dir.path(), back) == baseline_state::good);
    if (error != 0) CHECK(known(back) >= 1);
  }
}

TEST_CASE("it is written at most once per interval, and not at all when nothing was learned") {
  scratch dir;
  hal::linux_files files;
  net::baseline b(64, 5);
  baseline_saver saver(files, dir.path(), 3600);
  saver.started(b, 1000);
  CHECK(saver.run(b, 100'000) == 0);
  CHECK(saver.written_octets() == 0);
  int writes = 0;
  std::uint64_t before = 0;
  // A day of one new sender each minute.
  for (int minute = 0; minute < 24 * 60; ++minute) {
    learn(b, "m" + std::to_string(minute) + ".example", 200);
    CHECK(saver.run(b, 200'000 + minute * 60) == 0);
    writes += saver.written_octets() != before;
    before = saver.written_octets();
  }
  CHECK(writes <= 25);
  CHECK(writes >= 20);
  CHECK(saver.written_octets() <= 25u * (64 * inspect::baseline_entry_bytes + 40));
  // Counts alone: once a day.
  const auto same = [&](std::int64_t now) {
    const std::uint64_t was = saver.written_octets();
    learn(b, "m1439.example", 200);
    CHECK(saver.run(b, now) == 0);
    return saver.written_octets() != was;
  };
  same(300'000);
  CHECK_FALSE(same(310'000));
  CHECK(same(400'000));
}
