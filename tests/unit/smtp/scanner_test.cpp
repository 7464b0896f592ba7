// The content scanners against a plain model that reads one octet after the other, over all cuts.
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>

#include "smtp/bdat_scanner.hpp"
#include "smtp/data_scanner.hpp"
#include "smtp/octet_scan.hpp"
#include "support/smtp_dialogue.hpp"

using namespace sluice;
using namespace sluice::smtp;

namespace {

struct outcome {
  std::string content;  // of a message without a fault
  cause fault = cause::none;
  bool ended = false;
  bool leading_dot = false;
  std::size_t used = 0;  // octets of the input up to the end
  bool operator==(const outcome&) const = default;
};

// What RFC 5321 4.5.2 says, in the plainest form: the message ends at the first <CRLF>.<CRLF>, the CRLF before the
// content included; a CR without LF, an LF without CR or a NUL before it is a fault.
outcome model(const std::string& in) {
  outcome o;
  const std::string whole = "\r\n" + in;
  const std::size_t end = whole.find("\r\n.\r\n");
  o.ended = end != std::string::npos;
  o.used = o.ended ? end + 3 : in.size();
  const std::string raw = in.substr(0, o.used);
  for (std::size_t i = 0; i < raw.size() && o.fault == cause::none; ++i) {
    const bool after_cr = i > 0 && raw[i - 1] == '\r';
    if (after_cr && raw[i] != '\n')
      o.fault = cause::bare_cr;
    else if (raw[i] == '\n' && !after_cr)
      o.fault = cause::bare_lf;
    else if (raw[i] == '\0')
      o.fault = cause::nul_octet;
  }
  if (o.fault != cause::none) return o;
  bool line_start = true;
  for (std::size_t i = 0; i < (o.ended ? end : raw.size()); ++i) {
    if (line_start && raw[i] == '.') {
      o.leading_dot |= raw.compare(i, 2, "..") == 0;
    } else {
      o.content += raw[i];
    }
    line_start = raw[i] == '\n';
  }
  return o;
}

outcome run_data(const std::string& in, const std::vector<std::size_t>& cuts) {
  outcome o;
  data_scanner scanner;
  std::size_t begin = 0, next_cut = 0;
  while (begin < in.size() && !o.ended) {
    while (next_cut < cuts.size() && cuts[next_cut] <= begin) ++next_cut;
    const std::size_t end = next_cut < cuts.size() ? std::min(cuts[next_cut], in.size()) : in.size();
    std::string piece = in.substr(begin, end - begin);
    byte_span rest(piece);
    while (!rest.empty() && !o.ended) {
      const scan_result r = scanner.scan(rest);
      rest = rest.subspan(r.consumed);
      o.used += r.consumed;
      o.content += r.content;
      if (r.fault != cause::none) {
        CHECK(o.fault == cause::none);
        o.fault = r.fault;
      }
      o.ended = r.end;
    }
    begin = end;
  }
  o.leading_dot = o.fault == cause::none && scanner.leading_dot();
  if (o.fault != cause::none) o.content.clear();
  return o;
}

// Half a terminator that the input ends with is not content yet; the model cannot know that.
outcome comparable(outcome o) {
  if (!o.ended) o.content.clear();
  return o;
}

void compare(const std::string& in) {
  const outcome want = comparable(model(in));
  for (const auto& cuts : test::all_cuts(in.size())) {
    const outcome got = comparable(run_data(in, cuts));
    if (got == want) continue;
    INFO("input " << ::Catch::Detail::stringify(in));
    CHECK(got.content == want.content);
    CHECK(got.fault == want.fault);
    CHECK(got.ended == want.ended);
    CHECK(got.leading_dot == want.leading_dot);
    CHECK(got.used == want.used);
    FAIL("differs from the model");
  }
}

std::string random_text(std::mt19937& random, std::size_t size, byte_view alphabet) {
  std::string s;
  while (s.size() < size) s += alphabet[random() % alphabet.size()];
  return s;
}

}  // namespace

