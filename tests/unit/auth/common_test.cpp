// The small readers that everything else stands on: tag lists, base64, addresses, the header index.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "auth/common/base64.hpp"
#include "auth/common/header.hpp"
#include "auth/common/idna.hpp"
#include "auth/common/punycode.hpp"
#include "auth/common/ip.hpp"
#include "auth/common/tag_list.hpp"

using namespace sluice;
using namespace sluice::auth;

TEST_CASE("a tag list is valid as a whole or not at all") {
  const struct {
    std::string text;
    bool strict, lenient;
  } rows[] = {
      {"v=1; a=b", true, true},
      {" v = 1 ;\r\n\ta=b;", true, true},
      {"v=1; a=b;\r\n ", true, true},
      {"v=1", true, true},
      {"v=", true, true},
      {"", false, false},
      {" ", false, false},
      {";", false, false},
      {"v=1;; a=b", false, true},
      {"v=1; a", false, true},
      {"v=1; 1a=b", false, true},
      {"v=1; a b=c", false, true},
      {"v=1; v=2", false, false},
      {"v=1; =2", false, true},
  };
  for (const auto& row : rows) {
    tag_list tags;
    INFO(row.text);
    CHECK(tags.parse(row.text) == row.strict);
    CHECK(tags.parse(row.text, true) == row.lenient);
  }
}

TEST_CASE("a tag's value keeps what is inside and loses the white space around") {
  tag_list tags;
  REQUIRE(tags.parse("a = x\r\n y ; B=z"));
  CHECK(tags.find("a")->value == "x\r\n y");
  CHECK(tags.find("a")->raw_value == " x\r\n y ");
  CHECK(tags.find("b") == nullptr);
  REQUIRE(tags.parse("V=1", true));
  CHECK(tags.find("v") != nullptr);
}

TEST_CASE("more tags than the limit make a list malformed") {
  std::string text;
  for (std::size_t i = 0; i < max_tags; ++i) text += "t" + std::to_string(i) + "=x;";
  tag_list tags;
  CHECK(tags.parse(text));
  CHECK_FALSE(tags.parse(text + "more=x"));
}

TEST_CASE("in a signature no bits may be left over at the end of base64") {
  char room[16];
  std::size_t size = 0;
  for (const char* text : {"aGk=", "aGkh", "aA=="}) CHECK(decode_base64(text, room, size, base64_end::exact));
  for (const char* text : {"aGl=", "aB==", "aP"}) {
    CHECK_FALSE(decode_base64(text, room, size, base64_end::exact));
    CHECK(decode_base64(text, room, size));
  }
}

TEST_CASE("base64 skips folding and refuses everything else") {
  const struct {
    std::string text, octets;
    bool good;
  } rows[] = {
      {"", "", true},
      {"aGk=", "hi", true},
      {"aGk", "hi", true},
      {" a\r\n\tG k=", "hi", true},
      {"aGkh", "hi!", true},
      {"aA==", "h", true},
      {"aA=", "", false},
      {"a", "", false},
      {"aGk=x", "", false},
      {"aGk===", "", false},
      {"aG*h", "", false},
      {"aGk=aGk=", "", false},
  };
  for (const auto& row : rows) {
    char room[16];
    std::size_t size = 0;
    INFO(row.text);
    REQUIRE(decode_base64(row.text, room, size) == row.good);
    if (row.good) CHECK(std::string(room, size) == row.octets);
  }
  char tiny[2];
  std::size_t size = 0;
  CHECK_FALSE(decode_base64("aGkh", tiny, size));
  for (std::size_t n = 0; n < 20; ++n) {
    std::string octets, text(28, '\0'), back(24, '\0');
    for (std::size_t i = 0; i < n; ++i) octets += static_cast<char>(i * 37 + n);
    text.resize(encode_base64(octets, text));
    REQUIRE(decode_base64(text, back, size));
    CHECK(back.substr(0, size) == octets);
  }
}

