"""No key material, tokens, names of the machine that something was written on, or foreign hosts in committed files.

Keys for tests are made when the tests run. Absolute paths start at a standard root; addresses and domains in code and
scripts are those reserved for documentation, or the public documents that a comment cites.
"""
import re

from common import Report, files, line_of, read

SECRETS = [
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}", "a private key"),
    (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", "a cloud access key"),
    (r"\b(?:ghp|gho|ghs|glpat|xox[bap])[-_][A-Za-z0-9_-]{20,}", "an access token"),
    (r"(?i)\b(?:password|passwd|secret|api_?key)\s*[:=]\s*[\"'][A-Za-z0-9+/_-]{16,}[\"']", "a password in a literal"),
]
ROOTS = {"bin", "boot", "data", "dev", "etc", "home", "lib", "lib64", "mnt", "opt", "proc", "root", "run", "sbin", "src",
         "srv", "sys", "tmp", "usr", "var"}
ROUTES = {"tests", "config", "build", "shared", "api", "assets", "health", "metrics", "messages", "status", "lists", "trace", "privacy", "c", "profiles", "system", "execute", "goog", "se", "certificates", "quarantine", "restored", "q"}  # paths of our own HTTP server, and folders of the project behind a variable
PATH = re.compile(r"(?<![\w.)\]}>*?~:/$%@<+&=-])/([a-z][\w.-]*)/[\w.-]+")
HOSTS = re.compile(r"\bhttps?://(\w[\w.-]*)")
KNOWN_HOSTS = re.compile(
    r"(?:^|\.)(?:example(?:\.(?:com|net|org|edu))?|test|invalid|localhost|rfc-editor\.org|ietf\.org|json-schema\.org|iana\.org|w3\.org|whatwg\.org"
    r"|unicode\.org|debian\.org|cmake\.org|sqlite\.org|boost\.org|postfix\.org|exim\.org|haproxy\.org|publicsuffix\.org|letsencrypt\.org"
    r"|toml\.io|json-schema\.org|keepachangelog\.com|semver\.org)$|^(?:host$|127\.|\[?::1|0\.0\.0\.0|\d+$)")
SAMPLES = ("tests/data/", "tests/fuzz/corpus/", "tests/fuzz/regressions/", "config/profiles/")  # mail quotes real domains
CODE_SAMPLES = ("tests/unit/", "tests/conformance/", "proxy/inspect/", "tests/e2e/")

report, checked = Report(), 0
for name in files():
    text = read(name)
    if "\0" in text[:4096]:
        continue
    checked += 1
    for pattern, what in SECRETS:
        for m in re.finditer(pattern, text):
            report.add(name, line_of(text, m.start()), f"looks like {what}")
    if name.startswith(SAMPLES):
        continue
    for m in PATH.finditer(text):
        if m[1] not in ROOTS and m[1] not in ROUTES and name.endswith((".py", ".sh", ".md", ".txt", ".cmake", ".toml", ".json", "setup", "run", "test", ".hpp", ".cpp")):
            report.add(name, line_of(text, m.start()), f"absolute path {m[0]}: not a standard root, another machine has none")
    if not name.startswith(CODE_SAMPLES):
        for m in HOSTS.finditer(text):
            if not KNOWN_HOSTS.search(m[1].lower().rstrip(".")):
                report.add(name, line_of(text, m.start()), f"host {m[1]}: use example.com, .test, or cite a public document")
report.finish(checked, "files")
