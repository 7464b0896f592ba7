// Octets per second of the content scanners, the dot stuffer and the whole server session, on one core.
//   cmake --build --preset host-release --target bench_smtp_scanner &&
//   build/host-release/tests/bench/bench_smtp_scanner
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "smtp/bdat_scanner.hpp"
#include "smtp/data_scanner.hpp"
#include "smtp/dot_stuffer.hpp"
#include "smtp/octet_scan.hpp"
#include "smtp/server_session.hpp"

using namespace sluice;
using namespace sluice::smtp;

namespace {

constexpr std::size_t read_bytes = 16384;  // what one read of the socket brings
constexpr std::size_t rounds = 7, reads_per_round = 8192;

std::string lines(std::size_t width, bool dots) {
  std::string s;
  while (s.size() < 4 * read_bytes) {
    std::string line = dots ? ".." : "";
    for (std::size_t i = line.size(); i < width; ++i) line += static_cast<char>('a' + (s.size() + i * 7) % 26);
    s += line + "\r\n";
  }
  return s;
}

// Best of several rounds of `work(buffer)` over fresh copies of the text; the copy is timed apart and taken off.
template <class Work>
void measure(const char* name, const std::string& text, Work work) {
  std::vector<char> buffer(read_bytes);
  const auto round = [&](bool with_work) {
    std::size_t at = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < reads_per_round; ++i) {
      if (at + read_bytes > text.size()) at = 0;
      std::memcpy(buffer.data(), text.data() + at, read_bytes);
      asm volatile("" : : "r"(buffer.data()) : "memory");  // the copy is not for nothing
      if (with_work) work(byte_span(buffer));
      at += read_bytes;
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  double best = 1e9, copy = 1e9;
  for (std::size_t i = 0; i < rounds; ++i) {
    copy = std::min(copy, round(false));
    best = std::min(best, round(true));
  }
  const double gigabytes = static_cast<double>(reads_per_round * read_bytes) / 1e9;
  std::printf("%-44s %7.2f GB/s\n", name, gigabytes / std::max(best - copy, 1e-9));
}

std::size_t sink = 0;

void scanners(const char* what, const std::string& text) {
  std::string name = std::string("DATA scanner, ") + what;
  data_scanner data;
  measure(name.c_str(), text, [&](byte_span in) {
    const scan_result r = data.scan(in);
    sink += r.content.size() + (r.fault != cause::none);
  });
  name = std::string("BDAT scanner, ") + what;
  bdat_scanner bdat;
  measure(name.c_str(), text, [&](byte_span in) {
    bdat.begin_chunk(in.size(), false);
    sink += bdat.scan(in).content.size();
  });
  name = std::string("dot stuffer, ") + what;
  dot_stuffer stuffer;
  measure(name.c_str(), text, [&](byte_span in) {
    byte_view out[16], rest(in.data(), in.size());
    while (!rest.empty()) sink += stuffer.next(rest, out);
  });
}

}  // namespace

int main() {
  const std::string plain = lines(78, false);
  scanners("lines of 78", plain);
  scanners("lines of 20", lines(20, false));
  scanners("each line of 78 begins with dots", lines(78, true));
  measure("bulk scan, vectors", plain, [](byte_span in) { sink += ordinary_run(in.data() + 1, in.size() - 1, true); });
  measure("bulk scan, portable", plain,
          [](byte_span in) { sink += ordinary_run_portable(in.data() + 1, in.size() - 1, true); });

  server_options options;
  options.hostname = "mx.example.org";
  server_session session(options);
  session.greet();
  std::string start = "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n";
  byte_span in(start);
  while (session.next(in).what != event::need_input) session.accept();
  measure("server session, DATA, lines of 78", plain, [&](byte_span read) {
    while (session.next(read).what != event::need_input) ++sink;
  });
  std::printf("sizeof(server_session) %zu, (%zu)\n", sizeof(server_session), sink % 10);
}
