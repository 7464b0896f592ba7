#include "suite.hpp"

#include <boost/json/src.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace sluice::test {

std::filesystem::path shared_folder() {
  const char* set = std::getenv("SLUICE_SHARED");
  return set ? std::filesystem::path(set) : std::filesystem::path(SLUICE_SOURCE_DIR) / ".." / "shared";
}

std::filesystem::path suite_folder(const std::string& name) {
  const std::filesystem::path folder = shared_folder() / "suites" / name;
  return std::filesystem::is_directory(folder) ? folder : std::filesystem::path{};
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

boost::json::value read_json(const std::filesystem::path& path) { return boost::json::parse(read_file(path)); }

std::string as_utf8(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : std::string();
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::string& extension) {
  std::vector<std::filesystem::path> out;
  if (!std::filesystem::is_directory(folder)) return out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == extension) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::string with_crlf(const std::string& text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

std::string with_lf(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c != '\r') out += c;
  return out;
}

tally::tally(std::string suite, std::size_t expected_cases) : suite_(std::move(suite)), expected_(expected_cases) {
  const std::string folder = suite_.substr(0, suite_.find('/'));
  missing_ = suite_folder(folder).empty() && !std::filesystem::is_directory(shared_folder() / folder);
  std::ifstream list(std::string(SLUICE_SOURCE_DIR) + "/tests/conformance/" SLUICE_SUITE_AREA "/out_of_scope.tsv");
  for (std::string line; std::getline(list, line);) {
    const std::size_t one = line.find('\t'), two = line.find('\t', one + 1);
    if (line.starts_with('#') || two == std::string::npos || line.substr(0, one) != suite_) continue;
    out_of_scope_[line.substr(one + 1, two - one - 1)] = line.substr(two + 1);
  }
}

void tally::result(const std::string& name, bool passed, const std::string& detail) {
  const auto excuse = out_of_scope_.find(name);
  if (excuse != out_of_scope_.end()) {
    ++excused_;
    if (passed) std::cout << suite_ << ": " << name << " passes now; take it off out_of_scope.tsv\n";
    return;
  }
  ++(passed ? passed_ : failed_);
  if (passed) return;
  UNSCOPED_INFO(suite_ << ": " << name << ": " << detail);
  CHECK(passed);
}

tally::~tally() {
  if (missing_) {
    std::cout << "SKIPPED " << suite_ << ": " << expected_ << " cases, the suite is not in " << shared_folder() << "\n";
    return;
  }
  std::cout << suite_ << ": " << passed_ << " passed, " << failed_ << " failed, " << excused_ << " out of scope, of "
            << passed_ + failed_ + excused_ << "\n";
  CHECK(excused_ * 20 <= passed_ + failed_ + excused_);  // at most 5 % of a suite are out of scope
  CHECK(passed_ + failed_ + excused_ >= expected_);
}

}  // namespace sluice::test
