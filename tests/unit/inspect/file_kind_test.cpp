// Attachments: their endings, their first octets, and what a message with one scores.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "inspect/file_kind.hpp"
#include "inspect/message_inspector.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;
using namespace std::string_literals;

namespace {

std::string base64(std::string_view octets) {
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (i + k < octets.size() ? static_cast<unsigned char>(octets[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > octets.size() ? '=' : alphabet[bits >> (18 - 6 * k) & 63];
    if (i / 3 % 19 == 18) out += "\r\n";
  }
  return out;
}

const std::string windows_program = "MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0"s + std::string(200, '\0');
const std::string png = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s + std::string(200, 'x');
const std::string pdf = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + std::string(200, 'y');
const std::string ole2 = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"s + std::string(200, '\0');

// The local header of the first file of a ZIP archive (APPNOTE 4.3.7).
std::string zip(std::string_view first_name, bool encrypted = false) {
  std::string head = "PK\x03\x04\x14\0"s;
  head += encrypted ? '\x01' : '\0';
  head += "\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s;
  head += static_cast<char>(first_name.size());
  head += "\0\0\0"s;
  return head + std::string(first_name) + std::string(200, 'z');
}

struct result {
  int executable = 0, disguised = 0, score = 0;
  unscanned cause = unscanned::none;
  std::string words;
};

result seen(std::string_view type, std::string_view name, std::string_view octets, std::size_t step = 0) {
  static mime::charset_pool pool;
  static const auto inspector = std::make_unique<message_inspector>(real_rules(), own_names{"mx.example.org", "mx.example.org"}, pool);
  const std::string mail = "From: Ann <ann@example.net>\r\nTo: a@example.org\r\nSubject: Minutes\r\nMIME-Version: 1.0\r\n"
                           "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello Bob\r\n--b\r\nContent-Type: " +
                           std::string(type) + "; name=\"" + std::string(name) + "\"\r\nContent-Disposition: attachment; filename=\"" + std::string(name) +
                           "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64(octets) + "\r\n--b--\r\n";
  inspector->begin({});
  for (std::size_t i = 0; i < mail.size(); i += step == 0 ? mail.size() : step) inspector->feed(std::string_view(mail).substr(i, step == 0 ? mail.size() : step));
  inspector->finish();
  result out;
  out.score = inspector->found().score;
  out.cause = inspector->found().cause;
  for (const finding& f : inspector->found().list) {
    if (f.rule == "file-executable") out.executable = f.weight;
    if (f.rule == "file-disguised") out.disguised = f.weight;
    if (f.rule.starts_with("file-")) out.words = view(f.words);
  }
  return out;
}

}  // namespace

TEST_CASE("the last ending decides how a file is opened, and the one before what it looks like") {
  CHECK(kind_of_name("invoice.pdf").last == file_kind::pdf);
  CHECK(kind_of_name("Invoice.PDF.ExE").last == file_kind::program);
  CHECK(kind_of_name("Invoice.PDF.ExE").before == file_kind::pdf);
  CHECK(kind_of_name("invoice.pdf          .exe . ").last == file_kind::program);
  CHECK(kind_of_name("invoice.pdf          .exe").before == file_kind::pdf);
  CHECK(kind_of_name("C:\\x.exe\\report.docx").last == file_kind::office);
  CHECK(kind_of_name("search.settingcontent-ms").last == file_kind::program);
  CHECK(kind_of_name("setup.1.2.exe").before == file_kind::unknown);
  CHECK(kind_of_name("News of example.com").last == file_kind::unknown);
  CHECK(kind_of_name("invoice.pdf.com").last == file_kind::program);
  CHECK(kind_of_name("annex\xe2\x80\xaegpj.exe").reversed);
  CHECK(kind_of_name("").last == file_kind::unknown);
  CHECK(kind_of_name("...").last == file_kind::unknown);
  CHECK(kind_of_name(std::string(400, 'a') + "." + std::string(400, 'b')).last == file_kind::unknown);
}

TEST_CASE("first octets say what a file is") {
  CHECK(kind_of_octets(windows_program).is == file_kind::program);
  CHECK(kind_of_octets("MZ is a country code").is == file_kind::unknown);
  CHECK(kind_of_octets("\x7f" "ELF\x02").is == file_kind::program);
  CHECK(kind_of_octets("L\0\0\0\x01\x14\x02\0\0\0"s).is == file_kind::program);
  CHECK(kind_of_octets(png).is == file_kind::media);
  CHECK(kind_of_octets(pdf).is == file_kind::pdf);
  CHECK(kind_of_octets(ole2).is == file_kind::office);
  CHECK(kind_of_octets("\xef\xbb\xbf\r\n  <!DOCTYPE HTML><html>").is == file_kind::page);
  CHECK(kind_of_octets("<svg xmlns=").is == file_kind::page);
  CHECK(kind_of_octets("<p>1 < 2").is == file_kind::unknown);
  CHECK(kind_of_octets(zip("word/document.xml")).is == file_kind::archive);
  CHECK(kind_of_octets(zip("Invoice.pdf.exe")).inside.last == file_kind::program);
  CHECK(kind_of_octets(zip("secret.docx", true)).encrypted);
  CHECK_FALSE(kind_of_octets(zip("open.docx")).encrypted);
  CHECK(kind_of_octets("Rar!\x1a\x07\0\xcf\x90\x73\x80\0\x0d\0"s).encrypted);
  CHECK_FALSE(kind_of_octets("Rar!\x1a\x07\0\xcf\x90\x73\0\0\x0d\0"s).encrypted);
  CHECK(kind_of_octets("Rar!\x1a\x07\x01\0\x11\x22\x33\x44\x21\x04\0"s).encrypted);
  for (std::size_t n = 0; n < 60; ++n) kind_of_octets(std::string_view(zip("x.exe")).substr(0, n));  // nothing behind the end is read
}

TEST_CASE("an honest message with a usual attachment scores nothing") {
  CHECK(seen("application/pdf", "Invoice 2026-11.pdf", pdf).score == 0);
  CHECK(seen("image/png", "logo.png", png).score == 0);
  CHECK(seen("image/jpeg", "photo.jpg", png).score == 0);
  CHECK(seen("application/octet-stream", "report.doc", ole2).score == 0);
  CHECK(seen("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.docx", zip("[Content_Types].xml")).score == 0);
  CHECK(seen("application/zip", "photos.jpg.zip", zip("1.jpg")).score == 0);
  CHECK(seen("application/zip", "site.zip", zip("main.js")).score == 0);
  CHECK(seen("application/vnd.ms-excel", "export.xls", "<html><table><tr><td>1</td></tr></table></html>").score == 0);
  CHECK(seen("text/html", "page.html", "<html><body>Hello</body></html>").score == 0);
  CHECK(seen("text/plain", "notes.txt", "MZ and other words").score == 0);
  CHECK(seen("image/png", "example.com", png).score == 0);
  CHECK(seen("application/gzip", "dmarc.xml.gz", "\x1f\x8b\x08" + std::string(100, 'q')).score == 0);
  CHECK(seen("application/octet-stream", "", "").score == 0);
}

TEST_CASE("what runs with a click is told by its octets or by its name") {
  CHECK(seen("application/octet-stream", "setup.exe", windows_program).executable == 60);
  CHECK(seen("application/octet-stream", "setup.exe", windows_program).score < 100);
  CHECK(seen("application/octet-stream", "data.bin", windows_program).executable == 60);
  CHECK(seen("application/octet-stream", "update.hta", "<script>x</script>").executable == 60);
  CHECK(seen("text/plain", "run.bat", "echo hello\r\n").executable == 40);
  CHECK(seen("application/x-iso9660-image", "Order.iso", std::string(200, '\0')).executable == 40);
  CHECK(seen("application/zip", "tools.zip", zip("tools.exe")).executable == 40);
  CHECK(seen("image/png", "x.exe", png).executable == 0);  // a picture whatever its name
}

TEST_CASE("a program in the name of a document, and a page in that of a picture") {
  for (std::string_view name : {"invoice.pdf.exe", "invoice.pdf      .scr", "photo.jpg.lnk"}) {
    CAPTURE(name);
    CHECK(seen("application/octet-stream", name, windows_program).score >= 100);
  }
  CHECK(seen("application/pdf", "invoice.pdf", windows_program).score >= 100);
  CHECK(seen("application/octet-stream", "invoice.docx", windows_program).score >= 100);
  CHECK(seen("application/octet-stream", "annex\xe2\x80\xaegpj.exe", windows_program).score >= 100);
  CHECK(seen("application/zip", "scan.zip", zip("scan.pdf.exe")).score >= 100);
  CHECK(seen("application/pdf", "invoice.pdf", windows_program).words == "invoice.pdf (program)");
  CHECK(seen("image/png", "a.png", "<html><body>Hello</body></html>").disguised == 40);
  CHECK(seen("application/octet-stream", "statement.pdf.html", "<html>").disguised == 30);
  CHECK(seen("application/pdf", "invoice.pdf", zip("a.txt")).disguised == 25);
}

TEST_CASE("of a long name its end is told") {
  const std::string name = std::string(90, 'a') + "\xc3\xbc" + std::string(36, 'b') + ".pdf.exe";
  const result r = seen("application/octet-stream", name, windows_program);
  CHECK(r.words.ends_with("bbb.pdf.exe (program)"));
  CHECK(r.words.size() <= 80);
}

TEST_CASE("every cut of the stream gives the same") {
  for (const std::string& octets : {windows_program, zip("scan.pdf.exe", true), png, std::string("<html>x")}) {
    const result whole = seen("application/pdf", "invoice.pdf", octets);
    for (std::size_t step : {1u, 2u, 3u, 5u, 64u, 77u, 100u}) {
      CAPTURE(step);
      const result cut = seen("application/pdf", "invoice.pdf", octets, step);
      CHECK(cut.score == whole.score);
      CHECK(cut.words == whole.words);
      CHECK(cut.cause == whole.cause);
    }
  }
}
