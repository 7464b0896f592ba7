#include <catch2/catch_test_macros.hpp>
#include <string>

#include "inspect/signals.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

fixed_vector<phone_hit, 4> phones_in(std::string_view text) {
  auto view = std::make_unique<folded>();
  text_signals s;
  fold(text, *view);
  scan_text(*view, real_rules().words(), s);
  return s.phones;
}

std::string digits_of(const phone_hit& hit) { return {hit.digits.data(), hit.count}; }

struct written {
  std::string_view text;
  std::string_view digits;
};

}  // namespace

TEST_CASE("telephone numbers are found however they are written") {
  const written cases[] = {
      {"802 538 3069", "8025383069"},
      {"1-888-555-0142", "18885550142"},
      {"8O2-538-3O69", "8025383069"},
      {"8O2-S3B-3O69", "8025383069"},
      {"+44 20 7946 0958", "442079460958"},
      {"+49 30 901820", "4930901820"},
      {"1300 975 707", "1300975707"},
      {"+91 98765 43210", "919876543210"},
      {"01 84 88 32 10", "0184883210"},
      {"8 0 2 5 3 8 3 0 6 9", "8025383069"},
      {"8-0-2-5-3-8-3-0-6-9", "8025383069"},
      {"8\u25CF0\u25CF2\u25CF5\u25CF3\u25CF8\u25CF3\u25CF0\u25CF6\u25CF9", "8025383069"},
      {"eight zero two five three eight three zero six nine", "8025383069"},
      {"8\uFE0F\u20E30\uFE0F\u20E32\uFE0F\u20E35\uFE0F\u20E33\uFE0F\u20E38\uFE0F\u20E33\uFE0F\u20E30\uFE0F\u20E36\uFE0F\u20E39\uFE0F\u20E3 call", "8025383069"},
      {"\uFF18\uFF10\uFF12 \uFF15\uFF13\uFF18 \uFF13\uFF10\uFF16\uFF19", "8025383069"},
      {"\U0001D7D6\U0001D7CE\U0001D7D0-\U0001D7D3\U0001D7D1\U0001D7D6-\U0001D7D1\U0001D7CE\U0001D7D4\U0001D7D7", "8025383069"},
      {"80\u200B2-53\u200B8-30\u200B69", "8025383069"},
      {"\u202E9603 835 208\u202C", "8025383069"},
      {"802\u00AD-538\u00AD-3069", "8025383069"},
      {"802_538_3069", "8025383069"},
      {"802 five38 3o69", "8025383069"},
      {"802\u26A1538\u26A13069", "8025383069"},
  };
  std::size_t found = 0;
  for (const written& c : cases) {
    INFO(c.text);
    const auto hits = phones_in(c.text);
    CHECK(hits.size() == 1);
    if (hits.size() == 1) {
      CHECK(digits_of(hits[0]) == c.digits);
      ++found;
    }
  }
  CHECK(found == std::size(cases));
}

TEST_CASE("numbers that are no telephone numbers are left alone") {
  for (std::string_view text : {
           "Order 113-0935512-8451023", "IBAN DE89 3704 0044 0532 0130 00", "Tracking 9400 1000 0000 0000 0000 00", "1Z999AA10123456784",
           "2026-05-21T08:15:30", "2016-05-31 12:33:55", "550e8400-e29b-41d4-a716-446655440000", "illoolooli", "482913 2026",
           "192.168.100.200", "$1,234,567.89", "1 2 3 4 5 6 7 8 9 10", "4111 1111 1111 1111", "invoice 8025383069", "version 10.20.3000.4",
           "call for papers 2026-05-21", "3.14159265358", "ISBN 978-3-16-148410-0", "Thu, 18 May 2017 05:30:06 +0200", "#1234567890",
           "one two three", "0000000000", "25.09.2026 10:45:30", "386 - 400021804 - 19",
       }) {
    INFO(text);
    CHECK(phones_in(text).empty());
  }
}

TEST_CASE("a word that announces a number makes a looser form count") {
  CHECK(phones_in("6299729469").empty());
  CHECK(phones_in("helpline 6299729469").size() == 1);
  CHECK(phones_in("call us at 888 991 82.50").size() == 1);
  CHECK(phones_in("please call 0800 1234567").size() == 1);
  CHECK(phones_in("call us about order 8025383069").empty());
}

