// Judges the compact messages and slot strings of tests/data/lures (notices_*.txt, slots_*.txt): many services, languages and
// tricks, and beside them the honest ones that look most alike. A case that is known to go wrong is marked with '?' in its
// file; it must go wrong, so that the mark is taken off when it no longer does.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/ascii.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/slot_judge.hpp"
#include "policy/decide.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

std::vector<std::string> lines_of(const std::string& name) {
  std::ifstream file(std::string(SLUICE_TEST_DATA) + "/lures/" + name, std::ios::binary);
  REQUIRE(file.good());
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) out.push_back(line);
  return out;
}

struct notice {
  std::string title;
  std::string mail;  // a whole message
  bool known_wrong = false;
};

bool is_header_line(std::string_view line) {
  for (std::string_view name : {"From: ", "Sender: ", "Reply-To: ", "Subject: ", "List-Unsubscribe: "}) {
    if (line.starts_with(name)) return true;
  }
  return false;
}

notice make_notice(std::string_view title, const std::vector<std::string>& lines) {
  notice made;
  made.known_wrong = title.starts_with("? ");
  made.title = title;
  std::string header, body;
  for (const std::string& line : lines) {
    const bool in_header = body.empty() && (is_header_line(line) || line.empty());
    (in_header ? header : body).append(line).append(line.empty() && in_header ? "" : "\r\n");
  }
  made.mail = header + "To: <reader@example.net>\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.net>\r\nMIME-Version: 1.0\r\nContent-Type: text/" +
              (body.starts_with('<') ? "html" : "plain") + "; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body;
  return made;
}

std::vector<notice> notices(const std::string& name) {
  std::vector<notice> out;
  std::vector<std::string> lines;
  std::string title;
  const auto end = [&] {
    if (!title.empty()) out.push_back(make_notice(title, lines));
    lines.clear();
  };
  for (const std::string& line : lines_of(name)) {
    if (line.starts_with("=== ")) {
      end();
      title = line.substr(4);
    } else if (!title.empty()) {
      lines.push_back(line);
    }
  }
  end();
  return out;
}

int score_of(const std::string& mail) {
  static const own_names nobody{};
  static mime::charset_pool pool;
  static message_inspector one(real_rules(), nobody, pool);
  one.begin({});
  one.feed(mail);
  one.finish();
  return one.found().score;
}

struct slot_string {
  slot_type type = slot_type::name;
  std::string text;
  bool known_wrong = false;
};

std::vector<slot_string> slot_strings(const std::string& name) {
  std::vector<slot_string> out;
  for (const std::string& line : lines_of(name)) {
    if (line.empty() || line.front() == '#') continue;
    slot_string made;
    std::string_view rest = line;
    made.known_wrong = rest.starts_with("? ");
    if (made.known_wrong) rest.remove_prefix(2);
    const std::size_t space = rest.find(' '), colon = rest.find(": ");
    INFO(line);
    REQUIRE(colon != std::string_view::npos);
    REQUIRE(parse_slot_type(rest.substr(0, space), made.type));
    made.text = rest.substr(colon + 2);
    out.push_back(made);
  }
  return out;
}

slot_verdict judge(const slot_string& one) {
  findings found;
  return judge_slot(one.text, one.type, "slot", real_rules(), {nullptr, {}}, place::structure, found).verdict;
}

}  // namespace

TEST_CASE("lures of many services and languages reach the quarantine", "[inspect][notices]") {
  const auto all = notices("notices_abuse.txt");
  CHECK(all.size() >= 120);
  for (const notice& one : all) {
    INFO(one.title << "\n" << one.mail);
    CHECK((score_of(one.mail) >= policy::thresholds{}.quarantine) != one.known_wrong);
  }
}

TEST_CASE("honest notices of the same services stay below it", "[inspect][notices]") {
  const auto all = notices("notices_genuine.txt");
  CHECK(all.size() >= 100);
  for (const notice& one : all) {
    INFO(one.title << "\n" << one.mail);
    CHECK((score_of(one.mail) < policy::thresholds{}.quarantine) != one.known_wrong);
  }
}

TEST_CASE("lures in slots are judged abuse", "[inspect][notices]") {
  const auto all = slot_strings("slots_abuse.txt");
  CHECK(all.size() >= 130);
  for (const slot_string& one : all) {
    INFO(one.text);
    CHECK((judge(one) == slot_verdict::abuse) != one.known_wrong);
  }
}

