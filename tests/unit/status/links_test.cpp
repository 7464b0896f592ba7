#include "status/links/token.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>
#include <string>

#include "hal/fake/watched_files.hpp"
#include "hal/linux/files.hpp"
#include "status/links/key_file.hpp"
#include "status/links/page.hpp"
#include "status/links/visits.hpp"
#include "support/power_cut.hpp"

using namespace sluice;
using namespace sluice::status;
using scratch = test::scratch_folder;

namespace {

link_keys one_key(std::uint8_t id = 7, unsigned char fill = 1) {
  link_keys k;
  k.current.id = id;
  k.current.secret.fill(fill);
  return k;
}

const link_claim claim{"01HZX3K2ABC", 1, link_action::release, 1'800'000'000};
constexpr const char* bob = "bob@example.net";

std::string base64url_alphabet() { return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"; }

}  // namespace

TEST_CASE("a link says what it was made for, in characters that a URL takes as they are") {
  const link_keys keys = one_key();
  const std::string text = make_link(keys.current, claim, bob);
  CHECK(text.find_first_not_of(base64url_alphabet()) == std::string::npos);
  CHECK(text.size() <= link_octets_max);
  CHECK(text.find("bob") == std::string::npos);
  const auto read = read_link(keys, text);
  REQUIRE(read);
  CHECK(read->claim.message == claim.message);
  CHECK(read->claim.position == 1);
  CHECK(read->claim.action == link_action::release);
  CHECK(read->claim.expires == claim.expires);
  CHECK(is_for(keys, *read, bob));
  CHECK(is_for(keys, *read, "Bob@Example.NET"));
  CHECK_FALSE(is_for(keys, *read, "bobby@example.net"));
  CHECK_FALSE(is_for(keys, *read, ""));
  link_claim longest = claim;
  longest.message.assign(40, 'x');
  longest.position = 0xffff;
  CHECK(make_link(keys.current, longest, bob).size() <= link_octets_max);
  longest.message += 'x';
  CHECK(make_link(keys.current, longest, bob).empty());
  longest.message = "x";
  longest.position = 0x10000;
  CHECK(make_link(keys.current, longest, bob).empty());
}

TEST_CASE("no part of a link can be changed: every single character, every length, every other claim") {
  const link_keys keys = one_key();
  const std::string text = make_link(keys.current, claim, bob);
  std::size_t tried = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : base64url_alphabet() + "+/=. \n%") {
      if (c == text[i]) continue;
      std::string other = text;
      other[i] = c;
      CHECK_FALSE(read_link(keys, other));
      ++tried;
    }
    CHECK_FALSE(read_link(keys, text.substr(0, i)));
    CHECK_FALSE(read_link(keys, text.substr(i + 1)));
  }
  CHECK(tried > 5000);
  for (const char* more : {"A", "=", "==", " ", "\n", "AAAA"}) CHECK_FALSE(read_link(keys, text + more));
  CHECK_FALSE(read_link(keys, std::string(1000, 'A')));
  CHECK_FALSE(read_link(keys, ""));
  // What another claim's link is: no two have the same proof, so that none can be had from another.
  std::set<std::string> marks;
  const auto mark_of = [&](link_claim c, const char* whose) {
    const auto read = read_link(keys, make_link(keys.current, c, whose));
    REQUIRE(read);
    marks.insert(std::string(read->mark.data(), read->mark.size()));
  };
  mark_of(claim, bob);
  mark_of({"01HZX3K2ABD", 1, link_action::release, claim.expires}, bob);
  mark_of({claim.message, 2, link_action::release, claim.expires}, bob);
  mark_of({claim.message, 1, link_action::remove, claim.expires}, bob);
  mark_of({claim.message, 1, link_action::ask, claim.expires}, bob);
  mark_of({claim.message, 1, link_action::release, claim.expires + 1}, bob);
  mark_of(claim, "eve@example.net");
  CHECK(marks.size() == 7);
}

