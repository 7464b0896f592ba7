// What we write must be what others read: 7 bit, short lines, no line that a text smuggles in.
#include "mime/compose.hpp"

#include <catch2/catch_test_macros.hpp>

#include "mime/encoded_word.hpp"

using namespace sluice;
using namespace sluice::mime;

namespace {

std::string decoded(const std::string& value) {
  charset_pool pool;
  std::string out(4096, '\0');
  const auto d = decode_words(value, out, pool);
  CHECK_FALSE(d.broken);
  out.resize(d.size);
  return out;
}

std::string unfolded(std::string field) {
  for (std::size_t at; (at = field.find("\r\n ")) != std::string::npos;) field.erase(at, 2);
  return field;
}

void check_lines(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    REQUIRE(end != std::string::npos);
    INFO(text.substr(at, end - at));
    CHECK(end - at <= composed_line_octets);
    for (std::size_t i = at; i < end; ++i) CHECK((text[i] >= 0x20 && text[i] < 0x7f));
    at = end + 2;
  }
}

}  // namespace

TEST_CASE("a text in a field stays in its field, whatever it is") {
  const std::string texts[] = {"plain", "B\xc3\xbc" "cher f\xc3\xbcr alle, die lange Betreffzeilen m\xc3\xb6gen und sie auch noch lesen, Zeile um Zeile",
                               "=?utf-8?q?looks_encoded?=", std::string(300, 'x'), "\xe2\x82\xac"};
  for (const std::string& t : texts) {
    const std::string field = composed_text_field("Subject", t);
    check_lines(field);
    CHECK(decoded(unfolded(field).substr(9, unfolded(field).size() - 11)) == t);
  }
  CHECK(composed_text_field("Subject", "a\r\nBcc: b@example.org") == "Subject: a Bcc: b@example.org\r\n");
  CHECK(composed_text_field("Subject", "  \r\n  ") == "Subject:\r\n");
  CHECK(composed_text_field("Subject", "bad \xff") .find("=EF=BF=BD") != std::string::npos);
}

TEST_CASE("a mailbox is quoted or encoded") {
  CHECK(composed_mailbox("", "a@example.org") == "a@example.org");
  CHECK(composed_mailbox("Mail, \"gate\"", "a@example.org") == "\"Mail, \\\"gate\\\"\" <a@example.org>");
  CHECK(composed_mailbox("T\xc3\xb6r", "a@example.org") == "=?utf-8?q?T=C3=B6r?= <a@example.org>");
}

TEST_CASE("the head of a message") {
  composed_head h;
  h.from_name = "Sluice";
  h.from = "postmaster@example.net";
  h.to = "abuse@example.org";
  h.subject = "Report";
  h.date = "Sat, 28 Nov 2026 18:00:00 +0000";
  h.unique = "abc";
  CHECK(composed_message_head(h) ==
        "From: \"Sluice\" <postmaster@example.net>\r\nTo: abuse@example.org\r\nSubject: Report\r\n"
        "Date: Sat, 28 Nov 2026 18:00:00 +0000\r\nMessage-ID: <abc@example.net>\r\n"
        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
}

TEST_CASE("quoted-printable") {
  CHECK(quoted_printable("a\nb\r\nc") == "a\r\nb\r\nc\r\n");
  CHECK(quoted_printable("end \n.\n") == "end=20\r\n=2E\r\n");
  CHECK(quoted_printable("1+1=2 \xc3\xa9") == "1+1=3D2 =C3=A9\r\n");
  const std::string text = quoted_printable(std::string(1000, '='));
  check_lines(text);
  check_lines(quoted_printable(std::string(75, 'a') + " "));
  check_lines(composed_text_part("text/plain", "x \xf0\x9f\x92\xa9\n"));
}