TEST_CASE("digits in another form are no order number") {
  for (const char* styled : {"8\uFE0F\u20E30\uFE0F\u20E32\uFE0F\u20E35\uFE0F\u20E33\uFE0F\u20E38\uFE0F\u20E33\uFE0F\u20E30\uFE0F\u20E36\uFE0F\u20E39\uFE0F\u20E3",
                             "\uFF18\uFF10\uFF12\uFF15\uFF13\uFF18\uFF13\uFF10\uFF16\uFF19", "\u2467\u24EA\u2461\u2464\u2462\u2467\u2462\u24EA\u2465\u2468",
                             "\U0001D7D6\U0001D7CE\U0001D7D0\U0001D7D3\U0001D7D1\U0001D7D6\U0001D7D1\U0001D7CE\U0001D7D4\U0001D7D7",
                             "\u0668\u0660\u0662\u0665\u0663\u0668\u0663\u0660\u0666\u0669", "\u516B\u96F6\u4E8C\u4E94\u4E09\u516B\u4E09\u96F6\u516D\u4E5D",
                             "\u516B\u3007\u4E8C \u4E94\u4E09\u516B-\u4E09\u3007\u516D\u4E5D"}) {
    const std::string text = std::string("Order ") + styled + " paid";
    INFO(text);
    const auto hits = phones_in(text);
    REQUIRE(hits.size() == 1);
    CHECK(digits_of(hits[0]) == "8025383069");
    CHECK(hits[0].disguised);
  }
  for (std::string_view text : {"\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2468", "\uFF18\uFF10\uFF12\uFF15\uFF13\uFF18",
                                "\u6CE8\u6587\u756A\u53F7\uFF18\uFF10\uFF12\uFF15\uFF13\uFF18\uFF13\uFF10\uFF16\uFF19",  // full width among Japanese letters
                                "\u4E8C\u3007\u4E8C\u516D\u5E74\u516D\u6708\u4E09\u65E5"}) {                                  // a date
    INFO(text);
    CHECK(phones_in(text).empty());
  }
}

TEST_CASE("extensions, letters of the keys, labels and lines") {
  const written cases[] = {
      {"Call 802 538 3069x12", "8025383069"},     {"802-538-3069ext5", "8025383069"},          {"Call 1-800-FLOWERS", "18003569377"},
      {"helpline 1-888-4-PAYPAL", "18884729725"}, {"Tel. 030 901820", "030901820"},            {"Telefon: 030 901820", "030901820"},
      {"to cancel call 802\n538\n3069\nnow", "8025383069"}, {"\u8BF7\u81F4\u7535" "8025383069", "8025383069"},
  };
  for (const written& c : cases) {
    INFO(c.text);
    const auto hits = phones_in(c.text);
    REQUIRE(hits.size() == 1);
    CHECK(digits_of(hits[0]) == c.digits);
  }
  for (std::string_view text : {"1-800-FLOWERS", "1920x1080x60", "rooms 802\n538\n3069", "call 802\n538\n3069\n4411", "030 901820", "1-800-flowers call", "call 12 345\n678 900\n12", "call about 1.280.000 now"}) {
    INFO(text);
    CHECK(phones_in(text).empty());
  }
}

TEST_CASE("commas between spelled groups are no list") {
  for (const std::string_view text : {"call eight-two-one, 575, zero one three zero", "call eight two one, five seven five, zero one three zero"}) {
    const auto hits = phones_in(text);
    REQUIRE(hits.size() == 1);
    CHECK(digits_of(hits[0]) == "8215750130");
    CHECK(hits[0].disguised);
  }
  for (const std::string_view text : {"rooms 821, 575, 0130 are taken", "one, two, three, four, five, six, seven, eight", "lines 12, 340, 5567, 8912"}) CHECK(phones_in(text).empty());
}

TEST_CASE("what had to be undone is told") {
  CHECK_FALSE(phones_in("802 538 3069")[0].disguised);
  CHECK(phones_in("8O2-538-3O69")[0].disguised);
  CHECK(phones_in("\uFF18\uFF10\uFF12 \uFF15\uFF13\uFF18 \uFF13\uFF10\uFF16\uFF19")[0].disguised);
}

TEST_CASE("two numbers in one text are two findings") {
  const auto hits = phones_in("Norton 1-844-247-1987 or +44-746-249-8811");
  REQUIRE(hits.size() == 2);
  CHECK(digits_of(hits[0]) == "18442471987");
  CHECK(digits_of(hits[1]) == "447462498811");
}
