"""The page in a real browser: set-up, login, roles, live numbers, a verdict in words, phone, dark, keyboard, no script.
Nothing from another host, nothing in the console, no accessibility violation."""
import re
import subprocess

from harness import mails
from harness.browser import Browser, needs_axe, needs_browser, sign_in
from harness.case import E2E
from harness.web import PASSWORD, Web

SCAM, SENDER = "entra_tenant_name_scam.eml", "bounce@microsoftonline.com"
VIEWS = ("/", "/messages", "/quarantine", "/profiles", "/lists", "/config", "/system", "/system/audit", "/account")
WEIGHT, TIME = 150 * 1024, 1000  # of the first view: octets over the wire, milliseconds


class Box(E2E):
    def box(self, config=None):
        self.web, self.down = Web(), self.sink()
        # A browser takes four connections at a time and an event stream: two of them do not wait for each other.
        self.mta = self.sluice(self.down, self.web.config({"memory": {"sessions": 64, "loops": 2, "status_sessions": 8}, **(config or {})}))
        self.web.of(self.mta)
        self.root = f"https://127.0.0.1:{self.web.port}"
        self.browsers = 0
        return self.mta

    def browser(self, **how):
        self.browsers += 1
        b = Browser(self.folder / f"browser{self.browsers}", **how)
        self.addCleanup(b.close)
        return b

    def signed_in(self, user="admin", **how):
        if user == "admin" and (self.web.data / "setup.secret").exists():
            self.web.set_up()
        return sign_in(self.browser(**how), self.web, user)

    def send(self, *messages):
        with self.mta.client() as c:
            c.ehlo()
            for content, sender in messages:
                self.assertReply(c.mail(content, sender=sender), 250)

    def scam(self):
        self.send((mails.sample(SCAM), SENDER))
        return self.mta.events("message")[-1]

    def views(self):
        """The views that this box has."""
        token = self.web.make_token("views", "admin")["token"]
        return [v for v in VIEWS if self.web.get(v, token=token).status == 200]


