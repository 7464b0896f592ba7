// The Linux back ends against recorded trees, and against the kernel of this machine where it has the interface.
#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/input.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hal/fake/fake_machine.hpp"
#include "hal/host/nothing.hpp"
#include "hal/linux/block_storage.hpp"
#include "hal/linux/board.hpp"
#include "hal/linux/boot_slots.hpp"
#include "hal/linux/clock_trust.hpp"
#include "hal/linux/entropy.hpp"
#include "hal/linux/network_links.hpp"
#include "hal/linux/reset_button.hpp"
#include "hal/linux/status_led.hpp"
#include "hal/linux/temperature.hpp"
#include "hal/linux/text_file.hpp"
#include "hal/linux/tool_run.hpp"
#include "hal/linux/watchdog.hpp"

using namespace sluice::hal;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct tree {
  fs::path root = fs::temp_directory_path() / ("machine_test." + std::to_string(::getpid()));
  tree() { fs::remove_all(root); }
  ~tree() { fs::remove_all(root); }
  void file(const char* path, const std::string& text) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
  std::string tool(const char* name, const std::string& body) {
    file(name, "#!/bin/sh\n" + body);
    ::chmod((root / name).c_str(), 0755);
    return (root / name).string();
  }
  std::string text(const char* path) { return read_text((root / path).string()).value_or("(none)"); }
  std::string at() const { return root.string(); }
};

}  // namespace

TEST_CASE("eMMC: life of the worst one, and how many spare blocks are left") {
  tree t;
  t.file("sys/block/mmcblk0/device/life_time", "0x02 0x05\n");
  t.file("sys/block/mmcblk0/device/pre_eol_info", "0x02\n");
  t.file("sys/block/mmcblk0boot0/size", "8192\n");
  t.file("sys/block/mmcblk1/device/life_time", "0x01 0x01\n");
  t.file("sys/block/mmcblk1/device/pre_eol_info", "0x01\n");
  const storage_wear w = linux_block_storage(t.at()).wear();
  CHECK(w.device == "mmcblk0");
  CHECK(w.worn_percent == 50u);
  CHECK(w.spare == pre_eol::warning);
  t.file("sys/block/mmcblk1/device/life_time", "0x00 0x00\n");  // tells its spare blocks only
  t.file("sys/block/mmcblk1/device/pre_eol_info", "0x03\n");
  CHECK(linux_block_storage(t.at()).wear().spare == pre_eol::urgent);
}

TEST_CASE("the volume under a path: deepest mount, last one on top, read-only by either option") {
  tree t;
  t.file("proc/self/mountinfo",
         "21 1 254:0 / / ro,relatime - squashfs /dev/dm-0 ro\n"
         "22 21 179:7 / /data rw,nosuid,nodev - ext4 /dev/mmcblk0p7 rw,errors=remount-ro\n"
         "23 22 0:40 / /data/with\\040blank rw - tmpfs none rw\n"
         "24 21 179:1 / /boot ro - vfat /dev/mmcblk0p1 ro\n"
         "25 21 0:41 / /database rw - tmpfs none rw\n");
  linux_block_storage s(t.at());
  CHECK(s.volume_of("/").read_only);
  CHECK(s.volume_of("/").device == "/dev/dm-0");
  CHECK(s.volume_of("/data/sluice").device == "/dev/mmcblk0p7");
  CHECK_FALSE(s.volume_of("/data/sluice").read_only);
  CHECK(s.volume_of("/data/with blank/x").file_system == "tmpfs");
  CHECK(s.volume_of("/data").file_system == "ext4");
  t.file("proc/self/mountinfo", "22 21 179:7 / /data rw,nosuid - ext4 /dev/mmcblk0p7 ro,errors=remount-ro\n");  // after an error
  CHECK(s.volume_of("/data/sluice").read_only);
  CHECK_FALSE(linux_block_storage(t.at() + "/none").volume_of("/").known);
  CHECK(linux_block_storage().volume_of("/proc/self").known);  // this machine; "/" is no mount of its own in a chroot
}

