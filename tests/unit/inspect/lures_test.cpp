// Judges the messages of tests/data/lures: nothing genuine may reach the quarantine's threshold, and of the lures only as
// few may miss it as are known to. To add a case: a message in one of the two files.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "inspect/message_inspector.hpp"
#include "policy/decide.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

constexpr std::size_t known_misses = 2;  // a refund of an unknown service, an advance fee of an unknown service

std::vector<std::string> messages(const std::string& name) {
  std::ifstream file(std::string(SLUICE_TEST_DATA) + "/lures/" + name, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < all.size();) {
    const std::size_t end = std::min(all.find('\n', i), all.size());
    const std::string_view line(all.data() + i, end - i);
    if (line.starts_with("From test ")) {
      out.emplace_back();
    } else if (!out.empty()) {
      out.back().append(line).append("\r\n");
    }
    begin = i = end + 1;
  }
  REQUIRE(begin > 0);
  return out;
}

struct judged {
  std::string subject;
  int score = 0;
};

std::vector<judged> judge(const std::string& name) {
  static const own_names nobody{};
  mime::charset_pool pool;
  message_inspector one(real_rules(), nobody, pool);
  std::vector<judged> out;
  for (const std::string& mail : messages(name)) {
    one.begin({});
    one.feed(mail);
    one.finish();
    out.push_back({std::string(view(one.facts().subject)), one.found().score});
  }
  return out;
}

}  // namespace

TEST_CASE("lures in mail of services reach the quarantine", "[inspect][lures]") {
  const auto all = judge("abuse.mbox");
  CHECK(all.size() >= 60);
  std::string missed;
  std::size_t misses = 0;
  for (const judged& one : all) {
    if (one.score >= policy::thresholds{}.quarantine) continue;
    ++misses;
    missed += std::to_string(one.score) + " " + one.subject + "\n";
  }
  INFO(missed);
  CHECK(misses <= known_misses);
}

TEST_CASE("genuine notices that look most like lures stay below it", "[inspect][lures]") {
  const auto all = judge("genuine.mbox");
  CHECK(all.size() >= 60);
  for (const judged& one : all) {
    INFO(one.subject);
    CHECK(one.score < policy::thresholds{}.quarantine);
  }
}
