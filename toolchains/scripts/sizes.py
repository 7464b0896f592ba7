#!/usr/bin/env python3
"""What Sluice takes on the box: its executables and scripts, the libraries, converter modules and root certificates that are
there because of it.

  sizes.py ROOT TARGET            prints the table of an unpacked root file system, beside the figures of the last landing
  sizes.py ROOT TARGET --write    and puts today's figures into firmware/image/sizes.tsv

Profiles, pages and their assets are inside the executable. The C and C++ runtime is not counted; the updater is shown by
itself, since a board's maker may bring another. Exit status 1 when a limit is passed, by whatever little.
"""
import datetime
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parents[2]
TABLE = pathlib.Path(os.environ.get("SLUICE_SIZES", HERE / "firmware/image/sizes.tsv"))
MIB = 1 << 20
LIMITS = {"aarch64": {"sluice": 4 * MIB, "all": 8 * MIB}, "armv7hf": {"sluice": 3 * MIB, "all": 6 * MIB}}
LIBRARIES = ("libsqlite3", "libsodium", "libcares", "libutf8proc", "libpsl", "libidn2", "libunistring")
UPDATER = ("rauc", "libglib", "libgio", "libgobject", "libgmodule", "libcrypto", "libssl", "libffi", "libpcre", "libmount", "libblkid",
           "libselinux", "libubootenv", "libjson-glib", "fw_printenv", "fw_setenv", "libyaml", "libcurl")


def files(root):
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path


def rows(root):
    """[(name, octets)], what counts first; then the updater, which does not."""
    counted, updater = {}, 0
    for path in files(root):
        name, size = path.name, path.stat().st_size
        if name in ("sluice", "sluice-supervisor") and path.parent.name == "bin":
            counted[name] = size
        elif name.startswith(LIBRARIES):
            counted[name.split(".so")[0]] = size
        elif "gconv" in path.parts:
            counted["converters"] = counted.get("converters", 0) + size
        elif path.parts[-3:-1] == ("share", "sluice"):
            counted["data files"] = counted.get("data files", 0) + size
        elif path.parts[-4:-1] == ("usr", "lib", "sluice"):
            counted["scripts"] = counted.get("scripts", 0) + size
        elif name == "ca-certificates.crt":
            counted["root certificates"] = size
        elif name.startswith(UPDATER):
            updater += size
    return sorted(counted.items(), key=lambda row: -row[1]), updater


def last(target):
    """The figures of the newest landing in the table: {name: octets}."""
    found = {}
    if TABLE.exists():
        for line in TABLE.read_text().splitlines()[1:]:
            day, _, of, name, octets = line.split("\t")
            if of == target:
                found.setdefault(day, {})[name] = int(octets)
    return found[max(found)] if found else {}


def commit():
    """What the sources of this build are called; with `-dirty` when they are in no commit."""
    told = subprocess.run(["git", "-C", str(HERE), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"], capture_output=True, text=True)
    return told.stdout.strip() or "unknown"


def shown(octets, before):
    change = "" if before is None else f"{octets - before:+,}" if octets != before else "as before"
    return f"{octets:>12,}  {change:>12}"


def main(arguments):
    if len(arguments) < 2 or arguments[1] not in LIMITS:
        print(__doc__, file=sys.stderr)
        return 2
    root, target = pathlib.Path(arguments[0]), arguments[1]
    counted, updater = rows(root)
    if not any(name == "sluice" for name, _ in counted):
        print(f"sizes.py: no bin/sluice under {root}: build the image first", file=sys.stderr)
        return 2
    counted.append(("all", sum(size for _, size in counted)))
    before = last(target)
    print(f"{target:<24}{'octets':>12}  {'since then':>12}  limit")
    failed = False
    for name, size in counted:
        limit = LIMITS[target].get(name)
        mark = "" if limit is None else f"{limit:,}" + ("  OVER" if size > limit else "")
        failed = failed or (limit is not None and size > limit)
        print(f"  {name:<22}{shown(size, before.get(name))}  {mark}")
    print(f"  {'(the updater)':<22}{shown(updater, before.get('updater'))}")
    if "--write" in arguments:
        today = datetime.date.today().isoformat()
        old = [line.split("\t") for line in TABLE.read_text().splitlines()[1:]] if TABLE.exists() else []
        kept = [row for row in old if (row[0], row[2]) != (today, target)]
        kept += [(today, commit(), target, name, str(size)) for name, size in counted + [("updater", updater)]]
        TABLE.write_text("day\tcommit\ttarget\twhat\toctets\n" + "".join("\t".join(row) + "\n" for row in kept))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
