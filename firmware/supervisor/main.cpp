// sluice-supervisor: see README.md.
#include <algorithm>
#include <cstdio>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/supervisor/box.hpp"
#include "hal/host/nothing.hpp"
#include "hal/linux/board.hpp"
#include "hal/linux/boot_slots.hpp"
#include "hal/linux/clock_trust.hpp"
#include "hal/linux/reset_button.hpp"
#include "hal/linux/status_led.hpp"
#include "hal/linux/watchdog.hpp"

namespace {

using namespace sluice;

template <class Base, class None, class Make>
std::unique_ptr<Base> part(bool is_there, Make make) {
  if (!is_there) return std::make_unique<None>();
  return make();
}

supervisor::hardware machine(const supervisor::options& o) {
  supervisor::hardware h;
  h.dog = part<hal::watchdog, hal::no_watchdog>(o.watchdog != "none", [&] { return std::make_unique<hal::linux_watchdog>(o.watchdog); });
  h.led = part<hal::status_led, hal::no_status_led>(o.led != "none", [&] { return std::make_unique<hal::linux_status_led>(o.led, o.root); });
  h.button = part<hal::reset_button, hal::no_reset_button>(o.button != "none", [&] { return hal::make_button(o.button); });
  h.slots = part<hal::boot_slots, hal::no_boot_slots>(o.slots, [&] { return std::make_unique<hal::linux_boot_slots>(o.slot_tools, o.root); });
  h.clock = std::make_unique<hal::linux_clock_trust>(std::max<std::int64_t>(1, supervisor::state_files(o.state_directory).last_time()), o.root);
  h.identity = hal::linux_board(o.root).look();
  return h;
}

int ask_for(const supervisor::options& o) {
  std::string line = o.ask[0];
  for (std::size_t i = 1; i < o.ask.size(); ++i) {
    const std::size_t equals = o.ask[i].find('=');
    append_to(line, " ", (equals == std::string::npos ? o.ask[i] : concat(o.ask[i].substr(0, equals + 1), supervisor::encoded(o.ask[i].substr(equals + 1)))));
  }
  return supervisor::ask(o.control_socket(), concat(line, "\n"));
}

}  // namespace

int main(int argc, char** argv) {
  supervisor::options o;
  std::string why;
  bool done = false;
  if (!supervisor::read_options(argc, argv, o, why, done)) {
    std::fprintf(stderr, "sluice-supervisor: %s\nTry 'sluice-supervisor --help'.\n", why.c_str());
    return 2;
  }
  if (done) return 0;
  if (!o.ask.empty()) return ask_for(o);
  log::set_format(o.log_format == "json" ? log::format::json : o.log_format == "rfc5424" ? log::format::rfc5424 : log::format::text);
  supervisor::hardware parts = machine(o);
  if (!parts.button) {
    std::fprintf(stderr, "sluice-supervisor: --button %s: gpio:CHIP:LINE[:active-low], input:DEVICE[:KEY] or none\n", o.button.c_str());
    return 2;
  }
  return supervisor::box(o, std::move(parts)).run();
}
