// A public suite: where its files lie and how many of its cases passed. A suite that is not on this machine skips its
// test and says how many cases that are.
#pragma once
#include <boost/json/value.hpp>
#include <map>
#include <string>

namespace sluice::test {

class suite {
 public:
  // `cases`: how many there are, for the message when the suite is missing.
  suite(const std::string& name, std::size_t cases);
  ~suite();  // prints the tally
  suite(const suite&) = delete;
  suite& operator=(const suite&) = delete;

  std::string text(const std::string& file) const;
  boost::json::value json(const std::string& file) const;
  // Counts a case. Those that out_of_scope.tsv names ("suite TAB case TAB reason") must fail; should one pass, the row
  // is outdated and the test says so.
  void result(const std::string& id, bool passed, const std::string& detail);
  void not_run(const std::string& id);  // a case that only another test can run; must be in out_of_scope.tsv too

 private:
  std::string name_;
  std::map<std::string, std::string> out_of_scope_;
  std::size_t passed_ = 0, failed_ = 0, excused_ = 0;
  bool there_ = false;
};

std::string printable(const std::string& octets);

}  // namespace sluice::test
