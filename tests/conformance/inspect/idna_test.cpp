// UTS #46's own test file against what a browser makes of a link's host: non-transitional, CheckBidi and CheckJoiners,
// neither CheckHyphens nor UseSTD3ASCIIRules (WHATWG URL 3.3). A row is passed when the host is the expected one, or when
// there is none and the row has an error that counts; a final dot, which leads to the same host, is left off. Beside it, every name that is good comes back as Unicode.
#include <utf8proc.h>

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "auth/common/idna.hpp"
#include "conformance/mime/suite.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

void append(std::string& out, unsigned long code) {
  utf8proc_uint8_t octets[4];
  const auto n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), octets);
  out.append(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(n));
}

// \uXXXX and \x{X...}; halves of surrogate pairs become UTF-8 that is none.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "\\u") == 0) {
      append(out, std::stoul(text.substr(i + 2, 4), nullptr, 16));
      i += 5;
    } else if (text.compare(i, 3, "\\x{") == 0) {
      const std::size_t end = text.find('}', i);
      append(out, std::stoul(text.substr(i + 3, end - i - 3), nullptr, 16));
      i = end;
    } else {
      out += text[i];
    }
  }
  return out;
}

struct row {
  std::string source, unicode, ascii;
  std::set<std::string> errors;  // of toAsciiN
};

std::optional<row> parsed(std::string line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string> columns;
  std::istringstream cells(line);
  for (std::string cell; std::getline(cells, cell, ';');) {
    const std::size_t from = cell.find_first_not_of(" \t"), to = cell.find_last_not_of(" \t");
    columns.push_back(from == std::string::npos ? "" : cell.substr(from, to - from + 1));
  }
  if (columns.size() < 5) return std::nullopt;
  const auto text = [&](std::size_t i, const std::string& otherwise) { return columns[i].empty() ? otherwise : columns[i] == "\"\"" ? "" : unescaped(columns[i]); };
  row out;
  out.source = text(0, "");
  out.unicode = text(1, out.source);
  out.ascii = text(3, out.unicode);
  std::string status = columns[4].empty() ? columns[2] : columns[4], code;
  for (const char c : status + ",") {
    if (c == ',' || c == ']' || c == '[' || c == ' ') {
      if (!code.empty()) out.errors.insert(code);
      code.clear();
    } else {
      code += c;
    }
  }
  return out;
}

std::string without_dot(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return name;
}

// Not looked at in browsers (V2, V3, U1), or found out by the DNS (lengths).
const std::set<std::string> uncounted = {"V2", "V3", "U1", "A4_1", "A4_2"};

}  // namespace

TEST_CASE("every row of IdnaTestV2 gives a browser's host or none") {
  tally count("idn-unicode", 6391);
  if (count.missing()) SKIP("suite not here");
  std::istringstream lines(read_file(suite_folder("idn-unicode") / "IdnaTestV2.txt"));
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto r = parsed(line);
    if (!r) continue;
    const std::string want = without_dot(r->ascii), shown_want = without_dot(r->unicode);
    dns::name_text out;
    auth::unicode_name shown;
    const bool got = auth::to_browser_host(r->source, out);
    std::size_t grave = 0;
    for (const std::string& e : r->errors) grave += !uncounted.contains(e);
    bool passed = grave != 0 ? !got : got && view(out) == want;
    if (grave == 0 && !r->errors.empty()) passed = !got || view(out) == want;
    if (passed && got && r->errors.empty()) passed = auth::to_unicode(view(out), shown) && view(shown) == shown_want;
    count.result("line " + std::to_string(number), passed, line + "\nhave " + (got ? std::string(view(out)) : "none") + " " + std::string(view(shown)));
  }
}
