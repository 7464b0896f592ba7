"""Verifying one DKIM signature (RSA-2048): Sluice beside dkimpy, the same messages, CPU of this machine in the same run."""
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/host-release/tests/bench/bench_auth_verify")
try:
    import dkim
except ImportError:
    sys.exit("SKIPPED: python3-dkim is not installed")

with tempfile.TemporaryDirectory() as folder:
    subprocess.run([PROGRAM, folder], check=True)
    key = pathlib.Path(folder, "key").read_bytes()
    for path in sorted(pathlib.Path(folder).glob("message.*"), key=lambda p: p.stat().st_size):
        message, rounds = path.read_bytes(), 100 if path.stat().st_size < 100000 else 20
        began = time.process_time()
        for _ in range(rounds):
            if not dkim.verify(message, dnsfunc=lambda name, timeout=5: key):
                sys.exit("dkimpy does not verify the message")
        print(f"dkimpy  {path.suffix[1:]:>7} octets: {(time.process_time() - began) / rounds * 1e6:8.1f} us CPU a message")
