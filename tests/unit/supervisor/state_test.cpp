#include "firmware/supervisor/state.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "hal/fake/fake_machine.hpp"

using namespace sluice;
using namespace sluice::supervisor;
namespace fs = std::filesystem;

namespace {

struct folder {
  fs::path at = fs::temp_directory_path() / ("state_test." + std::to_string(::getpid()));
  folder() {
    fs::remove_all(at);
    fs::create_directories(at / "run");
  }
  ~folder() { fs::remove_all(at); }
  state_files files() {
    state_files out(at / "state");
    REQUIRE(out.open().empty());
    return out;
  }
  std::string run() { return at / "run"; }
};

}  // namespace

TEST_CASE("a reason is told once per start of the machine, and to every supervisor of that start") {
  folder f;
  f.files().keep_reason({"stuck:loop-1", "busy"});
  CHECK(f.files().take_reason(f.run(), {true, false}, "1 A 1.0").what == "stuck:loop-1");
  CHECK(f.files().take_reason(f.run(), {true, false}, "1 A 1.0").what == "stuck:loop-1");  // it was started again
  fs::remove_all(f.run());
  fs::create_directories(f.run());
  CHECK(f.files().take_reason(f.run(), {false, false}, "2 A 1.0").what == "power");
  std::ifstream in(f.at / "state/boot-history");
  std::string text(std::istreambuf_iterator<char>(in), {});
  CHECK(text == "1 A 1.0 stuck:loop-1 (busy)\n2 A 1.0 power\n");
}

TEST_CASE("the rollback index only rises, and what cannot be read counts as none") {
  folder f;
  CHECK(f.files().rollback_index() == 0);
  CHECK(f.files().raise_rollback_index(7) == 0);
  CHECK(f.files().raise_rollback_index(3) == 0);
  CHECK(f.files().rollback_index() == 7);
}

TEST_CASE("what is known of both systems is kept side by side") {
  folder f;
  CHECK(f.files().slot('A').state.empty());
  f.files().set_slot('A', {"1.0", "good"});
  f.files().set_slot('B', {"1.1 beta", "installed"});
  CHECK(f.files().slot('A').version == "1.0");
  CHECK(f.files().slot('A').state == "good");
  CHECK(f.files().slot('B').version == "1.1%20beta");
  CHECK(f.files().slot('B').state == "installed");
}

TEST_CASE("the image's facts") {
  folder f;
  std::ofstream(f.at / "release") << "VERSION=1.4.0\nROLLBACK_INDEX=12\nBOARD=\"QEMU virt\"\nCOMPATIBLE=sluice-qemu-aarch64\nKEYS=test\n";
  const release_facts r = read_release(f.at / "release");
  CHECK(r.version == "1.4.0");
  CHECK(r.rollback_index == 12);
  CHECK(r.board == "QEMU virt");
  CHECK(read_release(f.at / "none").version.empty());
}

TEST_CASE("leaving a slot: wherever it is cut, the boot loader starts the other one or this one, never nothing") {
  for (int cut = 0; cut <= 2; ++cut) {
    CAPTURE(cut);
    hal::fake_boot_slots slots;
    slots.variables["BOOT_A_LEFT"] = "1";
    slots.writing.then(0, cut);
    slots.writing.for_good(EIO);
    CHECK((hal::leave_slot(slots, 'A') == 0) == (cut == 2));
    CHECK(hal::fake_boot_slots::start(slots.variables) == (cut == 0 ? 'A' : 'B'));
  }
}

TEST_CASE("three starts without good news, and the slot's tries are used up") {
  hal::fake_boot_slots slots;
  slots.variables["BOOT_ORDER"] = "B A";
  for (int i = 0; i < 3; ++i) CHECK(hal::fake_boot_slots::start(slots.variables) == 'B');
  CHECK(hal::fake_boot_slots::start(slots.variables) == 'A');
  CHECK(hal::give_tries(slots, 'B') == 0);
  CHECK(hal::fake_boot_slots::start(slots.variables) == 'B');
}
