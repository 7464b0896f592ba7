// The relay side: replies and EHLO of a downstream, commands to it, dot stuffing.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "smtp/command_writer.hpp"
#include "smtp/data_scanner.hpp"
#include "smtp/dot_stuffer.hpp"
#include "smtp/reply_parser.hpp"
#include "support/smtp_dialogue.hpp"

using namespace sluice;
using namespace sluice::smtp;

namespace {

// Feeds `in` in pieces to a reply_parser; one line of text per reply, "!name" for an error.
std::string read_replies(const std::string& in, const std::vector<std::size_t>& cuts) {
  reply_parser parser;
  std::string held, out;
  std::size_t begin = 0;
  auto pump = [&](std::string_view piece) {
    held += piece;
    byte_view rest = held;
    for (;;) {
      const auto s = parser.next(rest);
      if (s == reply_parser::status::need_input) break;
      if (s == reply_parser::status::failed) {
        out += std::string("!") + name_of(parser.error());
        return false;
      }
      if (s == reply_parser::status::done) {
        const smtp::reply r = parser.value();
        out += std::to_string(r.code) + "/" + std::to_string(r.status.klass) + "." + std::to_string(r.status.subject) +
               "." + std::to_string(r.status.detail) + "/" + std::string(r.text) + ";";
      }
    }
    held.erase(0, held.size() - rest.size());
    return true;
  };
  for (std::size_t cut : cuts) {
    if (cut <= begin || cut >= in.size()) continue;
    if (!pump(std::string_view(in).substr(begin, cut - begin))) return out;
    begin = cut;
  }
  pump(std::string_view(in).substr(begin));
  return out;
}

std::string stuffed(const std::vector<std::string>& pieces, std::size_t places) {
  dot_stuffer stuffer;
  std::string wire;
  for (const std::string& piece : pieces) {
    byte_view in = piece;
    while (!in.empty()) {
      std::vector<byte_view> out(places);
      const std::size_t n = stuffer.next(in, out);
      REQUIRE(n > 0);
      for (std::size_t i = 0; i < n; ++i) wire += out[i];
    }
  }
  wire += stuffer.terminator();
  return wire;
}

path path_of(byte_view text) {
  path p;
  REQUIRE(take_path(text, p, {.null_allowed = true, .bare_postmaster = true}) == path_error::none);
  return p;
}

extension_set everything() {
  extension_set e;
  for (unsigned i = 0; i < static_cast<unsigned>(extension::count_); ++i) e.add(static_cast<extension>(i));
  e.xclient = e.xforward = 0x3ff;
  return e;
}

}  // namespace

TEST_CASE("replies are read with code, status and text, however they are cut") {
  const struct {
    const char* in;
    const char* out;
  } rows[] = {
      {"250 OK\r\n", "250/0.0.0/OK;"},
      {"250\r\n", "250/0.0.0/;"},
      {"250 \r\n354 go\r\n", "250/0.0.0/;354/0.0.0/go;"},
      {"250-a\r\n250-\r\n250 c\r\n", "250/0.0.0/a\n\nc;"},
      {"550-5.7.1 no\r\n550 5.7.1 never\r\n", "550/5.7.1/no\nnever;"},
      {"550 4.7.1 no\r\n", "550/0.0.0/4.7.1 no;"},
      {"599 x\r\n", "599/0.0.0/x;"},
      {"250-a\r\n", ""},
      {"250 OK\n", "!bad_line_ending"},
      {"\r\n", "!bad_code"},
      {"\n", "!bad_line_ending"},
      {"250 a\rb\r\n", "!bad_line_ending"},
      {"25 OK\r\n", "!bad_code"},
      {"2500 OK\r\n", "!bad_code"},
      {"150 OK\r\n", "!bad_code"},
      {"650 OK\r\n", "!bad_code"},
      {"2x0 OK\r\n", "!bad_code"},
      {"250_OK\r\n", "!bad_code"},
      {"HTTP/1.1 200 OK\r\n", "!bad_code"},
      {"250-a\r\n251 b\r\n", "!code_changed"},
      {"250 a\r\n250_b\r\n", "250/0.0.0/a;!bad_code"},
  };
  for (const auto& row : rows) {
    const std::string in = row.in;
    INFO(::Catch::Detail::stringify(in));
    for (const auto& cuts : test::all_cuts(in.size())) REQUIRE(read_replies(in, cuts) == row.out);
  }
  CHECK(read_replies(std::string("250 a\0b\r\n", 9), {}) == "!bad_line_ending");
}

