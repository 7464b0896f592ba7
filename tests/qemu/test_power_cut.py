"""P1 on the box: kill -9 of QEMU under mail load; every mail that was answered 250 is at the mail server or held, index and
files agree in both directions, and the boot repairs without a hand. On an image with a shell, to see the files.

SLUICE_CUTS: how many (5); SLUICE_HELD: how many mails lie in the quarantine before (50). ./test boards has 50 and 1,000.
"""
import os
import random
import threading
import time
import unittest

from harness import mails
from rig import images
from rig.box import SCAM, new_box
from rig.case import Qemu
from rig.machine import PATIENCE

CUTS = int(os.environ.get("SLUICE_CUTS", "5"))
HELD = int(os.environ.get("SLUICE_HELD", "50"))


def scam(subject):
    lines = mails.sample(SCAM).split(b"\r\n")
    at = next(i for i, line in enumerate(lines) if line.lower().startswith(b"subject:"))
    while lines[at + 1][:1] in (b" ", b"\t"):
        del lines[at + 1]
    lines[at] = b"Subject: " + subject.encode()
    return b"\r\n".join(lines)


class PowerCut(Qemu):
    def held(self, box):
        query = "?limit=200"
        while True:
            page = box.api("GET", "/quarantine" + query).json()
            yield from page["messages"]
            if not page.get("before"):
                return
            query = f"?limit=200&before={page['before']}"

    def files(self, box):
        """Ids of the messages whose content lies on the data partition; nothing is being written now."""
        listed = box.run("ls /data/sluice/quarantine/mail")[1].split()
        self.assertEqual([f for f in listed if not f.endswith(".msg")], [], "what belongs to nobody was not removed")
        return {f.removesuffix(".msg") for f in listed}

    def load(self, box, stop, prefix):
        def send(worker):
            n = 0
            while not stop.is_set():
                n += 1
                subject = f"{prefix} {worker} {n}"
                if box.send(subject, scam(subject) if n % 2 else None) is None:
                    time.sleep(0.5)
        threads = [threading.Thread(target=send, args=(w,), daemon=True) for w in range(2)]
        for t in threads:
            t.start()
        return threads

    def test_what_was_answered_250_survives(self):
        box = new_box(self, image=images.variant("shell", disk=True) / "sluice.img")
        box.wait_up()
        box.set_up()
        box.push()
        box.wait_mail()
        for n in range(HELD):
            self.assertEqual(box.send(f"before {n}", scam(f"before {n}")), 250)
        chance = random.Random(3)
        for cut in range(CUTS):
            with self.subTest(cut=cut):
                stop, since = threading.Event(), box.position()
                threads = self.load(box, stop, f"cut {cut}")
                time.sleep(chance.uniform(1, 15))
                box.cut_power()
                stop.set()
                box.start()
                self.assertEqual(box.wait_up(since=since, timeout=3 * PATIENCE)[2], "ok")
                for t in threads:
                    t.join()
                box.wait_page()
                box.wait_mail()
                missing = set(box.sent) - box.arrived() - {m["subject"] for m in self.held(box)}
                self.assertEqual(missing, set(), "answered 250, and neither delivered nor held")
                self.assertEqual(self.files(box), {m["id"] for m in self.held(box)}, "files and index differ")
        held = list(self.held(box))
        corrupt = [m["id"] for m in held if box.api("GET", f"/quarantine/{m['id']}/original").status != 200]
        self.assertEqual(corrupt, [], "the index names messages that cannot be read")
        print(f"    {len(box.sent)} mails answered 250, {CUTS} power cuts, none missing; {len(held)} held, each read")
