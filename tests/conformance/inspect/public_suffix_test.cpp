// The public suffix list's own vectors against the registrable domain of a host, as links are looked at: first the host
// that a browser goes to, then the list.
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "auth/common/idna.hpp"
#include "conformance/mime/suite.hpp"
#include "inspect/domain.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

std::string quoted(const std::string& line, std::size_t from) {
  const std::size_t open = line.find('\'', from);
  return open == std::string::npos ? "" : line.substr(open + 1, line.find('\'', open + 1) - open - 1);
}

std::string as_host(const std::string& name) {
  dns::name_text out;
  return auth::to_browser_host(name, out) ? std::string(view(out)) : name;
}

}  // namespace

TEST_CASE("the registrable domain is the one that the public suffix list's vectors ask for") {
  tally count("publicsuffix", 78);
  if (count.missing()) SKIP("suite not here");
  std::istringstream lines(read_file(suite_folder("publicsuffix") / "test_psl.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("checkPublicSuffix(")) continue;
    const std::size_t comma = line.find(',');
    const std::string name = quoted(line.substr(0, comma), 0), want = as_host(quoted(line, comma));
    const std::string host = as_host(name), have(inspect::registrable(host));
    count.result(name.empty() ? "null" : name, have == want, "want " + want + " have " + have);
  }
}
