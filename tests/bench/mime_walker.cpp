// CPU time of the MIME walker per kind of content, in one thread, fed in pieces of 16 KiB.
//   bench_mime_walker [seconds per row] [message files ...]
// With SLUICE_BENCH_ROW=text in the environment only the rows whose name holds that text run.
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "mime/walker.hpp"
#include "support/made_content.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct counter final : mime::handler {
  std::uint64_t text = 0, links = 0, octets = 0;
  void on_text(std::uint16_t, mime::text_kind, byte_view t) override { text += t.size(); }
  void on_link(const mime::link&) override { ++links; }
  void on_bytes(std::uint16_t, std::uint64_t, byte_view b) override { octets += b.size(); }
};

constexpr const char* words[] = {"Hello", "your", "payment", "of", "was", "received", "on", "Monday", "and", "will", "be",
                                 "credited", "to", "the", "account", "ending", "in", "4821", "thank", "you"};

std::string plain_text(std::size_t size, bool quoted) {
  std::string out;
  std::size_t line = 0, n = 0;
  while (out.size() < size) {
    const std::string word = quoted && n % 9 == 0 ? "f=C3=BCr" : words[n % std::size(words)];
    ++n;
    out += word;
    line += word.size() + 1;
    if (line > 70) out += quoted && n % 3 ? " =\r\n" : "\r\n", line = 0;
    else out += ' ';
  }
  return out + "\r\n";
}

// Like a notification: tables, inline styles, some links.
std::string html(std::size_t size) {
  return made_html(size, [](std::size_t) { return plain_text(400, false); });
}

std::string encoded(const std::string& text) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i + 2 < text.size(); i += 3) {
    const auto at = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(text[i + k])); };
    const unsigned v = (at(0) << 16) | (at(1) << 8) | at(2);
    for (const int shift : {18, 12, 6, 0}) out += letters[(v >> shift) & 63];
    if (i % 57 == 54) out += "\r\n";
  }
  return out + "\r\n";
}

std::string part(const char* type, const char* encoding, const std::string& body) {
  return std::string("--b\r\nContent-Type: ") + type + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + body;
}

std::string message(const std::string& parts) {
  return "From: Service <service@example.com>\r\nTo: user@example.org\r\nSubject: Your payment\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + "--b--\r\n";
}

void run(const char* name, const std::vector<std::string>& messages, double seconds, const mime::options& options = {}) {
  const char* only = std::getenv("SLUICE_BENCH_ROW");
  if (only && std::string(name).find(only) == std::string::npos) return;
  counter sink;
  mime::charset_pool pool;
  mime::walker walker(sink, options, pool);
  std::uint64_t octets = 0, count = 0;
  const double begin = cpu_seconds();
  double now = begin;
  while (now - begin < seconds) {
    for (const std::string& m : messages) {
      for (std::size_t i = 0; i < m.size(); i += 16384) walker.feed(byte_view(m).substr(i, 16384));
      walker.finish();
      walker.reset();
      octets += m.size();
      ++count;
    }
    now = cpu_seconds();
  }
  std::printf("%-42s %8.0f MB/s  %10.0f messages/s  (%llu text, %llu octets, %llu links)\n", name, static_cast<double>(octets) / (now - begin) / 1e6,
              static_cast<double>(count) / (now - begin), static_cast<unsigned long long>(sink.text / count),
              static_cast<unsigned long long>(sink.octets / count), static_cast<unsigned long long>(sink.links / count));
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  constexpr std::size_t mega = 1 << 20;
  mime::options everything;
  everything.sniff_bytes = ~std::uint64_t{0};
  std::printf("sizeof(walker) = %zu octets\n", sizeof(mime::walker));
  run("plain text, 7bit", {message(part("text/plain; charset=utf-8", "7bit", plain_text(mega, false)))}, seconds);
  run("plain text, quoted-printable", {message(part("text/plain; charset=utf-8", "quoted-printable", plain_text(mega, true)))}, seconds);
  run("plain text, base64", {message(part("text/plain; charset=utf-8", "base64", encoded(plain_text(mega, false))))}, seconds);
  run("HTML, 7bit", {message(part("text/html; charset=utf-8", "7bit", html(mega)))}, seconds);
  run("text and HTML, 4 KB", {message(part("text/plain", "7bit", plain_text(1000, false)) + part("text/html", "7bit", html(3000)))}, seconds);
  run("attachment passed over behind 4 KiB", {message(part("application/pdf", "base64", made_base64(16 * mega)))}, seconds);
  run("attachment decoded in full, base64", {message(part("application/pdf", "base64", made_base64(16 * mega)))}, seconds, everything);
  std::vector<std::string> files;
  for (int i = 2; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  if (!files.empty()) run("the given messages", files, seconds);
}