TEST_CASE("only CRLF dot CRLF ends the data, and dots are unstuffed") {
  const struct {
    const char* in;
    const char* content;
  } rows[] = {
      {".\r\n", ""},
      {"a\r\n.\r\n", "a\r\n"},
      {"\r\n.\r\n", "\r\n"},
      {"..\r\n.\r\n", ".\r\n"},
      {"...\r\n.\r\n", "..\r\n"},
      {".a\r\n.\r\n", "a\r\n"},
      {"a.\r\n.\r\n", "a.\r\n"},
      {"a\r\n..\r\n..b\r\n.\r\n", "a\r\n.\r\n.b\r\n"},
      {"a\r\n.\r\nMAIL FROM:<x@y>\r\n.\r\n", "a\r\n"},
  };
  for (const auto& row : rows) {
    INFO(row.in);
    const outcome o = run_data(row.in, {});
    CHECK(o.ended);
    CHECK(o.fault == cause::none);
    CHECK(o.content == row.content);
    compare(row.in);
  }
}

TEST_CASE("no published end-of-data variant ends the data, and each is a fault") {
  using namespace std::string_literals;
  const struct {
    std::string variant;
    cause fault;
  } rows[] = {
      {"\n.\n"s, cause::bare_lf},
      {"\n.\r"s, cause::bare_lf},
      {"\r.\n"s, cause::bare_cr},
      {"\r.\r"s, cause::bare_cr},
      {"\n.\r\n"s, cause::bare_lf},
      {"\r.\r\n"s, cause::bare_cr},
      {"\r\n.\n"s, cause::bare_lf},
      {"\r\n.\r"s, cause::bare_cr},
      {"\r\n\0.\r\n"s, cause::nul_octet},
      {"\r\n.\0\r\n"s, cause::nul_octet},
      {"\r\n.\r\r\n"s, cause::bare_cr},
      {"\r\r\n.\r\r\n"s, cause::bare_cr},
      {"\r\r.\r\r"s, cause::bare_cr},
      {"\n\n.\n\n"s, cause::bare_lf},
      {"\r\n\r.\r\n"s, cause::bare_cr},
      {"\n\r\n.\r\r\n"s, cause::bare_lf},
      {"\r\n..\n"s, cause::bare_lf},
      {"\r\n..\r"s, cause::bare_cr},
      {"\r\n.\n\r\n"s, cause::bare_lf},
      {"\x85.\x85"s, cause::none},
      {"\xe2\x80\xa8.\xe2\x80\xa8"s, cause::none},
      {"\r\n .\r\n"s, cause::none},
      {"\r\n. \r\n"s, cause::none},
      {"\r\n..\r\n"s, cause::none},
      {"\f.\f"s, cause::none},
      {"\v.\v"s, cause::none},
  };
  for (const auto& row : rows) {
    const std::string smuggled = "MAIL FROM:<admin@victim.example>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nsmuggled";
    const std::string in = "Subject: x\r\n\r\ntext" + row.variant + smuggled + "\r\n.\r\nQUIT\r\n";
    INFO(::Catch::Detail::stringify(row.variant));
    const outcome o = run_data(in, {});
    CHECK(o.ended);
    CHECK(o.used == in.size() - 6);  // up to the real end, all of it in one message
    CHECK(o.fault == row.fault);
    compare(in);
  }
}

TEST_CASE("the data scanner agrees with the model on every short input of line octets") {
  using namespace std::string_literals;
  const std::string alphabet = "\r\n.a\0"s;
  for (std::size_t size = 1; size <= 7; ++size) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < size; ++i) count *= alphabet.size();
    for (std::size_t k = 0; k < count; ++k) {
      std::string in;
      for (std::size_t i = 0, v = k; i < size; ++i, v /= alphabet.size()) in += alphabet[v % alphabet.size()];
      const outcome want = comparable(model(in));
      REQUIRE(comparable(run_data(in, {})) == want);
      std::vector<std::size_t> every;
      for (std::size_t i = 1; i < size; ++i) every.push_back(i);
      REQUIRE(comparable(run_data(in, every)) == want);
    }
  }
}

TEST_CASE("the data scanner agrees with the model on random messages, with faults at any place of a block") {
  std::mt19937 random(5321);
  for (int round = 0; round < 40; ++round) {
    std::string in;
    while (in.size() < 300) {
      if (random() % 3 == 0) in += '.';
      in += random_text(random, random() % 90, "abc. ") + "\r\n";
    }
    if (round % 2 == 1) in[random() % in.size()] = "\r\n\0."[random() % 4];
    compare(in + ".\r\nNOOP\r\n");
  }
}

