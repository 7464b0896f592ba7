// CPU time and heap calls of the inspector (walker, folding, detectors, profiles) per kind of mail, in one thread, fed
// in pieces of 16 KiB as the proxy does. Heap calls are counted in the whole process after one round of warm-up.
//   bench_inspector [seconds per row] [message files ...]
// With SLUICE_BENCH_ROW=text in the environment only the rows whose name holds that text run.
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "firmware/profiles/profile_loader.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/signals.hpp"
#include "support/made_content.hpp"

using namespace sluice;
using namespace sluice::test;

// glibc's allocator under its own name, so that each call can be counted.
extern "C" void* __libc_malloc(std::size_t);
extern "C" void* __libc_calloc(std::size_t, std::size_t);
extern "C" void* __libc_realloc(void*, std::size_t);
static std::atomic<std::uint64_t> heap_calls{0};
extern "C" void* malloc(std::size_t n) { return ++heap_calls, __libc_malloc(n); }
extern "C" void* calloc(std::size_t n, std::size_t m) { return ++heap_calls, __libc_calloc(n, m); }
extern "C" void* realloc(void* p, std::size_t n) { return ++heap_calls, __libc_realloc(p, n); }

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// Ordinary business prose with what detectors look for: names, dates, amounts, order numbers, a link.
constexpr const char* paragraphs[] = {
    "Hi Martina,\nthanks for sending over the revised floor plan. I went through it with Henrik this morning and we think the second "
    "variant works better, mostly because the meeting rooms are further away from the kitchen. Could you ask the architect whether the "
    "corridor on the north side can be made a little wider?",
    "The delivery that was announced for Tuesday has been moved to Thursday, 14 March, between 8:00 and 12:00. The carrier's reference is "
    "00340434161094042557 and somebody has to be at the gate to sign for it. If that does not suit you we can have it left with the "
    "neighbours at number 18.",
    "Quarterly figures: revenue came to 1,284,300 euros, which is 4.2 percent above plan, while travel cost rose to 38,450. Most of the "
    "increase is due to the two trade fairs in spring. The detailed sheet is at https://intranet.example.com/finance/2026/q1 as usual.",
    "Please remember that the car park will be closed on the weekend of the 21st because the markings are being repainted. There is room "
    "for about forty cars behind the old print shop, and the bus stops right in front of the main entrance every twenty minutes.",
    "As agreed on the phone yesterday I have booked the small conference room for the interviews next week. Anna takes the first two "
    "candidates, Jonas the third, and you would join us for the last conversation at half past three. The documents are in the shared "
    "folder; please don't forward them outside of the team.",
    "One more thing about the software update: version 4.18.2 fixes the problem with printing labels, but the settings of the old "
    "release are not taken over automatically. Export them first, otherwise you have to enter all printers again by hand."};

std::string wrapped(const std::string& text) {
  std::string out;
  std::size_t line = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || (line > 64 && text[i] == ' ')) {
      out += "\r\n";
      line = 0;
    } else {
      out += text[i];
      ++line;
    }
  }
  return out + "\r\n\r\n";
}

std::string prose(std::size_t size) {
  std::string out;
  for (std::size_t n = 0; out.size() < size; ++n) out += wrapped(paragraphs[n % std::size(paragraphs)]);
  return out;
}

// Like a notification: tables, inline styles, a link to each paragraph.
std::string html(std::size_t size) {
  return made_html(size, [](std::size_t n) { return wrapped(paragraphs[n % std::size(paragraphs)]); });
}

std::string part(const char* type, const char* encoding, const std::string& body) {
  return std::string("--b\r\nContent-Type: ") + type + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + body;
}

const std::string header =
    "Received: from out.example.com (out.example.com [192.0.2.7]) by mx.example.org with ESMTPS; Tue, 3 Mar 2026 10:11:12 +0000\r\n"
    "From: Henrik Olsen <henrik.olsen@example.com>\r\nTo: user@example.org\r\nSubject: Floor plan, second variant\r\n"
    "Date: Tue, 3 Mar 2026 10:11:10 +0000\r\nMessage-ID: <20260303101110.17@example.com>\r\nMIME-Version: 1.0\r\n";

std::string single(const std::string& text) { return header + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + text; }
std::string multi(const std::string& parts) { return header + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + "--b--\r\n"; }

void row(const inspect::ruleset& rules, const char* name, const std::vector<std::string>& messages, double seconds) {
  const char* only = std::getenv("SLUICE_BENCH_ROW");
  if (only && std::string(name).find(only) == std::string::npos) return;
  mime::charset_pool pool;
  const auto inspector = std::make_unique<inspect::message_inspector>(rules, inspect::own_names{"mx.example.org", "mx.example.org"}, pool);
  std::uint64_t octets = 0, count = 0, findings = 0;
  const auto round = [&] {
    for (const std::string& m : messages) {
      inspector->begin({});
      for (std::size_t i = 0; i < m.size(); i += 16384) inspector->feed(byte_view(m).substr(i, 16384));
      inspector->finish();
      findings += inspector->found().list.size();
      octets += m.size();
      ++count;
    }
  };
  round();
  octets = count = findings = 0;
  const std::uint64_t heap_before = heap_calls;
  const double begin = cpu_seconds();
  double now = begin, best = 0;  // octets per second of the quickest slice: other work on the machine disturbs the mean
  while (now - begin < seconds) {
    const double slice_begin = now;
    const std::uint64_t slice_octets = octets;
    do {
      round();
      now = cpu_seconds();
    } while (now - slice_begin < 0.02);
    best = std::max(best, static_cast<double>(octets - slice_octets) / (now - slice_begin));
  }
  std::printf("%-34s %7.1f MB/s (best %7.1f)  %9.1f us/message (best %9.1f)  %5.2f heap calls/message  (%.2f findings)\n", name,
              static_cast<double>(octets) / (now - begin) / 1e6, best / 1e6, (now - begin) * 1e6 / static_cast<double>(count),
              static_cast<double>(octets) / static_cast<double>(count) / best * 1e6,
              static_cast<double>(heap_calls - heap_before) / static_cast<double>(count), static_cast<double>(findings) / static_cast<double>(count));
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  constexpr std::size_t mega = 1 << 20;
  std::vector<profiles::profile_problem> problems;
  const auto rules = profiles::load_ruleset("", problems);
  if (!rules) return std::fputs("the built-in profiles do not load\n", stderr), 1;
  std::printf("sizeof(message_inspector) = %zu octets, of it walker %zu, findings %zu, facts %zu, body %zu; on the stack while judging: %zu\n",
              sizeof(inspect::message_inspector), sizeof(mime::walker), sizeof(inspect::findings), sizeof(inspect::message_facts),
              sizeof(inspect::body_state), sizeof(inspect::folded) + sizeof(inspect::text_signals));
  row(*rules, "plain text, 4 KB", {single(prose(3600))}, seconds);
  row(*rules, "text and HTML, 8 KB", {multi(part("text/plain; charset=utf-8", "7bit", prose(2000)) + part("text/html; charset=utf-8", "7bit", html(6000)))}, seconds);
  row(*rules, "plain text, 1 MB", {single(prose(mega))}, seconds);
  row(*rules, "HTML, 1 MB", {multi(part("text/html; charset=utf-8", "7bit", html(mega)))}, seconds);
  row(*rules, "attachment, base64, 16 MB", {multi(part("application/pdf", "base64", made_base64(16 * mega)))}, seconds);
  std::vector<std::string> files;
  for (int i = 2; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  if (!files.empty()) row(*rules, "the given messages", files, seconds);
}
