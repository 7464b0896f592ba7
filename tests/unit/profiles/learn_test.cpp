// Learning a sender's fixed text from its mail, and judging by it: own-written mail of a made-up bank.
#include "firmware/profiles/learn.hpp"

#include <catch2/catch_test_macros.hpp>
#include <memory>

#include "firmware/profiles/profile_loader.hpp"
#include "inspect/message_inspector.hpp"

using namespace sluice;
using namespace sluice::profiles;

namespace {

const char* const people[] = {"Anna Berg", "Tomasz Lis", "Maria Costa", "John Fields", "Wei Chen", "Olu Adeyemi", "Priya Nair", "Lars Holm"};
const char* const shops[] = {"Corner Bakery", "River Books", "Green Grocer", "City Transit", "Blue Cafe", "Hill Pharmacy", "North Garage", "Old Cinema"};

std::string mail(std::string_view subject, std::string_view body) {
  return "From: Harbour Bank <notice@harbour-bank.example>\r\nTo: reader@example.org\r\nSubject: " + std::string(subject) +
         "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + std::string(body);
}

const std::string footer =
    "\r\nYou receive this message because you switched on notices for your account. To change that, open Settings and then Notices in\r\n"
    "the Harbour Bank application. Please do not answer this message, nobody reads this address. Harbour Bank, 12 Quay Street.\r\n";

std::string payment(unsigned i) {
  return mail("Card payment", "Hello " + std::string(people[i % 8]) + ",\r\n\r\na payment with your card ending in " + std::to_string(1000 + i * 7) + " was made at\r\n" + shops[i / 8 % 8] + " for " +
                                  std::to_string(3 + i) + ".50 EUR. If you know this payment there is nothing for you to do.\r\n" + footer);
}

std::string statement(unsigned i) {
  return mail("Your statement", "Hello " + std::string(people[i % 8]) + ",\r\n\r\nyour statement for month " + std::to_string(i % 12 + 1) +
                                    " is ready. Sign in to the application as usual and open the documents page to read it.\r\n" + footer);
}

const char* const foreign_text =
    "Dear valued customer,\r\n\r\nfor the next three hours only we are tripling every deposit of digital coins that our members make. Whatever you\r\n"
    "send to the address that our team gives you will come back to you three times as much, on the same day and without any fee at all.\r\n"
    "This offer is a thank you for ten years of trust and it will not be repeated. Write back to this message with your full name so that\r\n"
    "one of our agents can reserve a place for you before the list is closed this evening.\r\n";

std::vector<sample> many(unsigned n) {
  std::vector<sample> out;
  for (unsigned i = 0; i < n; ++i) out.push_back(read_sample(i % 3 == 2 ? statement(i) : payment(i), std::to_string(i)));
  return out;
}

inspect::profile bank(const std::vector<learned_skeleton>& learned) {
  const std::string text = "id = \"harbour\"\nname = \"Harbour\"\nsource = \"test\"\n[identity]\nfrom_domains = [\"harbour-bank.example\"]\n" + format_skeletons(learned);
  inspect::profile out;
  std::vector<profile_problem> problems;
  REQUIRE(read_profile(text, "t.toml", out, problems));
  return out;
}

struct judge {
  explicit judge(unsigned samples) {
    std::vector<inspect::profile> all;
    all.push_back(bank(learn(many(samples))));
    std::string error;
    rules = inspect::make_ruleset(std::move(all), "[call]\ncall\n", error);
    REQUIRE(rules);
    inspector = std::make_unique<inspect::message_inspector>(*rules, inspect::own_names{}, pool);
  }
  const inspect::findings& run(std::string_view text, std::size_t step = 4096) {
    inspector->begin({});
    for (std::size_t i = 0; i < text.size(); i += step) inspector->feed(text.substr(i, step));
    inspector->finish();
    return inspector->found();
  }
  const inspect::conformance& measured() const { return inspector->facts().conformance; }

