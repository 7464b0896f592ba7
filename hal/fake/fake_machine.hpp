// A machine that does what a script says: one fake per capability, each of whose calls can be made to fail. Time is
// given, not taken, but for the watchdog that really bites.
#pragma once
#include <cerrno>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hal/include/hal/block_storage.hpp"
#include "hal/include/hal/board.hpp"
#include "hal/include/hal/boot_slots.hpp"
#include "hal/include/hal/clock_trust.hpp"
#include "hal/include/hal/entropy.hpp"
#include "hal/include/hal/network_links.hpp"
#include "hal/include/hal/reset_button.hpp"
#include "hal/include/hal/status_led.hpp"
#include "hal/include/hal/temperature.hpp"
#include "hal/include/hal/watchdog.hpp"

namespace sluice::hal {

// Answers of the next calls: errno values, 0 for a call that works. An empty script means that all of them do.
class fault_script {
 public:
  void then(int error, int times = 1) {
    for (; times > 0; --times) answers_.push_back(error);
  }
  void for_good(int error) { always_ = error; }
  int next() {
    ++calls_;
    if (answers_.empty()) return always_;
    const int out = answers_.front();
    answers_.pop_front();
    return out;
  }
  unsigned calls() const { return calls_; }

 private:
  std::deque<int> answers_;
  int always_ = 0;
  unsigned calls_ = 0;
};

// Bites in the time that the test moves on: advance() tells whether the machine was reset by it.
class fake_watchdog final : public watchdog {
 public:
  fault_script opening, feeding;
  unsigned shortest_s = 1, longest_s = 3600;  // what the hardware can do

  int open(unsigned timeout_s) override {
    if (const int error = opening.next()) return error;
    facts_.timeout_s = timeout_s < shortest_s ? shortest_s : timeout_s > longest_s ? longest_s : timeout_s;
    armed_ = true;
    left_ = std::chrono::seconds(facts_.timeout_s);
    return 0;
  }
  int feed() override {
    if (const int error = feeding.next()) return error;
    if (armed_) left_ = std::chrono::seconds(facts_.timeout_s);
    return armed_ ? 0 : EBADF;
  }
  int disarm() override {
    armed_ = false;
    return 0;
  }
  const watchdog_facts& facts() const override { return facts_; }

  void was_reset(bool yes) { facts_.was_reset = yes; }
  bool is_armed() const { return armed_; }
  bool advance(std::chrono::milliseconds by) {
    if (!armed_) return false;
    left_ -= by;
    return left_.count() <= 0;
  }

 private:
  watchdog_facts facts_{"fake", "fake watchdog", 0, {}};
  bool armed_ = false;
  std::chrono::milliseconds left_{0};
};

class fake_status_led final : public status_led {
 public:
  fault_script showing;
  std::vector<led_state> shown;
  int show(led_state s) override {
    if (const int error = showing.next()) return error;
    shown.push_back(s);
    return 0;
  }
};

class fake_reset_button final : public reset_button {
 public:
  fault_script opening;
  std::deque<button_edge> edges;
  int open() override { return opening.next(); }
  int descriptor() const override { return -1; }
  std::optional<button_edge> next() override {
    if (edges.empty()) return std::nullopt;
    const button_edge out = edges.front();
    edges.pop_front();
    return out;
  }
};

// Variables in memory; a failed write changes nothing, and `written` is what was there after each step.
class fake_boot_slots final : public boot_slots {
 public:
  fault_script reading, writing;
  std::optional<char> slot = 'A';
  std::map<std::string, std::string> variables{{"BOOT_ORDER", "A B"}, {"BOOT_A_LEFT", "3"}, {"BOOT_B_LEFT", "3"}};
  std::vector<std::map<std::string, std::string>> written;

  std::optional<char> current() override { return slot; }
  int read(boot_environment& out) override {
    if (const int error = reading.next()) return error;
    out = {variables["BOOT_ORDER"], static_cast<unsigned>(std::stoul(variables["BOOT_A_LEFT"])), static_cast<unsigned>(std::stoul(variables["BOOT_B_LEFT"]))};
    return 0;
  }
  int write(const std::string& name, const std::string& value) override {
    if (const int error = writing.next()) return error;
    variables[name] = value;
    written.push_back(variables);
    return 0;
  }
  // What the boot loader starts next with these variables, one try taken; '-' when nothing is left.
  static char start(std::map<std::string, std::string>& v) {
    for (const char c : v["BOOT_ORDER"]) {
      if (c != 'A' && c != 'B') continue;
      std::string& left = v[std::string("BOOT_") + c + "_LEFT"];
      if (left.empty() || left == "0") continue;
      left = std::to_string(std::stoul(left) - 1);
      return c;
    }
    return '-';
  }
};

class fake_clock_trust final : public clock_trust {
 public:
  fault_script setting;
  clock_facts facts;
  clock_facts look() override { return facts; }
  int set(std::int64_t unix_seconds) override {
    if (const int error = setting.next()) return error;
    facts.now = unix_seconds;
    return 0;
  }
};

class fake_entropy final : public entropy {
 public:
  unsigned not_ready = 0;  // so many looks
  bool is_ready() override { return not_ready == 0 || --not_ready == 0; }
  bool wait(std::chrono::milliseconds longest) override {
    for (; longest.count() > 0; longest -= std::chrono::milliseconds(100))
      if (is_ready()) return true;
    return is_ready();
  }
};

class fake_temperature final : public temperature {
 public:
  std::deque<std::optional<double>> readings;
  std::optional<double> hottest_celsius() override {
    if (readings.empty()) return std::nullopt;
    const auto out = readings.front();
    if (readings.size() > 1) readings.pop_front();
    return out;
  }
};

class fake_block_storage final : public block_storage {
 public:
  storage_wear worn;
  volume_state volume;
  storage_wear wear() override { return worn; }
  volume_state volume_of(const std::string&) override { return volume; }
};

class fake_network_links final : public network_links {
 public:
  std::vector<network_link> links;
  std::vector<network_link> look() override { return links; }
};

class fake_board final : public board {
 public:
  board_identity identity;
  board_identity look() override { return identity; }
};

}  // namespace sluice::hal
