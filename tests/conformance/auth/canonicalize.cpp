// Mark Delany's canonicalization set: all fields in order, an empty line, the body; expected octets are in files. Prints
// how many were run, passed, and left out with a reason (out_of_scope.tsv).
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "auth/common/header.hpp"
#include "auth/dkim/canonicalize.hpp"

namespace {

using namespace sluice;
using namespace sluice::auth::dkim;
namespace fs = std::filesystem;

constexpr int skip_code = 77;
constexpr const char* suite_name = "dkim-canon-flanker";

std::string read(const fs::path& p) {
  std::ifstream in(p, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string crlf(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

void append(void* out, byte_view octets) { static_cast<std::string*>(out)->append(octets); }

std::string canonical(const std::string& message, canon how) {
  std::string out;
  std::size_t end = message.substr(0, 2) == "\r\n" ? 0 : message.find("\r\n\r\n");
  const std::string header = end == std::string::npos ? message : message.substr(0, end == 0 ? 0 : end + 2);
  auth::header_index index;
  index.build(header);
  for (std::size_t i = 0; i < index.size(); ++i) {
    const auth::header_field f = index[i];
    canonical_field(how, f.raw, f.name, f.value, {}, false, {append, &out});
  }
  out += "\r\n";
  body_canonicalizer body(how);
  if (message.size() > header.size() + 2) body.feed(byte_view(message).substr(header.size() + 2), {append, &out});
  body.finish({append, &out});
  return out;
}

std::map<std::string, std::string> out_of_scope() {
  std::map<std::string, std::string> out;
  std::ifstream in(SLUICE_SOURCE_DIR "/tests/conformance/auth/out_of_scope.tsv");
  for (std::string line; std::getline(in, line);) {
    const std::size_t a = line.find('\t'), b = line.find('\t', a + 1);
    if (a != std::string::npos && b != std::string::npos && line.substr(0, a) == suite_name)
      out[line.substr(a + 1, b - a - 1)] = line.substr(b + 1);
  }
  return out;
}

}  // namespace

int main() {
  const char* shared = std::getenv("SLUICE_SHARED");
  const fs::path folder = (shared != nullptr ? fs::path(shared) : fs::path(SLUICE_SOURCE_DIR).parent_path() / "shared") / "suites" / suite_name;
  if (!fs::is_directory(folder)) {
    std::printf("SKIPPED: 42 cases of %s: %s is not here\n", suite_name, folder.c_str());
    return skip_code;
  }
  const auto known = out_of_scope();
  int run = 0, passed = 0, left_out = 0;
  for (const auto& file : fs::directory_iterator(folder)) {
    const std::string name = file.path().filename().string();
    if (name.substr(0, 6) != "email.") continue;
    const std::string number = name.substr(6), message = crlf(read(file.path()));
    for (const auto& [word, how] : {std::pair{"simple", canon::simple}, std::pair{"relaxed", canon::relaxed}}) {
      const std::string id = std::string(word) + "." + number;
      const bool same = canonical(message, how) == read(folder / (std::string(word) + ".expected." + number));
      ++run;
      passed += same;
      const auto reason = known.find(id);
      if (!same && reason != known.end()) ++left_out;
      if (!same) std::printf("%s: %s%s\n", reason != known.end() ? "out of scope" : "FAIL", id.c_str(),
                             reason != known.end() ? (": " + reason->second).c_str() : "");
    }
  }
  std::printf("%s: %d run, %d passed, %d failed, %d out of scope\n", suite_name, run, passed, run - passed - left_out, left_out);
  return run == 0 || passed + left_out != run;
}
