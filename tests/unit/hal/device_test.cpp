#include "hal/linux/device.hpp"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace sluice::hal;
namespace fs = std::filesystem;

namespace {

// A folder that looks like / of a device; gone with the test.
struct tree {
  fs::path root = fs::temp_directory_path() / ("device_test." + std::to_string(::getpid()));
  tree() { fs::remove_all(root); }
  ~tree() { fs::remove_all(root); }
  void file(const char* path, const char* text) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
  device_health look() { return linux_device(root.string()).look(); }
};

}  // namespace

TEST_CASE("what a device tells is read, the hottest zone and the worst flash of several") {
  tree t;
  t.file("sys/class/thermal/thermal_zone0/temp", "41500\n");
  t.file("sys/class/thermal/thermal_zone1/temp", "48250\n");
  t.file("sys/class/thermal/thermal_zone2/temp", "-274000\n");  // not connected
  t.file("sys/block/mmcblk0/device/life_time", "0x02 0x01\n");
  t.file("sys/block/mmcblk1/device/life_time", "0x00 0x00\n");  // tells nothing
  t.file("proc/uptime", "3601.25 7000.00\n");
  t.file("proc/loadavg", "0.42 0.30 0.10 1/100 4242\n");
  t.file("proc/meminfo", "MemTotal:         124000 kB\nMemFree:           20000 kB\nMemAvailable:      61000 kB\n");
  const device_health d = t.look();
  CHECK(d.celsius == 48.25);
  CHECK(d.flash_worn_percent == 20u);
  CHECK(d.flash == "mmcblk0");
  CHECK(d.up_seconds == 3601u);
  CHECK(d.load == 0.42);
  CHECK(d.memory_bytes == 124000u * 1024);
  CHECK(d.memory_free_bytes == 61000u * 1024);
}

TEST_CASE("a device that tells nothing, or nonsense, is not guessed at") {
  tree t;
  CHECK(!t.look().celsius);
  CHECK(!t.look().flash_worn_percent);
  CHECK(!t.look().up_seconds);
  CHECK(!t.look().memory_bytes);
  t.file("sys/class/thermal/thermal_zone0/temp", "999999\n");
  t.file("sys/block/mmcblk0/device/life_time", "0xff 0x01\n");
  t.file("proc/meminfo", "nothing here\n");
  CHECK(!t.look().celsius);
  CHECK(!t.look().flash_worn_percent);
  CHECK(!t.look().memory_bytes);
}
