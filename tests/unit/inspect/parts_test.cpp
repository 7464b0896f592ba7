// What cannot be read, what clients read in different ways, calendar entries, names of files, Reply-To, and links that are none to
// the web.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"
#include "policy/decide.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

const findings& run(std::string_view mail, std::size_t step = 0, link_listener* links = nullptr) {
  static mime::charset_pool pool;
  static const auto inspector = std::make_unique<message_inspector>(real_rules(), own_names{"mx.example.org", "mx.example.org"}, pool);
  envelope_facts envelope;
  envelope.links = links;
  inspector->begin(envelope);
  for (std::size_t i = 0; i < mail.size(); i += step == 0 ? mail.size() : step) inspector->feed(mail.substr(i, step == 0 ? mail.size() : step));
  inspector->finish();
  return inspector->found();
}

int points(const findings& f, std::string_view rule, std::string_view slot = {}) {
  for (const finding& one : f.list)
    if (one.rule == rule && view(one.slot) == slot) return one.weight;
  return 0;
}

std::string person(std::string_view fields, std::string_view body) {
  return "From: Ann <ann@example.net>\r\nTo: a@example.org\r\nSubject: Minutes\r\nMIME-Version: 1.0\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string paypal(std::string_view fields, std::string_view body) {
  return "From: \"service@paypal.com\" <service@paypal.com>\r\nTo: a@example.org\r\nSubject: Receipt for your payment to Contoso\r\nMIME-Version: 1.0\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

std::string calendar(std::string_view from, std::string_view line, std::string_view type = "text/calendar; charset=utf-8; method=REQUEST") {
  return "From: " + std::string(from) + "\r\nTo: a@example.org\r\nSubject: Invitation\r\nMIME-Version: 1.0\r\nContent-Type: " + std::string(type) +
         "\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n" + std::string(line) + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
}

constexpr std::string_view google = "Google Calendar <calendar-notification@google.com>";

unscanned cause_of(std::string_view mail) {
  const unscanned whole = run(mail).cause;
  for (std::size_t step : {1u, 7u}) CHECK(run(mail, step).cause == whole);
  return whole;
}

}  // namespace

TEST_CASE("what is encrypted is said to be") {
  const std::string mixed = "Content-Type: multipart/mixed; boundary=b\r\n";
  CHECK(cause_of(person("Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n",
                        "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n"
                        "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n--b--\r\n")) == unscanned::encrypted);
  CHECK(cause_of(person("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n",
                        "MIIBXwYJKoZIhvcNAQcDoIIBUDCCAUwCAQA=\r\n")) == unscanned::encrypted);
  CHECK(cause_of(person("Content-Type: application/x-pkcs7-mime; smime-type=\"authEnveloped-data\"\r\nContent-Transfer-Encoding: base64\r\n", "AAAA\r\n")) == unscanned::encrypted);
  CHECK(cause_of(person("Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n", "AAAA\r\n")) == unscanned::encrypted);
  CHECK(cause_of(person(mixed, "--b\r\nContent-Type: application/octet-stream; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n")) == unscanned::encrypted);
  // The octets decide where the declaration says something else.
  CHECK(cause_of(person("Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n", "MIIBXwYJKoZIhvcNAQcDoIIBUDCC\r\n")) == unscanned::encrypted);
  CHECK(cause_of(person("Content-Type: text/plain\r\n", "Bob,\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n")) == unscanned::encrypted);
  // A ZIP archive whose first file is encrypted.
  CHECK(cause_of(person(mixed, "--b\r\nContent-Type: application/zip; name=x.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBBQAAQAIAAAAAAAAAAAAAAAAAAAAAAAFAAAAYS50eHQ=\r\n--b--\r\n")) == unscanned::encrypted);
}

