// Commands, their order and their answers, as dialogues.
#include <catch2/catch_test_macros.hpp>
#include <set>
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
const std::string open_transaction = "MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\n";
}  // namespace

TEST_CASE("a session takes at most 3 KiB of memory") {
  CHECK(sizeof(server_session) <= 3072);
  CHECK(sizeof(data_scanner) <= 8);
  CHECK(sizeof(mail_command) + sizeof(rcpt_command) <= 512);
}

TEST_CASE("the scenario of RFC 5321 D.1 runs as written") {
  server_options options = full_options();
  options.hostname = "foo.com";
  options.offered = extension_set{}.add(extension::eight_bit_mime).add(extension::size).add(extension::dsn);
  dialogue d(options);
  d.decide = [](dialogue& self, const step& s) {
    if (s.what != event::rcpt || self.session.rcpt().to.address.local != "Green") return false;
    self.session.reply({550, {5, 1, 1}, "No such user here"});
    return true;
  };
  d.session.greet();
  d.send("");
  CHECK(d.take_replies() == "220 foo.com ESMTP\r\n");
  CHECK(d.ask("EHLO bar.com") == "250-foo.com\r\n250-SIZE\r\n250-8BITMIME\r\n250 DSN\r\n");
  CHECK(d.ask("MAIL FROM:<Smith@bar.com>") == "250 2.1.0 Sender OK\r\n");
  CHECK(d.ask("RCPT TO:<Jones@foo.com>") == "250 2.1.5 Recipient OK\r\n");
  CHECK(d.ask("RCPT TO:<Green@foo.com>") == "550 5.1.1 No such user here\r\n");
  CHECK(d.ask("RCPT TO:<Brown@foo.com>") == "250 2.1.5 Recipient OK\r\n");
  CHECK(d.ask("DATA").starts_with("354 "));
  CHECK(d.ask("Blah blah blah...") == "");
  CHECK(d.ask("..etc. etc. etc.") == "");
  CHECK(d.ask(".") == "250 2.0.0 Message accepted\r\n");
  CHECK(d.ask("QUIT") == "221 2.0.0 Bye\r\n");
  CHECK(d.closed);
  REQUIRE(d.accepted.size() == 1);
  CHECK(d.accepted[0].from == "Smith@bar.com");
  CHECK(d.accepted[0].to == std::vector<std::string>{"Jones@foo.com", "Brown@foo.com"});
  CHECK(d.accepted[0].content == "Blah blah blah...\r\n.etc. etc. etc.\r\n");
  CHECK(d.events == "ehlo mail rcpt rcpt rcpt data content_end quit closed ");
}

TEST_CASE("the trace in the module's README is what happens") {
  dialogue d(full_options());
  d.session.greet();
  d.decide = [](dialogue& self, const step& s) {
    if (s.what == event::rcpt) self.session.reply({250, {2, 1, 5}, "OK"});
    if (s.what == event::mail) CHECK(self.session.mail().size == 9);
    if (s.what == event::content_end) {
      CHECK(self.session.facts().bytes == 7);
      CHECK(self.session.facts().leading_dot);
    }
    return s.what == event::rcpt;
  };
  d.send("EHLO c.example\r\n");
  d.take_replies();
  d.send("MAIL FROM:<a@x.example> SIZE=9\r\nRCPT TO:<b@example.org>\r\nDATA\r\n");
  CHECK(d.take_replies() == "250 2.1.0 Sender OK\r\n250 2.1.5 OK\r\n354 End data with <CR><LF>.<CR><LF>\r\n");
  d.send("a\r\n..b\r\n.");
  d.send("\r\nQUIT\r\n");
  CHECK(d.take_replies() == "250 2.0.0 Message accepted\r\n221 2.0.0 Bye\r\n");
  CHECK(d.events == "ehlo mail rcpt data content_end quit closed ");
  REQUIRE(d.accepted.size() == 1);
  CHECK(d.accepted[0].content == "a\r\n.b\r\n");
}

