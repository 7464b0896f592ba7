// The format of message files: what was written comes back, and nothing else ever does.
#include "quarantine/sealed_file.hpp"

#include "support.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;

namespace {

struct sealed {
  explicit sealed(const std::string& content, std::size_t piece = frame_bytes) : b(dir / "q"), path(dir / "file") {
    int fd = -1;
    REQUIRE(b.fs.create(path.c_str(), fd) == 0);
    sealed_writer w(*b.vol, fd, key);
    for (std::size_t at = 0; at < content.size(); at += piece) {
      REQUIRE(w.append(byte_view(content).substr(at, piece)).has_value());
    }
    REQUIRE(w.finish().has_value());
    file_bytes = w.file_bytes();
    b.fs.close(fd);
  }
  // Reads to the end; true when it verified.
  bool read(std::uint64_t expected, std::string& out) {
    out.clear();
    auto reader = content_reader::open(*b.vol, path, key, expected);
    if (!reader) return false;
    std::string buffer(frame_bytes, '\0');
    for (;;) {
      const auto n = reader->read(buffer);
      if (!n) return false;
      if (*n == 0) return true;
      out.append(buffer, 0, *n);
    }
  }
  scratch_directory dir;
  bench b;
  std::string path;
  message_key key = message_key::random();
  std::uint64_t file_bytes = 0;
};

}  // namespace

TEST_CASE("content of any size comes back as it was") {
  for (const std::size_t n : {0u, 1u, 16383u, 16384u, 16385u, 32768u, 100000u}) {
    for (const std::size_t piece : {1000u, 16384u, 50000u}) {
      const std::string content = pattern(n, static_cast<unsigned>(n));
      sealed f(content, piece);
      std::string out;
      CHECK(f.read(n, out));
      CHECK(out == content);
      CHECK(slurp(f.path).size() == f.file_bytes);
      if (n > 100) CHECK(slurp(f.path).find(content.substr(0, 32)) == std::string::npos);
    }
  }
}

TEST_CASE("a file cut at any octet is damaged, never short") {
  const std::string content = pattern(200, 1);
  sealed f(content, 70);
  const std::string whole = slurp(f.path);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    spill(f.path, whole.substr(0, n));
    std::string out;
    CHECK_FALSE(f.read(content.size(), out));
    CHECK(content.starts_with(out));
  }
}

TEST_CASE("a file with any changed octet is damaged") {
  const std::string content = pattern(200, 2);
  sealed f(content, 70);
  const std::string whole = slurp(f.path);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    std::string changed = whole;
    changed[n] = static_cast<char>(changed[n] ^ 0x40);
    spill(f.path, changed);
    std::string out;
    CHECK_FALSE(f.read(content.size(), out));
    CHECK(content.starts_with(out));
  }
}

TEST_CASE("frames that are reordered, repeated, dropped or followed by more are damage") {
  const std::string content = pattern(300, 3);
  sealed f(content, 100);
  const std::string whole = slurp(f.path), head = whole.substr(0, file_header_bytes);
  const std::size_t n = 100 + frame_overhead_bytes;
  const auto frame = [&](std::size_t i) { return whole.substr(file_header_bytes + i * n, n); };
  const std::string end = whole.substr(file_header_bytes + 3 * n);
  const std::string changed[] = {head + frame(1) + frame(0) + frame(2) + end,
                                 head + frame(0) + frame(0) + frame(2) + end,
                                 head + frame(0) + frame(2) + end,
                                 head + end,
                                 whole + "x",
                                 whole + frame(0),
                                 whole + end};
  for (const std::string& c : changed) {
    spill(f.path, c);
    std::string out;
    CHECK_FALSE(f.read(content.size(), out));
  }
  spill(f.path, whole);
  std::string out;
  CHECK(f.read(content.size(), out));
  CHECK_FALSE(f.read(content.size() - 1, out));
  CHECK_FALSE(f.read(content.size() + 1, out));
}

TEST_CASE("another key opens nothing") {
  sealed f(pattern(100, 4));
  f.key = message_key::random();
  std::string out;
  CHECK_FALSE(f.read(100, out));
  CHECK(out.empty());
}

TEST_CASE("a reader asks for room for a frame and a finished file takes no more") {
  sealed f(pattern(100, 5));
  auto reader = content_reader::open(*f.b.vol, f.path, f.key, 100);
  REQUIRE(reader.has_value());
  std::string small(frame_bytes - 1, '\0');
  CHECK(reader->read(small).error() == make_error_code(errc::invalid));
  int fd = -1;
  REQUIRE(f.b.fs.create((f.dir / "other").c_str(), fd) == 0);
  sealed_writer w(*f.b.vol, fd, f.key);
  REQUIRE(w.finish().has_value());
  CHECK(w.append("more").error() == make_error_code(errc::invalid));
  f.b.fs.close(fd);
}
