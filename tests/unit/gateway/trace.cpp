// The trace: blocks, segments on the medium, power cuts, and addresses that become unreadable.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>

#include "core/log.hpp"
#include "firmware/gateway/records/pseudonym.hpp"
#include "firmware/gateway/records/trace_files.hpp"
#include "firmware/gateway/records/trace_log.hpp"
#include "hal/fake/watched_files.hpp"
#include "hal/linux/files.hpp"
#include "support/power_cut.hpp"

using namespace sluice;
using namespace sluice::gateway;
using scratch = test::scratch_folder;

namespace {

constexpr std::int64_t now = 1'800'000'000;

trace_record record(std::int64_t when, const std::string& to, const std::string& subject = "Minutes") {
  static std::string kept_to, kept_subject;
  kept_to = to;
  kept_subject = subject;
  trace_record r;
  r.when = when;
  r.outcome = 2;
  r.action = 3;
  r.reply_code = 250;
  r.downstream_code = 421;
  r.score = -5;
  r.recipient_count = 70'000;
  r.octets = 5'000'000'000;
  r[trace_text::client] = "192.0.2.7";
  r[trace_text::from] = "alice@example.org";
  r[trace_text::recipients] = kept_to;
  r[trace_text::subject] = kept_subject;
  return r;
}

std::vector<std::string> recipients_of(trace_files& t) {
  std::vector<std::string> out;
  const auto room = std::make_unique<std::array<char, trace_block_octets>>();
  for (const auto& s : t.segments()) {
    std::vector<std::uint32_t> at;
    REQUIRE(t.blocks_of(s.number, at) == 0);
    for (const std::uint32_t offset : at) {
      trace_block_reader in(t.read_block(s.number, offset, *room));
      for (trace_record r; in.next(r);) out.emplace_back(r[trace_text::recipients]);
    }
  }
  return out;
}

void fill(trace_block& b, int from, int n) {
  for (int i = 0; i < n; ++i) REQUIRE(b.add(record(now + from + i, "r" + std::to_string(from + i) + "@example.net")));
}

}  // namespace

