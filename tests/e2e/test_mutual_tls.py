"""Management by client certificates: whose name is a user's is that user; wrong ones end in the handshake. Clients are curl and openssl."""
import subprocess
import time

from harness import certs
from harness.case import E2E
from harness.web import Web


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class MutualTls(E2E):
    def setUp(self):
        super().setUp()
        f = self.folder / "pki"
        f.mkdir()
        self.pki = f
        for ca in ("good", "evil"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f / f"{ca}.key", "-out", f / f"{ca}.crt", "-days", "30", "-subj", f"/CN={ca} CA",
                    "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        (f / "index").write_text("")
        (f / "serial").write_text("1000\n")
        (f / "crlnumber").write_text("01\n")
        (f / "ca.cnf").write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={f}/index\nserial={f}/serial\ncrlnumber={f}/crlnumber\ndefault_md=sha256\ndefault_crl_days=30\nunique_subject=no\n"
                                  f"certificate={f}/good.crt\nprivate_key={f}/good.key\nnew_certs_dir={f}\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n")

    def person(self, name, ca="good", days="9", usage="clientAuth", san=None, start=None):
        f, tag = self.pki, f"{name}-{ca}-{usage}-{days}".replace("@", "_")
        extra = ["-addext", f"extendedKeyUsage={usage}"] + (["-addext", f"subjectAltName={san}"] if san else [])
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f / f"{tag}.key", "-out", f / f"{tag}.csr", "-subj", f"/CN={name}", *extra)
        if ca == "good":
            dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"] if days == "old" else ["-days", days]
            openssl("ca", "-batch", "-config", f / "ca.cnf", "-in", f / f"{tag}.csr", "-out", f / f"{tag}.crt", "-notext", *dates)
        else:
            openssl("x509", "-req", "-in", f / f"{tag}.csr", "-CA", f / "evil.crt", "-CAkey", f / "evil.key", "-set_serial", "7", "-days", days, "-copy_extensions", "copy", "-out", f / f"{tag}.crt")
        return f / f"{tag}.crt", f / f"{tag}.key"

    def crl(self):
        openssl("ca", "-gencrl", "-config", self.pki / "ca.cnf", "-out", self.pki / "list.crl")

    def box(self, mode, crl=True):
        self.crl()
        self.web = Web()
        status = {"client_certificates": mode, "client_ca": str(self.pki / "good.crt")} | ({"client_crl": str(self.pki / "list.crl")} if crl else {})
        s = self.sluice(self.sink(), self.web.config({"status": status}))
        self.web.of(s)
        self.web.local("POST", "/api/v1/users", {"name": "anna", "role": "admin", "password": "correct horse battery"})
        self.web.add_user("vera@example.net", "viewer")
        return s

    def curl(self, path, pair=None, *words, tls="1.3"):
        """(HTTP status, body); (0, why) when there was no answer."""
        who = ["--cert", pair[0], "--key", pair[1]] if pair else []
        done = subprocess.run(["curl", "-sk", "--max-time", "20", f"--tls-max", tls, *map(str, who), *words, "-w", "\n%{http_code}", f"https://127.0.0.1:{self.web.port}{path}"], capture_output=True, text=True)
        body, _, code = done.stdout.rpartition("\n")
        return int(code or 0), body if done.returncode == 0 else f"curl {done.returncode}"

    def test_a_name_in_the_certificate_is_a_user_with_that_users_role(self):
        self.box("optional")
        anna, vera = self.person("anna"), self.person("Vera", san="email:vera@example.net,DNS:desk.example.net")
        stranger = self.person("nobody-here")
        for tls in ("1.2", "1.3"):
            with self.subTest(tls=tls):
                self.assertEqual(self.curl("/api/v1/users", anna, tls=tls)[0], 200)
                self.assertEqual(self.curl("/api/v1/status", vera, tls=tls)[0], 200)
                self.assertEqual(self.curl("/api/v1/users", vera, tls=tls)[0], 403)
                self.assertEqual(self.curl("/api/v1/status", stranger, tls=tls)[0], 401, "right, but nobody's")
                self.assertEqual(self.curl("/api/v1/status", tls=tls)[0], 401, "without one")
                self.assertEqual(self.curl("/api/v1/status", None, "-H", f"Authorization: Bearer {self.web.status_token}", tls=tls)[0], 200)
        new = ["-X", "POST", "-d", '{"name":"t","role":"viewer"}']
        self.assertEqual(self.curl("/api/v1/tokens", anna, *new)[0], 201)
        self.assertEqual(self.curl("/api/v1/tokens", anna, *new, "-H", "Origin: https://evil.example")[0], 403, "a browser's certificate does not act for other sites")
        self.assertEqual(self.curl("/api/v1/tokens", anna, *new, "-H", "Sec-Fetch-Site: cross-site")[0], 403)
        entry = next(e for e in self.web.local("GET", "/api/v1/audit").json()["entries"] if "make token" in e["what"])
        self.assertEqual((entry["who"], entry["via"]), ("anna", "certificate"))
        self.assertEqual(self.curl("/certificates", anna)[0], 200)
        self.assertEqual(self.web.local("DELETE", "/api/v1/users/vera@example.net").status, 204)
        self.assertEqual(self.curl("/api/v1/status", vera)[0], 401)

    def test_wrong_certificates_end_in_the_handshake_in_both_modes(self):
        for mode in ("optional", "required"):
            s = self.box(mode)
            gone = self.person("anna", days="8")
            self.assertEqual(self.curl("/api/v1/users", gone)[0], 200)
            openssl("ca", "-config", self.pki / "ca.cnf", "-revoke", gone[0])
            self.crl()
            s.send_signal(1)
            from harness import net
            net.wait_until(lambda: s.events("reloaded"), 20, "the reload")
            good = self.person("anna")
            for tls in ("1.2", "1.3"):
                for what, pair in (("another CA", self.person("anna", ca="evil")), ("expired", self.person("anna", days="old")), ("for servers", self.person("anna", usage="serverAuth")), ("revoked", gone)):
                    with self.subTest(mode=mode, what=what, tls=tls):
                        code, why = self.curl("/health/live", pair, tls=tls)
                        self.assertEqual(code, 0, why)
                with self.subTest(mode=mode, tls=tls):
                    self.assertEqual(self.curl("/api/v1/users", good, tls=tls)[0], 200)
                    self.assertEqual(self.curl("/health/live", tls=tls)[0], 200 if mode == "optional" else 0)
            s.stop()
            for p in self.pki.glob("anna*"):
                p.unlink()
            (self.pki / "index").write_text("")

    def test_the_configuration_says_what_is_missing(self):
        self.web = Web()
        s = self.sluice(self.sink(), self.web.config({"status": {"client_certificates": "required"}}), start=False)
        answer = s.cli("check", s.config_file)
        self.assertEqual(answer.returncode, 3)
        self.assertIn("status.client_ca", answer.stderr)
