// Envelope addresses, address literals, xtext.
#include "smtp/address.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "smtp/ip_text.hpp"
#include "smtp/limits.hpp"
#include "smtp/xtext.hpp"

using namespace sluice;
using namespace sluice::smtp;

namespace {
struct parsed {
  path_error error;
  path p;
  std::string rest;
};
parsed parse(byte_view in, path_options o = {.null_allowed = true, .bare_postmaster = true}) {
  parsed r;
  r.error = take_path(in, r.p, o);
  r.rest = in;
  return r;
}
const std::string long_label(63, 'a');
}  // namespace

TEST_CASE("paths of the RFCs are taken apart") {
  const struct {
    const char* in;
    const char* local;
    const char* domain;
  } rows[] = {
      {"<userx@y.foo.org>", "userx", "y.foo.org"},  // RFC 5321 D.1
      {"<Smith@bar.com> SIZE=1", "Smith", "bar.com"},
      {"<@hosta.int,@jkl.org:userc@d.bar.org>", "userc", "d.bar.org"},  // RFC 5321 4.1.1.3
      {"<\"Joe.\\\\Blow\"@example.com>", "\"Joe.\\\\Blow\"", "example.com"},
      {"<\"a@b >c\"@example.com>", "\"a@b >c\"", "example.com"},
      {"<\"\"@example.com>", "\"\"", "example.com"},
      {"<!#$%&'*+-/=?^_`{|}~@example.com>", "!#$%&'*+-/=?^_`{|}~", "example.com"},
      {"<a@[192.0.2.1]>", "a", "[192.0.2.1]"},
      {"<a@[IPv6:2001:db8::1]>", "a", "[IPv6:2001:db8::1]"},
      {"<a@localhost>", "a", "localhost"},
      {"<a@my_host.example.com>", "a", "my_host.example.com"},
      {"<Postmaster>", "Postmaster", ""},
      {"<\xe5\xad\xab@\xc3\xa1.org>", "\xe5\xad\xab", "\xc3\xa1.org"},
  };
  for (const auto& row : rows) {
    INFO(row.in);
    const parsed r = parse(row.in);
    REQUIRE(r.error == path_error::none);
    CHECK(r.p.address.local == row.local);
    CHECK(r.p.address.domain == row.domain);
    CHECK(!r.p.null);
  }
  CHECK(parse("<a@b.c> SIZE=1").rest == " SIZE=1");
  CHECK(parse("<>").p.null);
  CHECK(parse("<> X").rest == " X");
}

TEST_CASE("what is special about an address is told") {
  CHECK(parse("<@a,@b:u@d>").p.source_route);
  CHECK(parse("<@a,@b:u@d>").p.text == "@a,@b:u@d");
  CHECK_FALSE(parse("<u@d>").p.source_route);
  CHECK(parse("<u%other.example@d>").p.address.routing_chars);
  CHECK(parse("<host!u@d>").p.address.routing_chars);
  CHECK(parse("<\"u@other.example\"@d>").p.address.routing_chars);
  CHECK_FALSE(parse("<\"u v\"@d>").p.address.routing_chars);
  CHECK(parse("<\"u v\"@d>").p.address.quoted);
  CHECK(parse("<u@[192.0.2.1]>").p.address.literal);
  CHECK(parse("<\xc3\xa1@d>").p.address.utf8);
  CHECK_FALSE(parse("<a@d>").p.address.utf8);
}

TEST_CASE("broken paths are refused") {
  const char* rows[] = {"",
                        "<",
                        "<a@b",
                        "a@b",
                        "<a>",
                        "<@>",
                        "<a@>",
                        "<@b>",
                        "<a@@b>",
                        "<a@b@c>",
                        "<.a@b>",
                        "<a.@b>",
                        "<a..b@c>",
                        "<a@.b>",
                        "<a@b.>",
                        "<a@b..c>",
                        "<a@-b>",
                        "<a@b->",
                        "< a@b>",
                        "<a@b >",
                        "<a b@c>",
                        "<a@b c>",
                        "<\"a@b>",
                        "<\"a\"b@c>",
                        "<\"a\\\"@b>",
                        "<a(c)@b>",
                        "<a@b(c)>",
                        "<a,b@c>",
                        "<a@[]>",
                        "<a@[1.2.3]>",
                        "<a@[1.2.3.256]>",
                        "<a@[01.2.3.4]>",
                        "<a@[IPv6:1]>",
                        "<a@[IPv6:]>",
                        "<a@[1.2.3.4>",
                        "<a@[x400:any!thing]>",
                        "<a@[2001:db8::1]>",
                        "<@a,@b u@d>",
                        "<@a,b:u@d>",
                        "<@a:>",
                        "<@a>",
                        "<@:u@d>",
                        "<a@b!c>",
                        "<a@b\x01>",
                        "<a\x7f@b>",
                        "<user@>",
                        "<>>",
                        "<\"\x01\"@b>",
                        "<\"\\\xc3\"@b>"};
  for (const char* row : rows) {
    INFO(row);
    const parsed r = parse(row, {.null_allowed = false, .bare_postmaster = true});
    CHECK(r.error == path_error::syntax);
    CHECK(r.rest == row);  // nothing consumed
  }
  CHECK(parse("<>", {.null_allowed = false, .bare_postmaster = true}).error == path_error::syntax);
  CHECK(parse("<postmaster>", {.null_allowed = true, .bare_postmaster = false}).error == path_error::syntax);
  CHECK(parse("<\xc3"
              "a@b>")
            .error == path_error::bad_utf8);
  CHECK(parse("<a@\xff.org>").error == path_error::bad_utf8);
}

