#include <catch2/catch_test_macros.hpp>
#include <string>

#include "inspect/domain.hpp"
#include "inspect/keccak.hpp"
#include "inspect/signals.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

struct scanned {
  folded view;
  text_signals signals;
};

std::unique_ptr<scanned> scan(std::string_view text) {
  auto out = std::make_unique<scanned>();
  fold(text, out->view);
  scan_text(out->view, real_rules().words(), out->signals);
  return out;
}

std::string folded_text(std::string_view text) { return std::string(scan(text)->view.view()); }

}  // namespace

TEST_CASE("folding shows what a reader takes the text for") {
  CHECK(folded_text("Pay\u200BPal") == "PayPal");
  CHECK(folded_text("\u0420\u0430\u0443\u0420\u0430l") == "PayPal");                  // Cyrillic
  CHECK(folded_text("\U0001D403\U0001D41E\U0001D425\U0001D42D\U0001D41A") == "Delta");  // mathematical bold
  CHECK(folded_text("\uFF23\uFF41\uFF4C\uFF4C") == "Call");
  CHECK(folded_text("w\u00ADallet") == "wallet");
  CHECK(folded_text("V\u1EB9rify") == "Verify");
  CHECK(folded_text("\u202Ellac\u202C us") == "call us");
  CHECK(folded_text("gr\u00FC\u00DFe") == "grusse");
  CHECK(folded_text("a\xFF z") == "a\x01 z");
}

TEST_CASE("folding counts the difference between the views") {
  CHECK(scan("plain text")->view.counts.plain_ascii);
  CHECK(scan("M\u0435tam\u0430sk")->view.counts.mixed_words == 1);
  CHECK(scan("\u043F\u0440\u0438\u0432\u0435\u0442")->view.counts.mixed_words == 0);
  CHECK(scan("c\uFEFFa\uFEFFll")->view.counts.invisible == 2);
  CHECK(scan("\U0001F468\u200D\U0001F469 family")->view.counts.invisible == 0);  // emoji joiner
  CHECK(scan("caf\u00E9")->view.counts.marks == 0);
}

TEST_CASE("raw words behind folded ones can be quoted") {
  const std::string text = "to C\u200Ba\u200Bll now";
  const auto s = scan(text);
  const std::size_t at = s->view.view().find("Call");
  REQUIRE(at != std::string_view::npos);
  CHECK(s->view.raw(text, at, at + 4) == "C\u200Ba\u200Bll");
}

TEST_CASE("hidden words are read") {
  for (std::string_view text : {"CanceI", "Wa113t", "w.a.l.l.e.t", "W a l l e t", "w\u00ADallet", "CALLLL", "\u0432\u0456tcoin wallet", "S u p p o r t Desk"}) {
    INFO(text);
    CHECK(scan(text)->signals.disguised_words > 0);
  }
  for (std::string_view text : {"Illinois", "cancel", "J. R. R. Tolkien", "a b c", "H2O", "McIntosh", "3M Company"}) {
    INFO(text);
    CHECK(scan(text)->signals.disguised_words == 0);
  }
}

TEST_CASE("money is a number with a currency") {
  struct row {
    std::string_view text;
    std::uint64_t cents;
  };
  for (const row& r : {row{"$498.95", 49895}, row{"USD 498.95", 49895}, row{"498,95 EUR", 49895}, row{"\u20AC1.234,50", 123450}, row{"\u00A3 50", 5000},
                       row{"1,040,666.67 USD", 104066667}, row{"+$1,989", 198900}, row{"0.44 BTC", 100000}, row{"\u20B9 9999", 999900}}) {
    INFO(r.text);
    const auto s = scan(r.text);
    REQUIRE(s->signals.money.size() == 1);
    CHECK(s->signals.money[0].cents == r.cents);
  }
  for (std::string_view text : {"Claim Your $SUSHI", "version 4.98", "us 50", "1.2.3", "abc123usd4"}) {
    INFO(text);
    CHECK(scan(text)->signals.money.empty());
  }
}

