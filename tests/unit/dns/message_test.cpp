// DNS responses, well-formed and hostile: every row is a whole message and what must be made of it.
#include "dns/message.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "unit/dns/wire.hpp"

using namespace sluice;
using namespace sluice::dns;
using namespace sluice::dns::test;

namespace {

struct outcome {
  status state;
  std::vector<std::string> records;
  std::uint32_t ttl;
};

outcome read(const std::string& wire, record_type type = record_type::txt, byte_view asked = "example.com") {
  std::vector<char> room(limits::answer_bytes);
  const answer got = read_message(wire, {asked, type}, room);
  outcome out{got.status, {}, got.ttl};
  byte_view rest = got.packed, one;
  while (answer::next(rest, one)) out.records.emplace_back(one);
  CHECK(rest.empty());
  return out;
}

const std::string pointer_to_question = "\xc0\x0c";

}  // namespace

TEST_CASE("character-strings of a TXT record are joined, records keep their order") {
  response r;
  r.answer(record(pointer_to_question, record_type::txt, 300, string_of("v=spf1 ") + string_of("-all")));
  r.answer(record(name("EXAMPLE.com"), record_type::txt, 60, string_of("")));
  const outcome got = read(r.wire());
  CHECK(got.state == status::ok);
  CHECK(got.records == std::vector<std::string>{"v=spf1 -all", ""});
  CHECK(got.ttl == 60);
}

TEST_CASE("addresses, exchangers and pointers are unpacked") {
  response a{.type = record_type::a};
  a.answer(record(pointer_to_question, record_type::a, 5, "\x7f\x01\x02\x03"));
  CHECK(read(a.wire(), record_type::a).records == std::vector<std::string>{"\x7f\x01\x02\x03"});

  response mx{.type = record_type::mx};
  mx.answer(record(pointer_to_question, record_type::mx, 5, u16(10) + "\x04mail" + pointer_to_question));
  CHECK(read(mx.wire(), record_type::mx).records == std::vector<std::string>{u16(10) + "mail.example.com"});

  response root{.type = record_type::mx};  // null MX (RFC 7505)
  root.answer(record(pointer_to_question, record_type::mx, 5, u16(0) + name("")));
  CHECK(read(root.wire(), record_type::mx).records == std::vector<std::string>{u16(0)});
}

TEST_CASE("aliases are followed in any order, and loops end") {
  response r{.type = record_type::a};
  r.answer(record(name("c.example"), record_type::a, 100, "\1\2\3\4"));
  r.answer(record(name("b.example"), record_type::cname, 30, name("c.example")));
  r.answer(record(name("example.com"), record_type::cname, 50, name("b.example")));
  const outcome got = read(r.wire(), record_type::a);
  CHECK(got.state == status::ok);
  CHECK(got.ttl == 30);

  response loop{.type = record_type::a};
  loop.answer(record(name("example.com"), record_type::cname, 50, name("b.example")));
  loop.answer(record(name("b.example"), record_type::cname, 50, name("example.com")));
  CHECK(read(loop.wire(), record_type::a).state == status::malformed);

  response dangling{.type = record_type::a};
  dangling.answer(record(name("example.com"), record_type::cname, 50, name("b.example")));
  CHECK(read(dangling.wire(), record_type::a).state == status::no_data);
  dangling.flags |= 3;
  CHECK(read(dangling.wire(), record_type::a).state == status::nxdomain);
}

TEST_CASE("a record of another owner is not an answer") {
  response r;
  r.answer(record(name("evil.example"), record_type::txt, 300, string_of("v=spf1 +all")));
  CHECK(read(r.wire()).state == status::no_data);
}

TEST_CASE("absence is remembered as long as the zone's SOA says") {
  response r;
  r.authority(record(name("example.com"), record_type::soa, 3000, soa(120)));
  CHECK(read(r.wire()).state == status::no_data);
  CHECK(read(r.wire()).ttl == 120);
  r.flags |= 3;
  CHECK(read(r.wire()).state == status::nxdomain);
  CHECK(read(r.wire()).ttl == 120);
  CHECK(read(response{.flags = 0x8183}.wire()).ttl == limits::negative_ttl_default);
}

TEST_CASE("response codes become a status") {
  CHECK(read(response{.flags = 0x8182}.wire()).state == status::servfail);
  CHECK(read(response{.flags = 0x8185}.wire()).state == status::servfail);  // refused
  CHECK(read(response{.flags = 0x8184}.wire()).state == status::servfail);  // not implemented
  CHECK(read(response{.flags = 0x0180}.wire()).state == status::malformed);  // a query
  CHECK(read(response{.flags = 0x8380}.wire()).state == status::malformed);  // truncated
}

TEST_CASE("another question than ours is not an answer") {
  CHECK(read(response{.asked = "example.org"}.wire()).state == status::malformed);
  CHECK(read(response{.type = record_type::a}.wire()).state == status::malformed);
}

TEST_CASE("broken records are malformed, never read beyond the message") {
  const std::string bad_records[] = {
      record(pointer_to_question, record_type::txt, 1, "\x05" "ab"),          // character-string beyond its record
      record("\xc0\x1d", record_type::txt, 1, string_of("x")),                // pointer to itself
      record(std::string("\x41") + std::string(65, 'a'), record_type::txt, 1, ""),  // label type 01
      pointer_to_question + u16(16) + u16(1) + u32(1) + u16(500),             // data shorter than said
  };
  for (const std::string& bad : bad_records) {
    response r;
    r.answer(bad);
    CHECK(read(r.wire()).state == status::malformed);
  }
  response a{.type = record_type::a};
  a.answer(record(pointer_to_question, record_type::a, 5, "\x7f\x01\x02"));
  CHECK(read(a.wire(), record_type::a).state == status::malformed);
  response mx{.type = record_type::mx};
  mx.answer(record(pointer_to_question, record_type::mx, 5, u16(10)));
  CHECK(read(mx.wire(), record_type::mx).state == status::malformed);
}

TEST_CASE("an answer beyond the limits is too large") {
  response many;
  for (std::size_t i = 0; i <= limits::answer_records; ++i)
    many.answer(record(pointer_to_question, record_type::txt, 1, string_of("x")));
  CHECK(read(many.wire()).state == status::too_large);

  response wide;
  std::string data;
  for (int i = 0; i < 65; ++i) data += string_of(std::string(255, 'x'));
  wide.answer(record(pointer_to_question, record_type::txt, 1, data));
  CHECK(read(wide.wire()).state == status::too_large);
}

TEST_CASE("no cut of a message is read beyond its end or taken for an answer") {
  response r;
  r.answer(record(pointer_to_question, record_type::txt, 300, string_of("v=spf1 -all")));
  const std::string whole = r.wire();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    std::vector<char> room(limits::answer_bytes);
    const std::string cut(whole.data(), n);  // its own allocation: a sanitizer sees every read too far
    CHECK(read_message(cut, {"example.com", record_type::txt}, room).status == status::malformed);
  }
}
