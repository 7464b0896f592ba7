"""Certificates of a running box: uploaded, requested, refused, replaced and deleted, and what listeners and page then show, with openssl as the CA and the client."""
import email
import email.policy
import json
import os
import re
import ssl
import stat
import subprocess
import time

from harness import certs, mails, net
from harness.case import E2E
from harness.client import trusting
from harness.web import Web

STARTTLS = [{"tls": "starttls"}]


def openssl(*words, data=None):
    return subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=True).stdout


def fingerprint(der):
    import hashlib
    return hashlib.sha256(der).hexdigest()


def of_pem(pem):
    return fingerprint(ssl.PEM_cert_to_DER_cert(re.search(r"-----BEGIN CERTIFICATE.*?END CERTIFICATE-----", pem, re.S)[0]))


class Certificates(E2E):
    def box(self, config=None):
        self.web = Web()
        self.down = self.sink()
        s = self.sluice(self.down, self.web.config(config), STARTTLS)
        self.web.of(s)
        return s

    def shown(self, name, where="smtp", kind="ECDSA"):
        """Fingerprint of what a client of that name gets."""
        at = f"{self.web.sluice.host}:{self.web.sluice.port}" if where == "smtp" else f"127.0.0.1:{self.web.port}"
        words = ["s_client", "-connect", at, "-servername", name, "-tls1_2", "-cipher", f"a{kind}"] + (["-starttls", "smtp"] if where == "smtp" else [])
        text = subprocess.run(["openssl", *words], input=b"QUIT\n", capture_output=True).stdout.decode()
        return of_pem(text)

    def upload(self, chain, key=None, name=""):
        return self.web.local("POST", "/api/v1/certificates", {"name": name, "certificate": chain, "key": key or ""})

    def sign(self, csr, days=30):
        folder = certs.ca()
        (self.folder / "in.csr").write_text(csr)
        openssl("x509", "-req", "-in", self.folder / "in.csr", "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-set_serial", "4711", "-days", days,
                "-copy_extensions", "copy", "-out", self.folder / "out.crt")
        return (self.folder / "out.crt").read_text()

    def test_an_upload_is_in_force_at_once_and_sessions_go_on(self):
        s = self.box()
        made = self.shown("mx.example.net")
        crt, key = certs.leaf("mx.example.net", folder=self.folder)
        with s.client() as before:
            before.ehlo()
            before.starttls(trusting())
            before.ehlo()
            reply = self.upload(crt.read_text(), key.read_text(), "mx")
            self.assertEqual(reply.status, 201, reply.text)
            self.assertReply(before.mail(mails.simple()), 250)
        mine = of_pem(crt.read_text())
        self.assertEqual(reply.json()["sha256"], mine)
        self.assertNotEqual(made, mine)
        self.assertEqual([self.shown("mx.example.net"), self.shown("mx.example.net", "https"), self.shown("other.example")], [mine] * 3)
        stored = self.web.data / "certificates" / "mx.pem"
        self.assertEqual(stat.S_IMODE(os.stat(stored).st_mode), 0o600)
        # A second pair: RSA of the same name, and one of another name; the client's wishes choose
        rsa = certs.leaf("mx.example.net", "rsa", folder=self.folder)
        self.assertEqual(self.upload(rsa[0].read_text(), rsa[1].read_text()).json()["name"], "mx.example.net-rsa")
        two = certs.leaf("two.example.net", folder=self.folder)
        self.assertEqual(self.upload(two[0].read_text(), two[1].read_text()).status, 201)
        self.assertEqual(self.shown("mx.example.net", kind="RSA"), of_pem(rsa[0].read_text()))
        self.assertEqual(self.shown("two.example.net"), of_pem(two[0].read_text()))
        self.assertEqual(self.shown("mx.example.net"), mine)
        # The same name replaces
        fresh = certs.leaf("mx.example.net", tag="2", folder=self.folder)
        self.assertEqual(self.upload(fresh[0].read_text(), fresh[1].read_text(), "mx").status, 200)
        self.assertEqual(self.shown("mx.example.net"), of_pem(fresh[0].read_text()))
        # and all of it survives a restart
        s.stop()
        s.start()
        self.assertEqual(self.shown("mx.example.net", "https"), of_pem(fresh[0].read_text()))
        listed = self.web.local("GET", "/api/v1/certificates")
        self.assertNotIn("PRIVATE KEY", listed.text)
        self.assertEqual([c["name"] for c in listed.json()["stored"]], ["mx", "mx.example.net-rsa", "two.example.net-ecdsa"])
        self.assertLessEqual({c["days_left"] for c in listed.json()["stored"]}, {29, 30})
        self.assertEqual(self.web.local("DELETE", "/api/v1/certificates/two.example.net-ecdsa").status, 204)
        self.assertEqual(self.shown("two.example.net"), of_pem(fresh[0].read_text()))
        self.assertEqual(self.web.local("DELETE", "/api/v1/certificates/two.example.net-ecdsa").status, 404)

    def test_a_bad_pair_is_refused_with_its_reason_and_the_good_one_stays(self):
        self.box({"tls": {"stored_certificates": 1}})
        crt, key = certs.leaf("mx.example.net", folder=self.folder)
        self.assertEqual(self.upload(crt.read_text(), key.read_text(), "mx").status, 201)
        good = of_pem(crt.read_text())
        other = certs.leaf("other.example", folder=self.folder)
        f = self.folder
        openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", f / "weak.key", "-out", f / "weak.crt", "-days", "9", "-subj", "/CN=weak.example")
        (f / "index").write_text("")
        (f / "ca.cnf").write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={f}/index\nserial={f}/serial\nnew_certs_dir={f}\npolicy=p\ndefault_md=sha256\n[p]\ncommonName=optional\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f / "old.key", "-out", f / "old.csr", "-subj", "/CN=old.example")
        openssl("ca", "-batch", "-notext", "-selfsign", "-create_serial", "-config", f / "ca.cnf", "-in", f / "old.csr", "-keyfile", f / "old.key", "-out", f / "old.crt",
                "-startdate", "20200101000000Z", "-enddate", "20200201000000Z")
        ca = (certs.ca() / "ca.crt").read_text()
        text = crt.read_text()
        for reason, chain, secret, name in (
                ("does not belong to the certificate", text, other[1].read_text(), "mx"),
                ("1024 bits", (f / "weak.crt").read_text(), (f / "weak.key").read_text(), "mx"),
                ("expired", (f / "old.crt").read_text(), (f / "old.key").read_text(), "mx"),
                ("did not issue the one before it", text + other[0].read_text(), key.read_text(), "mx"),
                ("does not belong", ca + text, key.read_text(), "mx"),
                ("PEM form", "hello", key.read_text(), "mx"),
                ("PEM form", text, "hello", "mx"),
                ("no key came along", other[0].read_text(), "", "mx"),
                ("cannot be read|not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key.read_text(), "mx"),
                ("tls.stored_certificates", other[0].read_text(), other[1].read_text(), "second"),
                ("A name has", text, key.read_text(), "../../etc/passwd"),
                ("A name has", text, key.read_text(), "csr")):
            with self.subTest(reason):
                reply = self.upload(chain, secret, name)
                self.assertIn(reply.status, (409, 422), reply.text)
                self.assertRegex(reply.json()["detail"], reason)
                self.assertNotIn(key.read_text().splitlines()[1], reply.text)
        self.assertEqual(self.shown("mx.example.net"), good)
        self.assertEqual(sorted(p.name for p in (self.web.data / "certificates").iterdir()), ["mx.pem"])
        # What is spoilt on disk later does not keep the box from starting
        s = self.web.sluice
        s.stop()
        (self.web.data / "certificates" / "mx.pem").write_text(text)  # the key is gone
        s.start()
        self.assertTrue(s.events("certificate-unusable"))
        self.assertNotEqual(self.shown("mx.example.net"), good)
        self.assertIn("key", self.web.local("GET", "/api/v1/certificates").json()["stored"][0]["fault"])

    def test_a_request_made_on_the_box_is_signed_elsewhere_and_its_key_never_leaves(self):
        self.box()
        for kind, shown in (("ecdsa-p256", "ECDSA"), ("rsa-2048", "RSA")):
            with self.subTest(kind):
                reply = self.web.local("POST", "/api/v1/certificates/csr", {"names": ["mx.example.net", "*.mx.example.net"], "key": kind, "organization": "Example (Test) Ltd.", "country": "DE"})
                self.assertEqual(reply.status, 201, reply.text)
                self.assertNotIn("PRIVATE", reply.text)
                text = openssl("req", "-noout", "-verify", "-text", data=reply.json()["csr"].encode()).decode()
                for part in ("DNS:mx.example.net, DNS:*.mx.example.net", "Example (Test) Ltd.", "2048 bit" if shown == "RSA" else "256 bit"):
                    self.assertIn(part, text)
                self.assertRegex(text, r"\bC ?= ?DE\b")
                name = reply.json()["name"]
                self.assertEqual(self.web.local("GET", f"/api/v1/certificates/csr/{name}").text, reply.json()["csr"])
                self.assertEqual(self.web.local("POST", "/api/v1/certificates/csr", {"names": ["mx.example.net"], "key": kind, "name": name}).status, 409)
                signed = self.sign(reply.json()["csr"])
                self.assertEqual(self.upload(signed).json()["name"], name)
                self.assertEqual(self.shown("a.mx.example.net", kind=shown), of_pem(signed))
                self.assertEqual(self.web.local("GET", "/api/v1/certificates").json()["requests"], [])
        for bad in ({"names": ["no spaces.example"]}, {"names": ["a,CN=evil.example"]}, {"names": ["x" * 300 + ".example"]}, {"names": ["mx.example.net"], "key": "rsa-512"},
                    {"names": [f"n{i}.example.net" for i in range(17)]}, {"names": ["mx.example.net"], "country": "Germany"}, {"names": ["mx.example.net"], "organization": "a,O=b"}):
            self.assertEqual(self.web.local("POST", "/api/v1/certificates/csr", bad).status, 422, bad)
        for i in range(4):
            self.assertEqual(self.web.local("POST", "/api/v1/certificates/csr", {"name": f"r{i}"}).status, 201)
        self.assertEqual(self.web.local("POST", "/api/v1/certificates/csr", {"name": "r5"}).status, 409)
        self.assertEqual(self.web.local("DELETE", "/api/v1/certificates/csr/r0").status, 204)

    def test_the_shell_and_the_page_do_the_same_and_both_are_audited(self):
        s = self.box()
        crt, key = certs.leaf("mx.example.net", folder=self.folder)
        run = lambda *w: s.cli("certificate", *w, "--config", s.config_file)
        done = run("upload", crt, "--key", key, "--name", "mx")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^mx: in force, (29|30) days left\n$")
        csr = run("csr", "shell.example.net", "--name", "shell")
        self.assertIn("BEGIN CERTIFICATE REQUEST", csr.stdout)
        (self.folder / "signed.pem").write_text(self.sign(csr.stdout))
        self.assertEqual(run("upload", self.folder / "signed.pem").returncode, 0)
        self.assertIn("shell: shell.example.net, ecdsa-256", run("list").stdout)
        self.assertEqual(len(json.loads(run("list", "--json").stdout)["stored"]), 2)
        bad = run("upload", self.folder / "signed.pem", "--key", key)
        self.assertEqual(bad.returncode, 4)
        self.assertIn("does not belong", bad.stderr)
        self.assertEqual([run("delete", "shell").returncode, run("delete", "shell").returncode], [0, 4])
        admin = self.web.set_up()
        page = self.web.get("/certificates", session=admin)
        self.assertEqual(page.status, 200)
        self.assertIn("mx.example.net", page.text)
        other = certs.leaf("page.example.net", folder=self.folder)
        form = {"csrf": admin.csrf, "name": "page", "certificate": other[0].read_text(), "key": other[1].read_text()}
        self.assertEqual(self.web.form("/certificates", form, session=admin, csrf=False).status, 303)
        self.assertEqual(self.shown("page.example.net", "https"), of_pem(other[0].read_text()))
        self.assertEqual(self.web.form("/certificates", form | {"key": key.read_text()}, session=admin, csrf=False).status, 422)
        self.assertEqual(self.web.form("/certificates", form | {"csrf": "x"}, session=admin, csrf=False).status, 403)
        self.assertEqual(self.web.form("/certificates/requests", {"csrf": admin.csrf, "names": "q.example.net", "kind": "ecdsa-p384"}, session=admin, csrf=False).status, 303)
        self.assertIn("q.example.net-ecdsa.csr", self.web.get("/certificates", session=admin).text)
        self.assertEqual(self.web.form("/certificates/delete", {"csrf": admin.csrf, "name": "page"}, session=admin, csrf=False).status, 303)
        self.web.add_user("vera", "viewer")
        vera = self.web.login("vera")
        self.assertEqual(self.web.ask("DELETE", "/api/v1/certificates/mx", session=vera).status, 403)
        self.assertNotIn("<textarea", self.web.get("/certificates", session=vera).text)
        audit = self.web.local("GET", "/api/v1/audit").text
        for what in ("store certificate mx, sha256 " + of_pem(crt.read_text()), "request a certificate shell", "delete certificate page"):
            self.assertIn(what, audit)
        self.assertNotIn("PRIVATE KEY", audit + s.log_text())

    def test_the_end_of_a_certificate_is_told_in_time(self):
        s = self.box()
        for days, level, at in ((20, "warning", "soon"), (5, "error", "near")):
            crt, key = certs.leaf(f"{at}.example.net", days=days, folder=self.folder)
            self.assertEqual(self.upload(crt.read_text(), key.read_text()).status, 201)
        net.wait_until(lambda: len(s.events("certificate-expires")) == 2, 20, "both to be told")
        told = {e["names"]: (e["level"], e["days_left"]) for e in s.events("certificate-expires")}
        self.assertEqual(told, {"soon.example.net": ("warning", 19), "near.example.net": ("error", 4)})

    def letters(self, count):
        """What the administrator got: (recipients, subject, text)."""
        out = []
        for t in self.down.wait_accepted(count, 90):
            m = email.message_from_bytes(t.data, policy=email.policy.default)
            self.assertEqual(m["Auto-Submitted"], "auto-generated")
            out.append((t.rcpt, m["Subject"], m.get_content()))
        return out

    def test_the_end_of_a_certificate_is_told_by_mail_once_at_each_threshold(self):
        s = self.box({"own_mail": {"administrator": "hostmaster@example.net"}})
        for name, days in (("far.example.net", 40), ("soon.example.net", 20), ("near.example.net", 5)):
            crt, key = certs.leaf(name, days=days, folder=self.folder)
            self.assertEqual(self.upload(crt.read_text(), key.read_text()).status, 201)
        got = self.letters(2)
        self.assertEqual({subject for _, subject, _ in got}, {"Certificate: soon.example.net ends in 19 days", "Certificate: near.example.net ends in 4 days"})
        for rcpt, subject, text in got:
            self.assertIn("hostmaster@example.net", str(rcpt))
            self.assertIn("sluice certificate upload", text)
            self.assertRegex(text, r"Names:    (soon|near)\.example\.net\r?\n  Ends:     20\d\d-")
        # Once is enough, also over a restart
        s.stop()
        s.start()
        net.wait_until(lambda: len(s.events("certificate-expires")) == 4, 30, "both to be told in the log again")
        time.sleep(6)
        self.assertEqual(len(self.down.accepted), 2)
        # The next threshold is told again; the one below it was told before and stays silent
        s.write_config({"tls": {"expiry_alarm": "20d", "expiry_notice": "30d"}})
        s.send_signal(1)
        got = self.letters(3)
        self.assertEqual(got[2][1], "Certificate: soon.example.net ends in 19 days")
        # And the end itself: a certificate that has twenty seconds to live
        ending = int(time.time()) + 25
        self.assertEqual(self.upload(*self.short_lived("end.example.net", ending)).status, 201)
        got = self.letters(4)
        self.assertEqual(got[3][1], "Certificate: end.example.net ends within a day")
        got = self.letters(5)
        self.assertEqual(got[4][1], "Certificate: end.example.net has expired")
        self.assertGreaterEqual(time.time(), ending)
        self.assertTrue(s.events("certificate-expired"))
        self.assertEqual({e["kind"] for e in s.events("own-mail-queued")}, {"alert"})
        # Nobody wants them
        s.write_config({"tls": {"expiry_mail": False, "expiry_alarm": "39d", "expiry_notice": "50d"}})
        s.send_signal(1)
        net.wait_until(lambda: any(e["names"] == "far.example.net" for e in s.events("certificate-expires")), 30, "the third to be told in the log")
        time.sleep(6)
        self.assertEqual(len(self.down.accepted), 5)

    def short_lived(self, name, ending):
        """Chain and key of a certificate of the test CA that ends at a second."""
        f = self.folder
        (f / "index.txt").write_text("")
        (f / "ca.cnf").write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={f}/index.txt\nnew_certs_dir={f}\npolicy=p\ndefault_md=sha256\nrand_serial=yes\nunique_subject=no\n[p]\ncommonName=supplied\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f / "short.key", "-out", f / "short.csr", "-subj", f"/CN={name}")
        openssl("ca", "-batch", "-notext", "-config", f / "ca.cnf", "-cert", certs.ca() / "ca.crt", "-keyfile", certs.ca() / "ca.key", "-in", f / "short.csr", "-out", f / "short.crt",
                "-startdate", "20200101000000Z", "-enddate", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(ending)))
        return (f / "short.crt").read_text(), (f / "short.key").read_text()


if __name__ == "__main__":
    import unittest
    unittest.main()