TEST_CASE("addresses are read strictly and written in their canonical form") {
  const struct {
    std::string text, canonical;
  } good[] = {
      {"192.0.2.1", "192.0.2.1"}, {"0.0.0.0", "0.0.0.0"}, {"255.255.255.255", "255.255.255.255"},
      {"2001:DB8::1", "2001:db8::1"}, {"::", "::"}, {"::1", "::1"}, {"1::", "1::"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"}, {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, {"::ffff:192.0.2.1", "192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"}, {"1:2:3:4:5:6::8", "1:2:3:4:5:6:0:8"}, {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
  };
  for (const auto& row : good) {
    ip_address ip;
    INFO(row.text);
    REQUIRE(parse_ip(row.text, ip));
    CHECK(std::string(view(to_text(ip))) == row.canonical);
  }
  for (const std::string bad : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1..2.3", "1.2.3.",
                                ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1:", ":1", "1:2:3:4:5:6:7::8",
                                "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "fe80::1%eth0", "[::1]", "1:2:3:4:5:6:7:1.2.3.4"}) {
    ip_address ip;
    INFO(bad);
    CHECK_FALSE(parse_ip(bad, ip));
  }
  ip_address mapped;
  REQUIRE(parse_ip("::ffff:192.0.2.1", mapped, true));
  CHECK(mapped.v6);
}

TEST_CASE("networks hold addresses of their own family only") {
  ip_address a, b, six;
  parse_ip("192.0.2.255", a);
  parse_ip("192.0.2.128", b);
  parse_ip("2001:db8::1", six);
  CHECK(same_network(a, b, 24));
  CHECK(same_network(a, b, 25));
  CHECK_FALSE(same_network(a, b, 26));
  CHECK(same_network(a, six, 0) == false);
  CHECK(same_network(a, b, 0));
  CHECK(std::string(view(reversed_labels(a))) == "255.2.0.192");
  CHECK(view(reversed_labels(six)).substr(0, 8) == "1.0.0.0.");
  CHECK(reversed_labels(six).size() == 63);
}

TEST_CASE("a header is cut into fields, and fields are found from the bottom up") {
  header_index index;
  REQUIRE(index.build("A: 1\r\nb : 2\r\n  folded\r\nA:3\r\n\r\nA: body\r\n"));
  REQUIRE(index.size() == 3);
  CHECK(index[0].value == " 1");
  CHECK(index[1].name == "b");
  CHECK(index[1].value == " 2\r\n  folded");
  CHECK(index[1].raw == "b : 2\r\n  folded\r\n");
  CHECK_FALSE(index.malformed());
  std::uint16_t cursor = header_index::none;
  header_field f;
  REQUIRE(index.next_up("a", cursor, f));
  CHECK(f.value == "3");
  REQUIRE(index.next_up("a", cursor, f));
  CHECK(f.value == " 1");
  CHECK_FALSE(index.next_up("a", cursor, f));
  CHECK_FALSE(index.next_up("c", cursor = header_index::none, f));
}

TEST_CASE("lines that are no fields are kept as such") {
  header_index index;
  for (const std::string bad : {" continuation first\r\nA: 1\r\n", "no colon\r\nA: 1\r\n", ": empty name\r\nA: 1\r\n"}) {
    INFO(bad);
    REQUIRE(index.build(bad));
    CHECK(index.malformed());
    CHECK(index.size() == 2);
  }
  REQUIRE(index.build(""));
  CHECK(index.size() == 0);
}

TEST_CASE("the index stops at its limit") {
  std::string header;
  for (std::size_t i = 0; i < header_index::max_fields; ++i) header += "a:\r\n";
  header_index index;
  CHECK(index.build(header));
  CHECK_FALSE(index.build(header + "b:\r\n"));
}

TEST_CASE("domains in Unicode become their A-labels") {
  const struct {
    std::string in, out;
  } rows[] = {
      {"Example.COM", "example.com"},
      {"b\xc3\xbc" "cher.example", "xn--bcher-kva.example"},
      {"B\xc3\x9c" "CHER.example", "xn--bcher-kva.example"},
      {"\xe4\xbe\x8b\xe5\xad\x90.example", "xn--fsqu00a.example"},
      {"\xe4\xbe\x8b\xe5\xad\x90\xe3\x80\x82" "example", "xn--fsqu00a.example"},  // ideographic full stop
      {"\xd8\xa7\xdb\x8c\xd8\xb1\xd8\xa7\xd9\x86.ir", "xn--mgba3a4f16a.ir"},
      {"\xef\xbd\x85xample.com", "example.com"},  // full-width e
      {"fa\xc3\x9f.example", "xn--fa-hia.example"},  // sharp s is a letter of its own (RFC 5892)
      {"stra\xe1\xba\x9e" "e.example", "xn--strae-oqa.example"},
      {"\xce\xb2\xcf\x8c\xce\xbb\xce\xbf\xcf\x82.example", "xn--nxasmm1c.example"},  // final sigma, too
      {"XN--FA-HIA.m\xc3\xbcnchen.example", "xn--fa-hia.xn--mnchen-3ya.example"},
      // Persian with a zero-width non-joiner between joining letters
      {"\xd9\x86\xd8\xa7\xd9\x85\xd9\x87\xe2\x80\x8c\xd8\xa7\xdb\x8c.example", "xn--mgba3gch31f060k.example"},
      {"soft\xc2\xadhyphen.m\xc3\xbcnchen.example", "softhyphen.xn--mnchen-3ya.example"},
  };
  for (const auto& row : rows) {
    dns::name_text out;
    INFO(row.in);
    REQUIRE(to_ascii_domain(row.in, out));
    CHECK(std::string(view(out)) == row.out);
  }
  dns::name_text out;
  CHECK_FALSE(to_ascii_domain("\xff\xfe.example", out));
  CHECK_FALSE(to_ascii_domain("a b.example", out));
  CHECK_FALSE(to_ascii_domain(std::string(300, 'a'), out));
  CHECK_FALSE(to_ascii_domain("a\xe2\x92\x88m\xc3\xbcnchen.example", out));         // "1." in one character
  CHECK_FALSE(to_ascii_domain("\xcc\x88m\xc3\xbcnchen.example", out));               // an accent first
  CHECK_FALSE(to_ascii_domain("m\xc3\xbcn\xee\x80\x80.example", out));              // private
  CHECK_FALSE(to_ascii_domain("m\xc3\xbcn\xe2\x80\x8c" "chen.example", out));        // a joiner between Latin letters
  CHECK_FALSE(to_ascii_domain("m\xc3\xbcnchen\xd7\x90.example", out));               // two directions
  CHECK_FALSE(to_ascii_domain("xn--a.m\xc3\xbcnchen.example", out));                 // no punycode
  CHECK_FALSE(to_ascii_domain("xn--xn---epa.m\xc3\xbcnchen.example", out));
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "\xe4\xbe\x8b";
  CHECK_FALSE(to_ascii_domain(wide + ".example", out));
}

TEST_CASE("punycode is written and read back (RFC 3492 section 7.1)") {
  const struct {
    std::u32string text;
    std::string code;
  } rows[] = {
      {U"\u4ED6\u4EEC\u4E3A\u4EC0\u4E48\u4E0D\u8BF4\u4E2D\u6587", "ihqwcrb4cv8a8dqg056pqjye"},
      {U"3\u5E74B\u7D44\u91D1\u516B\u5148\u751F", "3B-ww4c5e180e575a65lsy2b"},
      {U"-> $1.00 <-\u00FC", "-> $1.00 <--3hb"},
      {U"b\u00FCcher", "bcher-kva"},
      {U"\u00FC", "tda"},
  };
  for (const auto& row : rows) {
    INFO(row.code);
    dns::name_text out;
    REQUIRE(punycode_encode(row.text, out));
    CHECK(std::string(view(out)) == row.code);
    code_points back;
    std::string lower = row.code;
    REQUIRE(punycode_decode(lower, back));
    CHECK(std::u32string(back.begin(), back.end()) == row.text);
  }
  code_points out;
  for (const std::string bad : {"-", "a-\xc3", "99999999", "ab-!", "-x"}) {
    INFO(bad);
    out.clear();
    CHECK_FALSE(punycode_decode(bad, out));
  }
  out.clear();
  CHECK_FALSE(punycode_decode(std::string(300, 'a') + "-", out));
  dns::name_text name;
  CHECK_FALSE(punycode_encode(std::u32string(300, U'a'), name));
}
