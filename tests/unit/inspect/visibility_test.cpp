// A lure is judged the same however its text is marked as hidden, as long as some reader sees it; what nobody sees stays
// harmless.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "inspect/message_inspector.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

struct bench {
  mime::charset_pool pool;
  own_names ours{};
  message_inspector inspector{real_rules(), ours, pool};

  int score(const std::string& body, std::size_t step = 1 << 20) {
    const std::string mail = "From: \"service@paypal.com\" <service@paypal.com>\r\nTo: a@example.org\r\nSubject: Your receipt\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body + "\r\n";
    inspector.begin({});
    for (std::size_t i = 0; i < mail.size(); i += step) inspector.feed(std::string_view(mail).substr(i, step));
    inspector.finish();
    return inspector.found().score;
  }
};

const std::string lure = "<p>Your account is limited since a payment of $612.40 to an unknown shop was made. Confirm who you are within 24 hours or it will be closed.</p>"
                         "<p><a href=\"https://safe-desk.top/confirm\">Confirm now</a></p>";

}  // namespace

TEST_CASE("a lure that some readers see is judged like one that all see", "[inspect][visibility]") {
  auto b = std::make_unique<bench>();
  const int seen = b->score(lure), unseen = b->score("<div style=\"display:none\">" + lure + "</div>");
  REQUIRE(seen >= 100);
  CHECK(unseen < seen);
  for (const char* style : {"display:nonexist", "display:block!important;display:none", "clip:rect(0,0,0,0)", "text-indent:-9999px", "opacity:0", "visibility:hidden", "mso-hide:all",
                            "position:absolute;left:-9999px", "max-height:0;overflow:hidden", "font-size:0foo", "color:#fffffff"}) {
    INFO(style);
    const std::string body = "<div style=\"" + std::string(style) + "\">" + lure + "</div>";
    CHECK(b->score(body) >= seen);
    CHECK(b->score(body, 1) == b->score(body));
    CHECK(b->score(body, 7) == b->score(body));
  }
  CHECK(b->score("<style>.q{display:block!important}</style><div class=q style=\"display:none\">" + lure + "</div>") >= seen);
  CHECK(b->score("<style>.q{display:none}.x.q{display:block}</style><div class=\"x q\">" + lure + "</div>") >= seen);
  CHECK(b->score("<td style=\"display:none\">" + lure) >= seen);
}

TEST_CASE("links for Outlook only count", "[inspect][visibility]") {
  auto b = std::make_unique<bench>();
  const std::string words = "<p>Your account is limited since a payment of $612.40 to an unknown shop was made. Confirm who you are within 24 hours or it will be closed.</p>";
  const int without = b->score(words), shown = b->score(words + "<a href=\"https://safe-desk.top/confirm\">Confirm</a>");
  REQUIRE(shown > without);
  CHECK(b->score(words + "<!--[if mso]><a href=\"https://safe-desk.top/confirm\">Confirm</a><![endif]-->") >= shown);
  CHECK(b->score(words + "<!--[if mso]><v:roundrect href=\"&#104;ttps://safe-desk.top/confirm\">Confirm</v:roundrect><![endif]-->") >= shown);
  CHECK(b->score(words + "<!--[if mso]><link href=\"https://safe-desk.top/a.css\"><![endif]-->") == without);
  CHECK(b->score(words + "<!-- <a href=\"https://safe-desk.top/confirm\">Confirm</a> -->") == without);
}

TEST_CASE("what only some readers see speaks against a mail, not for it", "[inspect][visibility]") {
  auto b = std::make_unique<bench>();
  const int plain = b->score(lure);
  CHECK(b->score(lure + "<a style=\"opacity:0\" href=\"https://www.paypal.com/invoice/p/1\">x</a>") >= plain);
  // Honest mail's preheader.
  const std::string honest = "<p>You sent $12.00 to Blue Shop.</p><a href=\"https://www.paypal.com/activity\">Details</a>";
  CHECK(b->score("<div style=\"display:none;font-size:1px;max-height:0;overflow:hidden\">Your receipt is here</div>" + honest) == b->score(honest));
}