TEST_CASE("links: state, cable and speed; what is off tells neither") {
  tree t;
  t.file("sys/class/net/lo/type", "772\n");
  t.file("sys/class/net/eth0/type", "1\n");
  t.file("sys/class/net/eth0/operstate", "up\n");
  t.file("sys/class/net/eth0/carrier", "1\n");
  t.file("sys/class/net/eth0/speed", "1000\n");
  t.file("sys/class/net/eth1/type", "1\n");
  t.file("sys/class/net/eth1/operstate", "down\n");
  t.file("sys/class/net/eth1/speed", "-1\n");
  t.file("sys/class/net/bonding_masters", "\n");
  const auto links = linux_network_links(t.at()).look();
  REQUIRE(links.size() == 2);
  CHECK(links[0].name == "eth0");
  CHECK(links[0].carrier == true);
  CHECK(links[0].megabits == 1000u);
  CHECK(links[1].state == "down");
  CHECK_FALSE(links[1].carrier);
  CHECK_FALSE(links[1].megabits);
}

TEST_CASE("board: device tree, else the firmware of a PC, else nothing") {
  tree t;
  CHECK(linux_board(t.at()).look().model.empty());
  t.file("sys/class/dmi/id/sys_vendor", "QEMU\n");
  t.file("sys/class/dmi/id/product_name", "Standard PC\n");
  CHECK(linux_board(t.at()).look().model == "QEMU Standard PC");
  t.file("proc/device-tree/model", std::string("Raspberry Pi 3 Model B Rev 1.2\0", 31));
  t.file("proc/device-tree/compatible", std::string("raspberrypi,3-model-b\0brcm,bcm2837\0", 35));
  t.file("proc/device-tree/serial-number", std::string("00000000abcdef01\0", 17));
  const board_identity b = linux_board(t.at()).look();
  CHECK(b.model == "Raspberry Pi 3 Model B Rev 1.2");
  CHECK(b.compatible == "raspberrypi,3-model-b");
  CHECK(b.serial == "00000000abcdef01");
}

TEST_CASE("the lamp: steady and blinking, and a kernel without the timer trigger") {
  tree t;
  t.file("sys/class/leds/status/trigger", "none");
  t.file("sys/class/leds/status/brightness", "0");
  t.file("sys/class/leds/status/max_brightness", "255\n");
  t.file("sys/class/leds/status/delay_on", "");
  t.file("sys/class/leds/status/delay_off", "");
  linux_status_led led("status", t.at());
  CHECK(led.show(led_state::well) == 0);
  CHECK(t.text("sys/class/leds/status/brightness").starts_with("255"));
  CHECK(led.show(led_state::trouble) == 0);
  CHECK(t.text("sys/class/leds/status/trigger").starts_with("timer"));
  CHECK(t.text("sys/class/leds/status/delay_on") == "125");
  fs::remove(t.root / "sys/class/leds/status/delay_on");
  CHECK(led.show(led_state::starting) == 0);  // steady instead
  CHECK(t.text("sys/class/leds/status/trigger").starts_with("none"));
  CHECK(linux_status_led("missing", t.at()).show(led_state::well) == ENOENT);
}

TEST_CASE("a button: bounces are not presses, a long press is told once, letting go in time is nothing") {
  using verdict = press_judge::verdict;
  press_judge j(5s);
  auto at = 1000ms;
  const auto until = [&](std::chrono::milliseconds end) {
    std::vector<verdict> out;
    for (; at < end; at += 10ms)
      if (const verdict v = j.look(at); v != verdict::nothing) out.push_back(v);
    return out;
  };
  for (int i = 0; i < 50; ++i) {  // a contact that rattles and never closes
    j.edge({i % 2 == 0, at});
    CHECK(until(at + 20ms).empty());
  }
  j.edge({true, at});
  CHECK(until(at + 3s) == std::vector{verdict::held});
  j.edge({false, at});
  CHECK(until(at + 10s) == std::vector{verdict::let_go});
  j.edge({true, at});
  j.edge({false, at + 1ms});
  j.edge({true, at + 2ms});
  CHECK(until(at + 20s) == std::vector{verdict::held, verdict::factory});
  j.edge({false, at});
  CHECK(until(at + 1s).empty());
  CHECK_FALSE(j.is_pending());
}

