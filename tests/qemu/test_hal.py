"""The Linux back ends of hal/ against a kernel's real interfaces: watchdogs, a GPIO line, the input layer, a lamp, a thermal zone,
an SD card. What no kernel here offers (gpio-sim, emulated temperature, an eMMC that wears) is in tests/unit/hal, on trees as
boards show them."""
import subprocess
import time
import unittest

from rig.case import Qemu
from rig.hal_machine import KEY_LINE, HalMachine

GPIO_KEY, RESTART_KEY = 116, 408


class Hal(Qemu):
    def hal_machine(self, *extra):
        folder = self.folder / f"machine{len(self.machines)}"
        folder.mkdir()
        m = HalMachine(folder, extra)
        self.machines.append(m)
        return m.start()

    # ---- watchdog ----
    def watchdog(self, module, identity, devices=()):
        device = "/dev/watchdog0"
        m = self.hal_machine(*devices)
        self.assertEqual(m.check("watchdog", device, 5, 1, "disarm", code=1)[1], "error: No such file or directory\n")
        m.load(module)
        seen, _ = m.check("watchdog", device, 5, 8, "disarm", timeout=120)  # fed for longer than its timeout
        self.assertEqual((seen["identity"], seen["timeout"], seen["fed"]), (identity, "5", "8"))
        state = m.run("cat /sys/class/watchdog/watchdog0/state; sleep 8; echo still here")[1]
        self.assertEqual(state, "inactive\nstill here\n")
        # A process that ends without disarming leaves it armed, also after an earlier one had disarmed it.
        m.check("watchdog", device, 5, 1, "leave")
        self.assertEqual(m.run("cat /sys/class/watchdog/watchdog0/state")[1], "active\n")
        begun = time.monotonic()
        m.wait_off(120)  # nobody feeds it; QEMU ends at the reset
        self.assertGreater(time.monotonic() - begun, 1)
        self.assertEqual(m.process.returncode, 0)
        return seen

    def test_watchdog_of_a_chip_is_fed_disarmed_and_resets_when_left(self):
        seen = self.watchdog("i6300esb", "i6300ESB timer", devices=("-device", "i6300esb"))
        self.assertEqual(seen["was_reset"], "unknown")

    def test_softdog_is_fed_disarmed_and_resets_when_left(self):
        seen = self.watchdog("softdog", "Software Watchdog")
        self.assertEqual(seen["was_reset"], "unknown")  # neither driver can tell, and 0 is not taken for a no

    # ---- reset button ----
    def pressed(self, m, spec, seconds, long_ms=2000):
        since = m.position()
        m.process.stdin.write(f"hal_check button {spec} {long_ms} 9000; echo button-done\n".encode())
        m.process.stdin.flush()
        m.wait_for("listening", since=since)
        m.press_power_key(seconds)
        m.wait_for("(?m)^button-done$", since=since)
        text = m.text[since:]
        return text.count("edge=pressed"), text.count("edge=released"), [v for v in ("held", "let-go", "factory") if f"verdict={v}\n" in text]

    def test_reset_button_on_a_gpio_line(self):
        m = self.hal_machine()
        chip = f"gpio:/dev/gpiochip0:{KEY_LINE}"
        self.assertEqual(self.pressed(m, chip, 0), (1, 1, []))  # a touch of 100 ms
        self.assertEqual(self.pressed(m, chip, 4), (1, 1, ["held", "factory"]))
        self.assertEqual(self.pressed(m, chip, 2, long_ms=6000), (1, 1, ["held", "let-go"]))
        self.assertIn("Invalid argument", m.check("button", "gpio:/dev/gpiochip0:99", 2000, 10, code=1)[1])
        m.load("gpio_keys")  # another driver holds the line now
        self.assertIn("busy", m.check("button", chip, 2000, 10, code=1)[1])

    def test_reset_button_of_the_input_layer(self):
        m = self.hal_machine()
        m.load("gpio_keys", "evdev")
        spec = f"input:/dev/input/event0:{GPIO_KEY}"
        self.assertEqual(self.pressed(m, spec, 4), (1, 1, ["held", "factory"]))
        self.assertEqual(self.pressed(m, spec, 0), (1, 1, []))
        self.assertEqual(self.pressed(m, f"input:/dev/input/event0:{RESTART_KEY}", 3), (0, 0, []))  # another key

    # ---- lamp ----
    def test_lamp_of_the_led_class(self):
        m = self.hal_machine()
        self.assertIn("No such file", m.check("led", "sluice:status", "well", code=1)[1])
        m.load("leds-gpio")
        at = "/sys/class/leds/sluice:status"

        def seen(state):
            m.check("led", "sluice:status", state)
            trigger = m.run(f"sed 's/.*\\[//; s/\\].*//' {at}/trigger")[1].strip()
            times = m.run(f"cat {at}/delay_on {at}/delay_off 2>/dev/null")[1].split()
            return trigger, times or m.run(f"cat {at}/brightness")[1].strip()
        self.assertEqual(seen("starting"), ("none", "1"))  # no timer in the kernel yet: steady light
        m.load("ledtrig-timer")
        self.assertEqual(seen("starting"), ("timer", ["500", "500"]))
        self.assertEqual(seen("trouble"), ("timer", ["125", "125"]))
        self.assertEqual(seen("reset"), ("timer", ["50", "50"]))
        self.assertEqual(seen("well"), ("none", "1"))
        self.assertEqual(seen("off"), ("none", "0"))

    # ---- storage, temperature, the rest ----
    def test_temperature_of_a_thermal_zone(self):
        drive = self.folder / "nvme.img"
        subprocess.run(["truncate", "-s", "8M", str(drive)], check=True)
        m = self.hal_machine("-drive", f"file={drive},format=raw,if=none,id=nvme", "-device", "nvme,drive=nvme,serial=1,addr=4")
        self.assertEqual(m.check("temperature")[0]["celsius"], "unknown")
        m.load("nvme")
        zone = m.run("for i in $(seq 100); do cat /sys/class/thermal/thermal_zone0/temp 2>/dev/null && break; sleep 0.1; done; cat /sys/class/thermal/thermal_zone0/type")[1].split()
        self.assertEqual(zone[1:], ["drive"])
        self.assertEqual(m.check("temperature")[0]["celsius"], f"{int(zone[0]) / 1000:.1f}")

    def test_an_sd_card_and_a_remount(self):
        card = self.folder / "card.img"
        subprocess.run(["truncate", "-s", "64M", str(card)], check=True)
        subprocess.run(["/usr/sbin/mkfs.vfat", str(card)], check=True, capture_output=True)
        m = self.hal_machine("-device", "sdhci-pci", "-drive", f"file={card},format=raw,if=none,id=card", "-device", "sd-card,drive=card")
        m.load("sdhci-pci", "vfat", "nls_cp437", "nls_ascii", "nls_iso8859-1")
        m.run("for i in $(seq 50); do [ -b /dev/mmcblk0 ] && break; sleep 0.1; done; mount -t vfat /dev/mmcblk0 /mnt")
        seen, _ = m.check("storage", "/mnt/x")
        self.assertEqual((seen["volume"], seen["type"], seen["read_only"]), ("/dev/mmcblk0", "vfat", "no"))
        self.assertEqual((seen["worn"], seen["spare"]), ("-1", "-1"))  # a card does not tell its wear: not known, no guess
        m.run("mount -o remount,ro /mnt")
        self.assertEqual(m.check("storage", "/mnt/x")[0]["read_only"], "yes")

    def test_board_links_clock_and_entropy(self):
        m = self.hal_machine("-device", "virtio-rng-pci")
        seen, out = m.check("machine", timeout=120)
        self.assertEqual((seen["compatible"], seen["entropy"], seen["chip"]), ("linux,dummy-virt", "ready", "yes"))
        self.assertIn("link=eth0", out)
        m.run("modprobe -r virtio_net")
        self.assertNotIn("link=eth0", m.check("machine", timeout=120)[1])
        m.check("clock", 1_900_000_000)
        self.assertAlmostEqual(int(m.run("date +%s")[1]), 1_900_000_000, delta=120)


if __name__ == "__main__":
    unittest.main()
