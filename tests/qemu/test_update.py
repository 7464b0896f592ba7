"""Updates as an administrator makes them: uploaded to the API, tried, marked good or taken back, while mail flows.

SLUICE_UPDATE_CUTS: how many power cuts during installation and first start (3). ./test boards has 20.
"""
import http.client
import json
import os
import random
import threading
import time
import unittest

from harness import mails, net
from rig import images
from rig.box import SCAM, new_box
from rig.case import Qemu
from rig.machine import PATIENCE

CUTS = int(os.environ.get("SLUICE_UPDATE_CUTS", "3"))


class Update(Qemu):
    def box(self, **options):
        box = new_box(self, **options)
        box.wait_up()
        box.set_up()
        box.push({"update": {"trial_time": "60s"}})
        box.wait_mail()
        self.assertEqual(box.send("held before", mails.sample(SCAM)), 250)
        self.held = {m["id"]: box.original(m["id"]) for m in box.held()["messages"]}
        self.assertEqual(list(self.held.values()), [mails.sample(SCAM)])
        self.config = self.configuration(box)
        del box.sent["held before"]  # the load is owed to the mail server, this one to the quarantine
        self.stop_sending = threading.Event()
        self.addCleanup(self.stop_sending.set)
        return box

    def configuration(self, box):
        r = box.api("GET", "/config")
        self.assertEqual(r.status, 200, r.text)
        return r.text

    def upload(self, box, bundle, reboot=True):
        c = box.web.connect(timeout=PATIENCE)
        try:
            c.request("POST", "/api/v1/system/update" + ("?reboot=true" if reboot else ""), body=bundle.read_bytes(),
                      headers={"Authorization": f"Bearer {box.token}", "Content-Type": "application/octet-stream"})
            r = c.getresponse()
            return r.status, r.read().decode()
        finally:
            c.close()

    def begin_upload(self, box, bundle):
        try:
            self.upload(box, bundle)
        except (OSError, http.client.HTTPException):
            pass  # its power was cut

    def state_of_update(self, box):
        return box.api("GET", "/system/update").json()

    def wait_update(self, box, *states):
        def there():
            u = self.state_of_update(box)
            return u if u["state"] in states else None
        return net.wait_until(there, 2 * PATIENCE, f"update {states}", 1)

    def mail_flows(self, box):
        """A thread that sends one mail after the other until the test ends."""
        def send():
            n = 0
            while not self.stop_sending.is_set():
                n += 1
                if box.send(f"load {n}") is None:
                    time.sleep(1)
                time.sleep(0.2)
        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        return thread

    def assertNothingLost(self, box):
        owed = set(box.sent)
        net.wait_until(lambda: owed <= box.arrived(), 120, f"the mail that is owed: {sorted(owed - box.arrived())[:5]}", 1)

    def assertMailFlows(self, box):
        box.wait_page()
        box.wait_mail()
        subject = f"still here {time.monotonic_ns()}"
        net.wait_until(lambda: box.send(subject) == 250, PATIENCE, "a mail to be taken", 2)
        self.assertNothingLost(box)
        self.assertEqual({m["id"]: box.original(m["id"]) for m in box.held()["messages"]}, self.held, "what is held is not what was held before")
        self.assertEqual(self.configuration(box), self.config)

    def test_a_to_b_with_mail_flowing_and_nothing_lost(self):
        box = self.box()
        sender = self.mail_flows(box)
        since = box.position()
        status, text = self.upload(box, images.bundle(images.variant("plain", version="two", rollback_index=2)))
        self.assertIn(status, (200, 202), text)
        self.assertEqual(box.wait_up(since=since, timeout=3 * PATIENCE)[:2], ("B", "two"))
        box.wait_page()
        net.wait_until(lambda: box.system()["box"]["slot_state"] == "good", 2 * PATIENCE, "the new slot to be marked good", 1)
        self.assertEqual(str(box.system()["box"]["rollback_index"]), "2", "the index rises when the slot is good")
        self.assertMailFlows(box)
        self.stop_sending.set()
        sender.join()
        self.assertNothingLost(box)
        self.assertGreater(len(box.sent), 20)

        status, _ = self.upload(box, images.bundle(images.variant("plain", version="one", rollback_index=1)), reboot=False)
        self.assertIn(status, (200, 202))
        self.assertEqual(self.wait_update(box, "failed", "installed")["code"], "rollback")
        self.assertMailFlows(box)

    def comes_back(self, box, bundle, starts, timeout):
        since = box.position()
        status, text = self.upload(box, bundle)
        self.assertIn(status, (200, 202), text)
        tried = box.wait_boots("B", timeout=PATIENCE * 2, since=since)
        back = box.wait_boots("A", timeout=timeout, since=tried)
        self.assertEqual(box.boots(), ["A"] + ["B"] * starts + ["A"])
        self.assertEqual(box.wait_up(since=back)[0], "A")
        self.assertMailFlows(box)

    def test_one_that_crashes_comes_back(self):
        self.comes_back(self.box(), images.bundle(images.variant("crash", version="crash")), 3, 3 * PATIENCE)

    def test_one_that_hangs_comes_back(self):
        self.comes_back(self.box(), images.bundle(images.variant("hang", version="hang")), 3, 5 * PATIENCE)

    def test_one_that_cannot_forward_comes_back(self):
        self.comes_back(self.box(), images.bundle(images.variant("mute", version="mute")), 1, 3 * PATIENCE)

    def test_what_is_not_whole_or_not_ours_is_refused_with_the_reason(self):
        box = self.box()
        good = images.bundle(images.variant("plain", version="two", rollback_index=2)).read_bytes()
        middle = bytearray(good)
        middle[len(middle) // 2] ^= 1
        for name, octets in (("signature", good[:-300] + bytes(300)), ("cut", good[:len(good) // 2]), ("tampered", bytes(middle))):
            with self.subTest(name):
                f = self.folder / f"{name}.raucb"
                f.write_bytes(octets)
                status, text = self.upload(box, f, reboot=False)
                self.assertIn(status, (200, 202, 422), text)
                self.assertEqual(self.wait_update(box, "failed", "installed")["state"], "failed")
        c = box.web.connect()
        c.putrequest("POST", "/api/v1/system/update")
        for k, v in (("Authorization", f"Bearer {box.token}"), ("Content-Length", str(len(good))), ("Content-Type", "application/octet-stream")):
            c.putheader(k, v)
        c.endheaders()
        c.send(good[:len(good) // 3])
        c.close()
        self.assertEqual(self.wait_update(box, "failed")["code"], "upload")
        self.assertMailFlows(box)

    def test_in_96_mib_it_is_installed_or_refused_with_the_reason(self):
        box = self.box(memory=96)
        status, text = self.upload(box, images.bundle(images.variant("plain", version="two", rollback_index=2)), reboot=False)
        self.assertIn(status, (202, 507), text)
        if status == 507:
            self.assertEqual(json.loads(text)["title"], "Too little memory")
        else:
            self.assertEqual(self.wait_update(box, "failed", "installed")["state"], "installed")
        print(f"    96 MiB: {status}")
        self.assertIn("<h1", box.page())
        self.assertMailFlows(box)

    def test_power_cuts_during_installation_and_first_start(self):
        box = self.box()
        bundle = images.bundle(images.variant("plain", version="two", rollback_index=1))
        chance, when, took = random.Random(6), [], 0
        for n in range(CUTS):
            with self.subTest(cut=n):
                since, begun = box.position(), time.monotonic()
                if n % 2:  # while it is sent and written
                    threading.Thread(target=self.begin_upload, args=(box, bundle), daemon=True).start()
                    time.sleep(chance.uniform(0, took))
                else:  # at its end, on the way down, or in the first start
                    status, text = self.upload(box, bundle)
                    self.assertEqual(status, 202, text)
                    took = time.monotonic() - begun
                    time.sleep(chance.uniform(0, 90))
                box.cut_power()
                when.append("first start" if "sluice-boot: slot" in box.text[since:] else "installation")
                box.start()
                box.wait_for(r"U-Boot 20", since=since)
                self.assertEqual(box.wait_up(since=box.position(), timeout=4 * PATIENCE)[2], "ok")
                self.assertMailFlows(box)
                net.wait_until(lambda: box.system()["box"]["slot_state"] == "good", 3 * PATIENCE, "a good slot", 2)
        print("    %d power cuts: %s" % (CUTS, ", ".join(f"{when.count(w)} during {w}" for w in ("installation", "first start"))))


if __name__ == "__main__":
    unittest.main()
