// The same findings however a message is cut: every single cut, pieces of one size, pieces of any size.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "inspect/message_inspector.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

struct cutter {
  own_names ours{"mx.example.org", "mx.example.org"};
  mime::charset_pool pool;
  message_inspector inspector{real_rules(), ours, pool};

  template <class Next>
  std::string run(std::string_view mail, Next next) {
    inspector.begin({});
    while (!mail.empty()) {
      const std::size_t n = std::min<std::size_t>(mail.size(), next());
      inspector.feed(mail.substr(0, n));
      mail.remove_prefix(n);
    }
    inspector.finish();
    std::string out = "score " + std::to_string(inspector.found().score);
    for (const finding& f : inspector.found().list) {
      out += "; " + std::string(f.rule) + "/" + std::string(view(f.slot)) + "=" + std::to_string(f.weight) + ":" + std::string(view(f.words)) + "@" + std::to_string(f.part);
    }
    return out;
  }
};

// Returns the result that all ways of cutting have in common.
std::string one_result(std::string_view mail) {
  const auto c = std::make_unique<cutter>();
  const std::string whole = c->run(mail, [&] { return mail.size(); });
  for (std::size_t cut = 1; cut < mail.size(); cut += cut < 600 ? 1 : 97) {
    bool first = true;
    REQUIRE(c->run(mail, [&] { return std::exchange(first, false) ? cut : mail.size(); }) == whole);
  }
  for (const std::size_t step : {1u, 2u, 3u, 7u, 1000u}) REQUIRE(c->run(mail, [&] { return step; }) == whole);
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) REQUIRE(c->run(mail, [&] { return random() % 63 + 1; }) == whole);
  return whole;
}

std::string base64(std::string_view text) {
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const auto octet = [&](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0u; };
    const unsigned bits = octet(i) << 16 | octet(i + 1) << 8 | octet(i + 2);
    for (unsigned k = 0; k < 4; ++k) out += i + k <= text.size() ? letters[bits >> (18 - 6 * k) & 63] : '=';
    if (i % 57 == 54) out += "\r\n";
  }
  return out + "\r\n";
}

constexpr std::string_view invoice = "From: service@paypal.com\r\nTo: a@example.org\r\nSubject: Invoice from Blue Shop\r\nMIME-Version: 1.0\r\n";
constexpr std::string_view lure = "Your Bitcoin purchase of $499.99 is complete. If you did not authorize this charge call our helpline +1 844 247 1987 to cancel.\r\n";

std::string prose(std::size_t octets) {
  std::string out;
  while (out.size() < octets) out += "The meeting moves to the large room, and the report is in the usual place.\r\n";
  return out;
}

}  // namespace

TEST_CASE("findings do not depend on how the bytes are cut") {
  const std::string call = "Call 802 538 3069 n\xCE\xBFw";
  std::string mail = "From: Microsoft on behalf of " + call + " <msonlineservicesteam@microsoftonline.com>\r\nTo: a@example.org\r\nSubject: " + call +
                     " account email verification code\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nVerify your email address\r\nUse this code: 482913\r\n";
  mail += std::string(3000, 'x') + " call our helpline +1 844 247 1987 about the charge of $400 you did not authorize\r\n";
  mail += std::string(900, 'y') + " evil.example.com:8080/x, e v i l . c o m, h t t p s : / / bad.example.com, bit . ly / abc, bit,ly/abc, http://[2001:db8::1]/x\r\n";
  mail += std::string(900, 'z') + " call \u516B\u96F6\u4E8C\u4E94\u4E09\u516B\u4E09\u96F6\u516D\u4E5D or 1-800-FLOWERS or 802 538 3069x12 or \uFF18\uFF10\uFF12\uFF15\uFF13\uFF18\uFF13\uFF10\uFF16\uFF19\r\n";
  mail += std::string(900, 'w') + " send BTC to 1BvBMSEYstWe tqTFn5Au4m4G Fg7xJaNVN2 or ETH to 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\r\n";
  CHECK(one_result(mail).find("callback") != std::string::npos);
}

TEST_CASE("of a text that is read in two ways, too") {
  const std::string hidden = base64(prose(700) + std::string(lure) + prose(1500)), shown = "\r\n" + prose(1300) + std::string(lure) + prose(300);
  for (const std::string_view type : {"text/plain", "text/html"}) {
    for (const std::string& text : {hidden, hidden + shown, base64(std::string(lure)) + shown}) {
      const std::string mail = std::string(invoice) + "Content-Type: " + std::string(type) + "\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" + text;
      CHECK(one_result(mail).find("mime-ambiguous") != std::string::npos);
    }
  }
  const std::string both = std::string(invoice) + "Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" + hidden;
  CHECK(one_result(both).find("callback") != std::string::npos);
}

TEST_CASE("of a text with files inside, too") {
  const std::string file = "begin 644 statement.txt\r\n#0V%T\r\n`\r\nend\r\n";
  std::string text = prose(400) + file + std::string(lure) + "begins here and\r\nbegin 12 nothing\r\n=ybegin line=128 size=4 name=x.bin\r\n" + prose(900) + file + file;
  const std::string mail = std::string(invoice) + "Content-Type: text/plain\r\n\r\n" + text;
  CHECK(one_result(mail).find("callback") != std::string::npos);
}
