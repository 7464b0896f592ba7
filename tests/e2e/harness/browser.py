"""A real browser: headless Chromium, driven over the WebDriver protocol (W3C) by Debian's chromium-driver.

    with Browser(self.folder / "browser") as b:
        b.open(f"https://127.0.0.1:{port}/login")
        b.type("#user", "admin"); b.type("#password", PASSWORD); b.click("button[type=submit]")
        b.wait_text("h1", "Overview")
        b.screenshot("overview.png")
        self.assertEqual(b.complaints(), [])        console errors, CSP violations, requests to other hosts, all pages so far

`page` arguments are CSS selectors. Options: width, height, dark, phone (390 px, touch), script (False: JavaScript is off).
"""
import base64
import http.client
import json
import pathlib
import shutil
import subprocess
import unittest
import urllib.parse

from . import net
from .process import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver") or shutil.which("chromium-driver")
AXE = ROOT / "build/deps/npm/axe.min.js"  # put there by toolchains/setup --test
PHONE = 390
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's name of a reference to an element
KEYS = {"tab": "\ue004", "enter": "\ue007", "escape": "\ue00c", "space": " ", "up": "\ue013", "down": "\ue015", "shift": "\ue008"}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--disable-default-apps", "--hide-scrollbars",
         "--force-color-profile=srgb"]
# Runs before every page's own script; what it says lands in the console, which is read for complaints().
WATCH = ("addEventListener('securitypolicyviolation',e=>console.error('csp-violation',e.violatedDirective,e.blockedURI));"
         "addEventListener('unhandledrejection',e=>console.error('unhandled-rejection',String(e.reason)));")

needs_browser = unittest.skipUnless(CHROMIUM and DRIVER, "SKIPPED: no Chromium with its driver here (packages chromium, chromium-driver)")
needs_axe = unittest.skipUnless(AXE.exists(), f"SKIPPED: {AXE} is missing (toolchains/setup --test with npm)")


class Failed(AssertionError):
    def __init__(self, value):
        super().__init__(f"{value.get('error')}: {value.get('message', '').splitlines()[0] if value.get('message') else ''}")
        self.error = value.get("error")