TEST_CASE("replies are bounded in lines and in octets") {
  CHECK(read_replies("250 " + std::string(2042, 'x') + "\r\n", {}).starts_with("250/0.0.0/xxx"));
  CHECK(read_replies("250 " + std::string(2043, 'x') + "\r\n", {}) == "!line_too_long");
  CHECK(read_replies(std::string(2048, '2'), {}) == "!line_too_long");
  std::string lines;
  for (std::size_t i = 1; i < limits::reply_lines; ++i) lines += "250-some line\r\n";
  const std::string most = read_replies(lines + "250 end\r\n", {});
  CHECK(most.starts_with("250/"));
  CHECK(most.size() == 10 + limits::reply_text_bytes + 1);
  CHECK(read_replies(lines + "250-more\r\n250 end\r\n", {}) == "!too_many_lines");
}

TEST_CASE("a reply parser that failed stays failed until it is reset") {
  reply_parser p;
  byte_view in = "junk\r\n250 OK\r\n";
  CHECK(p.next(in) == reply_parser::status::failed);
  in = "250 OK\r\n";
  CHECK(p.next(in) == reply_parser::status::failed);
  p.reset();
  CHECK(p.next(in) == reply_parser::status::done);
}

TEST_CASE("an EHLO reply becomes a set of extensions") {
  ehlo_parser parser;
  byte_view in =
      "250-smtp.example.com SIZE 1\r\n250-pipelining\r\n250-SIZE "
      "52428800\r\n250-8BITMIME\r\n250-AUTH=LOGIN\r\n250-X-NEW thing\r\n"
      "250-XCLIENT NAME ADDR  LOGIN FUTURE\r\n250-XFORWARD ADDR PORT HELO SOURCE\r\n250-BINARYMIME\r\n250 "
      "STARTTLS\r\n220 x\r\n";
  CHECK(parser.next(in) == reply_parser::status::done);
  CHECK(in == "220 x\r\n");
  const extension_set& e = parser.offered();
  for (extension x : {extension::pipelining, extension::size, extension::eight_bit_mime, extension::xclient,
                      extension::xforward, extension::starttls})
    CHECK(e.has(x));
  for (extension x : {extension::smtputf8, extension::dsn, extension::chunking, extension::enhanced_status})
    CHECK_FALSE(e.has(x));
  CHECK(e.size_limit == 52428800);
  CHECK(e.takes_xclient(client_attribute::name));
  CHECK(e.takes_xclient(client_attribute::login));
  CHECK_FALSE(e.takes_xclient(client_attribute::port));
  CHECK(e.takes_xforward(client_attribute::source));
  CHECK(parser.value().code == 250);

  in = "250-again\r\n250-SIZE\r\n250 DSN\r\n";
  CHECK(parser.next(in) == reply_parser::status::done);  // a second EHLO, behind TLS
  CHECK(parser.offered() == extension_set{}.add(extension::size).add(extension::dsn));
  for (const char* size :
       {"250-x\r\n250 SIZE x\r\n", "250-x\r\n250 SIZE 99999999999999999999999\r\n", "250-x\r\n250 SIZE 0\r\n"}) {
    in = size;
    CHECK(parser.next(in) == reply_parser::status::done);
    CHECK(parser.offered().size_limit == 0);
  }
  in = "502 no\r\n";
  CHECK(parser.next(in) == reply_parser::status::done);
  CHECK(parser.value().permanent());
  CHECK(parser.offered() == extension_set{});
}

TEST_CASE("what is offered shrinks to what the downstream takes") {
  extension_set own = everything();
  own.size_limit = 1000;
  extension_set other;
  other.add(extension::size).add(extension::smtputf8);
  CHECK(mirrored(own, other).size_limit == 1000);
  other.size_limit = 500;
  const extension_set both = mirrored(own, other);
  CHECK(both.size_limit == 500);
  CHECK(both.has(extension::smtputf8));
  CHECK_FALSE(both.has(extension::dsn));
  CHECK_FALSE(both.has(extension::eight_bit_mime));
  CHECK(both.has(extension::chunking));
  CHECK(both.has(extension::starttls));
  own.size_limit = 0;
  CHECK(mirrored(own, other).size_limit == 500);
}