TEST_CASE("buttons by their words") {
  CHECK(make_button("gpio:/dev/gpiochip0:17"));
  CHECK(make_button("gpio:/dev/gpiochip0:17:active-low"));
  CHECK(make_button("input:/dev/input/event0"));
  CHECK(make_button("input:/dev/input/event0:408"));
  for (const char* bad : {"", "gpio", "gpio:/dev/gpiochip0", "gpio:/dev/gpiochip0:x", "gpio:/dev/gpiochip0:1:high", "input", "serial:1"}) CHECK_FALSE(make_button(bad));
  CHECK(make_button("gpio:/dev/null:1")->open() != 0);
}

TEST_CASE("events of the input layer: the one key, without its repeats") {
  tree t;
  fs::create_directories(t.root);
  const std::string pipe = t.at() + "/event0";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto b = make_button("input:" + pipe);
  REQUIRE(b->open() == 0);
  const int fd = ::open(pipe.c_str(), O_WRONLY);
  input_event e[5] = {};
  const std::uint16_t keys[] = {KEY_A, KEY_RESTART, 0, KEY_RESTART, KEY_RESTART};
  for (int i = 0; i < 5; ++i) {
    e[i].type = i == 2 ? EV_SYN : EV_KEY;
    e[i].code = keys[i];
    e[i].value = i == 3 ? 2 : i < 2 ? 1 : 0;
  }
  REQUIRE(::write(fd, e, sizeof e) == sizeof e);
  CHECK(b->next()->pressed);
  CHECK_FALSE(b->next()->pressed);
  CHECK_FALSE(b->next());
  ::close(fd);
}