TEST_CASE("the vector scan and the portable one stop exactly where a plain loop does") {
  std::mt19937 random(16);
  for (int round = 0; round < 20000; ++round) {
    std::string s = random_text(random, 200, "abcdefgh");
    for (auto k = random() % 6; k > 0; --k) {
      const std::size_t at = random() % (s.size() - 2);
      const std::string what = random() % 2 == 0   ? "\r\n"
                               : random() % 2 == 0 ? "\n."
                                                   : std::string(1, "\r\n.\0\x8a\x0c"[random() % 6]);
      s.replace(at, what.size(), what);
    }
    for (const bool dots : {false, true}) {
      std::size_t stop = 1;
      for (; stop < s.size(); ++stop) {
        const char now = s[stop], before = s[stop - 1];
        if ((now == '\n') != (before == '\r') || now == '\0' || (dots && now == '.' && before == '\n')) break;
      }
      const std::size_t fast = 1 + ordinary_run(s.data() + 1, s.size() - 1, dots);
      const std::size_t plain = 1 + ordinary_run_portable(s.data() + 1, s.size() - 1, dots);
      REQUIRE(fast == stop);
      REQUIRE(plain == stop);
    }
  }
}

TEST_CASE("BDAT content is checked by the same rule across the borders of chunks") {
  using namespace std::string_literals;
  const struct {
    std::vector<std::string> chunks;
    cause fault;
    bool leading_dot, ends_with_crlf;
  } rows[] = {
      {{""}, cause::none, false, true},
      {{"a\r\n"}, cause::none, false, true},
      {{"a"}, cause::none, false, false},
      {{"a\r", "\nb\r\n"}, cause::none, false, true},
      {{"a\r\n", ".b\r\n"}, cause::none, true, true},
      {{".\r\n"}, cause::none, true, true},
      {{"a\r\n.\r\nb"}, cause::none, true, false},
      {{"a", "", ".b\r\n"}, cause::none, false, true},
      {{"a\r", "b"}, cause::bare_cr, false, false},
      {{"a\r"}, cause::bare_cr, false, false},
      {{"a\r", ""}, cause::bare_cr, false, false},
      {{"a\n"}, cause::bare_lf, false, false},
      {{"a", "\nb"}, cause::bare_lf, false, false},
      {{"\n"}, cause::bare_lf, false, false},
      {{"a\0b"s}, cause::nul_octet, false, false},
      {{"a\r\r\n"}, cause::bare_cr, false, false},
  };
  for (const auto& row : rows) {
    std::string whole;
    for (const auto& c : row.chunks) whole += c;
    for (const auto& cuts : test::all_cuts(whole.size())) {
      bdat_scanner scanner;
      std::string content;
      cause fault = cause::none;
      std::size_t at = 0;
      for (std::size_t k = 0; k < row.chunks.size(); ++k) {
        scanner.begin_chunk(row.chunks[k].size(), k + 1 == row.chunks.size());
        for (bool end = false; !end;) {
          std::size_t stop = whole.size();
          for (std::size_t cut : cuts)
            if (cut > at) {
              stop = cut;
              break;
            }
          std::string piece = whole.substr(at, stop - at);
          const scan_result r = scanner.scan(piece);
          at += r.consumed;
          content += r.content;
          if (r.fault != cause::none) fault = r.fault;
          end = r.end;
        }
      }
      INFO(::Catch::Detail::stringify(whole));
      CHECK(fault == row.fault);
      if (row.fault != cause::none) continue;
      CHECK(content == whole);
      CHECK(scanner.leading_dot() == row.leading_dot);
      CHECK(scanner.at_line_start() == row.ends_with_crlf);
    }
  }
}

TEST_CASE("long BDAT content with leading dots keeps the fast path honest") {
  std::mt19937 random(3030);
  for (int round = 0; round < 200; ++round) {
    std::string s;
    while (s.size() < 400) s += (random() % 4 == 0 ? "." : "") + random_text(random, random() % 80, "ab.") + "\r\n";
    const bool broken = round % 2 == 1;
    if (broken) s[1 + random() % (s.size() - 1)] = '\0';
    bdat_scanner scanner;
    scanner.begin_chunk(s.size(), true);
    const scan_result r = scanner.scan(s);
    CHECK((r.fault != cause::none) == broken);
    CHECK(r.end);
    const bool dotted = s.front() == '.' || s.find("\n.") != std::string::npos;
    if (!broken) CHECK(scanner.leading_dot() == dotted);
  }
}