TEST_CASE("commands carry what the downstream offers and leave out the rest") {
  std::array<char, 4096> buffer;
  command_writer w(buffer);
  mail_command mail;
  mail.from = path_of("<\xc3\xbc@example.net>");
  mail.has_size = true;
  mail.size = 12345;
  mail.body = body_type::eight_bit_mime;
  mail.smtputf8 = true;
  mail.ret = return_type::headers;
  mail.envid = "QQ+20x";
  rcpt_command rcpt;
  rcpt.to = path_of("<\"b c\"@example.org>");
  rcpt.notify = notify_success | notify_delay;
  rcpt.orcpt = "rfc822;b+20c@example.org";
  CHECK(w.ehlo("gw.example.org"));
  CHECK(w.mail(mail, everything()));
  CHECK(w.rcpt(rcpt, everything()));
  CHECK(w.data());
  CHECK(w.text() ==
        "EHLO gw.example.org\r\n"
        "MAIL FROM:<\xc3\xbc@example.net> SIZE=12345 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ+20x\r\n"
        "RCPT TO:<\"b c\"@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+20c@example.org\r\nDATA\r\n");
  CHECK(missing_for(mail, everything()) == cause::none);
  CHECK(missing_for(mail, {}) == cause::utf8_unsupported);
  mail.smtputf8 = false;
  CHECK(missing_for(mail, {}) == cause::eight_bit_unsupported);
  mail.body = body_type::seven_bit;
  CHECK(missing_for(mail, {}) == cause::none);

  w.clear();
  mail.from = path_of("<>");
  CHECK(w.mail(mail, {}));
  CHECK(w.rcpt(rcpt, {}));
  rcpt.to = path_of("<Postmaster>");
  rcpt.notify = notify_never;
  rcpt.orcpt = {};
  CHECK(w.rcpt(rcpt, everything()));
  CHECK(w.rset());
  CHECK(w.noop());
  CHECK(w.starttls());
  CHECK(w.quit());
  CHECK(w.helo("gw"));
  CHECK(w.text() ==
        "MAIL FROM:<>\r\nRCPT TO:<\"b c\"@example.org>\r\nRCPT TO:<Postmaster> "
        "NOTIFY=NEVER\r\nRSET\r\nNOOP\r\nSTARTTLS\r\nQUIT\r\n"
        "HELO gw\r\n");
}

TEST_CASE("client attributes are encoded and limited to what the downstream takes") {
  std::array<char, 4096> buffer;
  command_writer w(buffer);
  client_info client;
  const auto given = [&](client_attribute a, byte_view text) { client[a] = {client_value::kind::given, text}; };
  given(client_attribute::addr, "2001:db8::7");
  given(client_attribute::port, "25");
  given(client_attribute::helo, "a b\r\nRSET=+");
  given(client_attribute::source, "REMOTE");
  client[client_attribute::name].what = client_value::kind::unavailable;
  client[client_attribute::login].what = client_value::kind::tempunavail;
  extension_set e;
  e.add(extension::xclient).add(extension::xforward);
  e.xclient = 0x0ff;
  e.xforward = 0x307;  // NAME ADDR PORT IDENT SOURCE
  CHECK(w.xclient(client, e));
  CHECK(w.xforward(client, e));
  CHECK(w.text() ==
        "XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::7 PORT=25 HELO=a+20b+0D+0ARSET+3D+2B LOGIN=[TEMPUNAVAIL]\r\n"
        "XFORWARD NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::7 PORT=25 SOURCE=REMOTE\r\n");
  w.clear();
  e.xclient = 0;
  CHECK(w.xclient(client, e));
  CHECK(w.xclient(client, {}));
  CHECK(w.text().empty());
  // What we write is what our own session understands.
  e.xclient = 0x0ff;
  client_info again;
  given(client_attribute::helo, "mail.example.net");
  w.clear();
  CHECK(w.xclient(client, e));
  std::string args(w.text().substr(7, w.text().size() - 9));
  CHECK(parse_xclient(args, again) == cause::none);
  CHECK(again[client_attribute::addr].text == "2001:db8::7");
  CHECK(again[client_attribute::helo].text == "mail.example.net");
  CHECK(again[client_attribute::login].what == client_value::kind::tempunavail);
}

