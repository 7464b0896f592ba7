// What the desk shows and sends, without a desk: the text of a message, the guilty words in it, the report.
#include <catch2/catch_test_macros.hpp>

#include "firmware/gateway/manage/abuse_report.hpp"
#include "firmware/gateway/manage/quarantine_page.hpp"
#include "firmware/gateway/manage/text_preview.hpp"

using namespace sluice;
using namespace sluice::gateway;

namespace {

quarantine::stored_finding finding(std::string words, std::string rule = "slot-phone") {
  quarantine::stored_finding f;
  f.rule = std::move(rule);
  f.words = std::move(words);
  f.place = "text";
  f.weight = 100;
  return f;
}

std::string marked(std::string_view text, std::vector<quarantine::stored_finding> findings) {
  std::string out;
  std::size_t at = 0;
  for (const text_mark& m : marks_in(text, findings)) {
    out += std::string(text.substr(at, m.start - at)) + "[" + std::string(text.substr(m.start, m.length)) + "]";
    at = m.start + m.length;
  }
  return out + std::string(text.substr(at));
}

const text_piece* piece_of(const text_preview& p, mime::text_kind kind) {
  for (const text_piece& one : p.pieces())
    if (one.kind == kind) return &one;
  return nullptr;
}

quarantine::message_detail held() {
  quarantine::message_detail m;
  m.summary.id = "v123";
  m.summary.received = 1'795'000'000;
  m.summary.bytes = 1000;
  m.summary.header_from = "service@paypal.com";
  m.summary.subject = "Note <b>";
  m.envelope.reverse_path = "bounce@paypal.com";
  m.envelope.client_ip = "192.0.2.1";
  m.envelope.auth_results = "mx.example.net;\r\n\tspf=pass smtp.mailfrom=paypal.com";
  quarantine::recipient_status bob;
  bob.who.address = "bob@example.net";
  m.recipients.push_back(bob);
  m.findings.push_back(finding("+1 888 555 0142"));
  return m;
}

abuse_report_options options() {
  abuse_report_options o;
  o.to = "phishing@paypal.com";
  o.hostname = "mx.example.net";
  o.version = "1";
  o.message_bytes = 1 << 20;
  o.head = "From: a\r\n";
  o.boundary = "b";
  o.pseudonym = [](std::string_view) { return std::string("hidden"); };
  return o;
}

}  // namespace

TEST_CASE("guilty words are found whatever the white space and the case") {
  CHECK(marked("call +1 888\n555 0142 now", {finding("+1 888 555 0142")}) == "call [+1 888\n555 0142] now");
  CHECK(marked("NOT YOU? not you", {finding("Not you")}) == "[NOT YOU]? [not you]");
  CHECK(marked("abc abcdef", {finding("abc"), finding("abc abc")}) == "[abc abc]def");  // the longer one
  CHECK(marked("a b", {finding("a")}) == "a b");                                        // too short to mean anything
  CHECK(marked("", {finding("abc")}).empty());
  CHECK(marks_in(std::string(4000, 'x'), std::vector{finding("xxx")}).size() == preview_marks_max);
}

