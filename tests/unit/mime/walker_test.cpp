// The walker as a whole: structure, decoding, and what it says about messages that clients read in different ways. Each
// message also runs through every single cut, octet by octet, with LF instead of CRLF.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "support/mime_recorder.hpp"

using namespace sluice;
using namespace sluice::test;
using mime::anomaly;
using mime::text_kind;
namespace limits = mime::limits;

namespace {

std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

// The same dump for all cuts; returns the run in one piece.
mime_recorder walk_all_ways(std::string_view lf_text) {
  for (const std::string& message : {std::string(lf_text), crlf(lf_text)}) {
    const std::string whole = walk(message).dump();
    CHECK(walk(message, 1).dump() == whole);
    CHECK(walk(message, 7).dump() == whole);
    for (std::size_t cut = 1; cut < message.size(); ++cut) {
      mime_recorder out;
      mime::charset_pool pool;
      mime::walker walker(out, {}, pool);
      walker.feed(std::string_view(message).substr(0, cut));
      walker.feed(std::string_view(message).substr(cut));
      walker.finish();
      if (out.dump() != whole) {
        INFO("cut at " << cut);
        REQUIRE(out.dump() == whole);
      }
    }
  }
  return walk(crlf(lf_text));
}

std::string text_of(const mime_recorder& r, std::size_t part, text_kind kind = text_kind::plain) {
  REQUIRE(part < r.parts.size());
  const auto found = r.parts[part].text.find(kind);
  return found == r.parts[part].text.end() ? "" : found->second;
}

}  // namespace

TEST_CASE("a plain message gives its fields unfolded and its body as text") {
  const auto r = walk_all_ways("From: a@example.org\nSubject: one\n two\n\nHello\nworld\n");
  REQUIRE(r.fields.size() == 2);
  CHECK(r.fields[0] == "0 From: a@example.org @0+21");
  CHECK(r.fields[1] == "0 Subject: one two @21+20");
  CHECK(text_of(r, 0) == "Hello\r\nworld\r\n");
  CHECK(r.order == std::vector<std::string>{"header 0 @43", "begin 0", "end 0"});
  CHECK(r.ended);
  CHECK_FALSE(r.ambiguous());
}

TEST_CASE("the line end before a delimiter belongs to the delimiter") {
  const auto r = walk_all_ways(
      "Content-Type: multipart/mixed; boundary=\"b 1\"\n\npreamble\n--b 1\n\nfirst\n--b 1  \nContent-Type: text/plain\n\nsecond\n\n"
      "--b 1--\nepilogue\n");
  REQUIRE(r.parts.size() == 3);
  CHECK(text_of(r, 0).empty());
  CHECK(text_of(r, 1) == "first");
  CHECK(text_of(r, 2) == "second\r\n");
  CHECK(r.parts[2].info.parent == 0);
  CHECK(r.parts[2].info.depth == 1);
  CHECK_FALSE(r.ambiguous());
}

TEST_CASE("multiparts nest, and the end of an outer one ends the inner ones") {
  const auto r = walk_all_ways(
      "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/alternative; boundary=oi\n\n--oi\n\nplain\n--oi\n"
      "Content-Type: text/html\n\n<p>html</p>\n--o\n\nlast\n--o--\n");
  REQUIRE(r.parts.size() == 5);
  CHECK(text_of(r, 2) == "plain");
  CHECK(text_of(r, 3, text_kind::visible) == "html\n");
  CHECK(text_of(r, 4) == "last");
  CHECK(r.order == std::vector<std::string>{"header 0 @45", "begin 0", "header 1 @102", "begin 1", "header 2 @110", "begin 2", "end 2",
                                            "header 3 @150", "begin 3", "end 3", "end 1", "header 4 @170", "begin 4", "end 4", "end 0"});
}