TEST_CASE("no value can end or split a command") {
  std::array<char, 4096> buffer;
  command_writer w(buffer);
  mail_command mail;
  rcpt_command rcpt;
  const std::string evil[] = {"a@b\r\nRSET",           "a@b>\r\nDATA", "a@b> SIZE=1", "a b@c", "",
                              std::string("a\0@b", 4), "a@b\n",        "\"@b"};
  for (const std::string& text : evil) {
    mail.from = {};
    mail.from.text = rcpt.to.text = text;
    INFO(::Catch::Detail::stringify(text));
    CHECK_FALSE(w.mail(mail, everything()));
    CHECK_FALSE(w.rcpt(rcpt, everything()));
    CHECK(w.text().empty());
  }
  mail.from = path_of("<a@b>");
  rcpt.to = path_of("<a@b>");
  for (const char* text : {"x\r\nRSET", "x y", "x\ty", "\x7f"}) {
    mail.envid = rcpt.orcpt = text;
    CHECK_FALSE(w.mail(mail, everything()));
    CHECK_FALSE(w.rcpt(rcpt, everything()));
    CHECK_FALSE(w.ehlo(text));
    CHECK_FALSE(w.helo(text));
    CHECK(w.text().empty());
  }
  CHECK_FALSE(w.ehlo(""));
}

TEST_CASE("a command that does not fit leaves nothing behind") {
  std::array<char, 4096> whole;
  mail_command mail;
  mail.from = path_of("<a@example.net>");
  mail.envid = "x";
  command_writer full(whole);
  REQUIRE(full.mail(mail, everything()));
  const std::size_t size = full.text().size();
  for (std::size_t n = 0; n < size; ++n) {
    command_writer w(byte_span(whole).first(n));
    REQUIRE_FALSE(w.mail(mail, everything()));
    REQUIRE(w.text().empty());
  }
  command_writer w(byte_span(whole).first(size));
  CHECK(w.mail(mail, everything()));
}

TEST_CASE("stuffing and the scanner are each other's inverse, whatever the pieces and the places") {
  const std::string contents[] = {"",
                                  "\r\n",
                                  ".\r\n",
                                  "..\r\n",
                                  ".",
                                  "a\r\n.b\r\n..\r\n.\r\nc.d\r\n",
                                  "no end",
                                  "x\r\n.",
                                  ".\r\n.\r\n.\r\n.\r\n.\r\n.\r\n.\r\n.\r\n.\r\n.\r\n",
                                  "a\r\n\r\n.\r\n"};
  for (const std::string& content : contents) {
    std::string want = content;
    if (!want.empty() && !want.ends_with("\r\n")) want += "\r\n";
    for (const auto& cuts : test::all_cuts(content.size())) {
      std::vector<std::string> pieces;
      std::size_t begin = 0;
      for (std::size_t cut : cuts) {
        pieces.push_back(content.substr(begin, cut - begin));
        begin = cut;
      }
      pieces.push_back(content.substr(begin));
      for (const std::size_t places : {2U, 3U, 8U, 16U}) {
        std::string wire = stuffed(pieces, places);
        data_scanner scanner;
        const scan_result r = scanner.scan(wire);
        INFO(content);
        REQUIRE(r.end);
        REQUIRE(r.consumed == wire.size());
        REQUIRE(r.content == want);
      }
    }
  }
}

TEST_CASE("content without leading dots may pass by the stuffer") {
  dot_stuffer s;
  CHECK(s.terminator() == ".\r\n");
  s.pass("a\r");
  CHECK(s.terminator() == "\r\n.\r\n");
  s.pass("\n");
  CHECK(s.terminator() == ".\r\n");
  s.pass("");
  CHECK(s.terminator() == ".\r\n");
  byte_view in = ".x";
  byte_view out[2];
  CHECK(s.next(in, out) == 2);
  CHECK(out[0] == ".");
  CHECK(out[1] == ".x");
  s.reset();
  CHECK(s.terminator() == ".\r\n");
}
