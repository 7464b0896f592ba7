// Where the public suites lie, which of their cases are out of scope, and how a suite's result is counted.
#pragma once
#include <boost/json/fwd.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sluice::test {

// The folder of a suite, or an empty path; then the test says loudly how many cases it skipped.
std::filesystem::path suite_folder(const std::string& name);
std::filesystem::path shared_folder();  // the folder above the suites, which holds the corpus too; may be missing

std::string read_file(const std::filesystem::path&);
boost::json::value read_json(const std::filesystem::path&);
std::string as_utf8(const boost::json::value&);  // a string, or "" for null
std::vector<std::filesystem::path> files_in(const std::filesystem::path&, const std::string& extension);
std::string with_crlf(const std::string& text);  // each lone LF becomes CRLF
std::string with_lf(const std::string& text);    // without CR

// Counts the cases of one suite. Cases named in out_of_scope.tsv ("suite<TAB>case<TAB>reason") are run, and reported when
// they pass, but not required.
class tally {
 public:
  tally(std::string suite, std::size_t expected_cases);
  ~tally();
  bool missing() const { return missing_; }  // the suite is not here: skip
  void result(const std::string& name, bool passed, const std::string& detail = "");

 private:
  std::string suite_;
  std::size_t expected_, passed_ = 0, failed_ = 0, excused_ = 0;
  bool missing_ = false;
  std::map<std::string, std::string> out_of_scope_;
};

}  // namespace sluice::test
