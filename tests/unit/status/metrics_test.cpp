#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "status/snapshot.hpp"

using namespace sluice::status;
using Catch::Matchers::ContainsSubstring;

namespace {

snapshot one() {
  snapshot s;
  s.version = "1.2.3";
  s.hostname = "mx.example.net";
  s.now = 1'000'000;
  s.counters = {{"forwarded", "Messages the downstream accepted", 7}};
  s.budgets = {{"mail sessions", "sessions", 3, 5, 10, 1}};
  s.hosts = {{"mail.example.net:25", "up", "SIZE", "", 999'000}, {"evil\"\nhost:25", "down", "", "refused", 0}};
  return s;
}

}  // namespace

TEST_CASE("metrics follow the Prometheus text format, labels of strangers included") {
  const std::string text = metrics_of(one());
  CHECK_THAT(text, ContainsSubstring("# TYPE sluice_forwarded_total counter\nsluice_forwarded_total 7\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_budget_peak{budget=\"mail sessions\",unit=\"sessions\"} 5\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_downstream_up{host=\"mail.example.net:25\"} 1\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_downstream_up{host=\"evil\\\"U+000Ahost:25\"} 0\n"));
}

TEST_CASE("the page escapes what it shows and has neither script nor anything from elsewhere") {
  snapshot s = one();
  s.hosts[1].last_error = "<script>alert(1)</script>";
  const std::string page = page_of(s);
  CHECK_THAT(page, ContainsSubstring("&lt;script&gt;"));
  CHECK_THAT(page, !ContainsSubstring("<script"));
  CHECK_THAT(page, !ContainsSubstring("http://") && !ContainsSubstring("https://"));
  CHECK_THAT(page, ContainsSubstring("mx.example.net") && ContainsSubstring("mail sessions"));
}