TEST_CASE("addresses are found with and without a scheme") {
  struct row {
    std::string_view text, host;
    bool scheme, path, mail, disguised;
  };
  for (const row& r : {row{"see https://www.example.com/x", "www.example.com", true, true, false, false}, row{"ok.me/rCQE1", "ok.me", false, true, false, false},
                       row{"hxxps://evil.example.com", "evil.example.com", true, false, false, true}, row{"evil[.]example[.]com", "evil[.]example[.]com", false, false, false, true},
                       row{"write to a.b@example.org now", "example.org", false, false, true, false}, row{"visit trezor (dot) guide", "trezor (dot) guide", false, false, false, true},
                       row{"https://paypal.com@evil.example.net/", "evil.example.net", true, false, false, false},
                       row{"evil.example.com:8080/x", "evil.example.com", false, true, false, false}, row{"http://[2001:db8::1]/x", "[2001:db8::1]", true, true, false, false},
                       row{"bit . ly / abc", "bit . ly", false, true, false, true}, row{"evil . com / x", "evil . com", false, true, false, true},
                       row{"bit,ly/abc", "bit,ly", false, true, false, true}, row{"at e v i l . c o m / x", "e v i l . c o m", false, true, false, true},
                       row{"h t t p s : / / evil.com", "evil.com", true, false, false, true}, row{"h x x p : / / e v i l . c o m", "e v i l . c o m", true, false, false, true}}) {
    INFO(r.text);
    const auto s = scan(r.text);
    REQUIRE(s->signals.hosts.size() == 1);
    const host_hit& hit = s->signals.hosts[0];
    CHECK(s->view.view().substr(hit.host.begin, static_cast<std::size_t>(hit.host.end - hit.host.begin)) == r.host);
    CHECK(hit.scheme == r.scheme);
    CHECK(hit.path == r.path);
    CHECK(hit.mail == r.mail);
    CHECK(hit.disguised == r.disguised);
  }
  for (const std::string& text : {"https://" + std::string(300, 'a') + "@evil.example.com/", "https://" + std::string(60, 'a') + "." + std::string(60, 'b') + ".example.com/"}) {
    INFO(text);
    CHECK(scan(text)->signals.hosts.size() == 1);
  }
  for (std::string_view text : {"red,blue/green", "gross,net income", "at noon . it was", "A . B . C", "a b c . d e", "12:30/x", "http://[abc]/", "our site is example . com", "the end . in / out of it"}) {
    INFO(text);
    CHECK(scan(text)->signals.hosts.empty());
  }
  CHECK_FALSE(scan("db.example.com:5432 is down")->signals.hosts[0].path);
  for (std::string_view text : {"README.md", "Update 1.2.3", "e.g. this", "hours.Invoice", "done.In time", "J.K. Rowling", "file.cpp", "node.js"}) {
    INFO(text);
    CHECK(scan(text)->signals.hosts.empty());
  }
}

TEST_CASE("a host in letters that no address is written in is disguised; a page of a free host is no program") {
  for (const std::string_view text : {"open \U0001D5F6\U0001D5F4-\U0001D600\U0001D5EE\U0001D5F3\U0001D5F2.\U0001D5F0\U0001D5FC\U0001D5FA now", "open m\u0332eta-appeal.vercel.app now"}) {
    const auto s = scan(text);
    REQUIRE(s->signals.hosts.size() == 1);
    CHECK(s->signals.hosts[0].disguised);
  }
  const auto plain = scan("open meta-appeal.vercel.app now");
  REQUIRE(plain->signals.hosts.size() == 1);
  CHECK_FALSE(plain->signals.hosts[0].disguised);
  CHECK_FALSE(scan("Book\u200Bing.com is a name")->signals.hosts[0].disguised);
  CHECK(scan("open Safari.app now")->signals.hosts.empty());
}

TEST_CASE("wallet addresses count only with a valid checksum") {
  struct row {
    std::string_view text, kind;
  };
  for (const row& r : {row{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "Bitcoin"}, row{"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "Bitcoin"},
                       row{"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "Bitcoin"}, row{"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "Bitcoin"},
                       row{"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "Ethereum"}, row{"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "Ethereum"},
                       row{"TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "Tron"}, row{"1BvBMSEYstWe tqTFn5Au4m4G Fg7xJaNVN2", "Bitcoin"},
                       row{"pay 1BvB MSEY stWe tqTF n5Au 4m4G Fg7x JaNV N2 now", "Bitcoin"}, row{"send it to bc1q w508d6qejx tdg4y5r3zarvary 0c5xw7kv8f3t4", "Bitcoin"},
                       row{"bc1-qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "Bitcoin"}, row{"TJRabPrw\nbZy45sbavfcj-inPJC18kjpRTv8", "Tron"},
                       row{"0x5aAeb605 3F3E94C9b9A09f33669435E7Ef1BeAed", "Ethereum"}, row{"ETH wallet 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "Ethereum"},
                       row{"send ETH: 0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED", "Ethereum"}}) {
    INFO(r.text);
    const auto s = scan(r.text);
    REQUIRE(s->signals.wallets.size() == 1);
    CHECK(s->signals.wallets[0].kind == r.kind);
  }
  for (std::string_view text : {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
                                "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "1BvBMSEYstWe tqTFn5Au4m4G Fg7xJaNVN3", "0x5aaeb605 3f3e94c9b9a09f33669435e7ef1beaed",
                                "1BvBMSEYstWe, tqTFn5Au4m4G, Fg7xJaNVN2", "550e8400e29b41d4a716446655440000"}) {
    INFO(text);
    CHECK(scan(text)->signals.wallets.empty());
  }
}

TEST_CASE("keccak-256 gives the published digest of the empty string") {
  const auto digest = keccak256("");
  CHECK(digest[0] == 0xc5);
  CHECK(digest[1] == 0xd2);
  CHECK(digest[31] == 0x70);
}

TEST_CASE("registrable domains follow the public suffix list") {
  CHECK(registrable("www.example.co.uk") == "example.co.uk");
  CHECK(registrable("co.uk").empty());
  CHECK(within("mail.paypal.com", "paypal.com"));
  CHECK_FALSE(within("notpaypal.com", "paypal.com"));
  CHECK(same_site("a.example.com", "B.Example.COM"));
  CHECK_FALSE(same_site("a.github.io", "b.github.io"));
  CHECK_FALSE(known_tld("file.txt"));
}
