// The reply table and its wire form.
#include "smtp/replies.hpp"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

using namespace sluice;
using namespace sluice::smtp;

namespace {
std::string wire(const smtp::reply& r, reply_form form = {}) {
  std::string out(limits::reply_wire_bytes, '\0');
  out.resize(format(r, out, form));
  return out;
}
}  // namespace

TEST_CASE("every cause has a name of its own and a reply whose status code fits its class") {
  std::set<std::string> names;
  for (unsigned i = 1; i < static_cast<unsigned>(cause::count_); ++i) {
    const auto c = static_cast<cause>(i);
    INFO(name_of(c));
    CHECK(names.insert(name_of(c)).second);
    const smtp::reply r = reply_of(c);
    CHECK(r.code >= 200);
    CHECK(r.code < 600);
    CHECK(!r.text.empty());
    CHECK(r.text.find_first_of("\r\n") == byte_view::npos);
    const bool bare = c == cause::greeting || c == cause::start_data;  // RFC 2034 4
    CHECK(r.status.klass == (bare ? 0 : r.code / 100));
    CHECK(wire(r).size() <= 128);
  }
}

TEST_CASE("the replies that others rely on have the documented codes") {
  const struct {
    cause c;
    const char* start;
  } rows[] = {
      {cause::shutting_down, "421 4.3.2 "},
      {cause::no_slot, "421 4.3.2 "},
      {cause::not_ready, "421 4.3.2 "},
      {cause::command_timeout, "421 4.4.2 "},
      {cause::data_timeout, "421 4.4.2 "},
      {cause::rate_limited, "421 4.7.0 "},
      {cause::too_many_connections, "421 4.7.0 "},
      {cause::too_many_recipients, "452 4.5.3 "},
      {cause::other_route, "452 4.5.3 "},
      {cause::storage_full, "452 4.3.1 "},
      {cause::spool_full, "452 4.3.1 "},
      {cause::quarantine_full, "452 4.3.1 "},
      {cause::downstream_unreachable, "451 4.4.1 "},
      {cause::downstream_busy, "451 4.3.2 "},
      {cause::downstream_lost, "451 4.4.2 "},
      {cause::downstream_lacks_extension, "451 4.4.4 "},
      {cause::end_of_data_deadline, "451 4.4.7 "},
      {cause::downstream_malformed, "451 4.5.0 "},
      {cause::relaying_denied, "550 5.7.1 "},
      {cause::bare_cr, "550 5.6.11 "},
      {cause::bare_lf, "550 5.6.11 "},
      {cause::nul_octet, "550 5.6.11 "},
      {cause::policy_reject, "550 5.7.1 "},
      {cause::message_too_big, "552 5.3.4 "},
      {cause::header_too_big, "552 5.3.4 "},
      {cause::utf8_unsupported, "553 5.6.7 "},
      {cause::eight_bit_unsupported, "554 5.6.3 "},
      {cause::mail_loop, "554 5.4.6 "},
      {cause::must_starttls, "530 5.7.0 "},
      {cause::tls_unavailable, "454 4.7.0 "},
      {cause::start_data, "354 End"},
  };
  for (const auto& row : rows) {
    INFO(name_of(row.c));
    CHECK(wire(reply_of(row.c)).starts_with(row.start));
  }
}

TEST_CASE("a reply of several lines repeats code and status on each of them") {
  CHECK(wire({550, {5, 7, 1}, "first\nsecond\n"}) == "550-5.7.1 first\r\n550-5.7.1 second\r\n550 5.7.1 \r\n");
  CHECK(wire({250, {}, "mx.example.org\nSIZE 10"}, {.enhanced = false}) == "250-mx.example.org\r\n250 SIZE 10\r\n");
}

