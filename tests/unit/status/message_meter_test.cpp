#include "status/message_meter.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "status/snapshot.hpp"

using namespace sluice;
using namespace sluice::status;
using Catch::Matchers::ContainsSubstring;

namespace {

struct made_event {
  inspect::verdict verdict;
  net::message_event e{};
  made_event() {
    e.end = net::outcome::quarantined;
    verdict.act = inspect::action::quarantine;
    e.verdict = &verdict;
    e.tls_version = "TLSv1.3";
    e.octets = 4096;
    e.milliseconds_after_end = 250;
    assign_cut(verdict.found.profile, "entra");
    inspect::finding f;
    f.rule = inspect::info_of(inspect::rule::slot_phone).id;
    verdict.found.list.push_back(f);
  }
};

std::string text_of(const message_meter& m) {
  snapshot s;
  s.mail = m.figures();
  return metrics_of(s);
}

}  // namespace

TEST_CASE("a message is counted by outcome, verdict, TLS, rule, profile, time and size") {
  message_meter m;
  made_event one;
  m.count(one.e);
  one.e.milliseconds_after_end = 251;  // above a border, which belongs to the bucket below
  one.e.octets = 4097;
  one.e.tls_version = {};
  one.verdict.found.cause = inspect::unscanned::dns;
  m.count(one.e);
  const std::string text = text_of(m);
  CHECK_THAT(text, ContainsSubstring("sluice_messages_ended_total{outcome=\"quarantined\",verdict=\"quarantine\"} 2\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_messages_ended_total{outcome=\"forwarded\",verdict=\"forward\"} 0\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_messages_by_tls_total{version=\"none\"} 1\n") && ContainsSubstring("sluice_messages_by_tls_total{version=\"1.3\"} 1\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_findings_total{rule=\"slot-phone\"} 2\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_messages_by_profile_total{profile=\"entra\",verdict=\"quarantine\"} 2\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_messages_unscanned_total{cause=\"dns\"} 1\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_end_of_data_seconds_bucket{le=\"0.1\"} 0\n") && ContainsSubstring("sluice_end_of_data_seconds_bucket{le=\"0.25\"} 1\n") &&
                       ContainsSubstring("sluice_end_of_data_seconds_bucket{le=\"0.5\"} 2\n") && ContainsSubstring("sluice_end_of_data_seconds_bucket{le=\"+Inf\"} 2\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_end_of_data_seconds_sum 0.501\nsluice_end_of_data_seconds_count 2\n"));
  CHECK_THAT(text, ContainsSubstring("sluice_message_size_bytes_bucket{le=\"4096\"} 1\n") && ContainsSubstring("sluice_message_size_bytes_sum 8193\n"));
}

TEST_CASE("our own test mails are not counted") {
  message_meter m;
  made_event one;
  one.e.probe = true;
  m.count(one.e);
  CHECK_THAT(text_of(m), ContainsSubstring("sluice_end_of_data_seconds_count 0\n"));
}

TEST_CASE("profiles beyond the table are counted as other") {
  message_meter m;
  made_event one;
  for (std::size_t i = 0; i < most_profiles + 7; ++i) {
    assign_cut(one.verdict.found.profile, "p" + std::to_string(i));
    m.count(one.e);
  }
  const auto rows = m.figures().profiles;
  REQUIRE(rows.size() == most_profiles + 1);
  CHECK(rows.back().first == "other");
  CHECK(rows.back().second[static_cast<std::size_t>(inspect::action::quarantine)] == 7);
}
