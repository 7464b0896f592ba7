// DATA and BDAT within a session: framing, faults, refusals, limits.
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
const std::string open_transaction = "MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\n";

dialogue& in_transaction(dialogue& d) {
  greeted(d);
  d.send(open_transaction);
  d.take_replies();
  d.events.clear();
  return d;
}
}  // namespace

TEST_CASE("each smuggling variant is one refused message however it is cut, and nothing of it becomes a second one") {
  using namespace std::string_literals;
  for (const std::string& variant :
       {"\n.\n"s, "\n.\r"s, "\r.\n"s, "\r.\r"s, "\n.\r\n"s, "\r.\r\n"s, "\r\n.\n"s, "\r\n.\r"s, "\r\n\0.\r\n"s,
        "\r\n.\0\r\n"s, "\r\n.\r\r\n"s, "\r\r\n.\r\r\n"s, "\r\n..\n"s, "\n..\r\n"s, "\r\n.\n\r\n"s}) {
    const std::string input =
        "DATA\r\nSubject: x\r\n\r\ntext" + variant +
        "MAIL FROM:<admin@victim.example>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nsmuggled\r\n.\r\n";
    for (const auto& cuts : test::all_cuts(input.size())) {
      dialogue d(full_options());
      in_transaction(d);
      d.send(input, cuts);
      INFO(::Catch::Detail::stringify(variant));
      CHECK(d.accepted.empty());
      CHECK(d.violations == 1);
      CHECK(d.replies.starts_with("354 "));
      CHECK(d.replies.find("550 5.6.11 ") != std::string::npos);
      CHECK(d.events.ends_with("content_end "));
      REQUIRE_FALSE(d.session.in_transaction());
    }
  }
}

TEST_CASE("a message with a fault cannot be accepted by mistake, but may be deferred") {
  dialogue d(full_options());
  in_transaction(d);
  d.decide = [](dialogue& self, const step& s) {
    if (s.what != event::content_end) return false;
    CHECK(s.fault == cause::bare_lf);
    self.session.reply(cause::message_ok);
    return true;
  };
  CHECK(d.ask("DATA\r\na\nb\r\n.") == wire(cause::start_data) + wire(cause::bare_lf));
  d.decide = [](dialogue& self, const step& s) {
    if (s.what == event::content_end) self.session.reply(cause::local_error);
    return s.what == event::content_end;
  };
  d.send(open_transaction);
  CHECK(d.ask("DATA\r\na\nb\r\n.") == wire(cause::start_data) + wire(cause::local_error));
}

TEST_CASE("content over the size limit is swallowed and refused at its end, by DATA and by BDAT") {
  server_options options = full_options();
  options.offered.size_limit = 10;
  for (const bool by_bdat : {false, true}) {
    dialogue d(options);
    in_transaction(d);
    d.send(by_bdat ? "BDAT 11 LAST\r\n12345678901NOOP\r\n" : "DATA\r\n123456789\r\n.\r\nNOOP\r\n");
    CHECK(d.take_replies().ends_with(wire(cause::message_too_big) + wire(cause::ok)));
    CHECK(d.violations == 1);
    CHECK(d.accepted.empty());
    d.send(open_transaction + (by_bdat ? "BDAT 4\r\nab\r\nBDAT 6 LAST\r\ncdef\r\n" : "DATA\r\nab\r\n..de\r\n.\r\n"));
    CHECK(d.accepted.size() == 1);
  }
  dialogue d(options);
  in_transaction(d);
  d.send("BDAT 9\r\n123456789BDAT 2 LAST\r\nab");
  CHECK(d.take_replies() == wire(cause::chunk_ok) + wire(cause::message_too_big));
}