TEST_CASE("lengths are bounded, and long local parts of bounce addresses are not refused for being over 64") {
  const std::string srs = "<SRS0=" + std::string(120, 'x') + "@example.com>";
  CHECK(parse(srs).error == path_error::none);
  const std::string domain = long_label + "." + long_label + "." + long_label;
  const std::size_t room = limits::path_bytes - domain.size() - 3;
  CHECK(parse("<" + std::string(room, 'x') + "@" + domain + ">").error == path_error::none);
  CHECK(parse("<" + std::string(room + 1, 'x') + "@" + domain + ">").error == path_error::too_long);
  CHECK(parse("<a@" + long_label + "a.org>").error == path_error::syntax);
  std::string name = long_label + "." + long_label + "." + long_label + "." + std::string(61, 'b');
  CHECK(name.size() == 253);
  CHECK(is_domain(name));
  CHECK_FALSE(is_domain(name + ".abc"));
}

TEST_CASE("a mailbox is nothing but local part and domain") {
  mailbox m;
  CHECK(parse_mailbox("a.b@example.com", m) == path_error::none);
  CHECK(m.local == "a.b");
  CHECK(parse_mailbox("a@example.com ", m) == path_error::syntax);
  CHECK(parse_mailbox("<a@example.com>", m) == path_error::syntax);
  CHECK(parse_mailbox("postmaster", m) == path_error::syntax);
}

TEST_CASE("domains are compared without case and without a final dot") {
  CHECK(same_domain("Example.COM", "example.com."));
  CHECK_FALSE(same_domain("example.com", "example.org"));
  CHECK_FALSE(same_domain("example.com", ""));
  CHECK_FALSE(
      same_domain("b\xc3\xbc"
                  "cher.example",
                  "xn--bcher-kva.example"));
}

TEST_CASE("IP addresses are read strictly and written in their shortest form") {
  const struct {
    const char* in;
    const char* out;  // nullptr: refused
  } rows[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"255.255.255.255", "255.255.255.255"},
      {"0.0.0.0", "0.0.0.0"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8::1", "2001:db8::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"},
      {"::ffff:192.0.2.1", "::ffff:c000:201"},
      {"1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"0:0:1::", "0:0:1::"},
      {"", nullptr},
      {"1", nullptr},
      {"1.2.3", nullptr},
      {"1.2.3.4.5", nullptr},
      {"256.1.1.1", nullptr},
      {"01.2.3.4", nullptr},
      {"1.2.3.4 ", nullptr},
      {"1.2.3.-4", nullptr},
      {":", nullptr},
      {":::", nullptr},
      {"1::2::3", nullptr},
      {"1:2:3:4:5:6:7", nullptr},
      {"1:2:3:4:5:6:7:8:9", nullptr},
      {"1:2:3:4:5:6:7:", nullptr},
      {":1:2:3:4:5:6:7:8", nullptr},
      {"12345::", nullptr},
      {"g::", nullptr},
      {"1:2:3:4:5:6:7:8::", nullptr},
      {"1:2:3:4:5:6:7:1.2.3.4", nullptr},
      {"fe80::1%eth0", nullptr},
      {"::1.2.3", nullptr},
      {"1.2.3.4::", nullptr},
  };
  for (const auto& row : rows) {
    INFO(row.in);
    ip_address ip;
    const bool good = parse_ip(row.in, ip);
    CHECK(good == (row.out != nullptr));
    char text[ip_text_bytes];
    if (!good || row.out == nullptr) continue;
    CHECK(std::string(text, format_ip(ip, text)) == row.out);
    ip_address again;
    CHECK(parse_ip(row.out, again));
    CHECK(again == ip);
  }
  char small[ip_text_bytes - 1];
  CHECK(format_ip({ip_family::v4, {}}, small) == 0);
  char text[ip_text_bytes];
  CHECK(format_ip({}, text) == 0);
}

TEST_CASE("xtext is checked, written and read back") {
  for (const char* good : {"", "abc", "a+20b", "+2B", "+2b", "QQ314159"}) CHECK(is_xtext(good));
  for (const char* bad : {"a b", "a=b", "+", "+2", "+2g", "\x7f", "\xc3\xbc", "a\x01"}) CHECK_FALSE(is_xtext(bad));
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  std::string out(1000, '\0');
  std::size_t n = 3;
  REQUIRE(write_xtext(all, out, n));
  const byte_view written = byte_view(out).substr(3, n - 3);
  CHECK(is_xtext(written));
  std::string copy(written);
  const byte_span decoded = decode_xtext_in_place(copy);
  CHECK(std::string(decoded.data(), decoded.size()) == all);
  for (std::size_t size = 0; size < n - 3; ++size) {
    std::size_t at = 0;
    CHECK_FALSE(write_xtext(all, byte_span(out).first(size), at));
    CHECK(at == 0);
  }
  std::string broken = "a b";
  CHECK(decode_xtext_in_place(broken).data() == nullptr);
}
