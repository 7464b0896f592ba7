#include "suite.hpp"

#include <boost/json/src.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace sluice::test {
namespace {

std::filesystem::path folder_of(const std::string& name) {
  const char* const set = std::getenv("SLUICE_SHARED");
  const std::filesystem::path shared = set ? set : std::filesystem::path(SLUICE_SOURCE_DIR) / ".." / "shared";
  return shared / "suites" / name;
}

}  // namespace

suite::suite(const std::string& name, std::size_t cases) : name_(name) {
  if (!std::filesystem::is_directory(folder_of(name))) {
    std::cout << "SKIPPED " << name << ": " << cases << " cases, no " << folder_of(name) << "\n";
    SKIP(name << ": " << cases << " cases");
  }
  there_ = true;
  std::ifstream list(std::filesystem::path(SLUICE_SOURCE_DIR) / "tests/conformance/smtp/out_of_scope.tsv");
  REQUIRE(list.good());
  for (std::string line; std::getline(list, line);) {
    const std::size_t one = line.find('\t'), two = line.find('\t', one + 1);
    if (line.substr(0, one) != name) continue;
    REQUIRE(two != std::string::npos);  // without a reason nothing is out of scope
    out_of_scope_[line.substr(one + 1, two - one - 1)] = line.substr(two + 1);
  }
}

suite::~suite() {
  if (!there_) return;
  std::cout << name_ << ": " << passed_ << " passed, " << failed_ << " failed, " << excused_ << " out of scope\n";
}

std::string suite::text(const std::string& file) const {
  std::ifstream in(folder_of(name_) / file, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

boost::json::value suite::json(const std::string& file) const { return boost::json::parse(text(file)); }

void suite::result(const std::string& id, bool passed, const std::string& detail) {
  const bool excused = out_of_scope_.contains(id);
  ++(excused ? excused_ : passed ? passed_ : failed_);
  INFO(name_ << ": " << id << ": " << detail);
  if (excused) {
    INFO("passes, take it out of out_of_scope.tsv");
    CHECK_FALSE(passed);
  } else {
    CHECK(passed);
  }
}

void suite::not_run(const std::string& id) {
  INFO(name_ << ": " << id << " is not run and has no reason in out_of_scope.tsv");
  CHECK(out_of_scope_.contains(id));
  ++excused_;
}

std::string printable(const std::string& octets) { return ::Catch::Detail::stringify(octets); }

}  // namespace sluice::test