TEST_CASE("a link is good with the key that made it, and no longer") {
  link_keys keys = one_key(7, 1);
  const std::string text = make_link(keys.current, claim, bob);
  CHECK_FALSE(read_link(one_key(7, 2), text));  // another secret under the same number
  CHECK_FALSE(read_link(one_key(8, 1), text));  // the same secret under another number
  link_keys rotated = one_key(8, 3);
  CHECK_FALSE(read_link(rotated, text));
  rotated.former = keys.current;
  const auto read = read_link(rotated, text);
  REQUIRE(read);
  CHECK(is_for(rotated, *read, bob));
  CHECK(is_page_token(rotated, *read, page_token(keys, *read, 1000), 1000));
}

TEST_CASE("only who has seen the page of this very link can act on it, for an hour or two") {
  const link_keys keys = one_key();
  const auto link = read_link(keys, make_link(keys.current, claim, bob));
  link_claim to_delete = claim;
  to_delete.action = link_action::remove;
  const auto other = read_link(keys, make_link(keys.current, to_delete, bob));
  REQUIRE((link && other));
  constexpr std::int64_t now = 1'790'000'000;
  const std::string token = page_token(keys, *link, now);
  CHECK(token.size() >= 22);
  CHECK(is_page_token(keys, *link, token, now));
  CHECK(is_page_token(keys, *link, token, now + page_token_lifetime_s));
  CHECK_FALSE(is_page_token(keys, *link, token, now + 2 * page_token_lifetime_s));
  CHECK_FALSE(is_page_token(keys, *link, token, now - 2 * page_token_lifetime_s));
  CHECK_FALSE(is_page_token(keys, *other, token, now));
  for (const std::string& wrong : {std::string(), token.substr(1), token + "A", std::string(token.size(), 'A')})
    CHECK_FALSE(is_page_token(keys, *link, wrong, now));
}

TEST_CASE("the key file is made once, read again, rotated, and survives what is no key file") {
  scratch dir;
  hal::linux_files files;
  link_key_file file(files, dir.path() + "/links.keys");
  kept_link_keys first, again;
  key_file_state state = key_file_state::damaged;
  REQUIRE(file.open(first, state) == 0);
  CHECK(state == key_file_state::made);
  const auto mode = std::filesystem::status(dir.path() + "/links.keys").permissions();
  CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  REQUIRE(file.open(again, state) == 0);
  CHECK(state == key_file_state::read);
  CHECK(again.keys.current.secret == first.keys.current.secret);
  const std::string text = make_link(first.keys.current, claim, bob);

  REQUIRE(file.rotate(again, 100, 1000) == 0);
  CHECK(again.keys.current.secret != first.keys.current.secret);
  CHECK(read_link(again.keys, text));
  kept_link_keys third;
  REQUIRE(file.open(third, state) == 0);
  CHECK(third.former_until == 1100);
  CHECK(read_link(third.keys, text));
  expire_former(third, 1100);
  CHECK(read_link(third.keys, text));
  expire_former(third, 1101);
  CHECK_FALSE(read_link(third.keys, text));

  REQUIRE(file.rotate(again, 0, 2000) == 0);
  CHECK_FALSE(again.keys.former);
  CHECK_FALSE(read_link(again.keys, text));

  const std::string good = text_of(again);
  kept_link_keys out;
  CHECK(read_link_keys(good, out));
  for (const std::string& bad : {std::string(), std::string("x"), good.substr(0, good.size() - 1), good + "x\n", good + good.substr(19),
                                 std::string("sluice link keys 1\n300 0 00\n")})
    CHECK_FALSE(read_link_keys(bad, out));
}