TEST_CASE("an attached message is walked, plain or encoded") {
  const std::string inner = "Subject: inner\n\nbody\n";
  const auto plain = walk_all_ways("Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n" + inner + "--o--\n");
  CHECK(text_of(plain, 2) == "body");
  CHECK(plain.parts[2].info.parent == 1);
  // "Subject: inner\n\nbody\n" in base64
  const auto encoded = walk_all_ways(
      "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
      "U3ViamVjdDogaW5uZXIKCmJv\nZHkK\n--o\n\nnext\n--o--\n");
  CHECK(text_of(encoded, 2) == "body\n");
  CHECK(text_of(encoded, 3) == "next");
  CHECK(encoded.fields.back() == "2 Subject: inner @117+15");
}

TEST_CASE("parts of a digest are messages by default") {
  const auto r = walk_all_ways("Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\nfirst\n--d--\n");
  REQUIRE(r.parts.size() == 3);
  CHECK(view(r.parts[1].info.type) == "message/rfc822");
  CHECK(text_of(r, 2) == "first");
}

TEST_CASE("attachments are given up to the sniff limit, text in full") {
  mime::options options;
  options.sniff_bytes = 10;
  std::string message = "Content-Type: application/octet-stream; name=a.bin\nContent-Transfer-Encoding: base64\n\n";
  for (int i = 0; i < 200; ++i) message += std::string(76, 'Q') + "\n";
  const auto r = walk(message, 0, options);
  CHECK(r.parts[0].bytes.size() == 10);
  CHECK(view(r.parts[0].info.file_name) == "a.bin");
  CHECK(r.parts[0].decoded > 200 * 57 * 95 / 100);
  CHECK(r.parts[0].decoded < 200 * 57 * 105 / 100);
  CHECK(walk(message, 3, options).dump() == r.dump());
}

TEST_CASE("text is decoded to UTF-8 by its charset") {
  const auto latin = walk_all_ways("Content-Type: text/plain; charset=ISO-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nJ=FCrgen =\n=80\n");
  CHECK(text_of(latin, 0) == "J\xc3\xbcrgen \xe2\x82\xac\r\n");
  const auto japanese = walk_all_ways(
      "Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B$3$s$K$A$O\x1b(B\n");
  CHECK(text_of(japanese, 0) == "\xe3\x81\x93\xe3\x82\x93\xe3\x81\xab\xe3\x81\xa1\xe3\x81\xaf\r\n");
}

TEST_CASE("the exhaustion of converters is an anomaly and the text is guessed") {
  mime::charset_pool pool(1);
  void* taken = pool.acquire("CP932");
  REQUIRE(taken != nullptr);
  mime_recorder out;
  mime::walker walker(out, {}, pool);
  walker.feed("Content-Type: text/plain; charset=gb18030\n\ntext\n");
  walker.finish();
  CHECK(out.has(anomaly::converter_exhausted));
  CHECK(text_of(out, 0) == "text\n");
  pool.release(taken);
}

TEST_CASE("a message without a header is all body") {
  const auto r = walk_all_ways("Hello there, no header here\nand: more\n");
  CHECK(r.fields.empty());
  CHECK(r.has(anomaly::no_header_end));
  CHECK(text_of(r, 0) == "Hello there, no header here\r\nand: more\r\n");
}

TEST_CASE("a header without an end is still a header, and one odd line in it is reported") {
  const auto r = walk_all_ways("Subject: x\nthis is no field\nTo: y\n");
  CHECK(r.fields.size() == 3);
  CHECK(r.has(anomaly::bad_header_line));
  const auto two = walk_all_ways("Subject: x\nno field one\nno field two\n\nrest\n");
  CHECK(text_of(two, 0) == "no field one\r\nno field two\r\n\r\nrest\r\n");
  CHECK(two.has(anomaly::no_header_end));
}

TEST_CASE("nesting to depth 10,000 stays within the stack and is reported") {
  std::string message;
  for (int i = 0; i < 10000; ++i) message += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" + std::to_string(i) + "\n";
  message += "\ndeep text\n";
  const auto r = walk(message);
  CHECK(r.has(anomaly::depth_exceeded));
  CHECK(r.all(text_kind::plain).find("deep text") != std::string::npos);
  std::string messages;
  for (int i = 0; i < 10000; ++i) messages += "Content-Type: message/rfc822\n\n";
  CHECK(walk(messages).has(anomaly::depth_exceeded));
}