TEST_CASE("whether the limit or a fault behind it comes first does not depend on the cuts") {
  server_options options = full_options();
  options.offered.size_limit = 10;
  for (const std::string& content :
       {std::string("12345678\r\n9\nx\r\n.\r\n"), std::string("1234\n678\r\n9xx\r\n.\r\n")}) {
    const cause want = content[4] == '\n' ? cause::bare_lf : cause::message_too_big;
    for (const auto& cuts : test::all_cuts(content.size())) {
      dialogue d(options);
      in_transaction(d);
      d.ask("DATA");
      d.send(content, cuts);
      REQUIRE(d.take_replies() == wire(want));
    }
  }
}

TEST_CASE("the caller may refuse content in the middle; the reply waits for its end") {
  dialogue d(full_options());
  in_transaction(d);
  d.send("DATA\r\nfirst\r\n");
  d.take_replies();
  d.session.refuse_content(cause::spool_full);
  d.send("second\r\n");
  CHECK(d.take_replies() == "");
  CHECK(d.violations == 0);  // no news for the one who said it
  d.send(".\r\nNOOP\r\n");
  CHECK(d.take_replies() == wire(cause::spool_full) + wire(cause::ok));
}

TEST_CASE("an empty message and one of blank lines are messages") {
  dialogue d(full_options());
  in_transaction(d);
  d.send("DATA\r\n.\r\n" + open_transaction + "DATA\r\n\r\n\r\n.\r\n" + open_transaction + "BDAT 0 LAST\r\n");
  REQUIRE(d.accepted.size() == 3);
  CHECK(d.accepted[0].content == "");
  CHECK(d.accepted[0].facts.ends_with_crlf);
  CHECK(d.accepted[1].content == "\r\n\r\n");
  CHECK(d.accepted[2].content == "");
  CHECK(d.accepted[2].facts.ends_with_crlf);
}

TEST_CASE("the examples of RFC 3030 section 4 give one message each") {
  dialogue d(full_options());
  in_transaction(d);
  d.send("BDAT 86 LAST\r\n" + std::string(82, 'x') + "\r\n\r\n");
  CHECK(d.take_replies() == wire(cause::message_ok));
  // 4.2, with pipelining
  d.send(open_transaction + "BDAT 1000\r\n" + std::string(1000, 'y') + "BDAT 324\r\n" + std::string(324, 'z') +
         "BDAT 0 LAST\r\n");
  CHECK(d.take_replies() == wire(cause::sender_ok) + wire(cause::recipient_ok) + wire(cause::chunk_ok) +
                                wire(cause::chunk_ok) + wire(cause::message_ok));
  REQUIRE(d.accepted.size() == 2);
  CHECK(d.accepted[1].content.size() == 1324);
  CHECK_FALSE(d.accepted[1].facts.ends_with_crlf);
}

TEST_CASE("octets of a chunk are never read as commands, whatever the state") {
  const std::string chunk = "MAIL FROM:<evil@example.com>\r\nRCPT TO:<v@example.org>\r\n";
  const std::string bdat = "BDAT " + std::to_string(chunk.size());
  const struct {
    std::string before;
    cause first, second;
  } rows[] = {
      {"", cause::need_mail, cause::need_mail},
      {"MAIL FROM:<a@b>\r\n", cause::need_rcpt, cause::need_rcpt},
      {"MAIL FROM:<a@b>\r\nRCPT TO:<a>\r\n", cause::no_valid_recipients, cause::no_valid_recipients},
      {"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 1\r\n\n", cause::bdat_failed, cause::bdat_failed},
  };
  for (const auto& row : rows) {
    const std::string input = row.before + bdat + "\r\n" + chunk + bdat + " LAST\r\n" + chunk + "NOOP\r\n";
    for (const auto& cuts : test::all_cuts(input.size())) {
      dialogue d(full_options());
      greeted(d);
      d.send(input, cuts);
      REQUIRE(d.take_replies().ends_with(wire(row.first) + wire(row.second) + wire(cause::ok)));
      CHECK(d.accepted.empty());
      REQUIRE_FALSE(d.session.in_transaction());  // LAST ended it
    }
  }
}