TEST_CASE("what is signed, or talks of encryption, is not encrypted") {
  CHECK(cause_of(person("Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n",
                        "MIIBXwYJKoZIhvcNAQcCoIIBUDCCAUwCAQE=\r\n")) == unscanned::none);
  CHECK(cause_of(person("Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n", "MIIBXwYJKoZIhvcNAQcCoIIBUDCCAUwCAQE=\r\n")) == unscanned::none);
  CHECK(cause_of(person("Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=b\r\n",
                        "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: application/pgp-signature; name=signature.asc\r\n\r\n"
                        "-----BEGIN PGP SIGNATURE-----\r\n\r\niQEz\r\n-----END PGP SIGNATURE-----\r\n--b--\r\n")) == unscanned::none);
  CHECK(cause_of(person("Content-Type: text/plain\r\n", "It begins with \"-----BEGIN PGP MESSAGE-----\".\r\n> -----BEGIN PGP MESSAGE-----\r\n")) == unscanned::none);
}

TEST_CASE("a fragment cannot be read as a whole; a multipart without a boundary is read as text, and is a finding") {
  CHECK(cause_of(person("Content-Type: multipart/mixed\r\n", "Hello\r\n")) == unscanned::none);
  CHECK(points(run(person("Content-Type: multipart/mixed\r\n", "Hello\r\n")), "mime-ambiguous") == 10);
  CHECK(cause_of(person("Content-Type: message/partial; id=\"1@x\"; number=1; total=2\r\n", "Subject: x\r\n\r\nHello\r\n")) == unscanned::broken_mime);
  CHECK(cause_of(person("Content-Type: multipart/mixed; boundary=b\r\n", "--b\r\n\r\nHello\r\n--b--\r\n")) == unscanned::none);
}

TEST_CASE("of several causes each has its action") {
  const findings& f = run(person("Content-Type: multipart/mixed; boundary=b\r\n",
                                 "--b\r\nContent-Type: message/partial; id=\"1@x\"; number=1; total=2\r\n\r\nSubject: x\r\n\r\nHello\r\n--b\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nAAAA\r\n--b--\r\n"));
  CHECK(f.cause == unscanned::broken_mime);
  policy::settings set;
  set.on_broken_mime = action::forward;
  set.on_encrypted = action::reject;
  CHECK(policy::decide(f, set).act == action::reject);
  set.on_encrypted = action::forward;
  CHECK(policy::decide(f, set).act == action::forward);
  set.on_broken_mime = action::quarantine;
  CHECK(policy::decide(f, set).act == action::quarantine);
  CHECK(run(person("Content-Type: text/plain\r\n", "Hello\r\n")).causes == 0);
}

TEST_CASE("a disagreement between mail clients is a finding of little weight") {
  const findings& f = run(person("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: quoted-printable\r\n", "SGVsbG8gQm9iLCBob3cgYXJlIHlvdT8=\r\n"));
  CHECK(points(f, "mime-ambiguous") == 10);
  CHECK(f.score == 10);
  CHECK(run(person("Content-Type: text/plain\r\n", "Hello\r\n")).list.empty());
}

TEST_CASE("much hidden text is a finding of little weight, a preview is none") {
  std::string much;
  for (int i = 0; i < 200; ++i) much += "unseen words of a story ";
  const auto page = [](std::string_view hidden) { return person("Content-Type: text/html\r\n", "<body><div style=\"display:none\">" + std::string(hidden) + "</div><p>Hello Bob</p></body>\r\n"); };
  CHECK(points(run(page(much)), "text-hidden") == 10);
  CHECK(points(run(page("A preview of the news")), "text-hidden") == 0);
}

TEST_CASE("a brand's name in look-alike letters is a finding of its own") {
  CHECK(points(run(person("Content-Type: text/plain; charset=utf-8\r\n", "News of P\xD0\xB0yP\xD0\xB0l for you\r\n")), "brand-disguised") == 10);
  CHECK(points(run("From: P\xD0\xB0yP\xD0\xB0l <ann@example.net>\r\nSubject: x\r\n\r\nHello\r\n"), "brand-disguised") == 20);
  CHECK(points(run(person("Content-Type: text/plain; charset=utf-8\r\n", "News of PayPal for you\r\n")), "brand-disguised") == 0);
}

