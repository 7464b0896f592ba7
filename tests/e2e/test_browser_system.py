"""Files sent from a browser: an update of the box with its progress, refused and installed, and a configuration as a file; with
script, and without. The supervisor is a scripted one."""
import unittest

import test_system
from harness import net
from harness.browser import Browser, needs_axe, needs_browser, sign_in

SLOW = 400_000  # octets a second of the browser's way to the box, so that a bar has something to show


@needs_browser
class BrowserSystem(test_system.Box):
    def signed_in(self, path, **how):
        if (self.web.data / "setup.secret").exists():
            self.web.set_up()
        self.root = f"https://127.0.0.1:{self.web.port}"
        b = Browser(self.folder / f"browser{len(self._cleanups)}", **how)
        self.addCleanup(b.close)
        return sign_in(b, self.web, next_path=path)

    def choose(self, b, page, file):
        b._do("POST", f"/element/{b.find(page)}/value", {"text": str(file)})

    def bundle(self, name="new.raucb", times=1):
        file = self.folder / name
        file.write_bytes(test_system.BUNDLE * times)
        return file

    # ---- updates ----
    def test_an_update_shows_how_far_it_is_and_is_installed(self):
        self.box()
        self.sup.script["install"] = ["progress 10 checking", 1.0, "progress 70 Copying image to rootfs.1", 5.0, "ok version=1.1"]
        b = self.signed_in("/system")
        b.devtools("Network.enable")
        b.devtools("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=SLOW)
        file = self.bundle(times=2)
        self.assertFalse(b.js("return document.querySelector('[data-upload-bar]').checkVisibility()"))
        self.choose(b, "#bundle", file)
        b.js("window.bar = []; new MutationObserver(all => { for (const m of all) if (m.target.matches && m.target.matches('[data-upload-bar]') && !m.target.hidden) "
             "bar.push(m.target.value) }).observe(document.body, {subtree: true, attributes: true})")
        b.click_text("#update button", "Install")
        seen = net.wait_until(lambda: (lambda v: v if v and 0 < v[-1] < 100 else None)(b.js("return window.bar || []")), 30, "a bar half way", 0.05)
        self.assertEqual(seen, sorted(seen), "it only grows")
        b.screenshot("upload.png")
        b.wait_text("#update", "Copying image to rootfs.1", 60)
        b.wait(lambda: b.js("const p = document.querySelector('#update progress'); return p && p.value") == 70, "the bar of the installation")
        b.screenshot("installing.png")
        b.wait_text("#update", "1.1", 60)
        b.wait_text("#update", "Restart into it")
        self.assertEqual(self.sup.seen["install"], [file.read_bytes()])
        self.assertEqual(b.complaints(), [])

    def test_what_the_box_refuses_is_told_in_its_words(self):
        self.box()
        self.sup.script["install"] = ["error rollback the bundle has rollback index 3, this box takes 7 and above"]
        b = self.signed_in("/system")
        self.choose(b, "#bundle", self.bundle())
        b.click_text("#update button", "Install")
        b.wait_text("#update", "this box takes 7 and above")
        self.sup.facts["slot_state"] = "trying"
        b.open(self.root + "/system")
        self.choose(b, "#bundle", self.bundle())
        b.click_text("#update button", "Install")
        b.wait_text("main", "itself on trial")
        self.assertEqual(b.complaints(allowed=["status of 409"]), [])

    def test_without_script_an_update_is_a_plain_form(self):
        self.box()
        b = self.signed_in("/system", phone=True, script=False)
        self.choose(b, "#bundle", self.bundle())
        b.submit("#update button", "Install")
        b.wait(lambda: b.open(self.root + "/system") and "is installed" in b.text("#update"), "the end of the installation")
        self.assertEqual(self.sup.verbs(), ["install"])
        self.assertLessEqual(b.overflow(), 0)

    # ---- a configuration as a file ----
    def toml(self, name, *lines):
        file = self.folder / name
        file.write_bytes(self.s.config_file.read_bytes() + "".join(line + "\r\n" for line in lines).encode())
        return file

    def test_a_configuration_is_pushed_from_a_file_and_confirmed(self):
        for script in (True, False):
            with self.subTest(script=script):
                self.box() if script else None
                b = self.signed_in("/config", script=script, phone=not script)
                file = self.toml("new.toml", f"# {'50 % & more + ä' if script else 'again'}")
                self.choose(b, "#file", file)
                b.click_text("#change-file button", "Check and compare the file")
                b.wait_text("h1", "Check")
                self.assertIn("50 % & more + ä" if script else "again", b.value("#text"))
                b.open(self.root + "/config")
                self.choose(b, "#file", file)
                b.screenshot(f"config-file-{script}.png", whole=True)
                self.assertLessEqual(b.overflow(), 0)
                b.submit("#change-file button", "Push the file")
                b.wait(lambda: b.open(self.root + "/config") and b.has('#pending form[action="/config/confirm"] button'), "the confirm", 60)
                b.click('#pending form[action="/config/confirm"] button')
                b.wait(lambda: not b.has('#pending form[action="/config/confirm"] button'), "the answer to that")  # opened now, it might be given up
                b.wait(lambda: not b.open(self.root + "/config").has("#pending button"), "confirmed")
                self.assertEqual(self.web.local("GET", "/api/v1/config").text.encode(), file.read_bytes(), "octet by octet")
                self.assertEqual(b.complaints(), [])

    def test_a_file_that_is_none_changes_nothing(self):
        self.box()
        b = self.signed_in("/config")
        before = self.web.local("GET", "/api/v1/config").text
        for content, status, words in ((b"comand = 1\n", 422, "unknown key"), (b"\x00\x01\x02", 422, ""), (b"# x\n" * 20000, 413, "")):
            file = self.folder / "bad.toml"
            file.write_bytes(content)
            b.open(self.root + "/config")
            self.choose(b, "#file", file)
            b.click_text("#change-file button", "Push the file")
            b.wait(lambda: b.path == "/config" and b.text("h1") != "Config", "an answer")
            self.assertIn(words, b.text("main"))
        self.assertEqual(self.web.local("GET", "/api/v1/config").text, before)
        session = self.web.login()
        fields = lambda csrf: (f'--BB\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n--BB\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
                               f'# x\n\r\n--BB--\r\n').encode()
        head = {"Content-Type": "multipart/form-data; boundary=BB"}
        ask = lambda body: self.web.ask("POST", "/config?do=push", body, head, session=session, csrf=False).status
        self.assertEqual(ask(fields("0" * 32)), 403)
        self.assertEqual(ask(fields(session.csrf)), 412, "the page that was open is not named")
        for broken in (b"--BB", b"no form at all", fields(session.csrf)[:-10]):
            self.assertEqual(ask(broken), 400)
        self.assertEqual(self.web.local("GET", "/api/v1/config").text, before)

    @needs_axe
    def test_nobody_is_kept_out(self):
        self.box()
        b = self.signed_in("/config")
        for path in ("/config", "/system", "/messages"):
            self.assertEqual(b.open(self.root + path).axe(), [], path)
            self.assertLessEqual(b.overflow(), 0)


if __name__ == "__main__":
    unittest.main()
