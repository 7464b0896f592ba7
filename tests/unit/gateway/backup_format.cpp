#include "firmware/gateway/trust/backup_format.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <memory>

using namespace sluice::gateway;

namespace {

backup_key some_key() {
  backup_key k{};
  for (std::size_t i = 0; i < k.size(); ++i) k[i] = static_cast<unsigned char>(i * 7);
  return k;
}

std::string made(const std::map<std::string, std::string>& files, const backup_lock& lock) {
  const auto on_heap = std::make_unique<backup_writer>(lock, some_key());  // libsodium's state wants 64 octets, which not every stack gives
  backup_writer& w = *on_heap;
  std::string out = w.prologue() + w.record('M', R"({"format":1,"program":"1.2","schema":3,"created":1800000000,"hostname":"mx.example.org"})");
  std::uint64_t octets = 0;
  for (const auto& [path, content] : files) {
    out += w.record('F', R"({"path":")" + path + R"(","size":)" + std::to_string(content.size()) + "}");
    for (std::size_t at = 0; at < content.size(); at += backup_piece_octets) out += w.piece(std::string_view(content).substr(at, backup_piece_octets));
    out += w.end_of_file();
    octets += content.size();
  }
  return out + w.last(files.size(), octets);
}

struct outcome {
  std::string error;
  backup_manifest manifest;
  std::map<std::string, std::string> files;  // those that were whole
};

outcome read(const std::string& file, std::size_t step = 1'000'000) {
  outcome out;
  std::size_t at = 0;
  const backup_pull pull = [&](char* to, std::size_t n) {
    n = std::min({n, step, file.size() - at});
    std::copy_n(file.data() + at, n, to);
    at += n;
    return n;
  };
  backup_lock lock;
  std::string lines, name, content;
  out.error = read_backup_lock(pull, lock, lines);
  if (!out.error.empty()) return out;
  backup_events e;
  e.on_manifest = [&](const backup_manifest& m) { return out.manifest = m, std::string(); };
  e.on_file = [&](const std::string& p, std::uint64_t) { return name = p, content.clear(), std::string(); };
  e.on_piece = [&](std::string_view piece) { return content += piece, std::string(); };
  e.on_file_end = [&] { return out.files[name] = content, std::string(); };
  backup_summary sum;
  out.error = read_backup(pull, lines, some_key(), e, sum);
  return out;
}

const std::map<std::string, std::string> sample{{"access/book", "users"}, {"empty", ""}, {"quarantine/index.db", std::string(70'000, 'x')}};

}  // namespace

TEST_CASE("a backup reads back as it was written, however its octets arrive") {
  const std::string file = made(sample, lock_for_passphrase());
  for (const std::size_t step : {1'000'000u, 1u, 7u, 4096u}) {
    const outcome o = read(file, step);
    CHECK(o.error.empty());
    CHECK(o.files == sample);
    CHECK(o.manifest.hostname == "mx.example.org");
    CHECK(o.manifest.schema == 3);
  }
  CHECK(file.find("users") == std::string::npos);
  CHECK(file.find("mx.example.org") == std::string::npos);
}

TEST_CASE("no prefix of a backup, and no backup with a changed octet, is taken for one") {
  const std::string file = made({{"a", "1"}, {"b", "2"}}, lock_for_passphrase());
  for (std::size_t n = 0; n < file.size(); ++n) CHECK_FALSE(read(file.substr(0, n)).error.empty());
  CHECK_FALSE(read(file + "x").error.empty());
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string bad = file;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    INFO(i);
    CHECK_FALSE(read(bad).error.empty());
  }
}

TEST_CASE("frames of one backup do not fit into another") {
  const std::string one = made({{"a", "1"}}, lock_for_passphrase()), two = made({{"a", "2"}}, lock_for_passphrase());
  REQUIRE(one.size() == two.size());
  CHECK_FALSE(read(one.substr(0, one.size() - 60) + two.substr(two.size() - 60)).error.empty());
}

TEST_CASE("only paths that stay within a data directory are taken") {
  for (const char* good : {"a", "a/b", "quarantine/mail/v3k2.msg", "restored/files/etc/sluice/mx.pem", "..a/b..", "a b", " ", "\xc3\xa4/\xe6\xbc\xa2"}) CHECK(is_backup_path(good));
  for (const char* bad : {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "a/.", "a\\b", "a\nb", "a\x7f", "\xc3", "\xc2\x85", "\xc0\xae\xc0\xae/x", "\xff"}) CHECK_FALSE(is_backup_path(bad));
  const std::string file = made({{"../evil", "x"}}, lock_for_passphrase());
  const outcome o = read(file);
  CHECK_FALSE(o.error.empty());
  CHECK(o.files.empty());
}

TEST_CASE("a recipient's key opens what was sealed to it, and no other does") {
  std::string open, secret, other_open, other_secret;
  make_recipient(open, secret);
  make_recipient(other_open, other_secret);
  backup_key key{}, found{};
  const auto lock = lock_for_recipient(open + "\n", key);
  REQUIRE(lock);
  CHECK_FALSE(lock->by_passphrase());
  CHECK(open_lock_with(*lock, secret, found));
  CHECK(found == key);
  CHECK_FALSE(open_lock_with(*lock, other_secret, found));
  CHECK_FALSE(lock_for_recipient("nonsense", key));
}

TEST_CASE("a passphrase gives the same key again, with the salt of the file") {
  const backup_lock lock = lock_for_passphrase();
  backup_key a{}, b{}, c{};
  CHECK(open_lock(lock, "a long enough passphrase", a));
  CHECK(open_lock(lock, "a long enough passphrase", b));
  CHECK(open_lock(lock, "a long enough passphrasf", c));
  CHECK(a == b);
  CHECK(a != c);
  CHECK(lock_for_passphrase().salt_hex != lock.salt_hex);
}

TEST_CASE("each file belongs to a part that can be restored alone") {
  CHECK(section_of_path("quarantine/index.db") == "quarantine");
  CHECK(section_of_path("access/book") == "identity");
  CHECK(section_of_path("certificates/mx.pem") == "identity");
  CHECK(section_of_path("baseline") == "baseline");
  CHECK(section_of_path("config/1.toml") == "config");
  CHECK(section_of_path("capabilities") == "state");
}