  std::shared_ptr<const inspect::ruleset> rules;
  mime::charset_pool pool;
  std::unique_ptr<inspect::message_inspector> inspector;
};

std::int32_t weight(const inspect::findings& f, std::string_view rule) {
  for (const inspect::finding& one : f.list) {
    if (one.rule == rule) return one.weight;
  }
  return 0;
}

}  // namespace

TEST_CASE("what samples share is learned, what differs is not") {
  const auto learned = learn(many(40));
  REQUIRE(learned.size() == 1);
  CHECK(learned[0].language == "en");
  CHECK(learned[0].samples == 35);  // five differ in numbers only
  CHECK(learned[0].floor >= 60);
  CHECK(learned[0].shingles.size() > 60);
}

// Forty words that no other number gives.
std::string own_words(unsigned i) {
  std::string out;
  for (unsigned k = 0; k < 40; ++k) out += std::string(" ") + static_cast<char>('b' + i) + "o" + static_cast<char>('b' + k % 5) + "a" + static_cast<char>('b' + k / 5);
  return out + ".\r\n";
}

TEST_CASE("where texts hardly vary, the days on which they came count") {
  const auto learned = [](unsigned messages, unsigned days, bool steady) {
    std::vector<sample> all;
    for (unsigned i = 0; i < messages; ++i) {
      const std::string text = "Date: " + std::to_string(i % days + 1) + " Nov 2026 10:0" + std::to_string(i % 10) + ":00 +0000\r\n" + statement(i % 4) + (steady ? "" : own_words(i % 4));
      all.push_back(read_sample(text, std::to_string(i)));
    }
    const auto out = learn(std::move(all));
    REQUIRE(out.size() == 1);
    CHECK((out[0].floor >= 80) == steady);
    return out[0].samples;
  };
  CHECK(learned(40, 30, true) == 40);
  CHECK(learned(40, 1, true) == 4);
  CHECK(learned(40, 30, false) == 4);
}

TEST_CASE("of 200 genuine mails none is called foreign, and the text of a slot is named") {
  judge j(40);
  for (unsigned i = 40; i < 240; ++i) {
    const inspect::findings& f = j.run(i % 3 == 2 ? statement(i) : payment(i));
    INFO(i);
    REQUIRE(f.score == 0);
    REQUIRE(j.measured().percent() >= 60);
  }
  std::string odd = payment(7);
  odd.replace(odd.find("Corner Bakery"), 13, "Zebra Lighthouse Balloon Company");
  j.run(odd);
  CHECK(view(j.measured().foreign).find("zebra lighthouse balloon company") != std::string_view::npos);
}

TEST_CASE("a foreign body without a number and without a link is a finding by itself, however it is cut") {
  judge j(40);
  for (const std::size_t step : {std::size_t{4096}, std::size_t{1}, std::size_t{7}, std::size_t{61}}) {
    const inspect::findings& f = j.run(mail("A gift", foreign_text), step);
    CHECK(weight(f, "body-foreign") == 100);
    CHECK(j.measured().percent() == 0);
    CHECK(view(j.measured().foreign).starts_with("dear valued customer for the next three hours"));
  }
}

TEST_CASE("few samples give less weight, and a sender whose mail has nothing in common gives none") {
  judge few(9);
  CHECK(weight(few.run(mail("A gift", foreign_text)), "body-foreign") == 60);
  std::vector<sample> mixed = many(30);
  mixed.push_back(read_sample(mail("Outing", "Our people went to the lake yesterday and it was a fine afternoon for everybody, with cake and music and a walk around the water until late."), "x"));
  const auto learned = learn(mixed);
  REQUIRE(learned.size() == 1);
  CHECK(learned[0].floor == 0);
  CHECK(learned[0].least[0].name == "x");
}

