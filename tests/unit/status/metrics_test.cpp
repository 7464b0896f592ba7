#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "status/pages/frame.hpp"
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
  snapshot s = one();
  s.certificates = {{"CN=a\\b", "ECDSA", 2'000'000, "0011"}, {"CN=a\\b", "ECDSA", 3'000'000, "2233"}};
  const std::string text = metrics_of(s);
  CHECK_THAT(text, ContainsSubstring("sluice_certificate_expiry_timestamp_seconds{subject=\"CN=a\\\\b\",type=\"ECDSA\",fingerprint=\"2233\"} 3000000\n"));
  CHECK_THAT(text, ContainsSubstring("# TYPE sluice_forwarded_total counter\nsluice_forwarded_total 7\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_budget_peak{budget=\"mail sessions\",unit=\"sessions\"} 5\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_downstream_up{host=\"mail.example.net:25\"} 1\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_downstream_up{host=\"evil\\\"U+000Ahost:25\"} 0\n"));
}

TEST_CASE("OpenMetrics names the family of a counter without its suffix, and has an end") {
  const std::string text = metrics_of(one(), metrics_format_for("application/openmetrics-text;version=1.0.0;q=0.8,*/*;q=0.1"));
  CHECK_THAT(text, ContainsSubstring("# TYPE sluice_forwarded counter\nsluice_forwarded_total 7\n") && Catch::Matchers::EndsWith("\n# EOF\n"));
  CHECK(metrics_format_for("text/plain") == metrics_format::text);
  CHECK(metrics_format_for("") == metrics_format::text);
}

TEST_CASE("the page escapes what it shows and has neither inline script nor anything from elsewhere") {
  snapshot s = one();
  s.hosts[1].last_error = "<script>alert(1)</script>";
  principal vera;
  vera.name = "vera";
  vera.what = role::viewer;
  context_of_pages().hostname = s.hostname;
  const std::string page = overview_page(s, vera);
  CHECK_THAT(page, ContainsSubstring("&lt;script&gt;"));
  CHECK_THAT(page, !ContainsSubstring("<script>") && !ContainsSubstring(" style="));
  CHECK_THAT(page, !ContainsSubstring("http://") && !ContainsSubstring("https://"));
  CHECK_THAT(page, ContainsSubstring("mx.example.net") && ContainsSubstring("mail sessions"));
}
