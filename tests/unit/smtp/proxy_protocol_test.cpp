// PROXY protocol headers, versions 1 and 2.
#include "smtp/proxy_protocol.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "smtp/limits.hpp"

using namespace sluice;
using namespace sluice::smtp;
using status = proxy_header::status;

namespace {
using namespace std::string_literals;
const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string v2(unsigned char version_command, unsigned char family, const std::string& body) {
  std::string s = signature;
  s += static_cast<char>(version_command);
  s += static_cast<char>(family);
  s += static_cast<char>(body.size() >> 8);
  s += static_cast<char>(body.size() & 0xff);
  return s + body;
}
std::string text(const proxy_endpoint& e) {
  char buffer[ip_text_bytes];
  return std::string(buffer, format_ip(e.ip, buffer)) + " " + std::to_string(e.port);
}
const std::string v4_body = "\xc0\x00\x02\x01\xc6\x33\x64\x02\xdb\xf0\x00\x19"s;
const std::string v6_body =
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x10\x92\x00\x19"s;

// The header must come out the same with anything behind it, and nothing may be decided before its last octet.
void check_good(const std::string& header, bool addresses, const std::string& source, const std::string& destination) {
  INFO(::Catch::Detail::stringify(header));
  for (const std::string& behind : {""s, "EHLO x\r\n"s, std::string(600, '\n')}) {
    const proxy_header h = parse_proxy_header(header + behind);
    REQUIRE(h.what == status::done);
    CHECK(h.size == header.size());
    CHECK(h.has_addresses == addresses);
    if (!addresses) continue;
    CHECK(text(h.source) == source);
    CHECK(text(h.destination) == destination);
  }
  for (std::size_t n = 0; n < header.size(); ++n)
    REQUIRE(parse_proxy_header(byte_view(header).substr(0, n)).what == status::need_more);
}
}  // namespace

TEST_CASE("good PROXY headers name the client") {
  check_good("PROXY TCP4 192.0.2.1 198.51.100.2 56304 25\r\n", true, "192.0.2.1 56304", "198.51.100.2 25");
  check_good("PROXY TCP6 2001:db8::1 2001:db8::2 4242 25\r\n", true, "2001:db8::1 4242", "2001:db8::2 25");
  check_good("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", true, "255.255.255.255 65535",
             "255.255.255.255 65535");
  check_good("PROXY UNKNOWN\r\n", false, "", "");
  check_good("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", false, "", "");
  check_good(v2(0x21, 0x11, v4_body), true, "192.0.2.1 56304", "198.51.100.2 25");
  check_good(v2(0x21, 0x21, v6_body), true, "2001:db8::1 4242", "2001:db8::2 25");
  check_good(v2(0x21, 0x11, v4_body + "\x04\x00\x03xyz"s), true, "192.0.2.1 56304", "198.51.100.2 25");  // TLV
  check_good(v2(0x20, 0x00, ""), false, "", "");                                                         // LOCAL
  check_good(v2(0x20, 0x11, v4_body), false, "", "");                // LOCAL, addresses to be ignored
  check_good(v2(0x21, 0x00, "ab"), false, "", "");                   // UNSPEC
  check_good(v2(0x21, 0x31, std::string(216, '/')), false, "", "");  // UNIX stream
  check_good(v2(0x21, 0x11, v4_body + std::string(limits::proxy_v2_bytes - 16 - 12, 'x')), true, "192.0.2.1 56304",
             "198.51.100.2 25");
}

TEST_CASE("a broken PROXY header is refused as early as it shows") {
  const std::string rows[] = {
      "EHLO x\r\n",
      "X",
      "\r\n\r\nX",
      "PROXZ",
      "PROXY\r\n",
      "proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
      "PROXY \r\n",
      "PROXY TCP5 192.0.2.1 198.51.100.2 1 2\r\n",
      "PROXY TCP4\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n",
      "PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 -1 2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n",
      "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
      "PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
      "PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n",
      "PROXY TCP4 192.0.2.01 198.51.100.2 1 2\r\n",
      "PROXY UNKNOWN" + std::string(100, 'x'),
      v2(0x11, 0x11, v4_body),
      v2(0x22, 0x11, v4_body),
      v2(0x21, 0x41, v4_body),
      v2(0x21, 0x13, v4_body),
      v2(0x21, 0x11, v4_body.substr(1)),
      v2(0x21, 0x21, v6_body.substr(1)),
      v2(0x21, 0x11, ""),
      v2(0x21, 0x11, std::string(limits::proxy_v2_bytes - 15, 'x')),
  };
  for (const std::string& row : rows) {
    INFO(::Catch::Detail::stringify(row));
    CHECK(parse_proxy_header(row).what == status::malformed);
    CHECK(parse_proxy_header(row + "EHLO x\r\n").what == status::malformed);
  }
  CHECK(parse_proxy_header("PROXY " + std::string(100, 'x')).what == status::need_more);
  CHECK(parse_proxy_header("PROXY " + std::string(101, 'x')).what == status::malformed);
}