TEST_CASE("text in a language that was not learned is measured and not judged") {
  judge j(40);
  const inspect::findings& f = j.run(mail("Karte", "Guten Tag,\r\n\r\nSie haben mit Ihrer Karte bei der Bäckerei am Markt bezahlt. Wenn Sie diese Zahlung kennen, ist nichts zu tun. Bitte\r\n"
                                                    "antworten Sie nicht auf diese Nachricht, denn wir lesen sie nicht. Das ist mit der Bank und den Kunden so vereinbart.\r\n"));
  CHECK(weight(f, "body-foreign") == 0);
  CHECK(j.measured().measured);
  CHECK_FALSE(j.measured().locale_known);
  CHECK(view(j.measured().language) == "de");
}

TEST_CASE("a long foreign piece within the template supports other findings only") {
  judge j(40);
  std::string body = payment(3);
  body.insert(body.find("If you know"), std::string(foreign_text).substr(24) + "\r\n");
  const inspect::findings& f = j.run(body);
  CHECK(weight(f, "body-foreign") == 0);
  CHECK(weight(f, "body-stuffed") == 40);
}

TEST_CASE("the fixed text in an alternative part does not cover a foreign one") {
  judge j(40);
  const std::string genuine = payment(5);
  const std::string alternative = genuine.substr(genuine.find("\r\n\r\n") + 4);
  const std::string both = "From: notice@harbour-bank.example\r\nSubject: x\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n" + alternative +
                           "\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>" + foreign_text + "</p>\r\n--b--\r\n";
  CHECK(weight(j.run(both), "body-foreign") == 100);
}

TEST_CASE("text that some clients hide counts where it is foreign, and covers nothing") {
  judge j(40);
  const std::string genuine = payment(5), own = genuine.substr(genuine.find("\r\n\r\n") + 4);
  const std::string head = "From: notice@harbour-bank.example\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n";
  const std::string foreign(foreign_text);
  for (const std::size_t step : {std::size_t{4096}, std::size_t{1}, std::size_t{7}}) {
    CHECK(weight(j.run(head + "<p style=\"opacity:0\">" + foreign + "</p>\r\n", step), "body-foreign") == 100);
    CHECK(weight(j.run(head + "<p>" + foreign + "</p><p style=\"position:absolute;left:-9999px\">" + own + "</p>\r\n", step), "body-foreign") == 100);
    CHECK(weight(j.run(head + "<p>" + own + "</p><p style=\"display:none\">" + foreign + "</p>\r\n", step), "body-foreign") == 0);
    CHECK(j.measured().percent() >= 60);
  }
}

TEST_CASE("skeletons survive writing and reading, and malformed ones are refused") {
  std::vector<std::uint32_t> back;
  CHECK(inspect::parse_shingles(inspect::format_shingles({5, 1, 0xFFFFFFFF, 77}), back));
  CHECK(back == std::vector<std::uint32_t>{1, 5, 77, 0xFFFFFFFF});
  back.clear();
  CHECK_FALSE(inspect::parse_shingles("AAA*AAAA", back));
  CHECK_FALSE(inspect::parse_shingles("AAAAAB", back));
  CHECK_FALSE(inspect::parse_shingles("AAAA", back));
  const std::string text = "id = \"a\"\n\n[[skeleton]]\nlanguage = \"en\"\n";
  CHECK(without_skeletons(text) == "id = \"a\"\n");
  inspect::profile p;
  std::vector<profile_problem> problems;
  const std::string head = "id = \"h\"\nsource = \"t\"\n[identity]\nfrom = [\"a@b.example\"]\n[[skeleton]]\n";
  for (const char* bad : {"language = \"en\"\n", "language = \"english\"\nshingles = \"AAAAAQ\"\n", "floor = 101\nshingles = \"AAAAAQ\"\n", "shingles = \"AA\"\n", "words = 1\nshingles = \"AAAAAQ\"\n"}) {
    INFO(bad);
    CHECK_FALSE(read_profile(head + bad, "t.toml", p, problems));
  }
  CHECK(read_profile(head + "shingles = \"AAAAAQ\"\n", "t.toml", p, problems));
  static_assert(sizeof(inspect::conformance_meter) <= 1024);
}
