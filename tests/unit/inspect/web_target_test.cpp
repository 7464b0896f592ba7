#include "inspect/web_target.hpp"

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "inspect/domain.hpp"
#include "inspect/message_inspector.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

struct listener final : link_listener {
  void on_link_host(byte_view host) override { hosts += std::string(host) + " "; }
  std::string hosts;
};

// Hosts and rules of one message from an unknown automatic sender.
struct told {
  std::string hosts, rules;
};

told inspected(const std::string& type, const std::string& body) {
  static mime::charset_pool pool;
  static const auto inspector = std::make_unique<message_inspector>(real_rules(), own_names{"mx.example.org", "mx.example.org"}, pool);
  listener links;
  envelope_facts envelope;
  envelope.links = &links;
  inspector->begin(envelope);
  inspector->feed("From: News <no-reply@shop.example>\r\nSubject: News\r\nMIME-Version: 1.0\r\nContent-Type: text/" + type + "; charset=utf-8\r\n\r\n" + body + "\r\n");
  inspector->finish();
  told out{links.hosts, {}};
  for (const finding& f : inspector->found().list) out.rules += std::string(f.rule) + "=" + std::to_string(f.weight) + " ";
  return out;
}

}  // namespace

TEST_CASE("a target leads where a browser goes") {
  const struct {
    std::string target, host, page;
  } rows[] = {
      {"https://example.com/a?b#c", "example.com", "example.com/a?b#c"},
      {"HTTP://Example.com", "Example.com", "Example.com"},
      {"//example.com/x", "example.com", "example.com/x"},
      {"\\\\example.com/x", "example.com", "example.com/x"},
      {"https:/example.com", "example.com", "example.com"},
      {"https:\\\\example.com\\x", "example.com", "example.com\\x"},
      {"https:example.com", "example.com", "example.com"},
      {" \r\nhttps://exa\tmp\r\n le.com", "", ""},  // a blank stays one: no host
      {" \r\nhttps://exa\tmp\r\nle.com/x ", "example.com", "example.com/x"},
      {"https://example.com@evil.example/", "evil.example", "evil.example/"},
      {"https://a:b@c@evil.example:8080/x", "evil.example", "evil.example/x"},
      {"https://evil.example:443", "evil.example", "evil.example"},
      {"https://evil.example\\@example.com/", "evil.example", "evil.example\\@example.com/"},
      {"https://evil.example?@example.com/", "evil.example", "evil.example?@example.com/"},
      {"https://%65xample%2ecom/%41", "example.com", "example.com/%41"},
      {"https://e%2Fxample.com/", "", ""},
      {"https://\xEF\xBD\x85xample.com/", "example.com", "example.com/"},                     // full width
      {"https://exa\xC2\xADmple\xE3\x80\x82" "com/", "example.com", "example.com/"},          // soft hyphen, ideographic full stop
      {"https://m\xC3\xBCnchen.example/", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example/"},
      {"https://fa\xC3\x9F.de/", "xn--fa-hia.de", "xn--fa-hia.de/"},
      {"https://XN--FA-HIA.de./", "xn--fa-hia.de", "xn--fa-hia.de/"},
      {"https://xn--a.example/", "", ""},  // no punycode
      {"https://\xF4\x80\x80\x80.example/", "\xF4\x80\x80\x80.example", "\xF4\x80\x80\x80.example/"},  // not known: as it is written
      {"https://2130706433/", "127.0.0.1", "127.0.0.1/"},
      {"https://0x7f.1/", "127.0.0.1", "127.0.0.1/"},
      {"https://0300.0250.0.1./", "192.168.0.1", "192.168.0.1/"},
      {"https://\xEF\xBC\x91\xEF\xBC\x90.0.0.1", "10.0.0.1", "10.0.0.1"},
      {"https://1.2.3.4.5/", "", ""},
      {"https://1.2.3.256/", "", ""},
      {"https://4294967296/", "", ""},
      {"https://1.08/", "", ""},
      {"https://[2001:db8::1]:8080/x", "[2001:db8::1]", "[2001:db8::1]/x"},
      {"https://[x]/", "", ""},
      {"https:///", "", ""},
      {"https://a..example/", "", ""},
      {"mailto:a@example.com", "", ""},
      {"/x", "", ""},
      {"", "", ""},
      {"https://" + std::string(300, 'a') + ".example/", "", ""},
  };
  for (const auto& row : rows) {
    INFO(row.target);
    web_target t;
    REQUIRE(t.read(row.target) == !row.host.empty());
    if (row.host.empty()) continue;
    CHECK(std::string(t.host()) == row.host);
    CHECK(std::string(t.page()) == row.page);
  }
}

TEST_CASE("a page of any length is cut, its host is not") {
  web_target t;
  const std::string target = "https://example.com:443/" + std::string(2 * web_target::page_bytes, 'x');
  REQUIRE(t.read(target));
  CHECK(t.page().size() == web_target::page_bytes);
  CHECK(t.host() == "example.com");
}

TEST_CASE("a target that was cut inside its userinfo leads to nobody's host") {
  web_target t;
  const std::string cut = "https://shop.example" + std::string(mime::limits::html_url_bytes - 20, ' '), whole = "https://shop.example/" + cut;
  REQUIRE(t.read(cut));
  CHECK(t.host().ends_with('@'));
  CHECK_FALSE(same_site(t.host(), "shop.example"));
  REQUIRE(t.read(whole));
  CHECK(t.host() == "shop.example");
  for (const char filler : {'a', ' '}) {
    const std::string hosts = inspected("html", "<a href=\"https://shop.example" + std::string(900, filler) + "@evil.example/\">here</a>").hosts;
    CHECK(hosts.find('@') != std::string::npos);
  }
}

TEST_CASE("addresses and public suffixes have no registrable domain") {
  for (const char* none : {"192.168.1.1", "0x7f.1", "com", "co.uk", ".example.com", "a..example.com", "", "."}) {
    INFO(none);
    CHECK(registrable(none).empty());
  }
  CHECK(registrable("www.example.co.uk.") == "example.co.uk");
  CHECK(registrable("a.b1.example") == "b1.example");
  CHECK_FALSE(same_site("192.168.1.1", "10.0.1.1"));
  CHECK(same_site("192.168.1.1", "192.168.1.1"));
}

TEST_CASE("addresses in a text lead where their own letters say") {
  CHECK(inspected("plain", "https://m\xC3\xBCnchen.example.com/x").hosts == "xn--mnchen-3ya.example.com ");
  CHECK(inspected("plain", "https://\xD0\xBF\xD1\x80\xD0\xB8\xD0\xBC\xD0\xB5\xD1\x80.\xD1\x80\xD1\x84/x").hosts == "xn--e1afmkfd.xn--p1ai ");
  CHECK(inspected("plain", "https://192.168.1.1/x and http://2130706433/").hosts == "192.168.1.1 127.0.0.1 ");
  CHECK(inspected("plain", "bit[.]ly/x and hxxps://evil (dot) example[.]com or b a d . e x a m p l e . c o m").hosts == "bit.ly evil.example.com bad.example.com ");
  CHECK(inspected("plain", "hxxps://a[.]b[.]c[.]d[.]example[.]com/x").hosts == "a.b.c.d.example.com ");
  CHECK(inspected("plain", "s h o p . e x a m p l e . c o m").rules.find("link-disguised") != std::string::npos);
  CHECK(inspected("plain", "w w w . s h o p . e x a m p l e").rules.find("link-disguised") == std::string::npos);  // the sender's own
  CHECK(inspected("plain", "evil.example.com:8080/x").hosts == "evil.example.com ");
  CHECK(inspected("plain", "http://[2001:db8::1]:80/x").hosts == "[2001:db8::1] ");
  CHECK(inspected("plain", "version 192.168.1.1 of it").hosts.empty());
  CHECK(inspected("plain", "https://example.com\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E").hosts == "example.com ");  // the text goes on without a space
}

TEST_CASE("a host in letters that look like a brand's is told apart from it") {
  const std::string apple = "\xD0\xB0\xD1\x80\xD1\x80\xD3\x8F\xD0\xB5.com";  // Cyrillic
  CHECK(inspected("plain", "See https://" + apple + "/x").rules.find("link-lookalike=80") != std::string::npos);
  CHECK(inspected("html", "<a href=\"https://" + apple + "/x\">here</a>").rules.find("link-lookalike=80") != std::string::npos);
  CHECK(inspected("html", "<a href=\"https://www.xn--80ak6aa92e.com/x\">here</a>").rules.find("link-lookalike=80") != std::string::npos);
  CHECK(inspected("html", "<a href=\"https://xn--e1afmkfd.xn--p1ai/x\">here</a>").rules.find("link-lookalike") == std::string::npos);
  CHECK(inspected("html", "<a href=\"https://xn--mnchen-3ya.de/x\">m\xC3\xBCnchen.de</a>").rules.find("link-") == std::string::npos);
  CHECK(inspected("html", "<a href=\"https://sh\xD0\xBEp-n\xD0\xB5ws.com/\">here</a>").rules.find("link-lookalike=25") != std::string::npos);  // two scripts
}