TEST_CASE("more parts than allowed are given as text of the container") {
  std::string message = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 50; ++i) message += "--b\n\npart " + std::to_string(i) + "\n";
  mime::options options;
  options.max_parts = 10;
  const auto r = walk(message, 0, options);
  CHECK(r.has(anomaly::parts_exceeded));
  CHECK(r.parts.size() == 10);
  CHECK(text_of(r, 0).find("part 49") != std::string::npos);
}

TEST_CASE("clients disagree: each case is flagged, and the payload is found where a stream allows it") {
  struct row {
    const char* what;
    const char* message;
    anomaly expected;
    const char* found;  // in the text of some part
  };
  const row rows[] = {
      {"two encodings", "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: quoted-printable\n\ncGF5bG9hZCBwYXlsb2FkIHBheWxvYWQ=\n",
       anomaly::ambiguous_encoding, "payload"},
      {"encoding with a comment", "Content-Transfer-Encoding: base64 (x)\n\ncGF5bG9hZCBwYXlsb2FkIHBheWxvYWQ=\n", anomaly::ambiguous_encoding, "payload"},
      {"base64 under 7bit", "Content-Type: text/plain\n\ncGF5bG9hZCBwYXlsb2FkIHBheWxvYWQ=\n", anomaly::ambiguous_encoding, "payload"},
      {"two types", "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\npayload\n--b--\n", anomaly::ambiguous_type, "payload"},
      {"two boundaries", "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--b\n\npayload\n--b--\n", anomaly::ambiguous_boundary, "payload"},
      {"no boundary", "Content-Type: multipart/mixed\n\n--b\nContent-Type: text/plain\n\npayload\n--b--\n", anomaly::boundary_missing, "payload"},
      {"no type at all", "Subject: x\n\n--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\ncGF5bG9hZA==\n--b--\n",
       anomaly::ambiguous_boundary, "payload"},
      {"a longer delimiter", "Content-Type: multipart/mixed; boundary=b\n\n--bX\n\npayload\n--b--\n", anomaly::ambiguous_boundary, "payload"},
      {"after the end", "Content-Type: multipart/mixed; boundary=b\n\n--b--\n--b\n\npayload\n--b--\n", anomaly::ambiguous_boundary, "payload"},
      {"blank before the colon", "Content-Transfer-Encoding : base64\n\ncGF5bG9hZCBwYXlsb2FkIHBheWxvYWQ=\n", anomaly::ambiguous_encoding, "payload"},
      {"unknown encoding", "Content-Transfer-Encoding: x-yenc\n\npayload\n", anomaly::unknown_encoding, "payload"},
      {"junk in base64", "Content-Transfer-Encoding: base64\n\ncGF5bG#9hZCBwYXlsb2FkIHBheWxvYWQ=\n", anomaly::bad_base64, "payload"},
      {"padding inside base64", "Content-Transfer-Encoding: base64\n\ncA==YXlsb2Fk\n", anomaly::bad_base64, "payload"},
  };
  for (const row& r : rows) {
    INFO(r.what);
    const auto out = walk_all_ways(r.message);
    CHECK(out.has(r.expected));
    CHECK(out.ambiguous());
    CHECK(out.all(text_kind::plain).find(r.found) != std::string::npos);
  }
}

TEST_CASE("a uuencoded file inside of text is text and file") {
  const auto r = walk_all_ways("Subject: x\n\nsee\nbegin 644 a.txt\n%:&5L;&\\`\n`\nend\nbye\n");
  REQUIRE(r.parts.size() == 2);
  CHECK(r.has(anomaly::embedded_file));
  CHECK(r.parts[1].bytes == "hello");
  CHECK(view(r.parts[1].info.file_name) == "a.txt");
  CHECK(text_of(r, 0).find("bye") != std::string::npos);
}