TEST_CASE("a pipelined session gives the same events and replies however it is cut") {
  const std::string input =
      "EHLO c.example\r\nMAIL FROM:<a@example.net> SIZE=100 BODY=8BITMIME RET=FULL ENVID=QQ+20x\r\n"
      "RCPT TO:<b@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@example.org\r\nRCPT TO:<bad\r\nDATA\r\n"
      "Subject: t\r\n\r\n..dot\r\ntext\r\n.\r\nNOOP\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nBDAT 6\r\nhello\r"
      "BDAT 3 LAST\r\n\n.x"
      "RSET\r\nVRFY x\r\nFOO\r\nQUIT\r\n";
  std::string replies, events;
  std::vector<test::message> accepted;
  for (const auto& cuts : test::all_cuts(input.size())) {
    dialogue d(full_options());
    d.session.greet();
    d.send(input, cuts);
    if (replies.empty()) {
      replies = d.replies;
      events = d.events;
      accepted = d.accepted;
      CHECK(events == "ehlo mail rcpt data content_end mail rcpt bdat chunk_end bdat content_end rset quit closed ");
      REQUIRE(accepted.size() == 2);
      CHECK(accepted[0].content == "Subject: t\r\n\r\n.dot\r\ntext\r\n");
      CHECK(accepted[0].facts.leading_dot);
      CHECK(accepted[1].content == "hello\r\n.x");
      CHECK(accepted[1].facts.by_bdat);
      CHECK_FALSE(accepted[1].facts.ends_with_crlf);
    }
    REQUIRE(d.replies == replies);
    REQUIRE(d.events == events);
    REQUIRE(d.accepted == accepted);
  }
}

TEST_CASE("parameters of MAIL and RCPT are told as values") {
  dialogue d(full_options());
  greeted(d);
  int seen = 0;
  d.decide = [&seen](dialogue& self, const step& s) {
    if (s.what == event::mail) {
      const mail_command& m = self.session.mail();
      ++seen;
      CHECK(m.from.text == "\xc3\xbc@example.net");
      CHECK(m.parameters == "SIZE=12 body=8bitmime smtputf8 ret=hdrs envid=a+2Bb");
      CHECK(m.has_size);
      CHECK(m.size == 12);
      CHECK(m.body == body_type::eight_bit_mime);
      CHECK(m.smtputf8);
      CHECK(m.ret == return_type::headers);
      CHECK(m.envid == "a+2Bb");
    }
    if (s.what == event::rcpt) {
      const rcpt_command& r = self.session.rcpt();
      ++seen;
      CHECK(r.to.text == "\xc3\xa4@example.org");
      CHECK(r.notify == (notify_failure | notify_delay));
      CHECK(r.orcpt == "utf-8;\xc3\xa4@example.org");
    }
    return false;
  };
  d.send("mail from: <\xc3\xbc@example.net>   SIZE=12 body=8bitmime smtputf8 ret=hdrs envid=a+2Bb  \r\n");
  CHECK(d.session.smtputf8());
  d.send("Rcpt To:<\xc3\xa4@example.org> NOTIFY=failure,DELAY ORCPT=utf-8;\xc3\xa4@example.org\r\n");
  CHECK(seen == 2);
  CHECK(d.session.recipients() == 1);
}