TEST_CASE("the name of a file in a known sender's mail is a slot") {
  const auto mail = [](std::string_view name) {
    return paypal("Content-Type: multipart/mixed; boundary=b\r\n", "--b\r\nContent-Type: text/plain\r\n\r\nThanks for your payment\r\n--b\r\nContent-Type: application/pdf; name=\"" +
                                                                       std::string(name) + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--b--\r\n");
  };
  const findings& lure = run(mail("Charge $599.99 unauthorized call 802 538 3069.pdf"));
  CHECK(points(lure, "slot-phone", "file-name") > 0);
  CHECK(lure.score >= 100);
  CHECK(run(mail("Invoice-8025383069-2026-11.pdf")).score == 0);
  CHECK(run(mail("Receipt 4417 (Blue Shop).pdf")).score == 0);
}

TEST_CASE("the subject of an attached message is read as text") {
  const auto mail = [](std::string_view subject) {
    return paypal("Content-Type: multipart/mixed; boundary=b\r\n", "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: " +
                                                                       std::string(subject) + "\r\n\r\nHello\r\n--b--\r\n");
  };
  CHECK(points(run(mail("Norton charge $599.99, if you did not authorize it call 802 538 3069")), "callback") > 0);
  CHECK(points(run(mail("=?utf-8?q?Norton_charge_$599.99,_if_you_did_not_authorize_it_call_802_538_3069?=")), "callback") > 0);
  CHECK(run(mail("Minutes of the meeting")).score == 0);
}

TEST_CASE("Reply-To of a known sender: its name is a slot, and its domain should be the sender's") {
  const findings& f = run(paypal("Reply-To: \"PayPal Support 802 538 3069\" <pp-help@gmail.com>\r\n", "Thanks for your payment\r\n"));
  CHECK(points(f, "slot-phone", "reply-to") == 100);
  CHECK(points(f, "reply-foreign") == 15);
  CHECK(points(run(paypal("Reply-To: <a@support-desk-team.account-review.evil-example.com>\r\n", "Thanks\r\n")), "reply-foreign") == 15);
  CHECK(run(paypal("Reply-To: <service@intl.paypal.com>\r\n", "Thanks for your payment\r\n")).score == 0);
  CHECK(points(run(person("Reply-To: Ann <ann@gmail.com>\r\n", "Hello\r\n")), "reply-foreign") == 0);
  // A platform's customers want their answers themselves.
  CHECK(points(run("From: Eve <noreply@order.eventbrite.com>\r\nReply-To: Eve <eve@example.net>\r\nSubject: Your ticket\r\n\r\nHello\r\n"), "reply-foreign") == 0);
}

TEST_CASE("whatever a calendar shows is read") {
  const std::string lure = "PayPal charge $599.99 unauthorized call 802 538 3069 to cancel";
  std::string encoded;
  for (char c : lure) encoded += "=" + std::string(1, "0123456789ABCDEF"[c >> 4]) + std::string(1, "0123456789ABCDEF"[c & 15]);
  for (const std::string& line : {"SUMMARY:" + lure, "g1.SUMMARY:" + lure, "SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:" + encoded, "ATTENDEE;ROLE=REQ-PARTICIPANT;CN=\"" + lure + "\":mailto:x@example.net",
                                  "CONFERENCE;VALUE=URI;LABEL=\"" + lure + "\":https://example.net/x", "STYLED-DESCRIPTION;VALUE=TEXT:<b>" + lure + "</b>", "X-WR-CALNAME:" + lure, "DESCRIPTION:" + lure,
                                  "SUMMARY;VALUE=BINARY:" + lure, "DESCRIPTION;ENCODING=BASE64:" + lure}) {
    CAPTURE(line);
    CHECK(run(calendar(google, line)).score >= 100);
    CHECK(run(calendar("Someone <noreply@unknown.example>", line)).score >= 50);
    CHECK(run(calendar(google, line), 1).score == run(calendar(google, line)).score);
  }
  CHECK(run(calendar("Someone <noreply@unknown.example>", "SUMMARY:" + lure, "text/x-vcalendar")).score >= 100);
  CHECK(run(calendar("Someone <noreply@unknown.example>", "SUMMARY:" + lure, "application/octet-stream; name=invite.vcs")).score >= 100);
}

TEST_CASE("usual invitations score nothing") {
  const std::string usual = "SUMMARY:Budget review\r\nLOCATION:Room 4\r\nATTENDEE;CN=bob@example.net;RSVP=TRUE:mailto:bob@example.net\r\nATTENDEE;CN=\"Doe, Jane\":mailto:jane@example.net\r\n"
                            "X-WR-CALNAME:Team\r\nATTACH;FMTTYPE=application/pdf:https://www.google.com/x\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:QUJD\r\nDESCRIPTION:Agenda: figures of November\\nplease read them";
  CHECK(run(calendar(google, usual)).score == 0);
  CHECK(run(calendar("Ann <ann@example.net>", usual)).score == 0);
  const std::string dialled = "SUMMARY:Budget review\r\nDESCRIPTION:Join by phone\\n(US) +1 808-555-0155\\nPIN: 441 902 771#";
  CHECK(run(calendar(google, dialled)).score < 50);
}

TEST_CASE("a number behind a link is a number") {
  const auto mail = [](std::string_view href, std::string_view shown = "tap here") {
    return paypal("Content-Type: text/html; charset=utf-8\r\n", "<html><body>Your order $499.99 was charged. If you did not authorize it, to cancel <a href=\"" + std::string(href) + "\">" +
                                                                    std::string(shown) + "</a></body></html>\r\n");
  };
  for (std::string_view href : {"tel:+18025383069", "tel:802-538-3069", "TEL:%2B1%20802%20538%203069", "tel:%31%38%30%32%35%33%38%33%30%36%39", "sms:+18025383069?body=hi", "https://wa.me/18025383069", "whatsapp://send?phone=18025383069",
                                "https://api.whatsapp.com/send?phone=18025383069&text=x"}) {
    CAPTURE(href);
    CHECK(points(run(mail(href)), "callback") >= 80);
    CHECK(run(mail(href), 1).score == run(mail(href)).score);
  }
  // "To cancel, tap here": the link says what "call" would say.
  const std::string here = "<p>Your order $499.99 was charged. To cancel <a href=\"tel:+18025383069\">tap here</a></p>\r\n";
  CHECK(run(paypal("Content-Type: text/html\r\n", here)).score == run(paypal("Content-Type: text/html\r\n", "<p>Your order $499.99 was charged. To cancel call 802 538 3069</p>\r\n")).score);
  CHECK(run(mail("tel:+18025383069", "802 538 3069")).score == run(mail("https://www.paypal.com/", "802 538 3069")).score);  // once is enough
  CHECK(run(mail("tel:+18555550123", "1-855-555-0123")).score == run(mail("https://www.paypal.com/", "1-855-555-0123")).score);
  CHECK(points(run(mail("tel:611")), "callback") == 0);
  CHECK(points(run(mail("https://wa.me/?text=hello")), "callback") == 0);
}

TEST_CASE("hosts behind mailto are told to reputation lists, and links that carry their own page are a finding") {
  struct hosts final : link_listener {
    void on_link_host(byte_view host) override { seen.emplace_back(host); }
    std::vector<std::string> seen;
  } listener;
  const auto mail = [](std::string_view href) { return paypal("Content-Type: text/html\r\n", "<p>Thanks. <a href=\"" + std::string(href) + "\">write</a></p>\r\n"); };
  run(mail("mailto:billing@evil.example?subject=x"), 0, &listener);
  CHECK(listener.seen == std::vector<std::string>{"evil.example"});
  CHECK(points(run(mail("mailto:billing@evil.example")), "link-disguised") == 0);
  for (std::string_view href : {"javascript:location=1", "data:text/html;base64,PHA+", "JavaScript:x"}) CHECK(points(run(mail(href)), "link-disguised") == 30);
  CHECK(points(run(person("Content-Type: text/html\r\n", "<a href=\"javascript:x\">y</a>\r\n")), "link-disguised") == 0);
}
