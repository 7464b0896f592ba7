"""Verifying one DKIM signature (RSA-2048): Sluice beside OpenDKIM's library and dkimpy, the same messages and keys, CPU
of this machine in the same run.

  python3 tests/bench/bench_auth.py [PROGRAM] [--write]    --write: also into tests/bench/results, with the date

Sluice does SPF, DMARC and ARC in the same time; the others verify the signature alone, with the key at hand."""
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support import opendkim  # noqa: E402

arguments = [a for a in sys.argv[1:] if a != "--write"]
PROGRAM = arguments[0] if arguments else str(ROOT / "build/host-release/tests/bench/bench_auth_verify")
KEY_NAME = "sel._domainkey.example.com"


def cpu_us(rounds, work):
    work()
    began = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - began) / rounds * 1e6


def verifiers(folder, key):
    """name -> function that verifies one message and returns nothing, or ends the run."""
    found = {}
    library = opendkim.load()
    if library is None:
        print("SKIPPED: OpenDKIM: its library is not installed (opendkim-tools)")
    else:
        keys = pathlib.Path(folder, "keys")
        keys.write_bytes(KEY_NAME.encode() + b" " + key + b"\n")
        verifier = opendkim.OpenDkim(library, keys)
        found["OpenDKIM"] = verifier.verify
    try:
        import dkim
        found["dkimpy"] = lambda message: dkim.verify(message, dnsfunc=lambda name, timeout=5: key)
    except ImportError:
        print("SKIPPED: dkimpy: python3-dkim is not installed")
    return found


def measure():
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([PROGRAM, folder], check=True, stdout=subprocess.PIPE, text=True)
        lines += done.stdout.splitlines()
        key = pathlib.Path(folder, "key").read_bytes()
        for path in sorted(pathlib.Path(folder).glob("message.*"), key=lambda p: p.stat().st_size):
            message, rounds = path.read_bytes(), 500 if path.stat().st_size < 100000 else 50
            for name, verify in verifiers(folder, key).items():
                if verify(message) is not True:
                    sys.exit(f"{name} does not verify the message: {verify(message)}")
                lines.append(f"{name:<8} {path.suffix[1:]:>7} octets: {cpu_us(rounds, lambda: verify(message)):8.1f} us CPU a message")
    return lines


lines = measure()
print("\n".join(lines))
if "--write" in sys.argv:
    day = time.strftime("%Y-%m-%d")
    versions = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", "opendkim-tools", "python3-dkim"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split("\n")
    cpu = next((l.partition(":")[2].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    text = [f"# tests/bench/bench_auth.py", "",
            f"What verifying one message with one RSA-2048 signature costs, {day}: {cpu}, kernel {platform.release().partition('-')[0]};",
            ", ".join(v for v in versions if v) + ". CPU of the process, one thread, keys and records at hand. Sluice does SPF,",
            "DMARC and ARC in the same time, the others the signature alone." + f" Load of the machine: {os.getloadavg()[0]:.0f}.", "", "```", *lines, "```", ""]
    path = ROOT / "tests/bench/results" / f"auth-{day}.md"
    path.write_text("\n".join(text))
    print(f"written: {path.relative_to(ROOT)}")