TEST_CASE("honest strings in slots are not judged abuse", "[inspect][notices]") {
  const auto all = slot_strings("slots_genuine.txt");
  CHECK(all.size() >= 170);
  for (const slot_string& one : all) {
    INFO(one.text);
    CHECK((judge(one) != slot_verdict::abuse) != one.known_wrong);
  }
}

// What of a set that nobody looks at goes the right way; only the number is told.
template <typename Case, typename Right>
std::size_t right_ones(const std::vector<Case>& all, Right right) {
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), right));
}

TEST_CASE("of lures and strings that nobody looked at, as many go right as when they were first counted", "[inspect][notices]") {
  const auto held = [](const notice& one) { return score_of(one.mail) >= policy::thresholds{}.quarantine; };
  const auto abuse = [](const slot_string& one) { return judge(one) == slot_verdict::abuse; };
  const auto lures = notices("blind_abuse.txt");
  CHECK(lures.size() == 35);
  CHECK(right_ones(lures, held) >= 20);
  const auto slot_lures = slot_strings("blind_slots_abuse.txt"), slot_honest = slot_strings("blind_slots_genuine.txt");
  CHECK(slot_lures.size() == 103);
  CHECK(slot_honest.size() == 208);
  CHECK(right_ones(slot_lures, abuse) >= 78);
  CHECK(right_ones(slot_honest, abuse) <= 2);
}

TEST_CASE("words are found in scripts without spaces between them, and in other letters", "[inspect][notices]") {
  struct {
    std::string_view text;
    word_class what;
  } static const cases[] = {
      {"お客様のアカウントが停止されました", word_class::threat}, {"お客様のアカウントが停止されました", word_class::account},
      {"PayPalで59,800円のお支払い", word_class::charge},         {"心当たりがない場合は", word_class::denial},
      {"0120-555-012までお電話ください", word_class::call},       {"您的账户已被冻结", word_class::threat},
      {"如非本人操作请致电", word_class::denial},                  {"如非本人操作请致电", word_class::call},
      {"未經授權的收費", word_class::denial},                      {"請致電客服專線", word_class::call},
      {"您的帳戶已被凍結", word_class::threat},                    {"您的帳戶已被凍結", word_class::account},
      {"請立即驗證您的帳號", word_class::verify},                  {"不正な請求", word_class::denial},
      {"不正な請求", word_class::charge},                          {"お電話で", word_class::call},
      {"Несанкционированное списание", word_class::denial},        {"Несанкционированное списание", word_class::charge},
      {"Подтвердите данные", word_class::verify},                  {"ПОЗВОНИТЕ", word_class::call},
      {"Поздравляем", word_class::prize},                          {"Бонус", word_class::prize},
      {"Отмените платёж", word_class::dispute},                    {"Несанкціоноване списання", word_class::denial},
      {"щоб скасувати", word_class::dispute},                      {"yetkisiz işlem", word_class::denial},
      {"thanh toán trái phép", word_class::charge},                {"لإلغاء", word_class::dispute},
      {"अनधिकृत भुगतान", word_class::charge},
      {"결제가 승인되었습니다", word_class::charge},               {"본인이 아니면", word_class::denial},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    CHECK(scanned(one.text).has(one.what));
  }
  CHECK(scanned("本のみせからのお知らせ").words >= 1);
  CHECK(scanned("Thanh toán để hủy").disguised_words == 0);  // two marks on a letter
  CHECK_FALSE(scanned("東京の天気は晴れです").has(word_class::threat));
}

TEST_CASE("amounts are read in other currencies and groupings", "[inspect][notices]") {
  for (std::string_view text : {"59,800円", "¥4,999", "4999元", "599,000원", "98 000 руб.", "5 499 kr", "8.999 TL", "Rp 8.999.000", "2499 zł", "R$ 2.480,00"}) {
    INFO(text);
    CHECK(scanned(text).money.size() == 1);
  }
  CHECK(scanned("98 000 руб.").money[0].cents == 98'000'00);
  CHECK(scanned("0.45 BTC").money[0].cents >= 1'000'00);  // a coin is worth thousands
  CHECK(scanned("room 98 000").money.empty());
}
