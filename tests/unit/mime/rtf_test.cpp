// Compressed RTF: unpacking (MS-OXRTFCP section 3), and the text that is shown of it, for all cuts.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "mime/charset_pool.hpp"
#include "mime/rtf_reader.hpp"
#include "mime/rtf_unpacker.hpp"

using namespace sluice;
using namespace sluice::mime;
using namespace std::string_literals;

namespace {

struct into_string final : octet_sink {
  void put(byte_view octets) override { text += octets; }
  std::string text;
};

std::string unpacked(const std::string& packed, std::size_t step = 1) {
  static rtf_dictionary room;
  rtf_unpacker unpacker;
  into_string out;
  unpacker.start(room);
  for (std::size_t i = 0; i < packed.size(); i += step) unpacker.feed(byte_view(packed).substr(i, step), out);
  return out.text;
}

// As literals only, behind a header that says so.
std::string packed(const std::string& rtf) {
  std::string out = "\0\0\0\0\0\0\0\0LZFu\0\0\0\0"s;
  for (std::size_t i = 0; i < rtf.size(); i += 8) out += '\0' + rtf.substr(i, 8);
  return out;
}

std::string read(const std::string& rtf, std::size_t step = 1u << 20) {
  rtf_reader reader;
  into_string shown, hidden;
  reader.start();
  for (std::size_t i = 0; i < rtf.size(); i += step) reader.feed(byte_view(rtf).substr(i, step), shown, hidden);
  return shown.text + (hidden.text.empty() ? "" : "|" + hidden.text);
}

}  // namespace

TEST_CASE("the examples of the specification are unpacked, however they are cut", "[mime][rtf]") {
  const std::string hello =
      "\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0"s;
  const std::string repeated = "\x1a\x00\x00\x00\x1c\x00\x00\x00\x4c\x5a\x46\x75\xe2\xd4\x4b\x51\x41\x00\x04\x20\x57\x58\x59\x5a\x0d\x6e\x7d\x01\x0e\xb0"s;
  for (const std::size_t step : {1, 2, 3, 7, 1000}) {
    CHECK(unpacked(hello, step) == "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    CHECK(unpacked(repeated, step) == "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
  }
  CHECK(unpacked("\0\0\0\0\0\0\0\0MELA\0\0\0\0{\\rtf1 as it is}"s) == "{\\rtf1 as it is}");
  CHECK(unpacked("\0\0\0\0\0\0\0\0XXXX\0\0\0\0{\\rtf1 no}"s).empty());
  CHECK(unpacked(hello + "more behind the end") == unpacked(hello));
}

TEST_CASE("references reach around the end of the dictionary", "[mime][rtf]") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>('a' + i % 23);
  CHECK(unpacked(packed(text), 100) == text);
  // 3888 octets end one before its end; then 17 octets from five before, so that both run over it.
  const std::string most = text.substr(0, limits::rtf_dictionary_bytes - 207 - 1);
  REQUIRE(most.size() % 8 == 0);
  std::string want = most;
  for (int i = 0; i < 17; ++i) want += want[want.size() - 5];
  CHECK(unpacked(packed(most) + "\x01\xff\xaf"s) == want);
}

TEST_CASE("RTF shows its text and nothing of its tables", "[mime][rtf]") {
  const struct {
    std::string rtf, text;
  } rows[] = {
      {"{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}{\\colortbl;\\red1;}{\\stylesheet{\\s1 Normal;}}\\pard Pay\\par now}", "Pay\nnow"},
      {"{\\rtf1 a\r\nb \\b bold\\b0  c}", "ab bold c"},
      {"{\\rtf1 {\\*\\generator Word;}x{\\*\\unknown y}z}", "xz"},
      {"{\\rtf1 caf\\'e9 \\'93q\\'94 \\u233?\\u8364 ?x\\{\\}\\\\}", "caf\u00E9 \u201Cq\u201D \u00E9\u20ACx{}\\"},
      {"{\\rtf1\\uc2 \\u233\\'c3\\'a9e\\uc0 \\u233e}", "\u00E9e\u00E9e"},
      {"{\\rtf1 \\u-10179?\\u-8704?}", "\U0001F600"},
      {"{\\rtf1 a\\cell b\\row c\\tab d\\line e\\~f\\_g\\-h\\emdash\\rquote s\\\ni}", "a b\nc\td\ne f-gh\u2014\u2019s\ni"},
      {"{\\rtf1 see {\\v secret}\\v more\\v0 \\v x\\plain y}", "see y|secretmorex"},
      {"{\\rtf1 {\\field{\\*\\fldinst{HYPERLINK \"https://pay.example/x\"}}{\\fldrslt here}} now}", "here now|HYPERLINK \"https://pay.example/x\""},
      {"{\\rtf1 {\\pict\\bin4 {}}}}\\bin2 }}x}y", "xy"},
      {"{\\rtf1 {\\pict 89504e47}a{\\*\\shppict{\\pict 00}}b}", "ab"},
      {"{\\rtf1\\fromhtml1{\\*\\htmltag64 <a href=\"https://x.example/\">}\\htmlrtf {\\htmlrtf0 here\\htmlrtf }\\htmlrtf0{\\*\\htmltag72 </a>}}", "<a href=\"https://x.example/\">here</a>"},
      {"{\\rtf1 {\\*\\mhtmltag x}a\\htmlrtf b\\htmlrtf0 c}", "ac"},
      {"}}}a{{{b", "ab"},
      {"plain", "plain"},
      {"{\\rtf1 \\'", ""},
      {"{\\rtf1 \\u99999999999?a}", "\uCA09a"},
      {"{\\averylongcontrolwordthatiscut a}", "a"},
  };
  for (const auto& row : rows) {
    INFO(row.rtf);
    CHECK(read(row.rtf) == row.text);
    CHECK(read(row.rtf, 1) == row.text);
    for (std::size_t cut = 1; cut < row.rtf.size(); ++cut) {
      rtf_reader reader;
      into_string shown, hidden;
      reader.start();
      reader.feed(byte_view(row.rtf).substr(0, cut), shown, hidden);
      reader.feed(byte_view(row.rtf).substr(cut), shown, hidden);
      REQUIRE(shown.text + (hidden.text.empty() ? "" : "|" + hidden.text) == row.text);
    }
  }
}

TEST_CASE("groups deeper than are kept lose no text", "[mime][rtf]") {
  std::string deep = "{\\rtf1 ";
  for (std::size_t i = 0; i < 2 * limits::rtf_depth; ++i) deep += "{";
  deep += "{\\*\\unknown shown}";  // a group that would be left out, were it not so deep
  for (std::size_t i = 0; i < 2 * limits::rtf_depth; ++i) deep += "}";
  CHECK(read(deep + "{\\pict left out}behind}") == "shownbehind");
}

TEST_CASE("dictionaries are lent until there are none", "[mime][rtf]") {
  const auto pool = std::make_unique<charset_pool>();
  std::vector<rtf_dictionary*> lent;
  for (std::size_t i = 0; i < limits::rtf_dictionaries; ++i) lent.push_back(pool->borrow_dictionary());
  for (const rtf_dictionary* one : lent) CHECK(one != nullptr);
  CHECK(pool->borrow_dictionary() == nullptr);
  CHECK(pool->refused() == 1);
  pool->give_back(lent.back());
  pool->give_back(nullptr);
  CHECK(pool->borrow_dictionary() == lent.back());
}