TEST_CASE("a block gives back every member of its records, in little room") {
  const auto b = std::make_unique<trace_block>();
  const std::string long_subject(1000, 's');
  REQUIRE(b->add(record(now, "bob@example.net", "x")));  // a text of one octet is not "the same as before"
  REQUIRE(b->add(record(now - 3, "bob@example.net", "")));  // the clock was set back
  REQUIRE(b->add(record(now + 100'000, "", long_subject)));
  trace_record bare;
  bare.when = now + 100'001;
  bare.kind = trace_kind::session;
  REQUIRE(b->add(bare));
  const byte_view bytes = b->finish();
  REQUIRE(is_whole_block(bytes));
  trace_block_header h;
  REQUIRE(read_trace_header(bytes, h));
  CHECK(h.records == 4);
  CHECK(h.first == now);
  CHECK(h.last == now + 100'001);
  trace_block_reader in(bytes);
  trace_record r;
  REQUIRE(in.next(r));
  CHECK(r.when == now);
  CHECK(r.octets == 5'000'000'000);
  CHECK(r.score == -5);
  CHECK(r.recipient_count == 70'000);
  CHECK(r.downstream_code == 421);
  CHECK(r[trace_text::subject] == "x");
  REQUIRE(in.next(r));
  CHECK(r.when == now - 3);
  CHECK(r[trace_text::recipients] == "bob@example.net");
  CHECK(r[trace_text::subject].empty());
  REQUIRE(in.next(r));
  CHECK(r[trace_text::recipients].empty());
  CHECK(r[trace_text::subject] == std::string(trace_text_octets, 's'));
  REQUIRE(in.next(r));
  CHECK(r.kind == trace_kind::session);
  CHECK(r[trace_text::client].empty());
  CHECK_FALSE(in.next(r));
  b->clear();
  int n = 0;
  while (b->add(record(now + n, "r" + std::to_string(n) + "@example.net"))) ++n;
  CHECK(n > 300);  // the sender, the client and the subject are told once
}

TEST_CASE("a damaged block is none, wherever the damage is, and reading it ends") {
  const auto b = std::make_unique<trace_block>();
  fill(*b, 0, 50);
  const std::string good(b->finish());
  std::mt19937 random(5);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 + random() % 255));
    CHECK_FALSE(is_whole_block(bad));
    trace_block_reader in(bad);  // even when nobody looked at the checksum
    int n = 0;
    for (trace_record r; in.next(r);) ++n;
    CHECK(n <= 50);
  }
  for (std::size_t n = 0; n < good.size(); ++n) CHECK_FALSE(is_whole_block(byte_view(good).substr(0, n)));
}

TEST_CASE("segments take turns, and all of them stay below their size") {
  scratch dir;
  hal::linux_files files;
  trace_files t(files, dir.path());
  t.use({.octets = 512 * 1024, .segment_age_s = 86400, .free_floor = 0});
  REQUIRE(t.open() == 0);
  const auto b = std::make_unique<trace_block>();
  int n = 0;
  for (int block = 0; block < 100; ++block) {
    for (; b->add(record(now + n, "r" + std::to_string(n) + "@example.net")); ++n) {
    }
    REQUIRE(t.append(*b, now) == 0);
    b->clear();
    CHECK(t.octets() <= 512 * 1024);
  }
  CHECK(t.segments().size() > 4);
  CHECK(t.written() > 1'500'000);
  const auto there = recipients_of(t);
  CHECK(there.back() == "r" + std::to_string(n - 1) + "@example.net");
  CHECK(there.front() != "r0@example.net");
  // The next start goes on where this one ended.
  t.close();
  trace_files again(files, dir.path());
  again.use({.octets = 512 * 1024, .segment_age_s = 86400, .free_floor = 0});
  REQUIRE(again.open() == 0);
  CHECK(recipients_of(again) == there);
  again.remove_before(again.segments().back().last + 1);
  CHECK(again.segments().empty());
}

TEST_CASE("an old segment ends, and below the free floor nothing is written") {
  scratch dir;
  hal::linux_files files;
  trace_files t(files, dir.path());
  t.use({.octets = 1 << 20, .segment_age_s = 100, .free_floor = 0});
  REQUIRE(t.open() == 0);
  const auto b = std::make_unique<trace_block>();
  for (const std::int64_t at : {now, now + 99, now + 100}) {
    b->clear();
    REQUIRE(b->add(record(at, "bob@example.net")));
    REQUIRE(t.append(*b, at) == 0);
  }
  CHECK(t.segments().size() == 2);
  t.use({.octets = 1 << 20, .segment_age_s = 100, .free_floor = UINT64_MAX / 2});
  CHECK(t.append(*b, now + 101) == ENOSPC);
}

TEST_CASE("after a power cut at any operation all blocks that were synced are there, and none is half there") {
  scratch dir;
  hal::linux_files real;
  hal::fake::disk_trace trace(dir.path());
  hal::fake::watched_files files(real, trace);
  trace_files t(files, dir.path());
  t.use({.octets = 1 << 20, .segment_age_s = 20, .free_floor = 0});
  REQUIRE(t.open() == 0);
  const auto b = std::make_unique<trace_block>();
  test::milestones<std::size_t> lines;
  for (int i = 0; i < 8; ++i) {
    fill(*b, i * 10, 10);
    REQUIRE(t.append(*b, now + i * 10) == 0);
    b->clear();
    lines.reached(trace, static_cast<std::size_t>(i + 1) * 10);
  }
  const std::size_t before_rewriting = trace.size();
  const auto change = [](trace_record& r, bool& changed) {
    r[trace_text::from] = "h:aaaaaaaaaaaaa";
    return changed = true;
  };
  REQUIRE(t.rewrite(t.segments().front().number, change, true, false) == 0);
  test::for_each_cut(trace, {.seed = 20261128, .folders = {"trace"}}, [&](const test::cut_disk& disk) {
    trace_files back(real, disk.path);
    REQUIRE(back.open() == 0);
    const auto there = recipients_of(back);
    const std::size_t* const sure = lines.before(disk.cut);
    CHECK(there.size() >= (sure ? *sure : 0));
    CHECK(there.size() % 10 == 0);
    if (disk.cut >= before_rewriting) CHECK(there.size() == 80);
    if (disk.cut == trace.size() && !back.segments().empty()) CHECK(back.segments().front().addresses_hidden);
  });
}

namespace {

// A medium that gives no octets behind some offset, when it is told to.
struct failing_files : hal::linux_files {
  std::uint64_t bad_from = UINT64_MAX;
  int read(int fd, std::uint64_t offset, char* data, std::size_t n, std::size_t& got) override {
    if (offset >= bad_from && n > trace_header_octets) return EIO;
    return hal::linux_files::read(fd, offset, data, n, got);
  }
};

}  // namespace

TEST_CASE("writing a segment anew keeps it as it is when the medium fails, and says which blocks were damaged") {
  scratch dir;
  failing_files files;
  trace_files t(files, dir.path());
  t.use({.octets = 1 << 20, .segment_age_s = 1000, .free_floor = 0});
  REQUIRE(t.open() == 0);
  const auto b = std::make_unique<trace_block>();
  for (int i = 0; i < 3; ++i) {
    fill(*b, i * 10, 10);
    REQUIRE(t.append(*b, now + i * 10) == 0);
    b->clear();
  }
  const std::uint64_t number = t.segments().front().number;
  std::vector<std::uint32_t> at;
  REQUIRE(t.blocks_of(number, at) == 0);
  REQUIRE(at.size() == 3);
  const auto hide = [](trace_record& r, bool& changed) {
    r[trace_text::from] = "h:aaaaaaaaaaaaa";
    return changed = true;
  };
  files.bad_from = at[1];
  CHECK(t.rewrite(number, hide, true, false) == EIO);
  files.bad_from = UINT64_MAX;
  CHECK(recipients_of(t).size() == 30);
  CHECK_FALSE(t.segments().front().addresses_hidden);
  // Damaged: no medium will give it back, and its addresses must not stay.
  {
    std::fstream f(dir.path() + "/trace/" + std::to_string(number), std::ios::in | std::ios::out | std::ios::binary);
    REQUIRE(f.good());
    f.seekp(at[1] + trace_header_octets + 20);
    f.put('\x55').put('\x55');
  }
  struct listener : log::sink {
    std::string told;
    void take(const log::record& r) noexcept override { (told += r.event) += r.members; }
  } heard;
  REQUIRE(log::add_sink(heard));
  const int error = t.rewrite(number, hide, true, false);
  log::remove_sink(heard);
  CHECK(error == 0);
  const auto left = recipients_of(t);
  CHECK(left.size() == 20);
  CHECK(left.front() == "r0@example.net");
  CHECK(left.back() == "r29@example.net");
  CHECK(t.segments().front().addresses_hidden);
  CHECK(heard.told.find("trace-damaged") != std::string::npos);
  CHECK(heard.told.find("\"blocks_dropped\":1") != std::string::npos);
}

TEST_CASE("a name is the same for every way of writing an address, and another box has other names") {
  pseudonyms one, other;
  one.use({1});
  other.use({2});
  const auto name = one.of("bob@example.net");
  CHECK(is_pseudonym(view(name)));
  CHECK(one.of("\"Bob\"@EXAMPLE.net") == name);
  CHECK(one.of("carol@example.net") != name);
  CHECK(other.of("bob@example.net") != name);
  CHECK(one.of(view(name)) == name);
  CHECK(one.of("").empty());
  fixed_string<255> list;
  one.of_list("bob@example.net carol@example.net", list);
  CHECK(view(list) == std::string(view(name)) + " " + std::string(view(one.of("carol@example.net"))));
  scratch dir;
  hal::linux_files files;
  pseudonyms made, read;
  REQUIRE(made.open(files, dir.path()).empty());
  REQUIRE(read.open(files, dir.path()).empty());
  CHECK(made.of("bob@example.net") == read.of("bob@example.net"));
}

TEST_CASE("a search fits by part, by client, by time, by id, and by the name of a hidden address") {
  pseudonyms names;
  names.use({7});
  trace_record r = record(now, "Bob@example.net carol@example.net");
  r[trace_text::id] = "vaaaa";
  const auto found = [&](trace_query q) { return fits(q, names, r); };
  CHECK(found({}));
  CHECK(found({.text = "bob@"}));
  CHECK(found({.text = "ALICE"}));
  CHECK(found({.text = "vaaaa"}));
  CHECK_FALSE(found({.text = "vaaa"}));
  CHECK_FALSE(found({.text = "dave"}));
  CHECK(found({.client = "192.0.2."}));
  CHECK_FALSE(found({.client = "192.0.3."}));
  CHECK(found({.from = now, .to = now + 1}));
  CHECK_FALSE(found({.from = now + 1}));
  CHECK_FALSE(found({.to = now}));
  fixed_string<255> list;
  names.of_list(r[trace_text::recipients], list);
  r[trace_text::recipients] = view(list);
  CHECK(found({.text = "bob@example.net"}));
  CHECK_FALSE(found({.text = "bob@"}));
}