namespace {
struct line_row {
  const char* before;  // sent first, replies ignored
  const char* line;
  cause answer;
};
// Every cause that the session answers by itself, each at least once.
const line_row answered_rows[] = {
    {"", "FOO", cause::unknown_command},
    {"", "", cause::unknown_command},
    {"", "DATA_", cause::unknown_command},
    {"", " NOOP", cause::unknown_command},
    {"", "NOOP a\tb", cause::ok},
    {"", "NO\001OP", cause::bad_line_ending},
    {"", "NOOP x\ry", cause::bad_line_ending},
    {"", "HELP me", cause::help},
    {"", "VRFY Smith", cause::vrfy},
    {"", "VRFY", cause::bad_argument},
    {"", "EXPN list", cause::not_implemented},
    {"", "AUTH PLAIN AGEAYg==", cause::not_implemented},
    {"", "TURN", cause::not_implemented},
    {"", "HELO", cause::bad_helo},
    {"", "EHLO", cause::bad_helo},
    {"", "EHLO a b", cause::bad_helo},
    {"", "EHLO a(b", cause::bad_helo},
    {"", "EHLO \303\274.example", cause::bad_helo},
    {"", "MAIL", cause::bad_argument},
    {"", "MAIL FROM", cause::bad_argument},
    {"", "MAIL TO:<a@b>", cause::bad_argument},
    {"", "MAIL FROM:<a@b>SIZE=1", cause::bad_argument},
    {"", "MAIL FROM:", cause::bad_sender},
    {"", "MAIL FROM:a@b", cause::bad_sender},
    {"", "MAIL FROM:<a@b", cause::bad_sender},
    {"", "MAIL FROM:<a@b> SIZE=x", cause::bad_argument},
    {"", "MAIL FROM:<a@b> SIZE=", cause::bad_argument},
    {"", "MAIL FROM:<a@b> SIZE=-1", cause::bad_argument},
    {"", "MAIL FROM:<a@b> SIZE=1 SIZE=1", cause::duplicate_parameter},
    {"", "MAIL FROM:<a@b> SIZE=1000001", cause::message_too_big},
    {"", "MAIL FROM:<a@b> SIZE=99999999999999999999", cause::message_too_big},
    {"", "MAIL FROM:<a@b> SIZE=100000000000000000000", cause::bad_argument},
    {"", "MAIL FROM:<a@b> BODY=BINARYMIME", cause::bad_body_type},
    {"", "MAIL FROM:<a@b> BODY", cause::bad_body_type},
    {"", "MAIL FROM:<a@b> BODY=7BIT BODY=7BIT", cause::duplicate_parameter},
    {"", "MAIL FROM:<a@b> SMTPUTF8=1", cause::bad_argument},
    {"", "MAIL FROM:<a@b> SMTPUTF8 SMTPUTF8", cause::duplicate_parameter},
    {"", "MAIL FROM:<a@b> RET=SOME", cause::bad_argument},
    {"", "MAIL FROM:<a@b> RET=HDRS RET=FULL", cause::duplicate_parameter},
    {"", "MAIL FROM:<a@b> ENVID=", cause::bad_argument},
    {"", "MAIL FROM:<a@b> ENVID=a+2", cause::bad_argument},
    {"", "MAIL FROM:<a@b> ENVID=a ENVID=a", cause::duplicate_parameter},
    {"", "MAIL FROM:<a@b> AUTH=<>", cause::unknown_parameter},
    {"", "MAIL FROM:<a@b> REQUIRETLS", cause::unknown_parameter},
    {"", "MAIL FROM:<a@b> =x", cause::bad_argument},
    {"", "MAIL FROM:<a@b> X=a=b", cause::bad_argument},
    {"", "MAIL FROM:<\303\274@b>", cause::utf8_undeclared},
    {"", "MAIL FROM:<\303(@b> SMTPUTF8", cause::bad_sender},
    {"MAIL FROM:<a@b>\r\n", "MAIL FROM:<a@b>", cause::nested_mail},
    {"", "RCPT TO:<a@b>", cause::need_mail},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<>", cause::bad_recipient},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a>", cause::bad_recipient},
    {"MAIL FROM:<a@b>\r\n", "RCPT <a@b>", cause::bad_argument},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<\303\274@b>", cause::utf8_undeclared},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b> NOTIFY=", cause::bad_argument},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b> NOTIFY=NEVER,DELAY", cause::bad_argument},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b> NOTIFY=DELAY,DELAY", cause::bad_argument},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b> NOTIFY=NEVER NOTIFY=NEVER", cause::duplicate_parameter},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b> ORCPT=b@c", cause::bad_argument},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b> ORCPT=;b", cause::bad_argument},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b> ORCPT=rfc822;", cause::bad_argument},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b> ORCPT=utf-8;\303\274@c", cause::bad_argument},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b> ORCPT=rfc822;b ORCPT=rfc822;b", cause::duplicate_parameter},
    {"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b> SIZE=1", cause::unknown_parameter},
    {"", "DATA", cause::need_mail},
    {"", "DATA x", cause::bad_argument},
    {"MAIL FROM:<a@b>\r\n", "DATA", cause::need_rcpt},
    {"MAIL FROM:<a@b>\r\nRCPT TO:<a>\r\n", "DATA", cause::no_valid_recipients},
    {"", "RSET x", cause::bad_argument},
    {"", "QUIT x", cause::bad_argument},
    {"", "STARTTLS x", cause::bad_argument},
    {"", "BDAT", cause::bad_argument},
    {"", "BDAT LAST", cause::bad_argument},
    {"", "BDAT 12LAST", cause::bad_argument},
    {"", "BDAT 1 FIRST", cause::bad_argument},
    {"", "BDAT -1", cause::bad_argument},
    {"", "BDAT 9223372036854775808", cause::bad_argument},
    {"", "BDAT 0", cause::need_mail},
    {"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nBDAT 1\r\nx", "DATA", cause::bdat_mixed},
    {"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nBDAT 1\r\nx", "RCPT TO:<c@d>", cause::bdat_mixed},
    {"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nBDAT 1\r\n\n", "BDAT 0 LAST", cause::bdat_failed},
    {"", "XCLIENT ADDR=192.0.2.1", cause::xclient_denied},
    {"", "POST / HTTP/1.1", cause::not_smtp},
};
}  // namespace