class Browser:
    def __init__(self, folder, width=1280, height=900, dark=False, phone=False, script=True):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.width, self.height, self.dark, self.phone, self.script_on = width, height, dark, phone, script
        self.console, self.requests, self.session = [], [], None
        self.patience = 20  # seconds for any one thing to appear
        self.port = net.free_port("127.0.0.1")
        self.log = open(self.folder / "driver.log", "ab")
        self.driver = subprocess.Popen([DRIVER, f"--port={self.port}"], stdout=self.log, stderr=self.log)
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            if self.session:
                self._call("DELETE", f"/session/{self.session}")
        except (OSError, AssertionError):
            pass
        self.session = None
        self.driver.terminate()
        self.driver.wait()
        self.log.close()

    def _begin(self):
        net.wait_until(lambda: net.connects("127.0.0.1", self.port), 30, "the browser's driver")
        options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={self.folder}/profile", f"--window-size={self.width},{self.height}"]}
        wanted = {"browserName": "chrome", "acceptInsecureCerts": True, "goog:chromeOptions": options,
                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        self.size(PHONE if self.phone else self.width, 844 if self.phone else self.height, self.phone)
        self.color("dark" if self.dark else "light")
        if not self.script_on:
            self.devtools("Emulation.setScriptExecutionDisabled", value=True)

    # ---- the protocol ----
    def _call(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            c.request(method, path, None if body is None and method != "POST" else json.dumps(body or {}), {"Content-Type": "application/json"})
            value = json.loads(c.getresponse().read())["value"]
        finally:
            c.close()
        if isinstance(value, dict) and value.get("error"):
            raise Failed(value)
        return value

    def _do(self, method, path, body=None):
        return self._call(method, f"/session/{self.session}{path}", body)

    def devtools(self, command, **parameters):
        return self._do("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    # ---- looks ----
    def size(self, width, height, touch=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)

    def color(self, scheme):
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, file, whole=False):
        """PNG of what is seen, or of the whole page."""
        more = {"captureBeyondViewport": True} if whole else {}
        if whole:
            box = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
            more["clip"] = {"x": 0, "y": 0, "width": box["width"], "height": box["height"], "scale": 1}
        data = self.devtools("Page.captureScreenshot", format="png", **more)["data"]
        path = pathlib.Path(file) if pathlib.Path(file).is_absolute() else self.folder / file
        path.write_bytes(base64.b64decode(data))
        return path

    # ---- pages ----
    def open(self, url):
        self._do("POST", "/url", {"url": url})
        return self

    @property
    def url(self):
        return self._do("GET", "/url")

    @property
    def path(self):
        return urllib.parse.urlsplit(self.url).path

    def source(self):
        return self._do("GET", "/source")

    def js(self, script, *arguments):
        """What `return ...` in the page gives; not stopped by the page's content policy."""
        return self._do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def all(self, page):
        return [e[ELEMENT] for e in self._do("POST", "/elements", {"using": "css selector", "value": page})]

    def has(self, page):
        return bool(self.all(page))

    def find(self, page, timeout=None):
        return net.wait_until(lambda: self.all(page), timeout or self.patience, f"{page} on {self.url}", 0.05)[0]

    def text(self, page):
        return self._settled(lambda: self._do("GET", f"/element/{self.find(page)}/text"))

    def texts(self, page):
        return self._settled(lambda: [self._do("GET", f"/element/{e}/text") for e in self.all(page)])

    def _settled(self, look):
        """What `look` returns once the page does not change under it any more."""
        for _ in range(20):
            try:
                return look()
            except Failed as e:
                if e.error != "stale element reference":
                    raise
        return look()

    def value(self, page, attribute="value"):
        return self._do("GET", f"/element/{self.find(page)}/property/{attribute}")

    def click(self, page):
        self._settled(lambda: self._do("POST", f"/element/{self.find(page)}/click"))

    def click_text(self, page, text):
        """Clicks the first of `page` whose text contains `text`."""
        look = lambda: self._settled(lambda: [e for e in self.all(page) if text in self._do("GET", f"/element/{e}/text")])
        found = net.wait_until(look, self.patience, f"{page} with {text!r}", 0.05)
        self._do("POST", f"/element/{found[0]}/click")

    def submit(self, page, text, timeout=None):
        """Clicks like click_text, then waits for the page that comes after it: one opened before that can take the form back, for a form
        with a file is sent a moment after the click."""
        before = self.find("html")
        self.click_text(page, text)
        net.wait_until(lambda: self._gone(before), timeout or self.patience, f"the page after {text!r}", 0.05)
        self.find("main")

    def _gone(self, element):
        try:
            self._do("GET", f"/element/{element}/name")
        except Failed as e:
            if e.error not in ("stale element reference", "no such element"):
                raise
            return True
        return False

    def type(self, page, text):
        e = self.find(page)
        self._do("POST", f"/element/{e}/clear")
        self._do("POST", f"/element/{e}/value", {"text": text})

    def select(self, page, value):
        self.click(f'{page} option[value="{value}"]')

    def press(self, *keys):
        """Keys to whatever has the focus: names of KEYS, "shift+tab", or characters."""
        actions = []
        for key in keys:
            parts = [KEYS.get(k, k) for k in (key.split("+") if len(key) > 1 else [key])]
            actions += [{"type": "keyDown", "value": p} for p in parts] + [{"type": "keyUp", "value": p} for p in reversed(parts)]
        self._do("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def focused(self):
        """The focused element's name: "a#id.class" and its text."""
        return self.js("const e=document.activeElement;return e.tagName.toLowerCase()+(e.id?'#'+e.id:'')+' '+(e.innerText||e.value||'').trim()")

    def answer_dialog(self, accept=True):
        """Of window.confirm(); our own pages use <dialog>, which is clicked like anything else."""
        self._do("POST", f"/alert/{'accept' if accept else 'dismiss'}")

    def wait(self, condition, what, timeout=None):
        return net.wait_until(condition, timeout or self.patience, what, 0.1)

    def wait_text(self, page, text, timeout=None):
        def shown():
            try:
                return any(text in t for t in self.texts(page))
            except Failed as e:
                if e.error == "stale element reference":
                    return False
                raise
        net.wait_until(shown, timeout or self.patience, f"{text!r} in {page}", 0.1)

    def wait_path(self, path, timeout=None):
        net.wait_until(lambda: self.path == path, timeout or self.patience, f"the page {path}", 0.1)

    def overflow(self):
        """How many pixels the page is wider than the window."""
        return self.js("const d=document.documentElement;return Math.max(d.scrollWidth,document.body.scrollWidth)-d.clientWidth")

    # ---- what must not happen ----
    def _collect(self):
        self.console += self._do("POST", "/se/log", {"type": "browser"})
        for entry in self._do("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])

    def hosts(self):
        """Every host that any page asked for something."""
        self._collect()
        return {urllib.parse.urlsplit(u).netloc for u in self.requests if not u.startswith(("data:", "chrome", "about:", "blob:"))}

    def complaints(self, own=None, allowed=()):
        """Console errors, violations of the content policy, and requests to hosts but `own` (default: the present page's).
        `allowed`: parts of messages that a test provokes, such as a status of 403."""
        hosts = self.hosts()
        out = [e["message"] for e in self.console if e["level"] in ("SEVERE", "WARNING") and not any(a in e["message"] for a in allowed)]
        own = own or urllib.parse.urlsplit(self.url).netloc
        return out + [f"asked another host: {h}" for h in sorted(hosts - {own})]

    def axe(self):
        """Violations of accessibility rules as axe-core sees them: [{id, help, nodes}]."""
        if not self.js("return typeof window.axe !== 'undefined'"):
            self.js(AXE.read_text())
        script = ("const done=arguments[0];axe.run(document,{resultTypes:['violations']}).then(r=>done(r.violations.map(v=>"
                  "({id:v.id,help:v.help,nodes:v.nodes.map(n=>n.html.slice(0,200)+' '+(n.any[0]||n.all[0]||n.none[0]||{}).message)}))),e=>done([{id:'failed',help:String(e),nodes:[]}]))")
        return self._do("POST", "/execute/async", {"script": script, "args": []})

    def weight(self):
        """(octets over the wire, milliseconds to load) of the present page with everything it needs."""
        return tuple(self.js("const n=performance.getEntriesByType('navigation')[0];const r=performance.getEntriesByType('resource')"
                             ".filter(e=>e.initiatorType!='eventsource'&&e.initiatorType!='fetch');return [n.transferSize+r.reduce((a,e)=>a+e.transferSize,0),n.loadEventEnd]"))


def sign_in(browser, web, user="admin", password=None, next_path="/"):
    """Through the login form."""
    from .web import PASSWORD
    browser.open(f"https://{web.host}:{web.port}/login?next={urllib.parse.quote(next_path)}")
    browser.type("#user", user)
    browser.type("#password", password or PASSWORD)
    browser.click("main button[type=submit]")
    browser.wait_path(next_path)
    return browser
