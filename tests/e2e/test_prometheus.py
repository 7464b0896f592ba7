"""The metrics in front of their real readers: promtool, and a Prometheus that scrapes over HTTPS with a token of the role viewer; the
alarms and every expression of the dashboard are asked of it."""
import json
import re
import subprocess
import time
import unittest

from harness import certs, mails, net
from harness.case import E2E
from harness.process import ROOT
from harness.prometheus import PROMETHEUS, PROMTOOL, Prometheus
from harness.web import Web

DOCS = ROOT / "firmware/docs"
ALARMS, DASHBOARD = DOCS / "monitoring/alerts.yml", DOCS / "monitoring/grafana.json"
SCAM, SENDER = "entra_tenant_name_scam.eml", "bounce@microsoftonline.com"
NOT_EVERYWHERE = re.compile(r"sluice_(device|flash)_")  # what only some boxes tell


def promtool(*words, stdin=None):
    return subprocess.run([PROMTOOL, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=120)


def expressions():
    """(panel, expression) of the dashboard, its variables filled in as Grafana does."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")


@unittest.skipUnless(PROMTOOL and PROMETHEUS, "SKIPPED: no promtool here (package prometheus)")
class Metrics(E2E):
    def box(self, config=None):
        certificate, key = certs.leaf("mx.example.net")
        self.web = Web()
        config = {"tls": {"certificates": [{"certificate": str(certificate), "key": str(key)}]}, **(config or {})}
        self.box_sink = self.sink()
        return self.web.of(self.sluice(self.box_sink, self.web.config(config))).sluice

    def mail(self, s, count=1, starttls=False):
        for n in range(count):
            with s.client() as c:
                c.ehlo()
                if starttls:
                    c.starttls()
                    c.ehlo()
                self.assertReply(c.mail(mails.simple(f"number {n}")), 250)
                self.assertReply(c.mail(mails.sample(SCAM), sender=SENDER), 250)

    def test_promtool_finds_nothing_to_complain_about(self):
        s = self.box()
        self.mail(s)
        text = self.web.get("/metrics", token=self.web.status_token)
        self.assertEqual(text.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        run = promtool("check", "metrics", stdin=text.text)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))
        for words in (("check", "rules", ALARMS), ("test", "rules", DOCS / "monitoring/alerts_test.yml")):
            run = promtool(*words)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            self.assertIn("SUCCESS", run.stdout)

    def test_what_is_served_is_what_the_reference_says(self):
        s = self.box()
        self.mail(s)
        self.assertEqual((DOCS / "metrics.md").read_text(), s.cli("reference", "--format", "metrics").stdout, "build target reference writes it anew")
        described = {m[1]: (m[2], m[3]) for m in re.finditer(r"^\| `(\w+)` \| (\w+) \| ([^|]*?) ?\|", (DOCS / "metrics.md").read_text(), re.M)}
        text = self.web.get("/metrics", token=self.web.status_token).text
        kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
        self.assertEqual(set(kinds) - set(described), set(), "not in the reference")
        for name, kind in kinds.items():
            self.assertEqual(kind, described[name][0], name)
            if kind != "histogram":
                for labels in re.findall(rf"^{name}\{{(.*?)\}} ", text, re.M):
                    self.assertEqual(", ".join(re.findall(r'(\w+)="', labels)), described[name][1].strip(), name)
        self.assertEqual(len(re.findall(r"^# HELP ", text, re.M)), len(kinds))

    def test_prometheus_scrapes_it_and_dashboard_and_alarms_have_their_figures(self):
        s = self.box()
        token = self.web.make_token("prometheus", "viewer")["token"]
        p = Prometheus(f"127.0.0.1:{self.web.port}", token, certs.ca() / "ca.crt", "mx.example.net", ALARMS)
        self.addCleanup(p.stop)
        net.wait_until(lambda: p.value('up{job="sluice"}') == 1, 30, "a scrape", 0.5)
        for n in range(4):
            self.mail(s, 3, starttls=n % 2 == 0)
            time.sleep(1.2)
        net.wait_until(lambda: p.value("sluice_messages_total") == 24, 20, "all mail to be counted", 0.5)
        self.assertEqual(p.value("sum(sluice_messages_ended_total)"), 24)
        self.assertEqual(p.value('sluice_messages_ended_total{outcome="quarantined",verdict="quarantine"}'), 12)
        self.assertEqual(p.value('sluice_messages_by_profile_total{profile="entra",verdict="quarantine"}'), 12)
        self.assertEqual(p.value('sluice_findings_total{rule="slot-phone"}'), 12)
        self.assertEqual(p.value('sluice_messages_by_tls_total{version="1.3"}'), 12)
        self.assertEqual(p.value("sluice_end_of_data_seconds_count"), 24)
        self.assertGreater(p.value("sluice_end_of_data_seconds_sum"), 0)
        self.assertEqual(p.value("sluice_message_size_bytes_sum"), p.value("sluice_received_bytes_total"))
        self.assertLess(abs(p.value("process_start_time_seconds") - time.time()), 300)
        self.assertEqual(p.value('process_resident_memory_bytes > bool 1e6'), 1)
        self.assertGreater(p.value("process_cpu_seconds_total"), 0)
        self.assertGreater(p.value("sluice_certificate_expiry_timestamp_seconds - time()"), 20 * 86400)
        net.wait_until(lambda: p.value("sluice_quarantine_messages") == 12, 20, "the held messages to be counted", 0.5)
        for panel, expression in expressions():
            with self.subTest(panel=panel, expression=expression):
                found = p.query(expression)
                if not NOT_EVERYWHERE.search(expression) and "dns" not in expression:  # this box asks no DNS
                    self.assertNotEqual(found, [], "no data")
        groups = p.ask("rules")["groups"]
        rules = [r for g in groups for r in g["rules"]]
        self.assertEqual(len(rules), ALARMS.read_text().count("- alert:"))
        net.wait_until(lambda: all(r["health"] == "ok" for g in p.ask("rules")["groups"] for r in g["rules"]), 20, "every alarm to be evaluated", 0.5)
        firing = {a["labels"]["alertname"] for a in p.ask("alerts")["alerts"] if a["state"] == "firing"}
        self.assertEqual(firing, set())
        for target in p.ask("targets")["activeTargets"]:
            self.assertEqual((target["health"], target["lastError"]), ("up", ""))

    def test_strangers_cannot_make_more_series(self):
        s = self.box()
        self.mail(s)
        def series():
            return sorted({line.rsplit(" ", 1)[0] for line in self.web.get("/metrics", token=self.web.status_token).text.splitlines() if not line.startswith("#")})
        before = series()
        for n in range(30):
            with s.client(source=f"127.77.{n}.1") as c:
                c.ehlo(f"host{n}.example.org")
                c.mail(mails.sample(SCAM).replace(b"Subject: ", f"Subject: {n} \"}} 1\n# ".encode()[:8] + b" ", 1), sender=f"a{n}@x{n}.example.org")
        self.assertEqual(series(), before)
        self.assertLess(len(before), 600)
        self.assertLess(sum(map(len, before)), 48 * 1024)

    def test_open_metrics_for_those_who_ask(self):
        s = self.box()
        self.mail(s)
        reply = self.web.get("/metrics", token=self.web.status_token, headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
        self.assertEqual(reply.header("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertTrue(reply.text.endswith("\n# EOF\n"))
        self.assertIn("# TYPE sluice_forwarded counter\nsluice_forwarded_total 1\n", reply.text)