TEST_CASE("the text of a message is text, in a bounded amount, and padding does not push it out") {
  text_preview p;
  p.feed("Subject: x\r\nContent-Type: text/html\r\n\r\n<p>Pay <a href=\"https://evil.example/\">here</a></p><script>alert(1)</script>"
         "<div style=\"display:none\">" + std::string(50'000, 'h') + "</div><p>last words</p>");
  p.finish();
  const text_piece* shown = piece_of(p, mime::text_kind::visible);
  REQUIRE(shown != nullptr);
  CHECK(shown->text.find("Pay here") != std::string::npos);
  CHECK(shown->text.find("last words") != std::string::npos);
  CHECK(shown->text.find("alert") == std::string::npos);
  CHECK(shown->text.find('<') == std::string::npos);
  const text_piece* hidden = piece_of(p, mime::text_kind::hidden);
  REQUIRE(hidden != nullptr);
  CHECK(hidden->text.size() <= preview_text_octets / 4);
  CHECK(p.cut());
  CHECK(p.header() == "Subject: x\r\nContent-Type: text/html");
}

TEST_CASE("padding that some mail programs hide does not push out what is shown") {
  text_preview p;
  p.feed("Subject: x\r\nContent-Type: text/html\r\n\r\n<div style=\"opacity:0\">" + std::string(50'000, 'h') + "</div><p>last words</p>");
  p.finish();
  const text_piece* shown = piece_of(p, mime::text_kind::visible);
  REQUIRE(shown != nullptr);
  CHECK(shown->text.find("last words") != std::string::npos);
  CHECK(piece_of(p, mime::text_kind::doubtful)->text.size() <= preview_text_octets / 4);
}

TEST_CASE("a long message stops being read, a long header is cut") {
  text_preview p;
  p.feed("Subject: x\r\nX: " + std::string(20'000, 'y') + "\r\n\r\n");
  while (p.wants_more()) p.feed(std::string(1000, 'z') + "\r\n");
  p.finish();
  CHECK(p.header_cut());
  CHECK(p.header().size() <= preview_header_octets);
  CHECK(piece_of(p, mime::text_kind::plain)->text.size() <= preview_text_octets);
}

TEST_CASE("texts of strangers are escaped on the page, line ends stay") {
  CHECK(marked_html("a\r\n<b> +1 888 555 0142", std::vector{finding("+1 888 555 0142")}) ==
        "a\n&lt;b&gt; <mark title=\"a telephone number stands in a field where none belongs\">+1 888 555 0142</mark>");
  CHECK(marked_html("\xe2\x80\xae", {}).find("U+202E") != std::string::npos);
}

TEST_CASE("a report has three parts and names what was seen") {
  const abuse_report r = write_abuse_report(held(), options());
  CHECK_FALSE(r.header_only);
  CHECK(r.fields.find("Feedback-Type: abuse\r\n") == 0);
  for (const char* line : {"Version: 1\r\n", "Original-Mail-From: <bounce@paypal.com>\r\n", "Original-Rcpt-To: <bob@example.net>\r\n", "Source-IP: 192.0.2.1\r\n",
                           "Reported-Domain: paypal.com\r\n", "Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=paypal.com\r\n"})
    CHECK(r.fields.find(line) != std::string::npos);
  CHECK(r.letter.find("+1 888 555 0142") != std::string::npos);
  CHECK(r.before.ends_with("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\nContent-Disposition: attachment\r\n\r\n"));
  CHECK(r.after == "\r\n--b--\r\n");
  CHECK(r.replaced.empty());
}

TEST_CASE("a report about too long a message, or a redacted one, has its header only") {
  abuse_report_options o = options();
  auto m = held();
  m.summary.bytes = o.message_bytes;
  CHECK(write_abuse_report(m, o).header_only);
  o.redact = true;
  const abuse_report r = write_abuse_report(held(), o);
  CHECK(r.header_only);
  REQUIRE(r.replaced.size() == 1);
  CHECK(r.replaced[0].word == "bob@example.net");
  CHECK(r.replaced[0].by == "hidden@example.net");
  CHECK(r.fields.find("bob@") == std::string::npos);
  CHECK(r.letter.find("555") == std::string::npos);
  m.envelope.smtputf8 = true;
  CHECK(write_abuse_report(m, options()).before.find("message/global-headers") != std::string::npos);
}

TEST_CASE("addresses that a report may go to") {
  CHECK(is_report_address("abuse@example.org"));
  for (const char* bad : {"", "abuse", "a b@example.org", "a@b\r\nX: y", "\"a\"@example.org", "a@[192.0.2.1]"}) CHECK_FALSE(is_report_address(bad));
}