TEST_CASE("after a power cut at any operation of a rotation one of the two keys is there, never none") {
  scratch dir;
  hal::linux_files real;
  kept_link_keys keys;
  key_file_state state = key_file_state::damaged;
  hal::fake::disk_trace trace(dir.path());
  hal::fake::watched_files files(real, trace);
  link_key_file file(files, dir.path() + "/links.keys");
  REQUIRE(file.open(keys, state) == 0);
  const std::size_t made = trace.size();
  const auto first = keys.keys.current.secret;
  REQUIRE(file.rotate(keys, 0, 1000) == 0);
  std::size_t old_seen = 0, new_seen = 0;
  test::for_each_cut(trace, {.seed = 20261128, .first = made}, [&](const test::cut_disk& disk) {
    link_key_file left(real, disk.path + "/links.keys");
    kept_link_keys out;
    REQUIRE(left.open(out, state) == 0);
    CHECK(state == key_file_state::read);
    const bool is_old = out.keys.current.secret == first, is_new = out.keys.current.secret == keys.keys.current.secret;
    CHECK((is_old || is_new));
    old_seen += is_old;
    new_seen += is_new;
  });
  CHECK(old_seen > 0);
  CHECK(new_seen > 0);
  CHECK(file.rotate(keys, 0, 1000) == 0);  // what a cut left over is in nobody's way
  hal::fake::fault_point broken(0, hal::fake::fault_point::mode::fail_once);
  hal::fake::watched_files failing(real, broken);
  const auto before = keys.keys.current.secret;
  if (link_key_file(failing, dir.path() + "/links.keys").rotate(keys, 0, 2000) != 0) CHECK(keys.keys.current.secret == before);
}

TEST_CASE("a client may ask so often in a minute; another is not held up by it, and the table does not grow") {
  visits v(3);
  for (int i = 0; i < 3; ++i) CHECK(v.take("192.0.2.1", 60));
  CHECK_FALSE(v.take("192.0.2.1", 119));
  CHECK(v.refused() == 1);
  CHECK(v.take("192.0.2.2", 119));
  CHECK(v.take("192.0.2.1", 120));
  CHECK(client_of("2001:db8:1:2:3:4:5:6") == client_of("2001:db8:1:2:ffff::1"));
  CHECK(client_of("2001:db8:1:2::1") != client_of("2001:db8:1:3::1"));
  for (int i = 0; i < 3; ++i) CHECK(v.take("2001:db8::" + std::to_string(i), 180));
  CHECK_FALSE(v.take("2001:db8::99", 180));
  // The one that asks too much stays in the table while many others come.
  for (int i = 0; i < 1000; ++i) v.take("198.51.100." + std::to_string(i % 250) + std::string(static_cast<std::size_t>(i / 250), ' '), 180);
  CHECK_FALSE(v.take("2001:db8::99", 181));
}

TEST_CASE("the page of a link shows without markup of strangers, needs nothing else and names no token of the link") {
  link_page_facts f;
  f.from = "<script>alert(1)</script>";
  f.subject = "\"><img src=x onerror=alert(1)>";
  f.reasons = {"a telephone number stands in a field where none belongs"};
  f.page_token = "AAAAAAAAAAAAAAAAAAAAAA";
  const web_reply r = link_page(f);
  CHECK(r.status == 200);
  CHECK(r.body.find("<script") == std::string::npos);
  CHECK(r.body.find("<img") == std::string::npos);
  CHECK(r.body.find("method=\"post\"") != std::string::npos);
  CHECK(r.body.find(f.page_token) != std::string::npos);
  CHECK(r.body.find("href=") == std::string::npos);
  CHECK(r.body.find("style=") == std::string::npos);
  std::string policy, referrer;
  for (const auto& [name, value] : r.headers) {
    if (name == "Content-Security-Policy") policy = value;
    if (name == "Referrer-Policy") referrer = value;
  }
  CHECK(policy.starts_with("default-src 'none'; style-src 'sha256-"));
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(referrer == "no-referrer");
  CHECK(no_such_link().status == 404);
}