TEST_CASE("every command that needs no decision gets its documented reply") {
  for (const auto& row : answered_rows) {
    dialogue d(full_options());
    greeted(d);
    d.send(row.before);
    INFO(row.before << row.line);
    CHECK(d.ask(row.line) == wire(row.answer));
    if (!d.closed) CHECK(d.ask("NOOP") == wire(cause::ok));  // the session stays usable
  }
}

TEST_CASE("every cause that belongs to the session is hit by a test of this folder") {
  std::set<cause> hit;
  for (const auto& row : answered_rows) hit.insert(row.answer);
  // Hit by the tests with other options, below and in the other files.
  for (cause c : {cause::line_too_long, cause::need_helo, cause::must_starttls, cause::tls_already,
                  cause::too_many_errors, cause::too_many_commands, cause::transaction_open, cause::too_many_recipients,
                  cause::bare_cr, cause::bare_lf, cause::nul_octet})
    hit.insert(c);
  for (unsigned i = static_cast<unsigned>(cause::unknown_command); i <= static_cast<unsigned>(cause::bad_body_type);
       ++i) {
    INFO(name_of(static_cast<cause>(i)));
    CHECK(hit.contains(static_cast<cause>(i)));
  }
}

TEST_CASE("nothing but the greeting is said to a client that has not said hello") {
  dialogue d(full_options());
  byte_span none;
  CHECK(d.session.next(none).what == event::need_input);
  CHECK(d.session.output().empty());
  d.session.greet(true);
  CHECK(d.session.early_talker());
  CHECK(d.ask("MAIL FROM:<a@b>") == "220 mx.example.org ESMTP\r\n" + wire(cause::need_helo));
  CHECK(d.ask("BDAT 2\r\nab").starts_with("503 "));
  CHECK(d.ask("HELO x") == "250 mx.example.org\r\n");
}

TEST_CASE("after HELO no extension exists") {
  dialogue d(full_options());
  d.session.greet();
  d.ask("HELO x");
  CHECK_FALSE(d.session.esmtp());
  CHECK(d.session.protocol_name() == byte_view("SMTP"));
  CHECK(d.ask("MAIL FROM:<a@b> SIZE=1") == wire(cause::unknown_parameter));
  CHECK(d.ask("MAIL FROM:<a@b>") == wire(cause::sender_ok));
  CHECK(d.ask("RCPT TO:<a@b> NOTIFY=NEVER") == wire(cause::unknown_parameter));
  CHECK(d.ask("RCPT TO:<a@b>") == wire(cause::recipient_ok));
  CHECK(d.ask("BDAT 1\r\nx").starts_with(wire(cause::not_implemented)));
}