TEST_CASE("a clock is believed when a chip, NTP or somebody has set it") {
  constexpr std::int64_t floor = 1'800'000'000;
  CHECK(judge_clock({.now = 100, .up_seconds = 100, .floor = floor, .synchronised = true, .has_chip = true}) == clock_state::behind);
  CHECK(judge_clock({.now = floor + 20, .up_seconds = 20, .floor = floor, .resumed = true}) == clock_state::guessed);
  CHECK(judge_clock({.now = floor + 900'000, .up_seconds = 900'000, .floor = floor, .resumed = true}) == clock_state::guessed);  // it only went on
  CHECK(judge_clock({.now = floor + 900'000, .up_seconds = 20, .floor = floor, .resumed = true}) == clock_state::plausible);     // somebody set it
  CHECK(judge_clock({.now = floor + 20, .up_seconds = 20, .floor = floor, .has_chip = true, .resumed = true}) == clock_state::plausible);
  CHECK(judge_clock({.now = floor + 20, .up_seconds = 20, .floor = floor, .synchronised = true, .resumed = true}) == clock_state::synchronised);
  CHECK(judge_clock({.now = floor + 20, .up_seconds = 20, .floor = floor}) == clock_state::plausible);  // nobody sets it to the floor here
  CHECK_FALSE(is_trusted(clock_state::guessed));
  CHECK(is_trusted(clock_state::plausible));
}

TEST_CASE("this machine's clock is later than the sources, and the build knows when that was") {
  CHECK(build_time() > 1'700'000'000);
  const clock_facts f = linux_clock_trust().look();
  CHECK(f.now >= f.floor);
  CHECK(f.up_seconds > 0);
  CHECK(linux_clock_trust(f.now + 1000).look().floor == f.now + 1000);
}

TEST_CASE("this machine's random numbers are ready; a box that is still collecting is waited for") {
  CHECK(linux_entropy().is_ready());
  CHECK(linux_entropy().wait(0ms));
  fake_entropy e;
  e.not_ready = 5;
  CHECK_FALSE(e.is_ready());
  CHECK(e.wait(1s));
  e.not_ready = 50;
  CHECK_FALSE(e.wait(1s));
}

TEST_CASE("heat: steps have hysteresis, and an unknown temperature slows nothing") {
  fake_temperature sensor;
  sensor.readings = {84.0, 85.0, 82.0, 80.0, 96.0, 91.0, 90.0, 79.0, std::nullopt};
  heat_policy p;
  std::vector<unsigned> percent;
  for (int i = 0; i < 9; ++i) {
    p.judge(sensor.hottest_celsius());
    percent.push_back(p.sessions_percent());
  }
  CHECK(percent == std::vector<unsigned>{100, 50, 50, 100, 25, 25, 50, 100, 100});
}

TEST_CASE("boot variables by the tools: hexadecimal, missing ones, tools that fail or are not there") {
  tree t;
  t.file("env", "BOOT_ORDER=B A\nBOOT_A_LEFT=3\nBOOT_B_LEFT=0x2\nbootdelay=0\n");
  slot_tools tools{t.tool("print", "cat '" + t.at() + "/env'; exit 1\n"), t.tool("set", "echo \"$1=$2\" >> '" + t.at() + "/set.log'\n")};
  t.file("proc/cmdline", "console=ttyAMA0 rauc.slot=B quiet\n");
  linux_boot_slots s(tools, t.at());
  boot_environment e;
  REQUIRE(s.read(e) == 0);
  CHECK(e.order == "B A");
  CHECK(e.left('A') == 3);
  CHECK(e.left('B') == 2);
  CHECK(s.current() == 'B');
  CHECK(give_tries(s, 'B') == 0);
  CHECK(leave_slot(s, 'B') == 0);
  CHECK(t.text("set.log") == "BOOT_B_LEFT=3\nBOOT_ORDER=A B\nBOOT_B_LEFT=0\n");
  t.file("proc/cmdline", "rauc.slot=C\n");
  CHECK_FALSE(s.current());
  t.tool("print", "exit 1\n");
  CHECK(s.read(e) == EIO);
  linux_boot_slots none({t.at() + "/no", t.at() + "/no"}, t.at());
  CHECK(none.read(e) == ENOENT);
  CHECK(none.write("BOOT_ORDER", "A B") == ENOENT);
  CHECK(no_boot_slots().read(e) == ENODEV);
}

TEST_CASE("tools: what they say, how they end, and that they end") {
  tree t;
  CHECK(run_tool({t.tool("a", "echo one; exit 3\n")}, 5s).status == 3);
  CHECK(run_tool({t.at() + "/a"}, 5s).output == "one\n");
  CHECK(run_tool({t.tool("b", "kill -9 $$\n")}, 5s).status == 137);
  CHECK(run_tool({t.at() + "/missing"}, 5s).status == -1);
  const auto before = std::chrono::steady_clock::now();
  CHECK(run_tool({t.tool("c", "sleep 60 & sleep 60\n")}, 300ms).status == -1);
  CHECK(std::chrono::steady_clock::now() - before < 5s);
  CHECK(run_tool({t.tool("e", "exec >&-; sleep 60\n")}, 300ms).status == -1);
  CHECK(run_tool({t.tool("d", "head -c 200000 /dev/zero\n")}, 5s).output.size() <= text_file_bytes + 4096);
}

TEST_CASE("the watchdog: what is no watchdog is refused, and closed") {
  CHECK(linux_watchdog("/dev/null").open(30) == ENODEV);
  CHECK(linux_watchdog("/dev/no-such-watchdog").open(30) == ENOENT);
  CHECK(linux_watchdog("/dev/null").feed() == EBADF);
  CHECK(no_watchdog().open(30) == ENODEV);
}

TEST_CASE("a file is replaced as a whole") {
  tree t;
  t.file("x", "old");
  CHECK(publish_text(t.at() + "/x", "new", 0600) == 0);
  CHECK(t.text("x") == "new");
  CHECK_FALSE(fs::exists(t.root / "x.new"));
  CHECK(publish_text(t.at() + "/none" + "/x", "new") == ENOENT);
}