TEST_CASE("BDAT that is not offered is swallowed too") {
  server_options options = full_options();
  options.offered.remove(extension::chunking);
  dialogue d(options);
  in_transaction(d);
  d.send("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
  CHECK(d.take_replies() == wire(cause::not_implemented) + wire(cause::ok));
}

TEST_CASE("after a chunk that was refused the rest of the message is refused, and RSET or LAST begins anew") {
  for (const bool by_rset : {false, true}) {
    dialogue d(full_options());
    in_transaction(d);
    bool fail = true;
    d.decide = [&fail](dialogue& self, const step& s) {
      if (s.what == event::chunk_end && fail) return self.session.reply(cause::spool_full), true;
      return false;
    };
    d.send("BDAT 3\r\nabcBDAT 3\r\ndef");
    CHECK(d.take_replies() == wire(cause::spool_full) + wire(cause::bdat_failed));
    CHECK(d.ask("DATA") == wire(cause::bdat_failed));
    CHECK(d.ask("MAIL FROM:<x@y>") == wire(cause::nested_mail));
    fail = false;
    d.send(by_rset ? "RSET\r\n" : "BDAT 0 LAST\r\n");
    d.take_replies();
    d.send(open_transaction + "BDAT 3\r\nabcBDAT 2 LAST\r\n\r\n");
    REQUIRE(d.accepted.size() == 1);
    CHECK(d.accepted[0].content == "abc\r\n");
    CHECK(d.session.bad_commands() == 1);  // the nested MAIL
  }
}

TEST_CASE("a fault in a chunk is told at once, answered at the chunk's end, and fails the message") {
  dialogue d(full_options());
  in_transaction(d);
  d.send("BDAT 5\r\nab");
  CHECK(d.violations == 0);
  d.send("\nx");
  CHECK(d.violations == 1);
  CHECK(d.take_replies() == "");
  d.send("y");
  CHECK(d.take_replies() == wire(cause::bare_lf));
  d.send("BDAT 2 LAST\r\n\r\n");
  CHECK(d.take_replies() == wire(cause::bdat_failed));
  CHECK(d.events == "bdat violation:bare_lf chunk_end ");
}

TEST_CASE("RSET in the middle of chunks forgets half a line break") {
  dialogue d(full_options());
  in_transaction(d);
  d.send("BDAT 2\r\na\rRSET\r\n" + open_transaction + "BDAT 3 LAST\r\nb\r\n");
  REQUIRE(d.accepted.size() == 1);
  CHECK(d.accepted[0].content == "b\r\n");
}

TEST_CASE("the largest chunk size is counted down, not overflowed") {
  server_options options = full_options();
  options.offered.size_limit = 0;
  dialogue d(options);
  in_transaction(d);
  d.send("BDAT 9223372036854775807\r\nabc\r\n.\r\nQUIT\r\n");
  CHECK(d.replies.empty());
  CHECK_FALSE(d.closed);
  CHECK(d.session.facts().bytes == 14);
}

TEST_CASE("content comes as one run per read, in place") {
  server_session session(full_options());
  session.greet();
  std::string text = "EHLO x\r\n" + open_transaction + "DATA\r\nab\r\n..cd\r\n.ef\r\n.\r\nNOOP\r\n";
  byte_span in(text);
  for (int i = 0; i < 4; ++i) {
    session.next(in);
    session.accept();
  }
  const char* const begin = in.data();
  const step content = session.next(in);
  REQUIRE(content.what == event::content);
  CHECK(content.text == "ab\r\n.cd\r\nef\r\n");
  CHECK(content.text.data() == begin);
  CHECK(byte_view(in.data(), in.size()) == "NOOP\r\n");
  CHECK(session.next(in).what == event::content_end);
  CHECK(session.facts().bytes == content.text.size());
  CHECK(session.facts().leading_dot);
}
