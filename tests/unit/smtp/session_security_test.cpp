// STARTTLS and XCLIENT: what is forgotten, dropped and refused.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "support/smtp_dialogue.hpp"

using namespace sluice;
using namespace sluice::smtp;
using test::dialogue;
using test::full_options;
using test::greeted;

namespace {
std::string wire(cause c) {
  std::string out(limits::reply_wire_bytes, '\0');
  out.resize(format(reply_of(c), out));
  return out;
}
}  // namespace

TEST_CASE("nothing that was sent in the clear behind STARTTLS is ever acted upon") {
  for (const std::string& injected :
       {std::string("NOOP\r\n"), std::string("EHLO injected.example\r\n"), std::string("NO"),
        std::string("MAIL FROM:<evil@example.com>\r\nRCPT TO:<v@example.net>\r\nDATA\r\n"), std::string("RSET\r\n")}) {
    dialogue d(full_options());
    greeted(d);
    d.send("STARTTLS\r\n" + injected);
    INFO(injected);
    CHECK(d.take_replies() == wire(cause::tls_ready));
    CHECK(d.dropped_at_tls == injected.size());
    CHECK(d.events == "starttls tls ");
    CHECK(d.session.unsynchronised());
    CHECK(d.ask("OP") == wire(cause::unknown_command));  // "NO" was not kept to complete it
  }
}

TEST_CASE("octets that come between STARTTLS and the handshake are dropped") {
  server_session session(full_options());
  session.greet();
  std::string text = "EHLO x\r\nSTARTTLS\r\n";
  byte_span in(text);
  session.next(in);
  session.accept();
  REQUIRE(session.next(in).what == event::starttls);
  session.accept();
  std::string late = "NOOP\r\n";
  byte_span more(late);
  CHECK(session.next(more).what == event::need_input);
  CHECK(more.empty());
  session.consume_output(session.output().size());
  CHECK(session.on_tls_started(more) == 0);
  CHECK(session.next(more).what == event::need_input);
  CHECK(session.output().empty());
}

TEST_CASE("TLS makes the session forget what it knew, and STARTTLS is offered no more") {
  dialogue d(full_options());
  greeted(d);
  d.send("MAIL FROM:<a@b.example>\r\n");
  d.ask("STARTTLS");
  CHECK(d.session.tls_active());
  CHECK_FALSE(d.session.in_transaction());
  CHECK_FALSE(d.session.esmtp());
  CHECK(d.ask("RCPT TO:<c@d>") == wire(cause::need_mail));
  CHECK(d.ask("MAIL FROM:<a@b.example>") == wire(cause::need_helo));
  CHECK(d.ask("EHLO x").find("STARTTLS") == std::string::npos);
  CHECK(d.ask("STARTTLS") == wire(cause::tls_already));
  CHECK(d.session.protocol_name() == byte_view("ESMTPS"));
  d.ask("MAIL FROM:<a@b.example> SMTPUTF8");
  CHECK(d.session.protocol_name() == byte_view("UTF8SMTPS"));
}

TEST_CASE("TLS that cannot be had leaves the session in the clear") {
  dialogue d(full_options());
  greeted(d);
  d.decide = [](dialogue& self, const step& s) {
    if (s.what == event::starttls) self.session.reply(cause::tls_unavailable);
    return s.what == event::starttls;
  };
  CHECK(d.ask("STARTTLS") == wire(cause::tls_unavailable));
  CHECK(d.ask("MAIL FROM:<a@b>") == wire(cause::sender_ok));

  server_options options = full_options();
  options.offered.remove(extension::starttls);
  dialogue e(options);
  greeted(e);
  CHECK(e.ask("STARTTLS") == wire(cause::tls_already));
}

TEST_CASE("when TLS is required only the commands of RFC 3207 section 4 go on without it") {
  server_options options = full_options();
  options.require_tls = true;
  options.max_bad_commands = 100;
  dialogue d(options);
  d.session.greet();
  d.ask("EHLO x");
  for (const char* line :
       {"HELO x", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "RSET", "VRFY x", "HELP", "EXPN x", "AUTH PLAIN"}) {
    INFO(line);
    CHECK(d.ask(line) == wire(cause::must_starttls));
  }
  CHECK(d.ask("BDAT 6\r\nQUIT\r\nNOOP") == wire(cause::must_starttls) + wire(cause::ok));
  CHECK(d.ask("STARTTLS") == wire(cause::tls_ready));
  d.ask("EHLO x");
  CHECK(d.ask("MAIL FROM:<a@b>") == wire(cause::sender_ok));

  options.tls_active = true;  // implicit TLS
  dialogue e(options);
  greeted(e);
  CHECK(e.ask("MAIL FROM:<a@b>") == wire(cause::sender_ok));
}

TEST_CASE("XCLIENT tells who the client is, and the session begins anew") {
  server_options options = full_options();
  options.offered.add(extension::xclient).xclient = 0xff;
  dialogue d(options);
  greeted(d);
  d.decide = [](dialogue& self, const step& s) {
    if (s.what != event::xclient) return false;
    const client_info& c = self.session.client();
    CHECK(c[client_attribute::name].what == client_value::kind::unavailable);
    CHECK(c[client_attribute::addr].text == "2001:db8::7");
    CHECK(c[client_attribute::port].text == "4242");
    CHECK(c[client_attribute::proto].text == "ESMTP");
    CHECK(c[client_attribute::helo].text == "a+b=c");
    CHECK(c[client_attribute::login].what == client_value::kind::tempunavail);
    CHECK(c[client_attribute::destaddr].text == "192.0.2.1");
    CHECK(c[client_attribute::destport].what == client_value::kind::absent);
    return false;
  };
  CHECK(d.ask("XCLIENT name=[UNAVAILABLE] ADDR=IPV6:2001:db8::7 PORT=4242  PROTO=ESMTP HELO=a+2Bb+3Dc "
              "LOGIN=[TEMPUNAVAIL] DESTADDR=192.0.2.1") == "220 mx.example.org ESMTP\r\n");
  CHECK(d.ask("MAIL FROM:<a@b>") == wire(cause::need_helo));
  d.ask("EHLO x");
  d.ask("MAIL FROM:<a@b>");
  CHECK(d.ask("XCLIENT ADDR=192.0.2.1") == wire(cause::transaction_open));
}

TEST_CASE("a broken XCLIENT changes nothing") {
  server_options options = full_options();
  options.offered.add(extension::xclient).xclient = 0xff;
  options.max_bad_commands = 100;
  dialogue d(options);
  greeted(d);
  for (const char* args : {"", " ", " ADDR", " ADDR=", " ADDR=x", " ADDR=192.0.2.1.5", " IDENT=x", " SOURCE=LOCAL",
                           " FOO=x", " PORT=65536", " PORT=-1", " PORT=1x", " PROTO=LMTP", " NAME=a+2", " NAME=a+20b",
                           " HELO=a+0D+0Ab", " ADDR=IPV6:192.0.2.1x", " NAME==", " =x"}) {
    INFO(args);
    CHECK(d.ask(std::string("XCLIENT") + args) == wire(cause::bad_argument));
  }
  CHECK(d.ask("XCLIENT ADDR=192.0.2.1 ADDR=192.0.2.1") == wire(cause::duplicate_parameter));
  CHECK(d.ask("MAIL FROM:<a@b>") == wire(cause::sender_ok));
}
