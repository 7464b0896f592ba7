"""Images and bundles under test: the image of SLUICE_IMAGE (default build/image/BOARD/sluice.img), and variants of it that
differ by a few files (overlays/NAME), built once per source.
"""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import subprocess

from .machine import ROOT

FOLDER = pathlib.Path(os.environ.get("SLUICE_QEMU_SCRATCH", ROOT / "build/qemu"))
OVERLAYS = ROOT / "tests/qemu/overlays"
PARTS = {"qemu-aarch64": os.environ.get("SLUICE_DIR", str(ROOT / "build/aarch64")), "qemu-nvme": os.environ.get("SLUICE_DIR", str(ROOT / "build/aarch64")),
         "qemu-armhf": os.environ.get("SLUICE_DIR_ARMHF", str(ROOT / "build/armv7hf"))}


@contextlib.contextmanager
def _alone():
    """One at a time makes variants and bundles: tests run beside each other and share them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def image(board="qemu-aarch64"):
    """The disk image; beside it lie control.dtb, release and the parts of its slot."""
    given = os.environ.get("SLUICE_IMAGE") if board == "qemu-aarch64" else os.environ.get("SLUICE_IMAGE_ARMHF")
    path = pathlib.Path(given or ROOT / f"build/image/{board}/sluice.img")
    if not path.exists():
        raise AssertionError(f"no image {path}: firmware/image/build --board {board}")
    return path


def _sources(name, options, programs):
    h = hashlib.sha256(" ".join(options).encode())
    places = [ROOT / "firmware/image", *(OVERLAYS / n for n in name.split("+")), *(pathlib.Path(p) / "bin" for p in (*PARTS.values(), programs))]
    for place in places:
        for f in sorted(p for p in place.rglob("*") if p.is_file()):
            s = f.stat()
            h.update(f"{f} {s.st_size} {s.st_mtime_ns}".encode())
    return h.hexdigest()


@_alone()
def variant(name, board="qemu-aarch64", version=None, rollback_index=1, disk=False, options=(), programs=None):
    """Folder with the parts of a slot (and sluice.img with disk=True) of the image with the overlays of `name` ("shell",
    "crash", "shell+hang", ...) laid over its root; `programs`/bin instead of those of the board's build."""
    version, programs = version or f"{name}-1", str(programs or PARTS[board])
    out = FOLDER / "variants" / board / f"{name}-{version}-{rollback_index}"
    words = ["--board", board, "--version", version, "--rollback-index", str(rollback_index), "--sluice", programs, "--compression", "fast",
             *options, *([] if disk else ["--slot-only"])]
    stamp, wanted = out / "made-of", _sources(name, words, programs)
    if stamp.exists() and stamp.read_text() == wanted:
        return out
    out.mkdir(parents=True, exist_ok=True)
    overlay = out / "overlay"
    subprocess.run(["rm", "-rf", str(overlay)], check=True)
    overlay.mkdir()
    for n in name.split("+"):
        if n != "plain":
            subprocess.run(["cp", "-R", f"{OVERLAYS / n}/.", str(overlay)], check=True)
    made = subprocess.run([ROOT / "firmware/image/build", *words, "--overlay", str(overlay), "--output", str(out / "sluice.img")], capture_output=True, text=True)
    if made.returncode:
        raise AssertionError(f"building {name}: {made.stdout[-1500:]}{made.stderr[-3000:]}")
    stamp.write_text(wanted)
    return out


@_alone()
def bundle(folder, signer="current", keys=None, output=None):
    output = pathlib.Path(output or folder / f"{signer}.raucb")
    if output.exists() and output.stat().st_mtime > (folder / "root.img").stat().st_mtime:
        return output
    made = subprocess.run([ROOT / "firmware/image/bundle", "--from", str(folder), "--signer", signer, "--output", str(output), *(["--keys", str(keys)] if keys else [])],
                          capture_output=True, text=True)
    if made.returncode:
        raise AssertionError(f"bundling {folder}: {made.stdout[-1500:]}{made.stderr[-3000:]}")
    return output
