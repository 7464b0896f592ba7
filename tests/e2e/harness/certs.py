"""Test certificates, made once per build folder with openssl: a CA, and leaves signed by it."""
import os
import pathlib
import ssl
import subprocess

from .process import SCRATCH


def _run(*words, folder):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def ca():
    """Folder with ca.crt, ca.key; made by the first caller, atomically."""
    folder = SCRATCH / "certificates"
    if not (folder / "ca.crt").exists():
        fresh = SCRATCH / f"certificates.{os.getpid()}"
        fresh.mkdir(parents=True, exist_ok=True)
        _run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.crt",
             "-days", "3650", "-subj", "/CN=Test CA", folder=fresh)
        try:
            fresh.rename(folder)
        except OSError:  # another process was first
            pass
    return folder


def leaf(name="mx.example.net", kind="ecdsa", tag="", folder=None, days=30):
    """(certificate path, key path), signed by the test CA; `tag` makes another one of the same name."""
    made = pathlib.Path(folder or SCRATCH) / f"leaf-{name}-{kind}{tag}-{os.getpid()}"
    if not (made / "leaf.crt").exists():
        made.mkdir(parents=True, exist_ok=True)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ecdsa" else ["-newkey", "rsa:2048"]
        _run("req", "-new", *key, "-nodes", "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", f"/CN={name}", folder=made)
        (made / "ext").write_text(f"subjectAltName=DNS:{name}\nbasicConstraints=CA:FALSE\n")
        _run("x509", "-req", "-in", "leaf.csr", "-CA", ca() / "ca.crt", "-CAkey", ca() / "ca.key", "-CAcreateserial",
             "-CAserial", made / "serial", "-out", "leaf.crt", "-days", str(days), "-extfile", "ext", folder=made)
    return made / "leaf.crt", made / "leaf.key"


def server_context(name="sink.example.net", kind="ecdsa", **options):
    """For a Python server, with a leaf of the test CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*leaf(name, kind, **options))
    return context


def verifying():
    """A client context that checks against the test CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca() / "ca.crt")
    return context
