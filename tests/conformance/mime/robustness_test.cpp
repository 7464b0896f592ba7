// mikel/mail's fixtures: real and broken messages without references. They are read without harm, equally for all cuts,
// and say something: a subject or a text.
#include <catch2/catch_test_macros.hpp>

#include "suite.hpp"
#include "support/mime_recorder.hpp"

using namespace sluice;
using namespace sluice::test;

TEST_CASE("mikel/mail's fixtures are read alike for all cuts, and give what they hold") {
  tally count("mime-mikel-mail", 98);
  if (count.missing()) SKIP("suite not here");
  for (const auto& file : files_in(suite_folder("mime-mikel-mail"), ".eml")) {
    const std::string message = read_file(file);
    const mime_recorder r = walk(message);
    const std::string whole = r.dump();
    std::string problem;
    for (const std::size_t step : {1u, 7u, 1460u})
      if (walk(message, step).dump() != whole) problem = "differs in steps of " + std::to_string(step);
    bool says = false;
    for (const recorded_part& p : r.parts) says = says || !p.text.empty() || !p.bytes.empty();
    for (const std::string& f : r.fields) says = says || f.starts_with("0 Subject");
    if (!says && !message.empty()) problem = "nothing found";
    for (const recorded_part& p : r.parts)
      if (!p.ended) problem = "a part without an end";
    count.result(file.parent_path().filename() / file.filename(), problem.empty(), problem);
  }
}
