"""MimeKit's signed messages."""
import json

from common import Suite, crlf, txt_records

suite = Suite("dkim-mimekit", 4)


def first_passes(answer):
    results = [d["result"] for d in answer["dkim"]]
    return None if results[:1] == ["pass"] else f"{results}: {[d['reason'] for d in answer['dkim']]}"


def every_passes(answer):
    results = [d["result"] for d in answer["dkim"]]
    return None if results and set(results) == {"pass"} else f"{results}: {[d['reason'] for d in answer['dkim']]}"


for case in json.loads((suite.folder / "cases.json").read_text())["cases"]:
    message = crlf((suite.folder / case["file"]).read_bytes())
    if "dns_txt" in case:
        zone = case["dns_txt"]
    else:
        pem = (suite.folder / case["key_pem_file"]).read_text().splitlines()
        key = "".join(line for line in pem if line and not line.startswith("-"))
        unfolded = message.replace(b"\r\n ", b"").replace(b"\r\n\t", b"").decode("latin-1")
        signature = next(line for line in unfolded.split("\r\n") if line.lower().startswith("dkim-signature:"))
        tags = dict(part.strip().split("=", 1) for part in signature.split(":", 1)[1].split(";") if "=" in part)
        zone = {f"{tags['s'].strip()}._domainkey.{tags['d'].strip()}": f"v=DKIM1; k=rsa; p={key}"}
    suite.case(case["file"], every_passes if case["signature"] == "every" else first_passes, txt_records(zone), message)
suite.run()
