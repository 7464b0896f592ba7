// Rules that no inspector has are told at their place, wherever a configuration names rules.
#include <catch2/catch_test_macros.hpp>

#include "config/toml_reader.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/rule_names.hpp"
#include "inspect/rules.hpp"

using namespace sluice;
using namespace sluice::gateway;

namespace {

const std::string least = R"(domains = ["example.org"]
[[listener]]
address = "127.0.0.1:2525"
[[route]]
host = "127.0.0.1:2526"
)";  // 5 lines

std::string told(const std::string& more) {
  std::string out;
  for (const config::problem& p : load_config_text(least + more, false).problems)
    if (!p.is_note) out += config::format(p, "f") + "\n";
  return out;
}

}  // namespace

TEST_CASE("a rule that is not there is refused with its line and the nearest one that is") {
  CHECK(told("[digest]\noperator_rules = [\"slot-phone\", \"slot-walet\"]\n") ==
        "f:7:33: error: digest.operator_rules: there is no rule \"slot-walet\"; did you mean \"slot-wallet\"?\n");
  CHECK(told("[digest]\noperator_rules = [\n  \"slot-phone\",\n  \"relaid\",\n]\n") ==
        "f:9:3: error: digest.operator_rules: there is no rule \"relaid\"; did you mean \"relayed\"?\n");
  CHECK(told("[[digest.domain]]\ndomain = \"example.org\"\nnotice = true\nnotice_rules = [\"callbak\"]\n") ==
        "f:9:17: error: digest.domain[1].notice_rules: there is no rule \"callbak\"; did you mean \"callback\"?\n");
  CHECK(told("[[policy.exception]]\nname = \"a\"\nclasses = [\"slot\", \"takover\"]\n").find("f:8:20: error: policy.exception[1].classes: there is no class \"takover\"; did you mean \"takeover\"?") == 0);
  CHECK(told("[[policy.weight]]\nname = \"a\"\nclasses = [\"resent\", \"other\"]\n").empty());
  CHECK(told("[policy]\nobserved_rules = [\"lure-words\"]\n").find("f:7:19: error: policy.observed_rules: there is no rule \"lure-words\"") == 0);
  CHECK(told("[[policy.weight]]\nname = \"w\"\nrules = [\"greeting\", \"greetings\"]\npercent = 50\n") ==
        "f:8:22: error: policy.weight[1].rules: there is no rule \"greetings\"; did you mean \"greeting\"?\n");
  CHECK(told("[digest]\noperator_rules = [\"quite-another-thing-that-nobody-knows\"]\n").find("firmware/docs/metrics.md lists all rules") != std::string::npos);
}

TEST_CASE("every rule may be named") {
  std::string all;
  for (const inspect::rule_info& r : inspect::all_rules()) all += (all.empty() ? "\"" : ", \"") + std::string(r.id) + "\"";
  CHECK(told("[policy]\nobserved_rules = [" + all + "]\n[digest]\noperator_rules = [" + all + "]\n").empty());
  CHECK(told("").empty());  // the defaults
}
