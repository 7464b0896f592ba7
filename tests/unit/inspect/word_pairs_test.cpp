// Words that say something only together (inspect/word_pairs.hpp), and who speaks (inspect/contact_words.hpp), through
// scan_text and with the real lexicon.
#include "inspect/word_pairs.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string_view>

#include "inspect/contact_words.hpp"
#include "inspect/undisguise.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

TEST_CASE("two words in one sentence say what neither says alone", "[inspect][pairs]") {
  struct {
    std::string_view text;
    word_class what;
  } static const cases[] = {
      {"if you have never booked that, tell us", word_class::denial},
      {"Sollten Sie den Kauf nicht vorgenommen haben", word_class::denial},
      {"si vous n'avez pas passé cette commande", word_class::denial},
      {"if you don't wish that plan", word_class::dispute},
      {"your page gets unpublished tonight", word_class::threat},
      {"type your 24 words in the box", word_class::verify},
      {"Geben Sie Ihr Kennwort auf der Seite ein", word_class::verify},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    CHECK(scanned(one.text)[one.what].words >= 2);
  }
}

TEST_CASE("what is to be paid first, in one sentence", "[inspect][pairs]") {
  for (std::string_view text : {"please pay the customs of 38.90", "pay before February 13 the late fee", "bitte begleichen Sie die Einlagerung", "réglez les frais de port",
                                "pague los gastos de envío", "paga solo la spedizione", "betaal de invoerkosten", "оплатите пошлину", "gümrük ücretini ödeyiniz", "betala tullavgift", "Do not delay, pay the customs fee"}) {
    INFO(text);
    CHECK_FALSE(scanned(text).demanded.empty());
  }
  for (std::string_view text : {"never pay a customs fee to strangers", "you pay by card. The customs office is closed", "the customs declaration", "pay the driver", "комиссию оплатить не нужно", "tell me which fee you mean"}) {
    INFO(text);
    CHECK(scanned(text).demanded.empty());
  }
}

TEST_CASE("words of pairs alone are nothing", "[inspect][pairs]") {
  const text_signals s = scanned("The page was closed and they booked the room and typed a list of names");
  CHECK_FALSE(s.has(word_class::denial));
  CHECK_FALSE(s.has(word_class::threat));
  CHECK_FALSE(s.has(word_class::verify));
}

TEST_CASE("a pair does not reach over the end of a sentence, nor far", "[inspect][pairs]") {
  CHECK(scanned("your mailbox gets closed").has(word_class::threat));
  CHECK_FALSE(scanned("Have a look at your mailbox. Closed: the museum").has(word_class::threat));
  CHECK_FALSE(scanned("your mailbox is what I had in mind when we came to the street that closed").has(word_class::threat));
}

TEST_CASE("a warning is no instruction", "[inspect][pairs]") {
  CHECK(scanned("enter your seed on this page").has(word_class::verify));
  const text_signals warning = scanned("never enter your seed on any page");
  CHECK_FALSE(warning.has(word_class::verify));
  CHECK(warning.warned);
  CHECK_FALSE(scanned("enter your seed on this page").warned);
}

TEST_CASE("who tells of his own trouble denies nothing", "[inspect][pairs]") {
  CHECK(scanned("you did not make this payment").has(word_class::denial));
  CHECK_FALSE(scanned("I did not make this payment").has(word_class::denial));
  CHECK(scanned("We see you did not make this payment").has(word_class::denial));
  CHECK(scanned("to cancel the order").has(word_class::dispute));
  CHECK_FALSE(scanned("please cancel my order").has(word_class::dispute));
}

TEST_CASE("what is offered beside a change is no reason to call", "[inspect][pairs]") {
  CHECK(scanned("call us to cancel the order").reasons.size() >= 1);
  for (std::string_view text : {"call us to cancel or change it", "call us to reschedule or cancel", "zum Stornieren oder Verschieben anrufen"}) {
    INFO(text);
    CHECK(scanned(text).reasons.empty());
  }
}

TEST_CASE("names at messengers are found", "[inspect][pairs]") {
  CHECK(scanned("write to Ann on Telegram: @ann_hr88").handles.size() == 1);
  CHECK(scanned("WhatsApp +1 808 555 0166").handles.size() == 1);
  CHECK(scanned("ask @ann_hr88 about the telegram").handles.empty());
  CHECK(scanned("Telegram GmbH, info@telegram.example").handles.empty());
  for (const char* door : {"t.me/ann_hr88", "https://www.t.me/ann_hr88", "https://ann_hr88.t.me", "https://wa.me/18085550166", "telegram.dog/ann_hr88"}) {
    INFO(door);
    CHECK_FALSE(scanned(std::string("write to ") + door).chat_link.empty());
  }
  for (const char* none : {"https://t.me", "https://www.t.me", "ann@t.me", "https://not.me/ann_hr88", "https://at.me/ann_hr88"}) {
    INFO(none);
    CHECK(scanned(std::string("write to ") + none).chat_link.empty());
  }
}

TEST_CASE("a word says the same in the middle of a text and at its end") {  // where blocks of eight octets cannot be read
  for (const std::string word : {"call", "refund", "bitcoin", "wallet", "urgent", "biIIing", "callll", "unauthorized", "five", "fivefive", "deuxcinq", "I", "a", "verify", "contract"}) {
    INFO(word);
    const auto last = scanned("please " + word), inside = scanned("please " + word + " ________________");
    CHECK(last.words == inside.words);
    CHECK(last.disguised_words == inside.disguised_words);
    for (std::size_t i = 0; i < word_classes; ++i) CHECK(last.classes[i].count == inside.classes[i].count);
  }
}

TEST_CASE("the sentence of a number ends where it ends", "[inspect][pairs]") {
  const std::string_view text = "Call 808-555-0142 to stop it. Cancel within 24 hours.";
  const text_signals s = scanned(text);
  REQUIRE(s.phones.size() == 1);
  CHECK(s.phones[0].sentence_end == text.find(". Cancel"));
}

TEST_CASE("letters that were swapped are read back", "[inspect][pairs]") {
  const lexicon& words = real_rules().words();
  CHECK(undisguise("p4yment", words, true, false) == words.word("payment"));
  CHECK(undisguise("biIIing", words, false, false) == words.word("billing"));
  CHECK(undisguise("urgeeeent", words, false, true) == 0);  // stretched letters are read twice at most
  CHECK(undisguise("x9", words, true, false) == 0);
  // The short words of pairs are no disguise: "p1n" may be anything.
  CHECK(scanned("p1n p4ge").disguised_words == 0);
}
