// The Linux back ends of hal/, each against the kernel of the machine that this runs on: for tests/qemu/test_hal.py, which
// reads what is printed. hal_check PART WORDS...; ends with 0 or 1, after "error: ..." with the words of the errno value.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "hal/linux/block_storage.hpp"
#include "hal/linux/board.hpp"
#include "hal/linux/clock_trust.hpp"
#include "hal/linux/entropy.hpp"
#include "hal/linux/network_links.hpp"
#include "hal/linux/reset_button.hpp"
#include "hal/linux/status_led.hpp"
#include "hal/linux/temperature.hpp"
#include "hal/linux/watchdog.hpp"

namespace {

using words = std::vector<std::string>;
using std::chrono::milliseconds;

int told(int error) {
  if (error != 0) std::printf("error: %s\n", std::strerror(error));
  return error == 0 ? 0 : 1;
}

unsigned number(const std::string& text) { return static_cast<unsigned>(std::strtoul(text.c_str(), nullptr, 10)); }

milliseconds now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::seconds(t.tv_sec) + milliseconds(t.tv_nsec / 1'000'000);
}

// watchdog DEVICE TIMEOUT SECONDS leave|disarm: armed, fed once a second for so long, then left armed, or disarmed.
int check_watchdog(const words& w) {
  sluice::hal::linux_watchdog dog(w.at(0));
  if (const int error = dog.open(number(w.at(1))); error != 0) return told(error);
  const auto& f = dog.facts();
  std::printf("identity=%s timeout=%u was_reset=%s\n", f.identity.c_str(), f.timeout_s, !f.was_reset ? "unknown" : *f.was_reset ? "yes" : "no");
  for (unsigned i = 0; i < number(w.at(2)); ++i) {
    ::sleep(1);
    if (const int error = dog.feed(); error != 0) return told(error);
  }
  std::printf("fed=%u\n", number(w.at(2)));
  return w.at(3) == "disarm" ? told(dog.disarm()) : 0;
}

// button SPEC LONG-PRESS-MS LISTEN-MS: each edge, and what press_judge makes of them.
int check_button(const words& w) {
  const auto button = sluice::hal::make_button(w.at(0));
  if (!button) return told(EINVAL);
  if (const int error = button->open(); error != 0) return told(error);
  sluice::hal::press_judge press{milliseconds(number(w.at(1)))};
  const milliseconds end = now() + milliseconds(number(w.at(2)));
  std::puts("listening");
  std::fflush(stdout);
  while (now() < end) {
    pollfd p{button->descriptor(), POLLIN, 0};
    ::poll(&p, 1, 20);
    while (const auto e = button->next()) {
      press.edge(*e);
      std::puts(e->pressed ? "edge=pressed" : "edge=released");
    }
    using verdict = sluice::hal::press_judge::verdict;
    const verdict v = press.look(now());
    if (v != verdict::nothing) std::printf("verdict=%s\n", v == verdict::held ? "held" : v == verdict::let_go ? "let-go" : "factory");
    std::fflush(stdout);
  }
  return 0;
}

int check_led(const words& w) {
  sluice::hal::linux_status_led led(w.at(0));
  using sluice::hal::led_state;
  for (const auto& [name, state] : {std::pair{"off", led_state::off}, {"starting", led_state::starting}, {"well", led_state::well}, {"trouble", led_state::trouble}, {"reset", led_state::reset}})
    if (w.at(1) == name) return told(led.show(state));
  return told(EINVAL);
}

int check_temperature(const words&) {
  sluice::hal::linux_temperature t;
  const auto celsius = t.hottest_celsius();
  if (celsius) std::printf("celsius=%.1f\n", *celsius);
  else std::puts("celsius=unknown");
  return 0;
}

int check_storage(const words& w) {
  sluice::hal::linux_block_storage s;
  const auto wear = s.wear();
  const auto v = s.volume_of(w.at(0));
  std::printf("wear_device=%s worn=%d spare=%d\n", wear.device.c_str(), wear.worn_percent ? static_cast<int>(*wear.worn_percent) : -1, wear.spare ? static_cast<int>(*wear.spare) : -1);
  std::printf("volume=%s type=%s read_only=%s\n", v.known ? v.device.c_str() : "unknown", v.file_system.c_str(), v.read_only ? "yes" : "no");
  return 0;
}

int check_machine(const words&) {
  sluice::hal::linux_board board;
  const auto b = board.look();
  std::printf("model=%s compatible=%s\n", b.model.c_str(), b.compatible.c_str());
  sluice::hal::linux_network_links links;
  for (const auto& l : links.look()) std::printf("link=%s state=%s carrier=%s\n", l.name.c_str(), l.state.c_str(), !l.carrier ? "unknown" : *l.carrier ? "yes" : "no");
  sluice::hal::linux_clock_trust clock(0);
  const auto c = clock.look();
  std::printf("clock=%s chip=%s\n", std::string(sluice::hal::name_of(sluice::hal::judge_clock(c))).c_str(), c.has_chip ? "yes" : "no");
  sluice::hal::linux_entropy source;
  std::printf("entropy=%s\n", source.wait(milliseconds(60'000)) && source.is_ready() ? "ready" : "missing");
  return 0;
}

// clock SECONDS: sets the time of day.
int check_clock(const words& w) {
  sluice::hal::linux_clock_trust clock(0);
  return told(clock.set(std::strtoll(w.at(0).c_str(), nullptr, 10)));
}

struct part {
  const char* name;
  std::size_t needs;
  int (*check)(const words&);
};
constexpr part parts[] = {{"watchdog", 4, check_watchdog}, {"button", 3, check_button}, {"led", 2, check_led}, {"temperature", 0, check_temperature},
                          {"storage", 1, check_storage},   {"machine", 0, check_machine}, {"clock", 1, check_clock}};

}  // namespace

int main(int argc, char** argv) {
  const words given(argv + 1, argv + argc);
  for (const part& p : parts)
    if (!given.empty() && given[0] == p.name && given.size() == p.needs + 1) return p.check(words(given.begin() + 1, given.end()));
  std::fputs("usage: hal_check watchdog|button|led|temperature|storage|machine|clock WORDS...\n", stderr);
  return 2;
}
