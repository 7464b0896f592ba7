"""What the runners of the authentication suites share: the suites' place, one batch process of the program under test,
and the count at the end. Suites are read as they are and never copied; without them a runner says what it skipped."""
import base64
import csv
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SHARED = pathlib.Path(os.environ.get("SLUICE_SHARED", ROOT.parent / "shared"))
SKIP_CODE = 77  # ctest's SKIP_RETURN_CODE


def out_of_scope(suite):
    with open(HERE / "out_of_scope.tsv", newline="") as f:
        rows = csv.reader((line for line in f if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row[1]: row[2] for row in rows if row and row[0] == suite}


def crlf(data):
    """Line ends as they travel: LF becomes CRLF once; CRLF stays."""
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def b64(data):
    return base64.b64encode(data).decode()


class Suite:
    """Collects cases, sends all of them through one process, compares, counts."""

    def __init__(self, name, cases_expected):
        self.name, self.cases_expected = name, cases_expected
        self.folder = SHARED / "suites" / name
        self.lines, self.checks = [], []
        self.skipped = out_of_scope(name)
        self.passed = self.failed = self.left_out = 0
        if not self.folder.is_dir():
            print(f"SKIPPED: {cases_expected} cases of {name}: {self.folder} is not here")
            sys.exit(SKIP_CODE)

    def case(self, id, check, records=(), message=None, ip="192.0.2.1", helo="", mail_from="", time=None, **more):
        """`check` takes the result and returns None, or what is wrong with it; False when the case goes on in a later
        line and is counted there."""
        line = {"id": id, "ip": ip, "helo": helo, "mail_from": mail_from, "records": list(records), **more}
        if message is not None:
            line["message"] = b64(message)
        if time is not None:
            line["time"] = time
        self.lines.append(line)
        self.checks.append((id, check))

    def run(self):
        program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/host-release/bin/sluice")
        text = "".join(json.dumps(line) + "\n" for line in self.lines)
        done = subprocess.run([program, "auth", "--batch"], input=text.encode(), stdout=subprocess.PIPE, check=False)
        answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
        if len(answers) != len(self.lines):
            print(f"FAIL: {len(self.lines)} lines in, {len(answers)} out, exit status {done.returncode}")
            sys.exit(1)
        for (id, check), answer in zip(self.checks, answers):
            wrong = answer.get("error") or ("answers are out of order" if answer.get("id") != id else check(answer))
            if wrong is not False:
                self.count(id.partition("#")[0], wrong, answer)
        self.finish()

    def count(self, id, wrong, answer=None):
        if wrong is None:
            self.passed += 1
            if id in self.skipped:
                print(f"note: {id} passes although it is listed as out of scope")
        elif id in self.skipped:
            self.left_out += 1
            print(f"out of scope: {id}: {self.skipped[id]} ({wrong})")
        else:
            self.failed += 1
            print(f"FAIL: {id}: {wrong}")
            if answer is not None and os.environ.get("VERBOSE"):
                print("   ", json.dumps({k: v for k, v in answer.items() if k != "id"}))

    def finish(self):
        run = self.passed + self.failed + self.left_out
        print(f"{self.name}: {run} run, {self.passed} passed, {self.failed} failed, {self.left_out} out of scope")
        if run != self.cases_expected:
            print(f"note: {self.cases_expected} cases were expected")
        sys.exit(1 if self.failed or run == 0 else 0)


def txt_records(zone):
    """{name: text} as records."""
    return [{"name": name, "type": "TXT", "data": text} for name, text in zone.items()]


def dns_lines_and_message(path):
    """Files of the mail-auth suites: "name TXT-value" lines, an empty line, the message with LF."""
    head, _, message = path.read_bytes().partition(b"\n\n")
    records = []
    for line in head.decode().splitlines():
        name, _, value = line.partition(" ")
        records.append({"name": name, "type": "TXT", "data": value})
    return records, crlf(message)


# A key made for these tests: the 32 octets of its seed are the word below, padded. Signing is python3-dkim's work, so
# that the verifier is never judged by a signer of the same hand.
SEED = b"conformance tests of sluice".ljust(32, b".")


def signing_key_record(domain, selector="sel"):
    import nacl.signing
    public = bytes(nacl.signing.SigningKey(SEED).verify_key)
    return {"name": f"{selector}._domainkey.{domain}", "type": "TXT", "data": f"v=DKIM1; k=ed25519; p={b64(public)}"}


def signed(message, domain, selector="sel", **more):
    """The message with a DKIM-Signature on top."""
    import dkim
    field = dkim.sign(message, selector.encode("latin-1"), domain.encode("latin-1"), base64.b64encode(SEED),
                      signature_algorithm=b"ed25519-sha256", canonicalize=(b"relaxed", b"relaxed"), linesep=b"\r\n", **more)
    return field + message


def dkim_pass(answer):
    return any(d["result"] == "pass" for d in answer["dkim"])
