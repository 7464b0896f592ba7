"""The box in use: first-boot set-up by API, a pushed configuration, mail by swaks with STARTTLS, the quarantine, memory."""
import re
import shutil
import subprocess
import unittest

from harness import mails, net
from harness.browser import Browser, needs_browser, sign_in
from rig import images
from rig.box import SANDBOXED, SCAM, new_box
from rig.case import Qemu
from rig.machine import PATIENCE


def memory_of(box):
    """(KiB of the process, KiB available of the machine), as the page and the API tell them."""
    text = box.web.get("/metrics", token=box.token).text
    process = re.search(r"^(?:sluice_)?process_resident_memory_bytes (\S+)", text, re.M)
    available = re.search(r"^sluice_\w*memory_available_bytes (\S+)", text, re.M)
    return tuple(int(float(m[1])) // 1024 if m else None for m in (process, available))


class InUse(Qemu):
    def working_box(self, **options):
        box = new_box(self, **options)
        box.wait_up()
        box.set_up()
        box.push()
        box.wait_mail()
        return box

    def whole_way(self, **options):
        box = self.working_box(**options)
        self.assertRegex(box.system()["box"]["status"], SANDBOXED)
        if shutil.which("swaks"):
            sent = subprocess.run(["swaks", "--server", box.host, "--port", str(box.ports[25]), "--tls", "--from", "alice@example.org", "--to", "bob@example.net",
                                   "--data", "-", "--timeout", "120"], input=mails.simple(subject="Minutes").decode().replace("\r\n", "\n"), capture_output=True, text=True)
            self.assertEqual(sent.returncode, 0, sent.stdout[-2000:])
            self.assertIn("TLS started", sent.stdout)
        else:
            self.assertEqual(box.send("Minutes"), 250)
        net.wait_until(lambda: "Minutes" in box.arrived(), 60, "the genuine mail at the mail server")
        self.assertEqual(box.send("scam", mails.sample(SCAM)), 250)
        held = box.held()
        self.assertEqual(len(held["messages"]), 1, held)
        print("    memory, KiB: process %s, available %s (of the machine's %s MiB)" % (*memory_of(box), box.memory))
        released = box.api("POST", f"/quarantine/{held['messages'][0]['id']}/release")
        self.assertIn(released.status, (200, 202), released.text)
        net.wait_until(lambda: len(box.mail_server.accepted) >= 2, 60, "the released mail at the mail server")
        return box

    def test_set_up_push_forward_hold_release_in_128_mib(self):
        box = self.whole_way()
        s = box.system()
        self.assertEqual((s["appliance"], s["box"]["slot"]), (True, "A"))

    @needs_browser
    def test_a_person_releases_a_scam_on_the_page_of_the_box_in_128_mib(self):
        box = self.working_box()
        self.assertEqual(box.send("scam", mails.sample(SCAM)), 250)
        held = box.held()["messages"][0]["id"]
        b = Browser(self.folder / "browser")
        self.addCleanup(b.close)
        b.patience = PATIENCE / 2
        sign_in(b, box.web, next_path="/quarantine")
        b.click(f'a[href="/quarantine/{held}"]')
        b.wait_path("/quarantine/" + held)
        b.wait_text("main", "A telephone number stands in a field where none belongs.")
        self.assertTrue(any("555" in words for words in b.texts("mark")), b.texts("mark"))
        b.screenshot("message.png", whole=True)
        b.click("button[value=release]")
        b.wait_text("h1", "Release to its readers?")
        self.assertEqual(box.mail_server.accepted, [])
        b.click("main form .actions button[type=submit]")
        b.wait_text("main", "Released to 1 recipient")
        got = box.mail_server.wait_accepted(1, PATIENCE)[0].data
        self.assertTrue(got.replace(b"\r\n", b"\n").endswith(mails.sample(SCAM).replace(b"\r\n", b"\n")), "the released mail is not what came in")
        self.assertEqual(b.complaints(), [])
        print("    memory after the browser, KiB: process %s, available %s (of the machine's %s MiB)" % (*memory_of(box), box.memory))

    def test_mail_and_page_work_in_96_mib(self):
        self.whole_way(memory=96)

    def test_32_bit_forwards(self):
        box = self.working_box(image=images.image("qemu-armhf"), board="qemu-armhf")
        self.assertRegex(box.system()["box"]["status"], SANDBOXED)
        self.assertEqual(box.send("from the small one"), 250)
        net.wait_until(lambda: "from the small one" in box.arrived(), 60, "the mail")


if __name__ == "__main__":
    unittest.main()
