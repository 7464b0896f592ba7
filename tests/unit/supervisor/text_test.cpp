#include <catch2/catch_test_macros.hpp>

#include "firmware/supervisor/notice.hpp"
#include "firmware/supervisor/options.hpp"
#include "firmware/supervisor/request.hpp"
#include "firmware/supervisor/reset_reason.hpp"

using namespace sluice::supervisor;

TEST_CASE("notices: lines that are known are read, others passed over") {
  const notice n = read_notice("READY=1\nMAINPID=4\nSTATUS=serving, 3 of 64\nX_SLUICE_MEMORY=37748736\nnothing\n");
  CHECK(n.ready);
  CHECK_FALSE(n.alive);
  CHECK(n.status == "serving, 3 of 64");
  CHECK(n.memory_bytes == 37748736u);
  CHECK(read_notice("WATCHDOG=1").alive);
  CHECK_FALSE(read_notice("WATCHDOG=trigger").alive);
  CHECK(read_notice("X_SLUICE_STUCK=loop 1\x1b[31m").stuck == "loop-1--31m");
  CHECK_FALSE(read_notice("X_SLUICE_STUCK=").stuck);
  CHECK_FALSE(read_notice("X_SLUICE_MEMORY=12k").memory_bytes);
  CHECK(read_notice("X_SLUICE_CONFIRMED=1").confirmed);
  CHECK_FALSE(read_notice("X_SLUICE_CONFIRMED=0").confirmed);
  CHECK_FALSE(read_notice("").ready);
}

TEST_CASE("requests: verb, words and percent-encoded values") {
  const auto q = read_request("install path=/data/update/a%20b.raucb  x=%25\n");
  REQUIRE(q);
  CHECK(q->verb == "install");
  CHECK(q->value("path") == "/data/update/a b.raucb");
  CHECK(q->value("x") == "%");
  CHECK(q->value("y").empty());
  const auto leave = read_request("safe-mode leave\r\n");
  REQUIRE(leave);
  CHECK(leave->words == std::vector<std::string>{"leave"});
  for (const char* bad : {"", " ", "\n", "=x", "a=b", "reboot reason=%", "reboot reason=%0", "reboot reason=%00", "reboot reason=%zz", "Status", "reboot x;y=1"}) {
    CAPTURE(bad);
    CHECK_FALSE(read_request(bad));
  }
  std::string many = "status";
  for (int i = 0; i < 17; ++i) many += " a=b";
  CHECK_FALSE(read_request(many));
}

TEST_CASE("what is encoded comes back, whatever it was") {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  CHECK(decoded(encoded(all)) == all);
  CHECK(ok_line({{"a", "b c\n"}, {"d", ""}}) == "ok a=b%20c%0A d=\n");
  CHECK(error_line("busy", "one\ntwo\x07") == "error busy one two \n");
  CHECK(progress_line(40, "Copying") == "progress 40 Copying\n");
}

TEST_CASE("lines of the updater: progress is told from other talk") {
  CHECK(read_progress(" 40% Determining slot states done.")->percent == 40);
  CHECK(read_progress(" 40% Determining slot states done.")->text == "Determining slot states done.");
  CHECK(read_progress("100% Installing done.")->percent == 100);
  for (const char* other : {"installing", "LastError: Failed", "", "%", "140% no", "40", "1000% x"}) CHECK_FALSE(read_progress(other));
  const std::string facts = "RAUC_MF_COMPATIBLE='sluice-qemu'\nRAUC_MF_VERSION='1.2.0'\nRAUC_MF_BUILD='rollback-index=7'\n";
  CHECK(shell_value(facts, "RAUC_MF_VERSION") == "1.2.0");
  CHECK(shell_value(facts, "MF_VERSION").empty());
}

TEST_CASE("the reason of the last reset: written down, else the watchdog, else power") {
  CHECK(judge_reset(reset_reason{"stuck:loop-0", ""}, {true, false}).what == "stuck:loop-0");
  CHECK(judge_reset(std::nullopt, {true, false}).what == "watchdog");
  CHECK(judge_reset(std::nullopt, {false, false}).what == "power");
  CHECK(judge_reset(std::nullopt, {std::nullopt, false}).what == "power");
  CHECK(judge_reset(std::nullopt, facts_from("slot=A\nwatchdog_bootstatus=0\nclean=yes\n")).what == "reboot");
  CHECK(judge_reset(std::nullopt, facts_from("watchdog_bootstatus=32\nclean=no\n")).what == "watchdog");
  CHECK(judge_reset(std::nullopt, facts_from("watchdog_bootstatus=unknown\nclean=no")).what == "power");
  const reset_reason r{"update", "to 1.3"};
  CHECK(reason_from(to_text(r))->what == "update");
  CHECK(reason_from(to_text(r))->detail == "to 1.3");
  CHECK_FALSE(reason_from("\xff\xff"));
  CHECK_FALSE(reason_from(""));
  CHECK(reason_of_request("update").what == "update");
  CHECK(reason_of_request("because").what == "reboot");
  CHECK(reason_of_request("because").detail == "because");
}

TEST_CASE("options: numbers, texts, and what is wrong with them") {
  const auto read = [](std::vector<std::string> words, options& o) {
    std::vector<char*> v{const_cast<char*>("sluice-supervisor")};
    for (std::string& w : words) v.push_back(w.data());
    std::string why;
    bool done = false;
    return read_options(static_cast<int>(v.size()), v.data(), o, why, done) ? "" : why;
  };
  options o;
  CHECK(read({"--vote-period", "0.5", "--watchdog", "none", "--failures", "3", "--no-slots"}, o).empty());
  CHECK(o.limits.vote_period == milliseconds(500));
  CHECK(o.limits.failures_to_safe_mode == 3);
  CHECK_FALSE(o.slots);
  CHECK(read({"--ask", "reboot", "reason=x"}, o).empty());
  CHECK(o.ask.size() == 2);
  CHECK(read({"--nonsense", "1"}, o) == "unknown option --nonsense");
  CHECK(read({"--config"}, o) == "--config: its value is missing");
  CHECK(read({"--failures", "many"}, o) == "--failures: not a number: many");
  CHECK(read({"--failures", "0"}, o) == "a number must not be 0");
}
