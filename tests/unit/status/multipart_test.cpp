#include "status/http/multipart.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

using sluice::status::boundary_of;
using sluice::status::multipart_reader;
using state = multipart_reader::state;

namespace {

const std::string form =
    "--XX\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n"
    "--XX\r\nContent-Disposition: form-data; name=\"reboot\"\r\n\r\n\r\n"
    "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.raucb\"\r\nContent-Type: application/octet-stream\r\n\r\n";

struct seen {
  std::string file, csrf, reboot = "-";
  state at = state::preamble;
};

// Fed in pieces of `step`, taken in pieces of `most`.
seen read(const std::string& text, std::size_t step, std::size_t most = 7) {
  multipart_reader r("XX");
  seen out;
  std::string piece(most, '\0');
  for (std::size_t at = 0;; at += step) {
    if (r.advance()) {
      for (std::size_t n = 0; r.at() == state::file && (n = r.take(piece.data(), most)) > 0;) out.file.append(piece, 0, n);
      if (r.at() == state::end || r.at() == state::broken) break;
    }
    if (at >= text.size()) break;
    r.feed(std::string_view(text).substr(at, step));
  }
  for (const auto& [name, value] : r.fields()) (name == "csrf" ? out.csrf : out.reboot) = value;
  out.at = r.at();
  return out;
}

}  // namespace

TEST_CASE("a form with a file is the same in every cut") {
  const std::string content = std::string("RAUC\0\r\n--X\r\n--\r\n\r\n", 19) + std::string(300, 'z') + "\r\n-";
  for (std::size_t step = 1; step < 60; ++step) {
    INFO(step);
    const seen s = read(form + content + "\r\n--XX--\r\n", step);
    CHECK(s.csrf == "abc");
    CHECK(s.reboot.empty());
    CHECK(s.file == content);
    CHECK(s.at == state::end);
    CHECK(read(form + "\r\n--XX--\r\n", step).file.empty());
  }
}

TEST_CASE("what is no form is broken, not guessed") {
  CHECK(read(std::string(5000, 'x'), 100).at == state::broken);
  CHECK(read("--XXjunk", 3).at == state::broken);
  CHECK(read("--XX\r\n" + std::string(5000, 'h'), 100).at == state::broken);
  CHECK(read("--XX\r\nContent-Type: text/plain\r\n\r\nno name here\r\n--XX--\r\n", 9).at == state::broken);
  CHECK(read("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n" + std::string(5000, 'v'), 64).at == state::broken);
  CHECK(read(form + "begun and cut", 9).at == state::file);
  CHECK(read("--XX--\r\n", 2).at == state::end);
}

TEST_CASE("the boundary of a content type") {
  CHECK(boundary_of("multipart/form-data; boundary=----WebKit7MA4") == "----WebKit7MA4");
  CHECK(boundary_of("Multipart/Form-Data; charset=x; boundary=\"a b\"").empty());
  CHECK(boundary_of("multipart/form-data; boundary=\"ab\"") == "ab");
  CHECK(boundary_of("multipart/form-data").empty());
  CHECK(boundary_of("application/octet-stream; boundary=x").empty());
}