TEST_CASE("the EHLO reply shows what is offered at that moment") {
  server_options options = full_options();
  dialogue d(options);
  d.session.greet();
  CHECK(d.ask("EHLO a") ==
        "220 mx.example.org ESMTP\r\n250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE "
        "1000000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
        "250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250 STARTTLS\r\n");
  extension_set downstream;
  downstream.add(extension::size).add(extension::dsn);
  downstream.size_limit = 5000;
  d.session.set_offered(mirrored(options.offered, downstream));
  CHECK(
      d.ask("EHLO a") ==
      "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 5000\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n"
      "250 STARTTLS\r\n");
  CHECK(d.ask("MAIL FROM:<a@b> SMTPUTF8") == wire(cause::unknown_parameter));
  options.offered = extension_set{}.add(extension::xclient);
  options.offered.xclient = 0xff;
  d.session.set_offered(options.offered);
  CHECK(d.ask("EHLO a") == "250-mx.example.org\r\n250 XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT\r\n");
}

TEST_CASE("EHLO and RSET end an open transaction, a refused EHLO does not") {
  dialogue d(full_options());
  greeted(d);
  d.send(open_transaction);
  CHECK(d.session.in_transaction());
  d.decide = [](dialogue& self, const step& s) {
    if (s.what == event::ehlo) self.session.reply(cause::bad_argument);
    return s.what == event::ehlo;
  };
  d.ask("EHLO again");
  CHECK(d.session.in_transaction());
  d.decide = nullptr;
  d.ask("EHLO again");
  CHECK_FALSE(d.session.in_transaction());
  d.send(open_transaction);
  CHECK(d.ask("RSET") == wire(cause::ok));
  CHECK(d.ask("RCPT TO:<a@b>") == wire(cause::need_mail));
}

TEST_CASE("a refusal of DATA keeps the transaction, the end of a message ends it") {
  dialogue d(full_options());
  greeted(d);
  d.send(open_transaction);
  bool refuse = true;
  d.decide = [&refuse](dialogue& self, const step& s) {
    if (s.what == event::data && refuse) return self.session.reply(cause::downstream_unreachable), true;
    if (s.what == event::content_end) return self.session.reply(cause::policy_reject), true;
    return false;
  };
  CHECK(d.ask("DATA") == wire(cause::downstream_unreachable));
  CHECK(d.session.in_transaction());
  refuse = false;
  CHECK(d.ask("DATA") == wire(cause::start_data));
  CHECK(d.ask("x\r\n.") == wire(cause::policy_reject));
  CHECK_FALSE(d.session.in_transaction());
  CHECK(d.ask("DATA") == wire(cause::need_mail));
}

TEST_CASE("recipients over the cap get 452 and the others go on") {
  server_options options = full_options();
  options.max_recipients = 2;
  dialogue d(options);
  greeted(d);
  d.send(open_transaction);
  CHECK(d.ask("RCPT TO:<c@d>") == wire(cause::recipient_ok));
  CHECK(d.ask("RCPT TO:<e@f>") == wire(cause::too_many_recipients));
  CHECK(d.ask("DATA") == wire(cause::start_data));
  CHECK(d.session.recipients() == 2);
}

TEST_CASE("too many errors end the session, and what a refusal entails counts as none") {
  dialogue d(full_options());
  greeted(d);
  for (int i = 0; i < limits::bad_commands; ++i) CHECK(d.ask("FOO") == wire(cause::unknown_command));
  CHECK(d.ask("FOO") == wire(cause::too_many_errors));
  CHECK(d.closed);
  CHECK(d.ask("NOOP") == "");

  dialogue e(full_options());
  greeted(e);
  std::string group = "MAIL FROM:<a@b> SIZE=1000001\r\n";
  for (int i = 0; i < 50; ++i) group += "RCPT TO:<b@c>\r\n";
  e.send(group + "DATA\r\n");
  CHECK_FALSE(e.closed);
  CHECK(e.session.bad_commands() == 0);
}