@needs_browser
class Pages(Box):
    def test_a_new_box_is_set_up_from_its_page(self):
        self.box()
        b = self.browser().open(self.root + "/")
        b.wait_path("/setup")
        secret = (self.web.data / "setup.secret").read_text().strip()
        for field, text in (("secret", secret), ("user", "admin"), ("password", PASSWORD), ("again", PASSWORD)):
            b.type("#" + field, text)
        b.click("main button[type=submit]")
        b.wait_path("/")
        self.assertEqual(b.text("h1"), "Overview")
        b.open(self.root + "/account")
        b.click_text("button", "Log out")
        b.wait_path("/login")
        b.open(self.root + "/messages")
        b.wait_path("/login")
        b.type("#user", "admin")
        b.type("#password", "wrong horse battery")
        b.click("main button[type=submit]")
        b.wait_text("[role=alert]", "That was wrong.")
        sign_in(b, self.web, next_path="/messages")
        self.assertEqual(b.complaints(allowed=["status of 403"]), [])

    def test_each_role_sees_what_it_may_do_and_nothing_else(self):
        self.box()
        admin = self.signed_in()
        for name in ("viewer", "operator"):
            self.web.add_user(name, name)
        admin.open(self.root + "/system")
        self.assertIn("Users", admin.texts("h2"))
        for name in ("viewer", "operator"):
            b = self.signed_in(name)
            b.open(self.root + "/system")
            self.assertNotIn("Users", b.texts("h2"))
            self.assertNotIn("API tokens", b.texts("h2"))
            self.assertEqual(b.texts(".who span"), [name])
            self.assertEqual(b.js("return fetch('/system/audit').then(r => r.status)"), 403)
            self.assertEqual(b.complaints(allowed=["status of 403"]), [])

    def test_users_and_tokens_are_made_and_removed_in_forms(self):
        self.box()
        b = self.signed_in()
        b.open(self.root + "/system")
        b.click_text("#users summary", "Add a user")
        b.type("#name", "vera")
        b.select("#role", "operator")
        b.type("#password", PASSWORD)
        b.click_text("#users button", "Add the user")
        b.wait_text("#users td", "vera")
        b.click_text("#tokens summary", "Make a token")
        b.type("#token-name", "prometheus")
        b.click_text("#tokens button", "Make the token")
        b.wait_text("#fresh", "slu_")
        token = b.text("#fresh")
        self.assertEqual(self.web.get("/metrics", token=token).status, 200)
        b.open(self.root + "/system")
        self.assertNotIn(token, b.source(), "shown once")
        b.click_text("#tokens td button", "Revoke")
        b.wait_text("dialog p", "Revoke the token prometheus?")
        b.click_text("dialog button", "Cancel")
        self.assertEqual(self.web.get("/metrics", token=token).status, 200, "a question that was answered with no")
        b.click_text("#tokens td button", "Revoke")
        b.click_text("dialog button", "Revoke")
        b.wait_text("#tokens .empty", "There is none.")
        self.assertEqual(self.web.get("/metrics", token=token).status, 401)
        row = next(i for i, t in enumerate(b.texts("#users tbody tr")) if t.startswith("vera"))
        b.click(f"#users tbody tr:nth-child({row + 1}) .danger")
        b.click_text("dialog button", "Remove")
        b.wait(lambda: not any("vera" in t for t in b.texts("#users td")), "vera to be gone")
        self.assertIsInstance(self.web.login("admin"), object)
        self.assertEqual(self.web.login("vera").status, 403)
        b.open(self.root + "/system/audit")
        text = b.text("table")
        for words in ("add user vera as operator", "make token prometheus as viewer", "remove user vera"):
            self.assertIn(words, text)
        self.assertNotIn(token, text)
        self.assertEqual(b.complaints(), [])

    def test_numbers_move_while_mail_flows_without_a_reload(self):
        self.box()
        b = self.signed_in()
        b.js("window.still = true")
        self.assertEqual(b.text("[data-live=forwarded]"), "0")
        for n in (1, 2, 3):
            self.send((mails.simple(f"Minutes {n}"), "alice@example.org"))
            b.wait(lambda n=n: b.text("[data-live=forwarded]") == str(n), f"{n} delivered on the page")
        self.scam()
        b.wait(lambda: b.text("[data-live=quarantined]") == "1", "the held message on the page")
        b.wait_text("#latest td", "Minutes 3")
        b.wait(lambda: b.has("svg.spark .bar-good"), "a bar in the picture of the hour", 40)
        self.assertTrue(b.js("return window.still === true"))
        self.assertEqual(b.complaints(), [])

    def test_a_verdict_is_found_and_read_in_words(self):
        self.box()
        b = self.signed_in()
        self.send((mails.simple("Lunch"), "alice@example.org"))
        event = self.scam()
        b.open(self.root + "/messages")
        self.assertEqual(len(b.all("#list tbody tr")), 2)
        b.select("#outcome", "quarantined")
        b.click_text("button", "Show")
        b.wait(lambda: len(b.all("#list tbody tr")) == 1, "one message")
        b.click("#list tbody a")
        b.wait_path("/messages/" + event["id"])
        text = b.text("main")
        for words in ("A telephone number stands in a field where none belongs.", "slot tenant", event["id"], "points", "The sender's template", "250"):
            self.assertIn(words, text)
        self.assertTrue(any("555-0142" in t for t in b.texts(".findings mark")))
        self.assertTrue(any("555-0142" in t for t in b.texts(".template .slot mark")), "marked in the slot it stood in")
        b.click_text("a", "Microsoft Entra")
        b.wait_path("/profiles/entra")
        self.assertEqual(b.texts(".tiles strong"), ["1", "1", "0"])
        for query, found in (("q=lunch", 1), ("q=" + event["id"], 1), ("sender=microsoftonline.com", 1), ("rule=slot-phone", 1), ("profile=entra", 1), ("q=nothing-of-that", 0)):
            b.open(self.root + "/messages?" + query)
            self.assertEqual(len(b.all("#list tbody tr")), found, query)
        twin = self.web.get("/api/v1/messages/" + event["id"], token=self.web.status_token).json()
        self.assertEqual((twin["outcome"], twin["profile"]), ("quarantined", "entra"))
        self.assertIn("555-0142", str(twin["name_slots"] or twin["subject_slots"]))
        self.assertEqual(b.complaints(), [])

    def test_a_strangers_words_are_never_markup(self):
        self.box()
        b = self.signed_in()
        evil = mails.simple("<img src=x onerror=alert(1)>", "<script>alert(2)</script>\r\n", sender="\"><svg/onload=alert(3)>@example.org")
        self.send((evil, "alice@example.org"))
        b.open(self.root + "/messages?q=%3Cscript%3Ealert(4)%3C/script%3E&sender=%22%3E%3Cscript%3E")
        b.open(self.root + "/messages")
        b.click("#list tbody a")
        b.find("h1")
        self.assertIn("<img src=x onerror=alert(1)>", b.text("h1"))
        self.assertEqual(b.all("main img, main script, svg[onload]"), [])
        self.assertEqual(b.complaints(), [])

    def test_it_fits_a_phone_in_light_and_dark(self):
        self.box()
        self.send((mails.simple("A subject that is long enough to need more than one line on a small phone " * 2), "alice@example.org"))
        event = self.scam()
        b, paths = self.signed_in(phone=True), [*self.views(), "/messages/" + event["id"], "/profiles/entra"]
        for scheme in ("light", "dark"):
            b.color(scheme)
            for path in paths:
                b.open(self.root + path)
                self.assertLessEqual(b.overflow(), 0, f"{path} is wider than a phone")
            self.assertEqual(b.js("return getComputedStyle(document.body).backgroundColor") == "rgb(243, 246, 247)", scheme == "light")
        self.assertEqual(b.complaints(), [])

    def test_it_is_used_by_keyboard_alone(self):
        self.box()
        self.web.set_up()
        event = self.scam()
        b = self.browser().open(self.root + "/login")
        b.press("tab")
        self.assertEqual(b.focused(), "a Skip to the content")
        b.press("enter", "tab", *"admin", "tab", *PASSWORD, "enter")
        b.wait_path("/")
        b.press("tab", "tab", "tab")  # skip, Overview, Messages
        self.assertEqual(b.focused(), "a Messages")
        ring = b.js("const s=getComputedStyle(document.activeElement);return s.outlineStyle+' '+s.outlineWidth")
        self.assertEqual(ring, "solid 3px", "where the focus is, is seen")
        b.press("enter")
        b.wait_path("/messages")
        for _ in range(40):
            b.press("tab")
            if b.js("return document.activeElement.getAttribute('href')||''").startswith("/messages/v"):
                break
        b.press("enter")
        b.wait_path("/messages/" + event["id"])
        self.assertEqual(b.complaints(), [])

    def test_without_script_the_numbers_that_matter_are_there(self):
        self.box()
        self.send((mails.simple(), "alice@example.org"))
        self.scam()
        self.web.set_up()
        b = sign_in(self.browser(script=False), self.web)
        text = b.text("main")
        for words in ("delivered", "quarantined", "Mail servers behind", "Budgets", "Certificates", "Temperature", "generation 1"):
            self.assertIn(words, text)
        self.assertIn("1", b.texts(".tiles strong"))
        self.assertRegex(b.text("#latest time"), r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$")
        b.open(self.root + "/messages?outcome=quarantined")
        b.click("#list tbody a")
        b.wait_text("h2", "Why")

    def test_the_first_view_is_small_and_quick(self):
        self.box()
        self.web.set_up()
        b = self.browser().open(self.root + "/login")
        octets, _ = b.weight()
        self.assertLess(octets, WEIGHT)
        sign_in(b, self.web)
        octets, milliseconds = b.weight()
        print(f"    first view: {octets} octets, {milliseconds:.0f} ms")
        self.assertLess(octets, WEIGHT)
        best = milliseconds
        for _ in range(4):  # the machine has other work; the page has a second
            if best < TIME:
                break
            b.open(self.root + "/")
            best = min(best, b.weight()[1])
        self.assertLess(best, TIME)
        fresh = self.web.get("/style.css")
        packed = subprocess.run(["curl", "-sk", "-H", "Accept-Encoding: gzip", "-D", "-", "-o", "/dev/null", self.root + "/style.css"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(packed, r"(?i)content-encoding: gzip")
        self.assertLess(int(re.search(r"(?i)content-length: (\d+)", packed)[1]), len(fresh.body) / 2)
        again = self.web.get("/style.css", headers={"If-None-Match": fresh.header("ETag")})
        self.assertEqual((again.status, again.body), (304, b""))


@needs_browser
@needs_axe
class Accessible(Box):
    def test_no_view_has_an_accessibility_violation(self):
        self.box()
        self.send((mails.simple(), "alice@example.org"))
        event = self.scam()
        b = self.browser().open(self.root + "/setup")
        found = {"/setup": b.axe()}
        self.web.set_up()
        b.open(self.root + "/login")
        found["/login"] = b.axe()
        sign_in(b, self.web)
        paths = [*self.views(), "/messages/" + event["id"], "/profiles/entra"]
        for scheme, phone in (("light", False), ("dark", False), ("light", True)):
            b.color(scheme)
            b.size(390 if phone else 1280, 844, phone)
            for path in paths:
                b.open(self.root + path)
                b.js("document.querySelectorAll('details').forEach(d => d.open = true)")
                found[f"{path} {scheme}{' phone' if phone else ''}"] = b.axe()
        bad = {where: v for where, v in found.items() if v}
        self.assertEqual(bad, {})
        print(f"    axe: {len(found)} pages looked at, no violation")
