#include "status/links/mask.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "core/ascii.hpp"
#include "inspect/ruleset.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::status;

namespace {

std::string mask(std::string_view text) { return masked(text, real_rules().words()); }

std::size_t digits_in(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += ascii::is_digit(c) ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("telephone numbers go, however they are written") {
  const std::string_view numbers[] = {
      "802 538 3069", "1-888-555-0142", "8O2-538-3O69", "8O2-S3B-3O69", "+44 20 7946 0958", "+49 30 901820", "1300 975 707", "+91 98765 43210",
      "01 84 88 32 10", "8 0 2 5 3 8 3 0 6 9", "8-0-2-5-3-8-3-0-6-9", "8\u25CF0\u25CF2\u25CF5\u25CF3\u25CF8\u25CF3\u25CF0\u25CF6\u25CF9",
      "eight zero two five three eight three zero six nine",
      "8\uFE0F\u20E30\uFE0F\u20E32\uFE0F\u20E35\uFE0F\u20E33\uFE0F\u20E38\uFE0F\u20E33\uFE0F\u20E30\uFE0F\u20E36\uFE0F\u20E39\uFE0F\u20E3",
      "\uFF18\uFF10\uFF12 \uFF15\uFF13\uFF18 \uFF13\uFF10\uFF16\uFF19",
      "\U0001D7D6\U0001D7CE\U0001D7D0-\U0001D7D3\U0001D7D1\U0001D7D6-\U0001D7D1\U0001D7CE\U0001D7D4\U0001D7D7", "80\u200B2-53\u200B8-30\u200B69",
      "\u202E9603 835 208\u202C", "802\u00AD-538\u00AD-3069", "802_538_3069", "802 five38 3o69", "802\u26A1538\u26A13069", "(802) 538.3069",
      "555-0142 99"};
  for (const std::string_view n : numbers) {
    INFO(n);
    const std::string out = mask("Your order is on hold, call " + std::string(n) + " now to cancel");
    INFO(out);
    CHECK(out.find("[number hidden]") != std::string::npos);
    CHECK(digits_in(out) <= 3);
    CHECK(out.starts_with("Your order is on hold"));
    CHECK(out.find("to cancel") != std::string::npos);
    CHECK(out.find("five") == std::string::npos);
    CHECK(out.find("\U0001D7D6") == std::string::npos);
    CHECK(out.find("\uFF18") == std::string::npos);
  }
}

TEST_CASE("links, addresses and wallets go") {
  const std::string_view texts[] = {"https://evil.example/pay?x=1", "hxxp://evil[.]example/pay", "www.evil-bank.com", "evil-bank.com/login",
                                    "bit.ly/3abcXYZ", "evil-bank (dot) com", "javascript://x", "billing@evil-bank.com",
                                    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe",
                                    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "4a7f9c2b8e1d3f5a6b7c8d9e0f1a2b3c"};
  for (const std::string_view t : texts) {
    INFO(t);
    const std::string out = mask("Please look at " + std::string(t) + " today");
    INFO(out);
    CHECK(out.find("hidden]") != std::string::npos);
    CHECK(out.starts_with("Please look at"));
    CHECK(out.find("evil") == std::string::npos);
    CHECK(out.find("://") == std::string::npos);
    CHECK(out.find("3abcXYZ") == std::string::npos);
  }
}

TEST_CASE("more hits than the detectors report at a time are all hidden") {
  std::string many;
  for (int i = 0; i < 12; ++i) many += "802-538-30" + std::to_string(10 + i) + " ";
  CHECK(digits_in(mask(many)) == 0);
  std::string hosts;
  for (int i = 0; i < 14; ++i) hosts += "a" + std::string(1, static_cast<char>('a' + i)) + ".evil.com ";
  CHECK(mask(hosts).find("evil") == std::string::npos);
}

TEST_CASE("what is no lure stays readable, on one line and without characters that are not seen") {
  CHECK(mask("Your invoice of USD 498.95 is due") == "Your invoice of USD 498.95 is due");
  CHECK(mask("Besprechung am Freitag: Gr\u00FC\u00DFe") == "Besprechung am Freitag: Gr\u00FC\u00DFe");
  CHECK(mask("a\r\nBcc: b\t c") == "a Bcc: b c");
  CHECK(mask("a\u202Eb\u200Bc\x01") == "abc");
  CHECK(mask("a\xff""b") == "a?b");
  CHECK(mask("") == "");
  CHECK(mask(std::string(5000, 'x')).size() <= masked_octets_max);
  // What becomes a number only when unseen characters go.
  CHECK(digits_in(mask("802\x01\x02\x03\x04\x05\x06 538\x01\x02\x03\x04\x05\x06 3069")) <= 3);
}

TEST_CASE("the claimed sender is readable, and no mail client makes a link of it") {
  const auto sender = [](std::string_view from) { return masked_sender(from, real_rules().words()); };
  CHECK(sender("Microsoft <account@microsoftonline.com>") == "Microsoft (account at microsoftonline[.]com)");
  CHECK(sender("\"PayPal\" <service@paypal.com>") == "PayPal (service at paypal[.]com)");
  CHECK(sender("service@paypal.com") == "service at paypal[.]com");
  const std::string lure = sender("Call 1-888-555-0142 <call-18885550142@evil.example>");
  CHECK(digits_in(lure) == 0);
  CHECK(lure.find("evil[.]example") != std::string::npos);
  CHECK(sender("<>").find('<') == std::string::npos);
}