TEST_CASE("a status code that is missing or of another class is replaced by the neutral one") {
  CHECK(wire({250, {}, "OK"}) == "250 2.0.0 OK\r\n");
  CHECK(wire({451, {5, 7, 1}, "later"}) == "451 4.0.0 later\r\n");
  CHECK(wire({354, {2, 0, 0}, "go"}) == "354 go\r\n");
}

TEST_CASE("text of others cannot break out of its line") {
  CHECK(wire({550, {5, 1, 1}, "a\rb\tc\x7f\x01"}) == "550 5.1.1 a b c  \r\n");
  CHECK(wire({550, {5, 1, 1}, "gr\xc3\xbc\xc3\x9f"}) == "550 5.1.1 gr????\r\n");
  CHECK(wire({550, {5, 1, 1}, "gr\xc3\xbc"}, {.utf8 = true}) == "550 5.1.1 gr\xc3\xbc\r\n");
}

TEST_CASE("an overlong reply is cut, keeps its form and never fills more than promised") {
  for (const std::size_t line : {1U, 7U, 40U, 495U, 496U, 497U, 511U, 800U}) {
    std::string text;
    while (text.size() < 3000) text += std::string(line, 'x') + "\n";
    INFO(line);
    const std::string out = wire({550, {5, 999, 999}, text});
    CHECK(out.size() <= limits::reply_wire_bytes);
    CHECK(out.size() > 400);
    std::size_t begin = 0;
    while (begin < out.size()) {
      const std::size_t end = out.find("\r\n", begin);
      REQUIRE(end != std::string::npos);
      CHECK(end + 2 - begin <= limits::reply_line_bytes);
      const bool last = end + 2 == out.size();
      CHECK(out.substr(begin, 4) == (last ? "550 " : "550-"));
      begin = end + 2;
    }
  }
  std::string small(limits::reply_wire_bytes - 1, '\0');
  CHECK(format({250, {}, "OK"}, small) == 0);
}

TEST_CASE("enhanced status codes are read only when they belong to the reply") {
  const struct {
    const char* text;
    std::uint16_t code;
    enhanced_status status;
    const char* rest;
  } rows[] = {
      {"5.7.1 denied", 550, {5, 7, 1}, "denied"},
      {"5.7.1", 550, {5, 7, 1}, ""},
      {"4.7.1 denied", 550, {}, "4.7.1 denied"},
      {"5.7 denied", 550, {}, "5.7 denied"},
      {"5.07.1 x", 550, {}, "5.07.1 x"},
      {"5.7.1000 x", 550, {}, "5.7.1000 x"},
      {"5.7.1x", 550, {}, "5.7.1x"},
      {"2.1.5 OK", 250, {2, 1, 5}, "OK"},
      {"3.1.5 x", 354, {}, "3.1.5 x"},
      {"", 250, {}, ""},
      {"5.999.999 x", 554, {5, 999, 999}, "x"},
  };
  for (const auto& row : rows) {
    byte_view text = row.text;
    INFO(row.text);
    CHECK(take_enhanced_status(text, row.code) == row.status);
    CHECK(text == row.rest);
  }
}

TEST_CASE("a policy reply names the verdict and the rules, and leaves out what does not fit") {
  reply_storage storage;
  const byte_view rules[] = {"slot-phone", "foreign-link"};
  CHECK(wire(reply_with_verdict(cause::policy_reject, "v7k3", rules, storage)) ==
        "550 5.7.1 Rejected by policy, verdict v7k3 (slot-phone, foreign-link)\r\n");
  CHECK(reply_with_verdict(cause::policy_defer, "v1", {}, storage).text == "Deferred by policy, verdict v1");
  CHECK(reply_with_verdict(cause::policy_defer, "", {}, storage).text == "Deferred by policy");
  const std::vector<byte_view> many(100, "a-rule-with-a-long-name");
  const byte_view text = reply_with_verdict(cause::policy_reject, "v1", many, storage).text;
  CHECK(text.size() <= limits::reply_text_bytes);
  CHECK(text.ends_with("a-rule-with-a-long-name)"));
}
