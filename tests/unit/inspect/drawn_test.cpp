// QR codes drawn with block characters or table cells, and what only looks a little like them.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "inspect/drawn_code.hpp"
#include "inspect/message_inspector.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

// Something like a code: modules from a small generator, as half blocks.
std::string drawn(std::size_t lines, const char* left = "") {
  static constexpr const char* glyphs[] = {"\u2588", "\u2580", "\u2584", " "};
  std::uint32_t seed = 7;
  std::string out;
  for (std::size_t y = 0; y < lines; ++y) {
    out += left;
    out += "\u2588";
    for (int x = 0; x < 24; ++x) out += glyphs[(seed = seed * 1103515245u + 12345u) >> 16 & 3];
    out += "\u2588\n";
  }
  return out;
}

// One character for a module (dark, light), or for 2 x 4 of them.
std::string pixels(const char* dark, const char* light, std::size_t lines = 25, const char* left = "", const char* end = "\n") {
  std::uint32_t seed = 7;
  std::string out;
  for (std::size_t y = 0; y < lines; ++y) {
    out += left;
    out += dark;
    for (int x = 0; x < 24; ++x) out += (seed = seed * 1103515245u + 12345u) >> 16 & 1 ? dark : light;
    out += dark;
    out += end;
  }
  return out;
}

std::string braille(std::size_t lines) {
  std::uint32_t seed = 7;
  std::string out;
  for (std::size_t y = 0; y < lines; ++y) {
    for (int x = 0; x < 13; ++x) {
      const unsigned dots = (seed = seed * 1103515245u + 12345u) >> 16 & 255;
      out += {'\xE2', static_cast<char>(0xA0 + (dots >> 6)), static_cast<char>(0x80 + (dots & 63))};
    }
    out += "\n";
  }
  return out;
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

bool finds(std::string_view text) {
  drawn_code all;
  all.feed(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    if (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) continue;
    drawn_code two;
    two.feed(text.substr(0, cut));
    two.feed(text.substr(cut));
    CHECK(two.found() == all.found());
  }
  return all.found();
}

std::string table(int rows, int columns, bool text) {
  std::uint32_t seed = 7;
  std::string out = "<table cellspacing=\"0\">";
  for (int y = 0; y < rows; ++y) {
    out += "<tr>";
    for (int x = 0; x < columns; ++x) {
      const bool dark = (seed = seed * 1103515245u + 12345u) >> 16 & 1;
      out += std::string("<td width=4 height=4") + (dark ? " bgcolor=\"#000000\">" : ">") + (text ? "1" : "&nbsp;") + "</td>";
    }
    out += "</tr>";
  }
  return out + "</table>";
}

bool reported(const std::string& body, const char* type = "text/html") {
  static const own_names nobody{};
  mime::charset_pool pool;
  message_inspector one(real_rules(), nobody, pool);
  one.begin({});
  one.feed("From: Desk <noreply@desk.example>\r\nSubject: Your document\r\nContent-Type: " + std::string(type) + "; charset=utf-8\r\n\r\nScan this:\r\n" + body + "\r\n");
  one.finish();
  for (const finding& f : one.found().list) {
    if (f.rule == "code-drawn") return true;
  }
  return false;
}

}  // namespace

TEST_CASE("codes drawn with blocks are found, bars and rulers are not", "[inspect][drawn]") {
  CHECK(finds(drawn(12)));
  CHECK(finds("Scan this code\n\n" + drawn(12, "   ")));
  CHECK(finds("text\n" + drawn(drawn_code::rows)));
  CHECK_FALSE(finds(drawn(drawn_code::rows - 1)));
  CHECK_FALSE(finds(drawn(5) + "words between\n" + drawn(5)));
  CHECK_FALSE(finds(drawn(12, "| ")));
  std::string bars;
  for (int i = 0; i < 20; ++i) bars += "\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2591\u2591\u2591\n";
  CHECK_FALSE(finds(bars));
  CHECK_FALSE(finds(""));
}

TEST_CASE("a code drawn with table cells is found, a table with text is not", "[inspect][drawn]") {
  CHECK(reported(table(25, 25, false)));
  CHECK_FALSE(reported(table(25, 25, true)));
  std::string heads = table(25, 25, false);
  for (std::size_t at = 0; (at = heads.find("td", at)) != std::string::npos;) heads.replace(at, 2, "th");
  CHECK(reported(heads));
  CHECK_FALSE(reported(table(6, 25, false)));
  CHECK(reported("<pre>" + drawn(12) + "</pre>"));
}

TEST_CASE("a code drawn in plain text is found with the line ends of mail", "[inspect][drawn]") {
  CHECK(finds(with_crlf(drawn(12))));
  CHECK(reported("<br>" + drawn(12), "text/plain"));
  CHECK(reported(with_crlf(drawn(12)), "text/plain"));
  CHECK(reported(with_crlf(drawn(12, "> ")), "text/plain"));
  CHECK(finds(drawn(12, ">> ")));
  CHECK_FALSE(reported(with_crlf(drawn(5) + "words between\n" + drawn(5)), "text/plain"));
}

TEST_CASE("codes are found in other characters, too", "[inspect][drawn]") {
  CHECK(finds(braille(7)));
  CHECK_FALSE(finds(braille(5)));
  CHECK(finds(pixels("\u26AB", "\u26AA")));
  CHECK(finds(pixels("\u26AB\uFE0F", "\u26AA\uFE0F")));
  CHECK(finds(pixels("\u2B1B", "\u2B1C")));
  CHECK(finds(pixels("\U0001F7E5", "\u3000")));
  CHECK(finds(pixels("\U0001F533", "\u2003")));
  CHECK(finds(with_crlf(pixels("##", "  "))));
  CHECK(finds(pixels("##", "  ", 25, "> ")));
  CHECK_FALSE(finds(pixels("\u2B1B", "\U0001F7E9", 6)));  // a word puzzle
  CHECK_FALSE(finds(pixels("##", "  ", 7) + "\n" + pixels("##", "  ", 7) + "\n" + pixels("##", "  ", 7)));  // a banner
  CHECK_FALSE(finds("# one\n## two\n" + std::string(30, '#') + "\n"));
  CHECK(finds("\u00A0\n" + drawn(9)));
}