TEST_CASE("calendar texts are unfolded and reported by name") {
  const auto r = walk_all_ways(
      "Content-Type: text/calendar; charset=utf-8\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Call\n  now\nDESCRIPTION;LANGUAGE=en:a\\, b\\nc\n"
      "UID:1\nORGANIZER;CN=\"Support\":mailto:a@example.org\nEND:VEVENT\nEND:VCALENDAR\n");
  CHECK(text_of(r, 0, text_kind::calendar) == "SUMMARY: Call now\nDESCRIPTION: a, b c\nORGANIZER: CN=\"Support\":mailto:a@example.org\n");
}

TEST_CASE("a calendar's names, conferences and attached addresses are read, groups and parameters undone") {
  const auto r = walk_all_ways(
      "Content-Type: text/x-vcalendar; charset=utf-8\n\nBEGIN:VCALENDAR\nX-WR-CALNAME:Team\ng1.SUMMARY:Call\n  now\n"
      "ATTENDEE;ROLE=CHAIR;CN=\"Doe, J: x\";RSVP=TRUE:mailto:j@example.org\nATTENDEE:mailto:k@example.org\n"
      "CONFERENCE;VALUE=URI;LABEL=Dial:tel:+1\nATTACH;FMTTYPE=text/html:https://a.example/\nATTACH;ENCODING=BASE64;VALUE=BINARY:QUJD\n"
      "STYLED-DESCRIPTION;VALUE=TEXT:<b>x</b>\nEND:VCALENDAR\n");
  CHECK(text_of(r, 0, text_kind::calendar) ==
        "X-WR-CALNAME: Team\nSUMMARY: Call now\nATTENDEE: Doe, J: x\nCONFERENCE: VALUE=URI;LABEL=Dial:tel:+1\nATTACH: https://a.example/\n"
        "STYLED-DESCRIPTION: <b>x</b>\n");
}

TEST_CASE("quoted-printable in a vCalendar: soft breaks, UTF-8 and what is none") {
  const auto r = walk_all_ways(
      "Content-Type: application/octet-stream; name=\"invite.vcs\"\n\nBEGIN:VCALENDAR\nSUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:J=C3=BCrgen=20=\n"
      "calls=0D=0Anow\nDESCRIPTION;QUOTED-PRINTABLE:=FCber =zz=E2=82\nLOCATION:a=41\nEND:VCALENDAR\n");
  CHECK(text_of(r, 0, text_kind::calendar) == "SUMMARY: J\xc3\xbcrgen calls  now\nDESCRIPTION: \xc3\xbc" "ber zz\xc3\xa2\xc2\x82\nLOCATION: a=41\n");
}

TEST_CASE("the walker tells how far it is") {
  mime_recorder out;
  mime::charset_pool pool;
  mime::walker walker(out, {}, pool);
  walker.feed("Subject: x\r\n");
  CHECK_FALSE(walker.header_done());
  walker.feed("\r\n  \r\n");
  CHECK(walker.header_done());
  CHECK(walker.header_bytes() == 14);
  CHECK_FALSE(walker.text_seen());
  walker.feed("text");
  walker.feed(std::string(limits::encoding_probe_bytes, '.') + "\r\n");
  CHECK(walker.text_seen());
  CHECK(walker.bytes() == 24 + limits::encoding_probe_bytes);
  walker.finish();
  walker.reset();
  CHECK_FALSE(walker.header_done());
  CHECK(walker.bytes() == 0);
}

TEST_CASE("a header that ends without an empty line before a line with dashes stays in order") {
  const auto r = walk_all_ways(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nno field\n--x\nContent-fake: base64\n\ntext\n--b\nwords\n--x\n--b--\n");
  REQUIRE(r.parts.size() == 3);
  CHECK(text_of(r, 1).starts_with("no field\r\n--x\r\n"));
  CHECK(text_of(r, 2) == "words\r\n--x");
}