TEST_CASE("commands without a message are bounded, accepted recipients and messages are not") {
  dialogue d(full_options());
  greeted(d);
  std::size_t said = 0;
  while (!d.closed && said < 1000) {
    d.ask("NOOP");
    ++said;
  }
  CHECK(said == limits::idle_commands);  // EHLO was the first
  CHECK(d.events.ends_with("closed "));

  dialogue e(full_options());
  greeted(e);
  for (int i = 0; i < 300; ++i) e.send(open_transaction + "RCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n");
  CHECK(e.accepted.size() == 300);
}

TEST_CASE("an overlong command line is answered once, at its end") {
  dialogue d(full_options());
  greeted(d);
  const std::string longest = "NOOP " + std::string(limits::command_line_bytes - 7, 'x') + "\r\n";
  REQUIRE(longest.size() == limits::command_line_bytes);
  d.send(longest);
  CHECK(d.take_replies() == wire(cause::ok));
  for (const std::size_t extra : {1U, 2U, 100U, 2047U, 2048U, 9000U}) {
    d.send("NOOP " + std::string(limits::command_line_bytes - 7 + extra, 'x') + "\r\nNOOP\r\n");
    CHECK(d.take_replies() == wire(cause::line_too_long) + wire(cause::ok));
  }
  d.send(std::string(100000, 'y'));
  CHECK(d.take_replies() == "");
}

TEST_CASE("a bare LF ends no command") {
  dialogue d(full_options());
  greeted(d);
  d.send("NOOP\nNOOP\r\n");
  CHECK(d.take_replies() == wire(cause::bad_line_ending) + wire(cause::ok));
}

TEST_CASE("a client that never reads gets no more output than the buffer holds") {
  server_session session(full_options());
  session.greet();
  std::string flood = "EHLO x\r\n";
  for (int i = 0; i < 200; ++i) flood += "VRFY someone\r\n";
  byte_span in(flood);
  step s = session.next(in);
  REQUIRE(s.what == event::ehlo);
  session.accept();
  s = session.next(in);
  CHECK(s.what == event::need_flush);
  CHECK(session.output().size() > limits::output_bytes / 2);
  CHECK(session.output().size() <= limits::output_bytes);
  CHECK(in.size() > 1000);
  const std::size_t left = in.size();
  CHECK(session.next(in).what == event::need_flush);
  CHECK(in.size() == left);
  session.consume_output(10);
  CHECK(session.next(in).what == event::need_flush);
  session.consume_output(700);
  CHECK(session.next(in).what == event::need_flush);
  CHECK(in.size() < left);
}

TEST_CASE("a caller that forgets to answer is told so") {
  server_session session(full_options());
  session.greet();
  std::string text = "EHLO x\r\nNOOP\r\n";
  byte_span in(text);
  CHECK(session.next(in).what == event::ehlo);
  CHECK(session.next(in).what == event::need_reply);
  session.accept();
  session.accept();  // nothing waits: no effect
  CHECK(session.next(in).what == event::need_input);
}

TEST_CASE("a 421 ends the session wherever it is said") {
  dialogue d(full_options());
  greeted(d);
  d.decide = [](dialogue& self, const step& s) {
    if (s.what == event::rcpt) self.session.reply(cause::rate_limited);
    return s.what == event::rcpt;
  };
  d.send(open_transaction + "NOOP\r\n");
  CHECK(d.take_replies() == wire(cause::sender_ok) + wire(cause::rate_limited));
  CHECK(d.closed);

  dialogue e(full_options());
  e.session.close_with(cause::no_slot);
  e.send("EHLO x\r\n");
  CHECK(e.replies == wire(cause::no_slot));
  CHECK(e.closed);
  e.session.close_with(cause::shutting_down);
  CHECK(e.session.output().empty());
}

TEST_CASE("commands that come together without leave are noticed") {
  dialogue d(full_options());
  greeted(d);
  d.send(open_transaction);
  CHECK_FALSE(d.session.unsynchronised());
  d.send("DATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n");
  CHECK(d.session.unsynchronised());

  server_options options = full_options();
  options.offered.remove(extension::pipelining);
  dialogue e(options);
  greeted(e);
  CHECK_FALSE(e.session.unsynchronised());
  e.send(open_transaction);
  CHECK(e.session.unsynchronised());
}
